/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/generate.h"

#include "fuzz/draw.h"
#include "reference/constants.h"
#include "reference/random.h"
#include "spec/format_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_MAX  24
#define HEADS_MAX   3
#define BATCH_MAX   3
#define CHANNEL_MAX 9

#define TILED_LENGTH_MAX  200
#define TILED_CHANNEL_MAX 256

#define SMALL_LENGTH      12
#define SMALL_LONG        40
#define SMALL_LONG_ONE_IN 24
#define TINY_LENGTH       3
#define TINY_CHANNELS     5

#define LONG_ONE_IN     32
#define LONG_MIN_LENGTH 250
#define LONG_MAX_LENGTH 340

const char *sc_generate_mask_name(enum sc_generate_mask mask)
{
    static const char *const names[SC_GENERATE_MASKS] = {
        "full", "causal", "window", "key-lengths", "packed", "alibi", "block", "dense"};

    return names[mask];
}

const char *sc_generate_values_name(enum sc_generate_values values)
{
    static const char *const names[SC_GENERATE_CLASSES] = {
        "normal", "cancelling", "saturated", "subnormal", "wide", "sparse",
        "bias",   "scales",     "extreme",   "underflow", "edge", "integers"};

    return names[values];
}

/* A length that is often 1, a tile edge or a tile edge and one. */
static int32_t length(struct sc_random *random)
{
    static const int32_t edges[] = {1, 2, 7, 8, 9, 15, 16, 17};

    if (sc_random_int(random, 0, 1) == 0) {
        return edges[sc_random_int(random, 0, 7)];
    }
    return sc_random_int(random, 1, LENGTH_MAX);
}

static void set_shape(struct sc_case *c, struct sc_random *random)
{
    struct sc_problem *p = &c->problem;

    p->batch = sc_random_int(random, 1, BATCH_MAX);
    p->heads_kv = sc_random_int(random, 1, HEADS_MAX);
    p->heads_q = p->heads_kv * sc_random_int(random, 1, HEADS_MAX);
    p->n_q = length(random);
    p->n_k = length(random);
    p->d = sc_random_int(random, 1, CHANNEL_MAX);
    p->d_v = sc_random_int(random, 1, CHANNEL_MAX);
    p->format_in = (enum sc_format)sc_random_int(random, 0, 2);
    p->format_out = (enum sc_format)sc_random_int(random, 0, 2);
    p->tau = sc_random_int(random, 0, 3) == 0 ? 0x1.8p-1f : sc_constants_scale(p->d);
    p->left = SC_MASK_UNBOUNDED;
    p->right = SC_MASK_UNBOUNDED;
}

/* Lays out [batch][heads][rows][width] in a random order of dimensions, with gaps. Strides are multiples of `unit`. */
static void set_layout(struct sc_layout *layout, int32_t batch, int32_t heads, int32_t rows,
                       int32_t width, int32_t unit, struct sc_random *random)
{
    int64_t *strides[3] = {&layout->stride_row, &layout->stride_head, &layout->stride_batch};
    int32_t extents[3] = {rows, heads, batch};
    int64_t span = width;

    for (int step = 0; step < 3; step++) {
        const int pick = sc_random_int(random, step, 2);
        int64_t *const stride = strides[pick];
        const int32_t extent = extents[pick];
        strides[pick] = strides[step];
        extents[pick] = extents[step];
        *stride = (span + unit - 1) / unit * unit + unit * sc_random_int(random, 0, 2);
        span = (extent > 0 ? extent - 1 : 0) * *stride + span;
    }
    layout->size = span;
}

static void set_layouts(struct sc_problem *p, int32_t unit, struct sc_random *random)
{
    const int32_t batch = sc_problem_tensor_batch(p);

    set_layout(&p->q, batch, p->heads_q, p->n_q, p->d, unit, random);
    set_layout(&p->k, batch, p->heads_kv, p->n_k, p->d, unit, random);
    set_layout(&p->v, batch, p->heads_kv, p->n_k, p->d_v, unit, random);
    set_layout(&p->o, batch, p->heads_q, p->n_q, p->d_v, unit, random);
    if (sc_random_int(random, 0, 7) == 0) {
        p->k.stride_head = 0; /* every head reads the same keys */
    }
}

/* Ascending starts of batch + 1 sequences in `rows`, repeats (empty sequences) allowed. */
static void set_starts(int32_t *starts, int32_t batch, int32_t rows, struct sc_random *random)
{
    starts[0] = 0;
    for (int32_t b = 1; b < batch; b++) {
        starts[b] = sc_random_int(random, starts[b - 1], rows);
    }
    starts[batch] = rows;
}

static void set_mask(struct sc_case *c, struct sc_random *random)
{
    struct sc_problem *p = &c->problem;
    const bool also_causal = sc_random_int(random, 0, 2) == 0;

    if (c->mask == SC_GENERATE_CAUSAL || (c->mask != SC_GENERATE_FULL && also_causal)) {
        p->right = 0;
    }
    if (c->mask == SC_GENERATE_WINDOW) {
        p->left = sc_random_int(random, 0, p->n_k);
        p->right = sc_random_int(random, 0, 2);
    }
    if (c->mask == SC_GENERATE_PACKED) {
        set_starts(c->starts_q, p->batch, p->n_q, random);
        set_starts(c->starts_k, p->batch, p->n_k, random);
        p->starts_q = c->starts_q;
        p->starts_k = c->starts_k;
    }
    if (c->mask == SC_GENERATE_KEY_LENGTHS) {
        for (int32_t b = 0; b < p->batch; b++) {
            c->key_lengths[b] = sc_random_int(random, 0, p->n_k);
        }
        p->key_lengths = c->key_lengths;
    }
    if (c->mask == SC_GENERATE_ALIBI) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            c->slopes[h] = ldexpf(1.0f, -sc_random_int(random, 0, 8));
        }
        p->slopes = c->slopes;
    }
}

static void set_plane(struct sc_case *c, struct sc_random *random)
{
    struct sc_problem *p = &c->problem;
    struct sc_plane *plane = &p->plane;
    const bool dense = c->mask == SC_GENERATE_DENSE;

    if (!dense && c->mask != SC_GENERATE_BLOCK) {
        return;
    }
    plane->block_rows = dense ? 1 : sc_random_int(random, 1, p->n_q > LENGTH_MAX ? 64 : 8);
    plane->block_keys = dense ? 1 : sc_random_int(random, 1, p->n_k > LENGTH_MAX ? 64 : 8);
    plane->rows = (p->n_q + plane->block_rows - 1) / plane->block_rows;
    plane->keys = (p->n_k + plane->block_keys - 1) / plane->block_keys;
    plane->layout.stride_row = plane->keys;
    plane->layout.stride_head = (int64_t)plane->rows * plane->keys;
    plane->layout.stride_batch = 0; /* shared by the sequences */
    plane->layout.size = p->heads_q * plane->layout.stride_head;
    for (int64_t x = 0; x < plane->layout.size; x++) {
        c->plane[x] = (uint8_t)sc_random_int(random, 0, 1);
    }
    plane->visible = c->plane;
}

static void set_bias(struct sc_case *c, struct sc_random *random)
{
    struct sc_problem *p = &c->problem;
    int32_t count = 1;

    p->bias_scope = (enum sc_bias_scope)sc_random_int(random, 0, 2);
    if (p->bias_scope != SC_BIAS_SCALAR) {
        count = p->bias_scope == SC_BIAS_PER_HEAD ? p->heads_q : p->batch;
    }
    for (int32_t x = 0; x < count; x++) {
        if (!sc_draw_constants(c->values, &p->tau, &c->bias[x])) {
            c->bias[x] = sc_constants_minus_log(p->n_k + x);
        }
    }
    p->bias = c->bias;
}

static void fill_row(float *row, int32_t width, enum sc_format format,
                     enum sc_generate_values values, enum sc_draw_tensor tensor,
                     struct sc_random *random)
{
    for (int32_t c = 0; c < width; c++) {
        const uint32_t bits =
            sc_format_encode(format, sc_draw_value(values, tensor, c, format, random));
        row[c] = (float)sc_format_decode(format, bits);
    }
}

static void poison(float *x, int64_t size)
{
    for (int64_t n = 0; n < size; n++) {
        x[n] = NAN;
    }
}

static void fill(struct sc_case *c, struct sc_random *random)
{
    const struct sc_problem *p = &c->problem;

    poison(c->q, p->q.size);
    poison(c->k, p->k.size);
    poison(c->v, p->v.size);
    poison(c->d_o, p->o.size);
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                fill_row(c->q + sc_problem_q_row(p, b, h, i), p->d, p->format_in, c->values,
                         SC_DRAW_Q, random);
            }
        }
        for (int32_t g = 0; g < p->heads_kv; g++) {
            for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
                fill_row(c->k + sc_problem_k_row(p, b, g, j), p->d, p->format_in, c->values,
                         SC_DRAW_K, random);
                fill_row(c->v + sc_problem_v_row(p, b, g, j), p->d_v, p->format_in, c->values,
                         SC_DRAW_V, random);
            }
        }
    }
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                fill_row(c->d_o + sc_problem_o_row(p, b, h, i), p->d_v, p->format_in, c->values,
                         SC_DRAW_D_O, random);
            }
        }
    }
}

/* The case of a shape. `random` has drawn the shape. */
static enum sc_status build(struct sc_case c, int32_t unit, struct sc_random *random,
                            struct sc_case *built, struct sc_error *error)
{
    const size_t heads = (size_t)c.problem.heads_q;
    const size_t batch = (size_t)c.problem.batch;

    c.bias = calloc(heads + batch, sizeof *c.bias);
    c.slopes = calloc(heads, sizeof *c.slopes);
    c.key_lengths = calloc(batch, sizeof *c.key_lengths);
    c.starts_q = calloc(batch + 1, sizeof *c.starts_q);
    c.starts_k = calloc(batch + 1, sizeof *c.starts_k);
    c.plane = calloc(heads * (size_t)(c.problem.n_q * c.problem.n_k), 1);
    if (c.bias == NULL || c.slopes == NULL || c.key_lengths == NULL || c.starts_q == NULL ||
        c.starts_k == NULL || c.plane == NULL) {
        goto no_memory;
    }
    set_mask(&c, random);
    set_plane(&c, random);
    set_bias(&c, random);
    set_layouts(&c.problem, unit, random);
    c.q = calloc((size_t)c.problem.q.size, sizeof *c.q);
    c.k = calloc((size_t)c.problem.k.size, sizeof *c.k);
    c.v = calloc((size_t)c.problem.v.size, sizeof *c.v);
    c.d_o = calloc((size_t)c.problem.o.size, sizeof *c.d_o);
    if (c.q == NULL || c.k == NULL || c.v == NULL || c.d_o == NULL) {
        goto no_memory;
    }
    fill(&c, random);
    *built = c;
    return SC_OK;
no_memory:
    sc_generate_destroy(&c);
    *built = c;
    return sc_fail(error, SC_E_MEMORY, "case %llu: no memory", (unsigned long long)c.seed);
}

enum sc_status sc_generate_case(uint64_t seed, struct sc_case *built, struct sc_error *error)
{
    struct sc_random random = {seed * 0x9e3779b97f4a7c15u + 1};
    struct sc_case c = {.seed = seed};

    c.mask = (enum sc_generate_mask)(seed % SC_GENERATE_MASKS);
    c.values = (enum sc_generate_values)(seed / SC_GENERATE_MASKS % SC_GENERATE_VALUES);
    set_shape(&c, &random);
    return build(c, 1, &random, built, error);
}

enum sc_status sc_generate_hostile(uint64_t seed, struct sc_case *built, struct sc_error *error)
{
    struct sc_random random = {seed * 0x9e3779b97f4a7c15u + 2};
    struct sc_case c = {.seed = seed};

    c.mask = (enum sc_generate_mask)(seed % SC_GENERATE_MASKS);
    c.values = (enum sc_generate_values)(seed / SC_GENERATE_MASKS % SC_GENERATE_CLASSES);
    set_shape(&c, &random);
    /* underflows of single products show in long sums */
    if (sc_random_int(&random, 1, c.values == SC_GENERATE_UNDERFLOW ? 4 : LONG_ONE_IN) == 1) {
        c.problem.batch = 1;
        c.problem.heads_kv = 1;
        c.problem.heads_q = sc_random_int(&random, 1, 2);
        c.problem.n_q = sc_random_int(&random, LONG_MIN_LENGTH, LONG_MAX_LENGTH);
        c.problem.n_k = sc_random_int(&random, LONG_MIN_LENGTH, LONG_MAX_LENGTH);
    }
    return build(c, 1, &random, built, error);
}

enum sc_status sc_generate_small(uint64_t seed, enum sc_generate_values values,
                                 enum sc_format format, bool tiny, struct sc_case *built,
                                 struct sc_error *error)
{
    struct sc_random random = {seed * 0x9e3779b97f4a7c15u + 4};
    struct sc_case c = {.seed = seed, .values = values};
    const bool longer = !tiny && sc_random_int(&random, 1, SMALL_LONG_ONE_IN) == 1;
    const int32_t length = longer ? SMALL_LONG : tiny ? TINY_LENGTH : SMALL_LENGTH;
    const int32_t width = longer ? SMALL_LONG : tiny ? TINY_CHANNELS : SMALL_LENGTH;

    c.mask = (enum sc_generate_mask)(seed % SC_GENERATE_MASKS);
    set_shape(&c, &random);
    c.problem.batch = c.problem.batch > 2 || tiny ? 1 : c.problem.batch;
    c.problem.heads_kv = sc_random_int(&random, 0, 3) == 0 && !tiny ? 2 : 1;
    c.problem.heads_q = c.problem.heads_kv * sc_random_int(&random, 1, 3);
    c.problem.n_q = sc_random_int(&random, 1, length);
    c.problem.n_k = sc_random_int(&random, 1, length);
    c.problem.d = sc_random_int(&random, 1, width);
    c.problem.d_v = sc_random_int(&random, 1, width);
    c.problem.format_in = format;
    return build(c, 1, &random, built, error);
}

/* A number near a multiple of a power of two, in [1, most]. */
static int32_t near_edge(struct sc_random *random, int32_t least_power, int32_t most)
{
    const int32_t unit = 1 << sc_random_int(random, least_power, 6);
    const int32_t edge =
        unit * sc_random_int(random, 0, most / unit) + sc_random_int(random, -1, 1);

    return edge < 1 ? 1 : edge > most ? most : edge;
}

static void set_tiled_shape(struct sc_case *c, struct sc_random *random)
{
    struct sc_problem *p = &c->problem;

    set_shape(c, random);
    p->heads_q = p->heads_kv * sc_random_int(random, 1, 2);
    p->n_q = near_edge(random, 3, TILED_LENGTH_MAX);
    p->n_k = near_edge(random, 3, TILED_LENGTH_MAX);
    p->d = near_edge(random, 2, TILED_CHANNEL_MAX);
    p->d_v = sc_random_int(random, 0, 1) == 0 ? p->d : near_edge(random, 2, TILED_CHANNEL_MAX);
    p->format_in = sc_random_int(random, 0, 1) == 0 ? SC_FORMAT_BF16 : SC_FORMAT_FP16;
    p->format_in = sc_random_int(random, 0, 3) == 0 ? SC_FORMAT_FP32 : p->format_in;
    p->tau = sc_random_int(random, 0, 3) == 0 ? 0x1.8p-1f : sc_constants_scale(p->d);
}

/* Puts NaN or an infinity into a few elements that exist: what sees them has no result, and nothing else may change. */
static void spoil(struct sc_case *c, struct sc_random *random)
{
    static const float values[] = {NAN, INFINITY, -INFINITY};
    const struct sc_problem *p = &c->problem;
    const int32_t count = sc_random_int(random, 1, 3);

    for (int32_t n = 0; n < count; n++) {
        const int32_t which = sc_random_int(random, 0, 3),
                      b = sc_random_int(random, 0, p->batch - 1);
        const bool rows = which == SC_DRAW_Q || which == SC_DRAW_D_O;
        const int32_t length = rows ? sc_problem_rows(p, b) : sc_problem_keys(p, b);
        const int32_t head = sc_random_int(random, 0, (rows ? p->heads_q : p->heads_kv) - 1);
        const float value = values[sc_random_int(random, 0, 2)];
        if (length == 0) {
            continue;
        }
        const int32_t row = sc_random_int(random, 0, length - 1);
        if (which == SC_DRAW_Q) {
            c->q[sc_problem_q_row(p, b, head, row) + sc_random_int(random, 0, p->d - 1)] = value;
        } else if (which == SC_DRAW_K) {
            c->k[sc_problem_k_row(p, b, head, row) + sc_random_int(random, 0, p->d - 1)] = value;
        } else if (which == SC_DRAW_V) {
            c->v[sc_problem_v_row(p, b, head, row) + sc_random_int(random, 0, p->d_v - 1)] = value;
        } else {
            c->d_o[sc_problem_o_row(p, b, head, row) + sc_random_int(random, 0, p->d_v - 1)] =
                value;
        }
    }
}

enum sc_status sc_generate_tiled(uint64_t seed, struct sc_case *built, struct sc_error *error)
{
    struct sc_random random = {seed * 0x9e3779b97f4a7c15u + 3};
    struct sc_case c = {.seed = seed};

    c.mask = (enum sc_generate_mask)(seed % SC_GENERATE_MASKS);
    c.values = (enum sc_generate_values)(seed / SC_GENERATE_MASKS % SC_GENERATE_CLASSES);
    set_tiled_shape(&c, &random);
    /* Half of them have strides that asynchronous copies of 16 bytes can take. */
    const enum sc_status status =
        build(c, sc_random_int(&random, 0, 1) == 0 ? 8 : 1, &random, built, error);

    if (status == SC_OK && sc_random_int(&random, 0, 2) == 0) {
        spoil(built, &random);
    }
    return status;
}

void sc_generate_destroy(struct sc_case *built)
{
    free(built->q);
    free(built->k);
    free(built->v);
    free(built->d_o);
    free(built->bias);
    free(built->slopes);
    free(built->key_lengths);
    free(built->starts_q);
    free(built->starts_k);
    free(built->plane);
    *built = (struct sc_case){.seed = built->seed};
}
