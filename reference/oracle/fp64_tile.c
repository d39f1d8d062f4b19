/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fp64_tile.h"

#include "reference/oracle/fp64_row.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum sc_status sc_fp64_tile_create(struct sc_fp64_tile *tile, const struct sc_problem *problem,
                                   const struct sc_oracle_values *values, int32_t rows,
                                   int32_t keys, struct sc_error *error)
{
    const size_t r = (size_t)rows, k = (size_t)keys;
    const size_t d = (size_t)problem->d, d_v = (size_t)problem->d_v;
    const struct {
        double **place;
        size_t size;
    } parts[] = {
        {&tile->q, r * d},      {&tile->q_size, r * d},
        {&tile->d_o, r * d_v},  {&tile->d_o_size, r * d_v},
        {&tile->k, k * d},      {&tile->k_size, k * d},
        {&tile->v, k * d_v},    {&tile->v_size, k * d_v},
        {&tile->p, r * k},      {&tile->p_radius, r * k},
        {&tile->d_s, r * k},    {&tile->d_s_radius, r * k},
        {&tile->x, k},          {&tile->delta, k},
        {&tile->derivative, k}, {&tile->derivative_error, k},
    };
    size_t size = 0;

    *tile = (struct sc_fp64_tile){.problem = problem, .values = values};
    for (size_t n = 0; n < sizeof parts / sizeof parts[0]; n++) {
        size += parts[n].size;
    }
    tile->memory = malloc(size * sizeof *tile->memory + 1);
    tile->seen = malloc(k + 1);
    tile->row_seen = malloc((r + k) * sizeof *tile->row_seen + 1);
    if (tile->memory == NULL || tile->seen == NULL || tile->row_seen == NULL) {
        sc_fp64_tile_destroy(tile);
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory for a tile of %d x %d pairs", rows,
                       keys);
    }
    tile->key_seen = tile->row_seen + r;
    size = 0;
    for (size_t n = 0; n < sizeof parts / sizeof parts[0]; n++) {
        *parts[n].place = tile->memory + size;
        size += parts[n].size;
    }
    return SC_OK;
}

void sc_fp64_tile_destroy(struct sc_fp64_tile *tile)
{
    free(tile->memory);
    free(tile->seen);
    free(tile->row_seen);
    tile->memory = NULL;
    tile->seen = NULL;
    tile->row_seen = NULL;
}

static void pack(const float *from, int32_t width, double *to, double *size)
{
    for (int32_t c = 0; c < width; c++) {
        to[c] = (double)from[c];
        size[c] = fabs((double)from[c]);
    }
}

void sc_fp64_tile_rows(struct sc_fp64_tile *tile, int32_t b, int32_t h, const int32_t *index,
                       int32_t count)
{
    const struct sc_problem *p = tile->problem;

    tile->b = b;
    tile->h = h;
    tile->rows = count;
    tile->row_index = index;
    for (int32_t r = 0; r < count; r++) {
        tile->row_seen[r] = 0;
        const int64_t at = (int64_t)r * p->d, at_v = (int64_t)r * p->d_v;
        pack(tile->values->q + sc_problem_q_row(p, b, h, index[r]), p->d, tile->q + at,
             tile->q_size + at);
        if (tile->values->d_o != NULL) {
            pack(tile->values->d_o + sc_problem_o_row(p, b, h, index[r]), p->d_v, tile->d_o + at_v,
                 tile->d_o_size + at_v);
        }
    }
}

void sc_fp64_tile_keys(struct sc_fp64_tile *tile, int32_t b, int32_t g, const int32_t *index,
                       int32_t count)
{
    const struct sc_problem *p = tile->problem;

    tile->b = b;
    tile->g = g;
    tile->keys = count;
    tile->key_index = index;
    for (int32_t n = 0; n < count; n++) {
        tile->key_seen[n] = 0;
        const int64_t at = (int64_t)n * p->d, at_v = (int64_t)n * p->d_v;
        pack(tile->values->k + sc_problem_k_row(p, b, g, index[n]), p->d, tile->k + at,
             tile->k_size + at);
        pack(tile->values->v + sc_problem_v_row(p, b, g, index[n]), p->d_v, tile->v + at_v,
             tile->v_size + at_v);
    }
}

/* result[r][n] = <a_r, b_n>, rows of `width` channels. */
static void multiply(const struct sc_fp64_tile *tile, int32_t width, const double *a,
                     const double *b, double *result)
{
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, tile->rows, tile->keys, width, 1.0, a,
                width, b, width, 0.0, result, tile->keys);
}

void sc_fp64_tile_product(bool transposed, int32_t rows, int32_t columns, int32_t terms,
                          const double *a, const double *b, double *result)
{
    cblas_dgemm(CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, rows, columns,
                terms, 1.0, a, transposed ? rows : terms, b, columns, 0.0, result, columns);
}

/* Which keys of the tile row `r` of it sees. */
static void find_seen(const struct sc_fp64_tile *tile, int32_t r)
{
    const int32_t i = tile->row_index[r];
    const struct sc_problem *p = tile->problem;
    const int32_t n_q = sc_problem_rows(p, tile->b), n_k = sc_problem_keys(p, tile->b);
    const int32_t begin = sc_mask_key_begin(i, n_q, n_k, p->left, p->right);
    const int32_t end = sc_mask_key_end(i, n_q, n_k, p->left, p->right);

    for (int32_t n = 0; n < tile->keys; n++) {
        const int32_t j = tile->key_index[n];
        tile->seen[n] = (uint8_t)(begin <= j && j < end);
    }
    for (int32_t n = 0; p->plane.visible != NULL && n < tile->keys; n++) {
        tile->seen[n] = sc_problem_visible(p, tile->b, tile->h, i, tile->key_index[n]) ? 1 : 0;
    }
    for (int32_t n = 0; n < tile->keys; n++) {
        tile->row_seen[r] += tile->seen[n];
        tile->key_seen[n] += tile->seen[n];
    }
}

/* gamma_n = n u / (1 - n u), for n u <= 2^-29. */
static double gamma_unit(int32_t n)
{
    return (double)n * SC_FP64_ROUNDOFF * SC_FP64_SLACK;
}

void sc_fp64_tile_compute(struct sc_fp64_tile *tile, bool gradients, double sum_unit)
{
    const struct sc_problem *p = tile->problem;
    const double tau = (double)p->tau;
    struct sc_fp64_row row = {
        .tau = tau,
        .bias = (double)sc_problem_bias(p, tile->b, tile->h),
        .slope = p->slopes == NULL ? 0.0 : (double)p->slopes[tile->h],
        .terms_unit = gamma_unit(p->d + 2) * tau,
        .values_unit = gamma_unit(p->d_v + 1),
        .sum_unit = sum_unit,
    };

    multiply(tile, p->d, tile->q, tile->k, tile->p);
    multiply(tile, p->d, tile->q_size, tile->k_size, tile->p_radius);
    if (gradients) {
        multiply(tile, p->d_v, tile->d_o, tile->v, tile->d_s);
        multiply(tile, p->d_v, tile->d_o_size, tile->v_size, tile->d_s_radius);
    }
    for (int32_t r = 0; r < tile->rows; r++) {
        const int32_t i = tile->row_index[r];
        const int64_t at = (int64_t)r * tile->keys;
        row.position = i + (sc_problem_keys(p, tile->b) - sc_problem_rows(p, tile->b));
        find_seen(tile, r);
        sc_fp64_row_scores(&row, tile->keys, tile->key_index, tile->p + at, tile->p_radius + at,
                           tile->x, tile->delta);
        sc_fp64_row_weights(tile->keys, tile->seen, tile->x, tile->delta, tile->p + at,
                            tile->p_radius + at, tile->derivative, tile->derivative_error);
        if (gradients) {
            sc_fp64_row_backward(&row, tile->keys, tile->seen, tile->derivative,
                                 tile->derivative_error, tile->d_s + at, tile->d_s_radius + at);
        }
    }
}

void sc_fp64_tile_forward(struct sc_fp64_tile *tile, double sum_unit)
{
    const struct sc_fp64_row row = {.sum_unit = sum_unit};

    sc_fp64_row_forward(&row, tile->rows * tile->keys, tile->p, tile->p_radius);
}
