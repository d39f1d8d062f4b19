/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_ATTENTION_H
#define SC_SPEC_ATTENTION_H

#include "spec/format.h"
#include "spec/layout.h"
#include "spec/mask.h"
#include "spec/share.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest finite fp32 value. */
#define SC_FLOAT_MAX 0x1.fffffep127

/* What one value of the bias b belongs to. */
enum sc_bias_scope { SC_BIAS_SCALAR, SC_BIAS_PER_HEAD, SC_BIAS_PER_SEQUENCE };

/* A mask given as bytes: one cell covers block_rows x block_keys (row, key) pairs of a sequence, so a
 * dense mask has blocks of 1 x 1. A cell that is not 0 is visible. The cell of row i and key j is
 * visible[layout row (b, h, i / block_rows) + j / block_keys]; strides 0 share it over sequences or
 * heads. The band and the key lengths hold as well. */
struct sc_plane {
    const uint8_t *visible; /* NULL: no such mask, and nothing else here is read */
    struct sc_layout layout;
    int32_t rows, keys; /* cells per head; they must cover the longest sequence */
    int32_t block_rows, block_keys;
};

/* One problem of sigmoid attention (arXiv 2409.04431, section 2; spec/README.md):
 *
 *   S_ij = tau <q_i, k_j> + b + m_ij,   P_ij = sigma(S_ij) if row i sees key j, else exactly 0,
 *   O_i  = sum_j P_ij v_j,              sigma(u) = 1 / (1 + e^-u),
 *
 * m_ij = -slope_h |i + n_k - n_q - j| (ALiBi) or 0. The exact result is defined on tau, b and the
 * slopes as the fp32 values given here. Tensors are Q [batch][heads_q][n_q][d],
 * K [batch][heads_kv][n_k][d], V [batch][heads_kv][n_k][d_v], O [batch][heads_q][n_q][d_v], each with
 * strides of its own; query head h reads key and value head h / (heads_q / heads_kv).
 *
 * Packed sequences: starts_q and starts_k are given, the tensors have one batch entry, sequence b is
 * rows starts_q[b] .. starts_q[b + 1] - 1 of it, and n_q, n_k are the rows of the tensors.
 * Per-sequence key lengths: sequence b has key_lengths[b] keys. In both cases the band, ALiBi and
 * visibility count rows and keys within the sequence, with the sequence's own lengths. */
struct sc_problem {
    int32_t batch;             /* sequences, in [1, SC_LENGTH_MAX] */
    int32_t heads_q, heads_kv; /* in [1, SC_LENGTH_MAX]; heads_kv divides heads_q */
    int32_t n_q, n_k;          /* rows and keys of the tensors, in [0, SC_LENGTH_MAX] */
    int32_t d, d_v;            /* channels of Q and K, of V and O, in [1, SC_LENGTH_MAX] */
    enum sc_format format_in;  /* Q, K and V */
    enum sc_format format_out; /* O */
    float tau;                 /* scale, finite and > 0 */
    enum sc_bias_scope bias_scope;
    const float *bias;          /* 1, heads_q or batch finite values */
    const float *slopes;        /* ALiBi, heads_q finite values; NULL: none */
    int32_t left, right;        /* the band, in [0, SC_MASK_UNBOUNDED] (spec/mask.h) */
    const int32_t *key_lengths; /* batch values; NULL: every key is valid */
    const int32_t *starts_q; /* batch + 1 values from 0 to n_q, never falling; NULL: not packed */
    const int32_t *starts_k; /* batch + 1 values from 0 to n_k */
    struct sc_plane plane;
    struct sc_layout q, k, v, o;
};

#include "spec/attention.acsl"

#ifdef SC_EMULATED
/* Predicates, for SC_EXPECT. Here: whether starts[b + 1] - starts[b] is an int32_t. */
static inline bool sc_starts_differ(const int32_t *starts, int32_t b)
{
    const int64_t difference = (int64_t)starts[b + 1] - starts[b];

    return INT32_MIN <= difference && difference <= INT32_MAX;
}

static inline bool sc_problem_shape(const struct sc_problem *p)
{
    return 1 <= p->batch && p->batch <= SC_LENGTH_MAX && 1 <= p->heads_q &&
           p->heads_q <= SC_LENGTH_MAX && 1 <= p->heads_kv && p->heads_kv <= p->heads_q &&
           p->heads_q % p->heads_kv == 0 && 0 <= p->n_q && p->n_q <= SC_LENGTH_MAX && 0 <= p->n_k &&
           p->n_k <= SC_LENGTH_MAX && 1 <= p->d && p->d <= SC_LENGTH_MAX && 1 <= p->d_v &&
           p->d_v <= SC_LENGTH_MAX;
}
#endif

/* Entry of the batch dimension that sequence b lies in. Exact. */
/*@ requires problem: \valid_read(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures entry: \result == sc_entry(p, b); */
SC_SHARED int32_t sc_problem_entry(const struct sc_problem *p, int32_t b)
{
    SC_EXPECT(problem, p != NULL);

    return p->starts_q != NULL ? 0 : b;
}

/* Entries of the tensors' batch dimension. Exact. */
/*@ requires problem: \valid_read(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures batch: \result == sc_tensor_batch(p); */
SC_SHARED int32_t sc_problem_tensor_batch(const struct sc_problem *p)
{
    SC_EXPECT(problem, p != NULL);

    return p->starts_q != NULL ? 1 : p->batch;
}

/* Row of the tensors Q and O at which sequence b starts. Exact. */
/*@ requires readable: sc_problem_readable(p);
    requires sequence: 0 <= b < p->batch;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures first: \result == sc_first_row(p, b); */
SC_SHARED int32_t sc_problem_first_row(const struct sc_problem *p, int32_t b)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(sequence, 0 <= b && b < p->batch);

    return p->starts_q != NULL ? p->starts_q[b] : 0;
}

/* Row of the tensors K and V at which sequence b starts. Exact. */
/*@ requires readable: sc_problem_readable(p);
    requires pair: p->starts_q == \null <==> p->starts_k == \null;
    requires sequence: 0 <= b < p->batch;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures first: \result == sc_first_key(p, b); */
SC_SHARED int32_t sc_problem_first_key(const struct sc_problem *p, int32_t b)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(pair, (p->starts_q == NULL) == (p->starts_k == NULL));
    SC_EXPECT(sequence, 0 <= b && b < p->batch);

    return p->starts_q != NULL ? p->starts_k[b] : 0;
}

/* Rows of sequence b: the n_q of its definition. Exact. */
/*@ requires readable: sc_problem_readable(p);
    requires sequence: 0 <= b < p->batch;
    requires rows: p->starts_q != \null ==> INT32_MIN <= p->starts_q[b + 1] - p->starts_q[b] <= INT32_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures rows: \result == sc_rows(p, b); */
SC_SHARED int32_t sc_problem_rows(const struct sc_problem *p, int32_t b)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(sequence, 0 <= b && b < p->batch);
    SC_EXPECT(rows, p->starts_q == NULL || sc_starts_differ(p->starts_q, b));

    return p->starts_q != NULL ? p->starts_q[b + 1] - p->starts_q[b] : p->n_q;
}

/* Keys that the tensors K and V hold for sequence b, valid or not. Exact. */
/*@ requires readable: sc_problem_readable(p);
    requires pair: p->starts_q == \null <==> p->starts_k == \null;
    requires sequence: 0 <= b < p->batch;
    requires keys: p->starts_q != \null ==> INT32_MIN <= p->starts_k[b + 1] - p->starts_k[b] <= INT32_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures room: \result == sc_key_room(p, b); */
SC_SHARED int32_t sc_problem_key_room(const struct sc_problem *p, int32_t b)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(pair, (p->starts_q == NULL) == (p->starts_k == NULL));
    SC_EXPECT(sequence, 0 <= b && b < p->batch);
    SC_EXPECT(keys, p->starts_q == NULL || sc_starts_differ(p->starts_k, b));

    return p->starts_q != NULL ? p->starts_k[b + 1] - p->starts_k[b] : p->n_k;
}

/* Valid keys of sequence b: the n_k of its definition. Exact. */
/*@ requires readable: sc_problem_readable(p);
    requires pair: p->starts_q == \null <==> p->starts_k == \null;
    requires sequence: 0 <= b < p->batch;
    requires keys: p->starts_q != \null ==> INT32_MIN <= p->starts_k[b + 1] - p->starts_k[b] <= INT32_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures keys: \result == sc_keys(p, b); */
SC_SHARED int32_t sc_problem_keys(const struct sc_problem *p, int32_t b)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(pair, (p->starts_q == NULL) == (p->starts_k == NULL));
    SC_EXPECT(sequence, 0 <= b && b < p->batch);
    SC_EXPECT(keys, p->starts_q == NULL || sc_starts_differ(p->starts_k, b));

    return p->key_lengths != NULL ? p->key_lengths[b] : sc_problem_key_room(p, b);
}

/* Key and value head that query head h reads. Exact. */
/*@ requires problem: \valid_read(p);
    requires shape: sc_problem_shape(p);
    requires head: 0 <= h < p->heads_q;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures head: \result == sc_group_head(p, h);
    ensures range: 0 <= \result < p->heads_kv; */
SC_SHARED int32_t sc_problem_group_head(const struct sc_problem *p, int32_t h)
{
    SC_EXPECT(problem, p != NULL);
    SC_EXPECT(shape, sc_problem_shape(p));
    SC_EXPECT(head, 0 <= h && h < p->heads_q);

    const int32_t group = p->heads_q / p->heads_kv;

    /*@ assert divides: p->heads_kv * group == p->heads_q; */
    /*@ assert group: 1 <= group; */
    return h / group;
}

/* First query head that reads key and value head g; all heads_q / heads_kv of them exist. Exact. */
/*@ requires problem: \valid_read(p);
    requires shape: sc_problem_shape(p);
    requires head: 0 <= g < p->heads_kv;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures first: \result == sc_group_first(p, g);
    ensures group: 0 <= \result && \result + sc_group_size(p) <= p->heads_q; */
SC_SHARED int32_t sc_problem_group_first(const struct sc_problem *p, int32_t g)
{
    SC_EXPECT(problem, p != NULL);
    SC_EXPECT(shape, sc_problem_shape(p));
    SC_EXPECT(head, 0 <= g && g < p->heads_kv);

    const int32_t group = p->heads_q / p->heads_kv;

    /*@ assert divides: p->heads_kv * group == p->heads_q; */
    /*@ assert group: 1 <= group; */
    /*@ assert room: (p->heads_kv - 1) * group == p->heads_q - group; */
    return (int32_t)sc_step_offset(g, group, p->heads_kv, p->heads_q);
}

#ifdef SC_EMULATED
/* What starts say of sequence b and of the tensors' rows. */
static inline bool sc_starts(const int32_t *starts, int32_t b, int32_t count, int32_t rows)
{
    return starts[0] == 0 && starts[count] == rows && 0 <= starts[b] &&
           starts[b] <= starts[b + 1] && starts[b + 1] <= rows;
}

static inline bool sc_problem_mask(const struct sc_problem *p, int32_t b)
{
    const struct sc_plane *plane = &p->plane;

    if (p->left < 0 || p->left > SC_MASK_UNBOUNDED || p->right < 0 ||
        p->right > SC_MASK_UNBOUNDED) {
        return false;
    }
    return plane->visible == NULL ||
           (1 <= plane->block_rows && plane->block_rows <= SC_LENGTH_MAX &&
            1 <= plane->block_keys && plane->block_keys <= SC_LENGTH_MAX && 0 <= plane->rows &&
            plane->rows <= SC_LENGTH_MAX && 0 <= plane->keys && plane->keys <= SC_LENGTH_MAX &&
            sc_problem_rows(p, b) <= (int64_t)plane->rows * plane->block_rows &&
            sc_problem_keys(p, b) <= (int64_t)plane->keys * plane->block_keys &&
            sc_layout_fits(&plane->layout, p->batch, p->heads_q, plane->rows, plane->keys));
}

/* What of sc_problem_valid takes no loop: all but the values of biases and slopes, the sequences other
 * than b, and that rows of O lie apart. That b exists is the clause `place`. */
static inline bool sc_problem_valid(const struct sc_problem *p, int32_t b)
{
    if (!sc_problem_shape(p) || !(0.0 < (double)p->tau && (double)p->tau <= SC_FLOAT_MAX) ||
        p->bias_scope > SC_BIAS_PER_SEQUENCE || p->bias == NULL ||
        (p->starts_q == NULL) != (p->starts_k == NULL)) {
        return false;
    }
    if (b < 0 || b >= p->batch) {
        return true;
    }
    const int32_t batch = sc_problem_tensor_batch(p);

    return (p->starts_q == NULL || (sc_starts(p->starts_q, b, p->batch, p->n_q) &&
                                    sc_starts(p->starts_k, b, p->batch, p->n_k))) &&
           (p->key_lengths == NULL ||
            (0 <= p->key_lengths[b] && p->key_lengths[b] <= sc_problem_key_room(p, b))) &&
           sc_problem_mask(p, b) && sc_layout_fits(&p->q, batch, p->heads_q, p->n_q, p->d) &&
           sc_layout_fits(&p->k, batch, p->heads_kv, p->n_k, p->d) &&
           sc_layout_fits(&p->v, batch, p->heads_kv, p->n_k, p->d_v) &&
           sc_layout_fits(&p->o, batch, p->heads_q, p->n_q, p->d_v);
}
#endif

/* Element of Q at which row i of (sequence b, head h) starts; its d channels lie in the buffer. */
/*@ requires readable: sc_problem_readable(p);
    requires valid: sc_problem_valid(p);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures offset: \result == sc_q_row(p, b, h, i);
    ensures inside: 0 <= \result && \result + p->d <= p->q.size; */
SC_SHARED int64_t sc_problem_q_row(const struct sc_problem *p, int32_t b, int32_t h, int32_t i)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(valid, sc_problem_valid(p, b));
    SC_EXPECT(place, 0 <= b && b < p->batch && 0 <= h && h < p->heads_q && 0 <= i &&
                         i < sc_problem_rows(p, b));

    return sc_layout_row(&p->q, sc_problem_entry(p, b), h, sc_problem_first_row(p, b) + i,
                         sc_problem_tensor_batch(p), p->heads_q, p->n_q, p->d);
}

/* Element of K at which key j of (sequence b, key head g) starts; its d channels lie in the buffer. */
/*@ requires readable: sc_problem_readable(p);
    requires valid: sc_problem_valid(p);
    requires place: 0 <= b < p->batch && 0 <= g < p->heads_kv && 0 <= j < sc_keys(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures offset: \result == sc_k_row(p, b, g, j);
    ensures inside: 0 <= \result && \result + p->d <= p->k.size; */
SC_SHARED int64_t sc_problem_k_row(const struct sc_problem *p, int32_t b, int32_t g, int32_t j)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(valid, sc_problem_valid(p, b));
    SC_EXPECT(place, 0 <= b && b < p->batch && 0 <= g && g < p->heads_kv && 0 <= j &&
                         j < sc_problem_keys(p, b));

    return sc_layout_row(&p->k, sc_problem_entry(p, b), g, sc_problem_first_key(p, b) + j,
                         sc_problem_tensor_batch(p), p->heads_kv, p->n_k, p->d);
}

/* Element of V at which key j of (sequence b, value head g) starts; its d_v channels lie in the
 * buffer. */
/*@ requires readable: sc_problem_readable(p);
    requires valid: sc_problem_valid(p);
    requires place: 0 <= b < p->batch && 0 <= g < p->heads_kv && 0 <= j < sc_keys(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures offset: \result == sc_v_row(p, b, g, j);
    ensures inside: 0 <= \result && \result + p->d_v <= p->v.size; */
SC_SHARED int64_t sc_problem_v_row(const struct sc_problem *p, int32_t b, int32_t g, int32_t j)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(valid, sc_problem_valid(p, b));
    SC_EXPECT(place, 0 <= b && b < p->batch && 0 <= g && g < p->heads_kv && 0 <= j &&
                         j < sc_problem_keys(p, b));

    return sc_layout_row(&p->v, sc_problem_entry(p, b), g, sc_problem_first_key(p, b) + j,
                         sc_problem_tensor_batch(p), p->heads_kv, p->n_k, p->d_v);
}

/* Element of O at which row i of (sequence b, head h) starts; its d_v channels lie in the buffer. */
/*@ requires readable: sc_problem_readable(p);
    requires valid: sc_problem_valid(p);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures offset: \result == sc_o_row(p, b, h, i);
    ensures inside: 0 <= \result && \result + p->d_v <= p->o.size; */
SC_SHARED int64_t sc_problem_o_row(const struct sc_problem *p, int32_t b, int32_t h, int32_t i)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(valid, sc_problem_valid(p, b));
    SC_EXPECT(place, 0 <= b && b < p->batch && 0 <= h && h < p->heads_q && 0 <= i &&
                         i < sc_problem_rows(p, b));

    return sc_layout_row(&p->o, sc_problem_entry(p, b), h, sc_problem_first_row(p, b) + i,
                         sc_problem_tensor_batch(p), p->heads_q, p->n_q, p->d_v);
}

/* Whether row i sees key j in (sequence b, head h), all masks together. Exact. */
/*@ requires readable: sc_problem_readable(p);
    requires valid: sc_problem_valid(p);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q && 0 <= i < sc_rows(p, b) &&
      0 <= j < sc_keys(p, b);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures visible: \result == true <==> sc_visible(p, b, h, i, j); */
SC_SHARED bool sc_problem_visible(const struct sc_problem *p, int32_t b, int32_t h, int32_t i,
                                  int32_t j)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(valid, sc_problem_valid(p, b));
    SC_EXPECT(place, 0 <= b && b < p->batch && 0 <= h && h < p->heads_q && 0 <= i &&
                         i < sc_problem_rows(p, b) && 0 <= j && j < sc_problem_keys(p, b));

    if (!sc_mask_sees(i, j, sc_problem_rows(p, b), sc_problem_keys(p, b), p->left, p->right)) {
        return false;
    }
    if (p->plane.visible == NULL) {
        return true;
    }
    const int32_t row = sc_mask_cell(i, p->plane.block_rows, p->plane.rows);
    const int32_t key = sc_mask_cell(j, p->plane.block_keys, p->plane.keys);

    return p->plane.visible[sc_layout_row(&p->plane.layout, b, h, row, p->batch, p->heads_q,
                                          p->plane.rows, p->plane.keys) +
                            key] != 0;
}

/* The bias b of (sequence b, head h), an fp32 value. Exact. */
/*@ requires readable: sc_problem_readable(p);
    requires valid: sc_problem_valid(p);
    requires place: 0 <= b < p->batch && 0 <= h < p->heads_q;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures bias: \result == p->bias[sc_bias_index(p, b, h)]; */
SC_SHARED float sc_problem_bias(const struct sc_problem *p, int32_t b, int32_t h)
{
    SC_EXPECT(readable, p != NULL);
    SC_EXPECT(valid, sc_problem_valid(p, b));
    SC_EXPECT(place, 0 <= b && b < p->batch && 0 <= h && h < p->heads_q);

    if (p->bias_scope == SC_BIAS_PER_HEAD) {
        return p->bias[h];
    }
    return p->bias_scope == SC_BIAS_PER_SEQUENCE ? p->bias[b] : p->bias[0];
}

#endif
