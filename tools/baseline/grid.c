/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/baseline/grid.h"

#include "kernels/plan.h"
#include "reference/constants.h"
#include "reference/random.h"
#include "spec/format_value.h"

#include <stdlib.h>

/* A seed of which tools/kernels/placed.c makes dense and aligned tensors. */
#define ALIGNED_SEED 3

#define ORDINARY       12
#define FLASH_SHAPES   6
#define FLASH_MASKS    4 /* causal, local: each or not */
#define VARLEN_SHAPES  3
#define WIDE_WORK      (200 * 256) /* pairs up to which there are all widths and two heads */
#define WIDE_WIDTH     64
#define VARLEN_BATCH   2
#define VARLEN_SHORTER 20

static const struct {
    int32_t n_q, n_k;
} flash_shapes[FLASH_SHAPES] = {{113, 203}, {128, 217}, {113, 211},
                                {108, 256}, {256, 512}, {512, 256}},
  varlen_shapes[VARLEN_SHAPES] = {{1, 147}, {113, 203}, {108, 256}};

static const int32_t flash_widths[] = {32, 40, 59, 64, 80, 96, 111, 128, 160, 192, 224, 256};
#define WIDTHS (int32_t)(sizeof flash_widths / sizeof flash_widths[0])

int32_t sc_grid_count(enum sc_grid grid)
{
    return grid == SC_GRID_ORDINARY ? ORDINARY : (FLASH_SHAPES + VARLEN_SHAPES) * FLASH_MASKS;
}

/* The first pair of width and format from number n on with an instance no wider than that; false: none. */
static bool choose(struct sc_problem *p, int32_t n, int32_t widest)
{
    static const enum sc_format formats[] = {SC_FORMAT_FP16, SC_FORMAT_BF16};

    for (int32_t step = 0; step < 2 * WIDTHS; step++) {
        const int32_t pair = (n + step) % (2 * WIDTHS);
        p->d = p->d_v = flash_widths[pair / 2];
        p->format_in = formats[pair % 2];
        const int32_t width = sc_plan_width(p);
        if (width != 0 && width <= widest) {
            return true;
        }
    }
    return false;
}

static bool set_ordinary(struct sc_problem *p, int32_t n)
{
    static const struct {
        enum sc_format format;
        int32_t d;
    } kinds[] = {
        {SC_FORMAT_BF16, 64}, {SC_FORMAT_FP16, 64}, {SC_FORMAT_FP16, 128}, {SC_FORMAT_FP32, 64}};

    const int32_t kind = n < 8 ? n / 2 : (n - 8) / 2 * 2;

    p->batch = n < 8 ? 2 : 1;
    p->heads_q = p->heads_kv = n < 8 ? 1 : 2;
    p->n_q = p->n_k = n < 8 ? 128 : 256;
    p->right = n % 2 == 0 ? SC_MASK_UNBOUNDED : 0;
    p->format_in = kinds[kind].format;
    p->d = p->d_v = kinds[kind].d;
    return sc_plan_width(p) != 0;
}

static bool set_flash(struct sc_problem *p, int32_t n, struct sc_random *random)
{
    const int32_t shape = n / FLASH_MASKS;
    const bool varlen = shape >= FLASH_SHAPES;

    p->batch = varlen ? VARLEN_BATCH : 1;
    p->n_q = varlen ? varlen_shapes[shape - FLASH_SHAPES].n_q : flash_shapes[shape].n_q;
    p->n_k = varlen ? varlen_shapes[shape - FLASH_SHAPES].n_k : flash_shapes[shape].n_k;
    const bool large = p->n_q * p->n_k > WIDE_WORK;
    p->heads_q = large ? 1 : 2;
    p->heads_kv = large || n % 3 == 0 ? 1 : 2;
    if (n / 2 % 2 == 1) {
        p->left = sc_random_int(random, 0, p->n_k - 1);
        p->right = sc_random_int(random, 0, p->n_k - 1);
    }
    if (n % 2 == 1) {
        p->right = 0;
    }
    return choose(p, 5 * n, large ? WIDE_WIDTH : 256);
}

/* Sequences of up to n rows and keys, one after the other. */
static void pack(struct sc_case *c, struct sc_random *random)
{
    struct sc_problem *p = &c->problem;

    for (int32_t b = 0; b < p->batch; b++) {
        const int32_t least_q = p->n_q > VARLEN_SHORTER ? p->n_q - VARLEN_SHORTER : 1;
        c->starts_q[b + 1] = c->starts_q[b] + sc_random_int(random, least_q, p->n_q);
        c->starts_k[b + 1] =
            c->starts_k[b] + sc_random_int(random, p->n_k - VARLEN_SHORTER, p->n_k);
    }
    p->n_q = c->starts_q[p->batch];
    p->n_k = c->starts_k[p->batch];
    p->starts_q = c->starts_q;
    p->starts_k = c->starts_k;
}

/* [entries][rows][heads][width], without gaps. */
static struct sc_layout dense(int32_t entries, int32_t rows, int32_t heads, int32_t width)
{
    struct sc_layout layout;

    layout.stride_head = width;
    layout.stride_row = (int64_t)heads * width;
    layout.stride_batch = rows * layout.stride_row;
    layout.size = entries * layout.stride_batch;
    return layout;
}

static float *normal(int64_t size, enum sc_format format, struct sc_random *random)
{
    float *x = calloc((size_t)size, sizeof *x);

    for (int64_t n = 0; x != NULL && n < size; n++) {
        x[n] = (float)sc_format_decode(format, sc_format_encode(format, sc_random_normal(random)));
    }
    return x;
}

static bool fill(struct sc_case *c, struct sc_random *random)
{
    struct sc_problem *p = &c->problem;
    const int32_t entries = sc_problem_tensor_batch(p);

    p->q = dense(entries, p->n_q, p->heads_q, p->d);
    p->k = dense(entries, p->n_k, p->heads_kv, p->d);
    p->v = dense(entries, p->n_k, p->heads_kv, p->d_v);
    p->o = dense(entries, p->n_q, p->heads_q, p->d_v);
    c->q = normal(p->q.size, p->format_in, random);
    c->k = normal(p->k.size, p->format_in, random);
    c->v = normal(p->v.size, p->format_in, random);
    c->d_o = normal(p->o.size, p->format_in, random);
    return c->q != NULL && c->k != NULL && c->v != NULL && c->d_o != NULL;
}

static bool allocate(struct sc_case *c)
{
    const size_t batch = (size_t)c->problem.batch;

    c->bias = calloc(1, sizeof *c->bias);
    c->slopes = calloc((size_t)c->problem.heads_q, sizeof *c->slopes);
    c->starts_q = calloc(batch + 1, sizeof *c->starts_q);
    c->starts_k = calloc(batch + 1, sizeof *c->starts_k);
    return c->bias != NULL && c->slopes != NULL && c->starts_q != NULL && c->starts_k != NULL;
}

enum sc_status sc_grid_case(enum sc_grid grid, int32_t n, struct sc_case *built, bool *fast,
                            struct sc_error *error)
{
    struct sc_random random = {(uint64_t)grid << 32 | (uint64_t)n};
    struct sc_case c = {.seed = ALIGNED_SEED};
    struct sc_problem *p = &c.problem;

    p->left = p->right = SC_MASK_UNBOUNDED;
    p->bias_scope = SC_BIAS_SCALAR;
    const bool set = grid == SC_GRID_ORDINARY ? set_ordinary(p, n) : set_flash(p, n, &random);
    *built = c;
    if (!set) {
        return sc_fail(error, SC_E_UNAVAILABLE, "baseline: the kernels have no such instance");
    }
    p->format_out = p->format_in;
    p->tau = sc_constants_scale(p->d);
    *fast = grid == SC_GRID_ORDINARY ? n / 4 % 2 == 1 : n % 5 < 2;
    bool room = allocate(&c);
    if (room) {
        c.bias[0] = sc_constants_minus_log(p->n_k);
        p->bias = c.bias;
        for (int32_t h = 0;
             grid == SC_GRID_FLASH && (n + n / FLASH_MASKS) % 2 == 1 && h < p->heads_q; h++) {
            c.slopes[h] = (float)(0.3 * sc_random_unit(&random));
            p->slopes = c.slopes;
        }
        if (grid == SC_GRID_FLASH && n / FLASH_MASKS >= FLASH_SHAPES) {
            pack(&c, &random);
        }
        room = fill(&c, &random);
    }
    *built = c;
    return room ? SC_OK : sc_fail(error, SC_E_MEMORY, "baseline: no memory for a case");
}
