/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_SAMPLE_H
#define SC_TESTS_SAMPLE_H

#include "spec/attention.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Small random problems with their tensors, weighted to edges. A sample is a function of its mask
 * kind, its value class and its seed. */

enum sample_mask {
    SAMPLE_FULL,
    SAMPLE_CAUSAL,
    SAMPLE_WINDOW,
    SAMPLE_KEY_LENGTHS,
    SAMPLE_PACKED,
    SAMPLE_ALIBI,
    SAMPLE_DENSE,
    SAMPLE_BLOCKS,
    SAMPLE_ALL, /* packed or key lengths, window, ALiBi and blocks at once */
    SAMPLE_MASKS
};

enum sample_values {
    SAMPLE_BF16,
    SAMPLE_FP16,
    SAMPLE_FP32,
    SAMPLE_SUBNORMAL,  /* Q and V below 2^-126, K up to 2^127 */
    SAMPLE_HUGE,       /* scales of 2^100 and 2^-100 mixed */
    SAMPLE_CANCELLING, /* terms of 2^254 that cancel exactly next to terms of order 1 */
    SAMPLE_INTEGERS,   /* small integers and many zeros, so that a score is often 0 */
    SAMPLE_VALUES
};

/* The largest sizes; a test that needs longer ones defines them before it includes this. */
#ifndef SAMPLE_LENGTH
#define SAMPLE_LENGTH   6 /* rows or keys */
#define SAMPLE_SEQUENCE 4 /* rows or keys of a packed sequence */
#define SAMPLE_D        4
#define SAMPLE_D_V      3
#endif
#define SAMPLE_SEQUENCES 3
#define SAMPLE_HEADS     4

struct sample {
    struct sc_problem problem;
    bool broadcast; /* some stride is 0 */
    float *q, *k, *v;
    uint8_t *plane;
    float bias[SAMPLE_HEADS], slopes[SAMPLE_HEADS];
    int32_t key_lengths[SAMPLE_SEQUENCES];
    int32_t starts_q[SAMPLE_SEQUENCES + 1], starts_k[SAMPLE_SEQUENCES + 1];
    uint64_t state;
};

static inline uint64_t sample_bits(struct sample *x)
{
    uint64_t z = x->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform in [low, high]. */
static inline int32_t sample_integer(struct sample *x, int32_t low, int32_t high)
{
    return low + (int32_t)(sample_bits(x) % (uint64_t)(high - low + 1));
}

/* A signed value of `bits` significant bits, its exponent uniform in [low, high]. */
static inline float sample_float(struct sample *x, int32_t bits, int32_t low, int32_t high)
{
    const int32_t significand = (int32_t)(sample_bits(x) >> 1 >> (64 - bits)) | 1 << (bits - 1);
    const double magnitude = ldexp(significand, sample_integer(x, low, high) - (bits - 1));

    return (float)((sample_bits(x) & 1) != 0 ? -magnitude : magnitude);
}

static inline float sample_ordinary(struct sample *x, int32_t bits)
{
    return sample_integer(x, 0, 9) == 0 ? 0.0f : sample_float(x, bits, -4, 1);
}

enum sample_tensor { SAMPLE_Q, SAMPLE_K, SAMPLE_V };

/* Channel c of a row. */
static inline float sample_value(struct sample *x, enum sample_values values,
                                 enum sample_tensor tensor, int32_t c)
{
    switch (values) {
    case SAMPLE_BF16:
        return sample_ordinary(x, 8);
    case SAMPLE_FP16: /* 2^-24 is the least subnormal: one bit is left there */
        return sample_integer(x, 0, 3) == 0 ? sample_float(x, 1, -24, 15) : sample_ordinary(x, 11);
    case SAMPLE_SUBNORMAL:
        return tensor == SAMPLE_K ? sample_float(x, 24, 100, 127) : sample_float(x, 1, -149, -126);
    case SAMPLE_HUGE:
        return sample_float(x, 24, sample_integer(x, 0, 1) == 0 ? -101 : 99,
                            sample_integer(x, 0, 1) == 0 ? 100 : 101);
    case SAMPLE_CANCELLING:
        if (tensor != SAMPLE_V && c < 2) {
            return tensor == SAMPLE_K && c == 1 ? -0x1p127f : 0x1p127f;
        }
        return sample_ordinary(x, 8);
    case SAMPLE_INTEGERS:
        return (float)sample_integer(x, -1, 1);
    case SAMPLE_FP32:
    case SAMPLE_VALUES:
        break;
    }
    return sample_ordinary(x, 24);
}

/* Random strides: the dimensions nest in any order with gaps, and some may be broadcast. */
static inline void sample_layout(struct sample *x, struct sc_layout *layout, int32_t entries,
                                 int32_t heads, int32_t rows, int32_t width, bool may_broadcast)
{
    const int32_t extents[3] = {entries, heads, rows};
    int64_t strides[3] = {0, 0, 0};
    int64_t span = width;
    const int32_t first = sample_integer(x, 0, 2);
    const int32_t turn = sample_integer(x, 1, 2);

    for (int32_t n = 0; n < 3; n++) {
        const int32_t dimension = (first + n * turn) % 3;
        if (may_broadcast && sample_integer(x, 0, 5) == 0) {
            x->broadcast = x->broadcast || extents[dimension] > 1;
            continue;
        }
        strides[dimension] = span + sample_integer(x, 0, 2);
        span += (extents[dimension] > 0 ? extents[dimension] - 1 : 0) * strides[dimension];
    }
    layout->stride_batch = strides[0];
    layout->stride_head = strides[1];
    layout->stride_row = strides[2];
    layout->size = span;
}

/* A buffer of NaN, with values in the elements that belong to the tensor. */
static inline float *sample_tensor(struct sample *x, const struct sc_layout *layout,
                                   enum sample_values values, enum sample_tensor tensor,
                                   int32_t heads, int32_t rows, int32_t width)
{
    float *buffer = malloc((size_t)layout->size * sizeof(float));
    const int32_t entries = x->problem.starts_q != NULL ? 1 : x->problem.batch;

    for (int64_t n = 0; n < layout->size; n++) {
        buffer[n] = NAN;
    }
    for (int32_t b = 0; b < entries; b++) {
        for (int32_t h = 0; h < heads; h++) {
            for (int32_t row = 0; row < rows; row++) {
                for (int32_t c = 0; c < width; c++) {
                    buffer[b * layout->stride_batch + h * layout->stride_head +
                           row * layout->stride_row + c] = sample_value(x, values, tensor, c);
                }
            }
        }
    }
    return buffer;
}

static inline void sample_masks(struct sample *x, enum sample_mask mask)
{
    struct sc_problem *p = &x->problem;
    const bool all = mask == SAMPLE_ALL;
    const bool packed = mask == SAMPLE_PACKED || (all && sample_integer(x, 0, 1) == 0);

    p->left = SC_MASK_UNBOUNDED;
    p->right = SC_MASK_UNBOUNDED;
    if (mask == SAMPLE_CAUSAL) {
        p->right = 0;
    }
    if (mask == SAMPLE_WINDOW || all) {
        p->left = sample_integer(x, 0, 3);
        p->right = sample_integer(x, 0, 3);
    }
    if ((mask == SAMPLE_KEY_LENGTHS || mask == SAMPLE_PACKED) && sample_integer(x, 0, 1) == 0) {
        p->right = 0;
    }
    for (int32_t b = 0; packed && b < p->batch; b++) {
        x->starts_q[b + 1] = x->starts_q[b] + sample_integer(x, 0, SAMPLE_SEQUENCE);
        x->starts_k[b + 1] = x->starts_k[b] + sample_integer(x, 0, SAMPLE_SEQUENCE);
    }
    if (packed) {
        p->starts_q = x->starts_q;
        p->starts_k = x->starts_k;
        p->n_q = x->starts_q[p->batch];
        p->n_k = x->starts_k[p->batch];
    }
    if (mask == SAMPLE_KEY_LENGTHS || all) {
        for (int32_t b = 0; b < p->batch; b++) {
            x->key_lengths[b] =
                sample_integer(x, 0, packed ? x->starts_k[b + 1] - x->starts_k[b] : p->n_k);
        }
        p->key_lengths = x->key_lengths;
    }
    if (mask == SAMPLE_ALIBI || all) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            x->slopes[h] = sample_float(x, 24, -6, 2);
        }
        p->slopes = x->slopes;
    }
}

static inline void sample_plane(struct sample *x, bool blocks)
{
    struct sc_plane *plane = &x->problem.plane;

    plane->block_rows = blocks ? sample_integer(x, 1, 3) : 1;
    plane->block_keys = blocks ? sample_integer(x, 1, 3) : 1;
    plane->rows = x->problem.n_q / plane->block_rows + 1;
    plane->keys = x->problem.n_k / plane->block_keys + 1;
    sample_layout(x, &plane->layout, x->problem.batch, x->problem.heads_q, plane->rows, plane->keys,
                  true);
    x->plane = malloc((size_t)plane->layout.size);
    for (int64_t n = 0; n < plane->layout.size; n++) {
        x->plane[n] = (uint8_t)(sample_integer(x, 0, 2) * 127);
    }
    plane->visible = x->plane;
}

/* tau and b. Where the scores would all saturate, tau brings them back half of the time. */
static inline void sample_constants(struct sample *x, enum sample_values values)
{
    struct sc_problem *p = &x->problem;

    p->tau = fabsf(sample_float(x, 24, -3, 1));
    if (values == SAMPLE_HUGE && sample_integer(x, 0, 1) == 0) {
        p->tau = fabsf(sample_float(x, 24, -120, -90));
    }
    p->bias_scope = (enum sc_bias_scope)sample_integer(x, 0, 2);
    for (int32_t n = 0; n < SAMPLE_HEADS; n++) {
        x->bias[n] = sample_integer(x, 0, 3) == 0 ? 0.0f : sample_float(x, 24, -4, 3);
    }
    p->bias = x->bias;
}

static inline void sample_create(struct sample *x, enum sample_mask mask, enum sample_values values,
                                 bool may_broadcast, uint64_t seed)
{
    struct sc_problem *p = &x->problem;

    *x = (struct sample){.state = seed * 1000003 + (uint64_t)mask * 101 + (uint64_t)values};
    p->batch = sample_integer(x, 1, mask == SAMPLE_PACKED || mask == SAMPLE_ALL ? 3 : 2);
    p->heads_kv = sample_integer(x, 1, 2);
    p->heads_q = p->heads_kv * sample_integer(x, 1, 2);
    p->n_q = sample_integer(x, 0, SAMPLE_LENGTH);
    p->n_k = sample_integer(x, 0, SAMPLE_LENGTH);
    p->d = sample_integer(x, values == SAMPLE_CANCELLING ? 2 : 1, SAMPLE_D);
    p->d_v = sample_integer(x, 1, SAMPLE_D_V);
    p->format_in = values == SAMPLE_BF16   ? SC_FORMAT_BF16
                   : values == SAMPLE_FP16 ? SC_FORMAT_FP16
                                           : SC_FORMAT_FP32;
    p->format_out = SC_FORMAT_FP32;
    sample_constants(x, values);
    sample_masks(x, mask);
    if (mask == SAMPLE_DENSE || mask == SAMPLE_BLOCKS || mask == SAMPLE_ALL) {
        sample_plane(x, mask != SAMPLE_DENSE);
    }
    const int32_t entries = p->starts_q != NULL ? 1 : p->batch;
    sample_layout(x, &p->q, entries, p->heads_q, p->n_q, p->d, may_broadcast);
    sample_layout(x, &p->k, entries, p->heads_kv, p->n_k, p->d, may_broadcast);
    sample_layout(x, &p->v, entries, p->heads_kv, p->n_k, p->d_v, may_broadcast);
    sample_layout(x, &p->o, entries, p->heads_q, p->n_q, p->d_v, false);
    x->q = sample_tensor(x, &p->q, values, SAMPLE_Q, p->heads_q, p->n_q, p->d);
    x->k = sample_tensor(x, &p->k, values, SAMPLE_K, p->heads_kv, p->n_k, p->d);
    x->v = sample_tensor(x, &p->v, values, SAMPLE_V, p->heads_kv, p->n_k, p->d_v);
}

static inline void sample_destroy(struct sample *x)
{
    free(x->q);
    free(x->k);
    free(x->v);
    free(x->plane);
}

#endif
