/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/arb_tile.h"

#include <stdlib.h>

enum sc_status sc_arb_tile_create(struct sc_arb_tile *tile, const struct sc_problem *problem,
                                  const struct sc_oracle_values *values, slong precision,
                                  int32_t rows, int32_t keys, struct sc_error *error)
{
    const slong d = problem->d, d_v = problem->d_v;
    bool *const seen = malloc((size_t)rows * (size_t)keys * sizeof *seen + 1);

    *tile = (struct sc_arb_tile){.problem = problem,
                                 .values = values,
                                 .precision = precision,
                                 .row_room = rows,
                                 .key_room = keys,
                                 .seen = seen};
    if (seen == NULL) {
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory for a tile of %d x %d pairs", rows,
                       keys);
    }
    tile->q = _arb_vec_init(rows * d);
    tile->d_o = _arb_vec_init(rows * d_v);
    tile->k = _arb_vec_init(keys * d);
    tile->v = _arb_vec_init(keys * d_v);
    tile->p = _arb_vec_init((slong)rows * keys);
    tile->d_s = _arb_vec_init((slong)rows * keys);
    arb_init(tile->constants.tau);
    arb_init(tile->constants.bias);
    arb_init(tile->constants.slope);
    return SC_OK;
}

void sc_arb_tile_destroy(struct sc_arb_tile *tile)
{
    const slong rows = tile->row_room, keys = tile->key_room;
    const slong d = tile->problem->d, d_v = tile->problem->d_v;

    if (tile->seen == NULL) {
        return;
    }
    arb_clear(tile->constants.slope);
    arb_clear(tile->constants.bias);
    arb_clear(tile->constants.tau);
    _arb_vec_clear(tile->d_s, rows * keys);
    _arb_vec_clear(tile->p, rows * keys);
    _arb_vec_clear(tile->v, keys * d_v);
    _arb_vec_clear(tile->k, keys * d);
    _arb_vec_clear(tile->d_o, rows * d_v);
    _arb_vec_clear(tile->q, rows * d);
    free(tile->seen);
    tile->seen = NULL;
}

/* Exact: a double holds every fp32 value. */
static void pack(const float *from, int32_t width, arb_ptr to)
{
    for (int32_t c = 0; c < width; c++) {
        arb_set_d(to + c, (double)from[c]);
    }
}

void sc_arb_tile_rows(struct sc_arb_tile *tile, int32_t b, int32_t h, const int32_t *index,
                      int32_t count)
{
    const struct sc_problem *p = tile->problem;

    tile->b = b;
    tile->h = h;
    tile->rows = count;
    tile->row_index = index;
    for (int32_t r = 0; r < count; r++) {
        pack(tile->values->q + sc_problem_q_row(p, b, h, index[r]), p->d,
             tile->q + (slong)r * p->d);
        if (tile->values->d_o != NULL) {
            pack(tile->values->d_o + sc_problem_o_row(p, b, h, index[r]), p->d_v,
                 tile->d_o + (slong)r * p->d_v);
        }
    }
}

void sc_arb_tile_keys(struct sc_arb_tile *tile, int32_t b, int32_t g, const int32_t *index,
                      int32_t count)
{
    const struct sc_problem *p = tile->problem;

    tile->b = b;
    tile->g = g;
    tile->keys = count;
    tile->key_index = index;
    for (int32_t n = 0; n < count; n++) {
        pack(tile->values->k + sc_problem_k_row(p, b, g, index[n]), p->d,
             tile->k + (slong)n * p->d);
        pack(tile->values->v + sc_problem_v_row(p, b, g, index[n]), p->d_v,
             tile->v + (slong)n * p->d_v);
    }
}

/* Weight, and gradient by the score, of one visible pair. */
static void compute_pair(struct sc_arb_tile *tile, int32_t r, int32_t n, bool gradients,
                         arb_t complement)
{
    const struct sc_problem *p = tile->problem;
    const int32_t distance =
        sc_mask_distance(tile->row_index[r], tile->key_index[n], sc_problem_rows(p, tile->b),
                         sc_problem_keys(p, tile->b));
    arb_ptr weight = tile->p + (slong)r * tile->keys + n;
    arb_ptr d_s = tile->d_s + (slong)r * tile->keys + n;

    sc_arb_dot(d_s, tile->q + (slong)r * p->d, tile->k + (slong)n * p->d, p->d, tile->precision);
    sc_arb_score(d_s, d_s, distance, &tile->constants, tile->precision);
    sc_arb_sigmoid(weight, complement, d_s, tile->precision);
    if (gradients) {
        sc_arb_dot(d_s, tile->d_o + (slong)r * p->d_v, tile->v + (slong)n * p->d_v, p->d_v,
                   tile->precision);
        arb_mul(complement, complement, weight, tile->precision);
        arb_mul(d_s, d_s, complement, tile->precision);
    }
}

void sc_arb_tile_compute(struct sc_arb_tile *tile, bool gradients)
{
    const struct sc_problem *p = tile->problem;
    arb_t complement;

    arb_init(complement);
    arb_set_d(tile->constants.tau, (double)p->tau);
    arb_set_d(tile->constants.bias, (double)sc_problem_bias(p, tile->b, tile->h));
    arb_set_d(tile->constants.slope, p->slopes == NULL ? 0.0 : (double)p->slopes[tile->h]);
    for (int32_t r = 0; r < tile->rows; r++) {
        for (int32_t n = 0; n < tile->keys; n++) {
            const slong x = (slong)r * tile->keys + n;
            tile->seen[x] =
                sc_problem_visible(p, tile->b, tile->h, tile->row_index[r], tile->key_index[n]);
            if (tile->seen[x]) {
                compute_pair(tile, r, n, gradients, complement);
            } else {
                arb_zero(tile->p + x);
                arb_zero(tile->d_s + x);
            }
        }
    }
    arb_clear(complement);
}
