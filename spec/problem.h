/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_PROBLEM_H
#define SC_SPEC_PROBLEM_H

#include "spec/attention.h"
#include "spec/share.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first field of a problem that is wrong, in the order in which they are checked. */
enum sc_problem_fault {
    SC_PROBLEM_OK = 0,
    /* shape */
    SC_PROBLEM_BATCH,
    SC_PROBLEM_HEADS_Q,
    SC_PROBLEM_HEADS_KV,
    SC_PROBLEM_HEADS_GROUP,
    SC_PROBLEM_N_Q,
    SC_PROBLEM_N_K,
    SC_PROBLEM_D,
    SC_PROBLEM_D_V,
    SC_PROBLEM_FORMAT_IN,
    SC_PROBLEM_FORMAT_OUT,
    /* constants */
    SC_PROBLEM_TAU,
    SC_PROBLEM_BIAS_SCOPE,
    SC_PROBLEM_BIAS_MISSING,
    SC_PROBLEM_BIAS,
    SC_PROBLEM_SLOPES,
    /* sequences */
    SC_PROBLEM_STARTS_PAIR,
    SC_PROBLEM_STARTS_Q,
    SC_PROBLEM_STARTS_K,
    SC_PROBLEM_KEY_LENGTHS,
    /* masks */
    SC_PROBLEM_LEFT,
    SC_PROBLEM_RIGHT,
    SC_PROBLEM_PLANE_BLOCK,
    SC_PROBLEM_PLANE_CELLS,
    SC_PROBLEM_PLANE_COVER,
    SC_PROBLEM_PLANE_LAYOUT,
    /* layouts */
    SC_PROBLEM_Q_LAYOUT,
    SC_PROBLEM_K_LAYOUT,
    SC_PROBLEM_V_LAYOUT,
    SC_PROBLEM_O_LAYOUT,
    SC_PROBLEM_O_OVERLAP
};

/* Each check below reads a problem with any contents, and says in both directions whether the
 * predicate of its group (spec/attention.acsl) holds, and that the field it names is wrong. A check may
 * use the groups before its own. */

/*@ requires problem: \valid_read(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures shape: \result == SC_PROBLEM_OK <==> sc_problem_shape(p) && sc_problem_formats(p);
    ensures range: \result == SC_PROBLEM_OK ||
                   SC_PROBLEM_BATCH <= \result <= SC_PROBLEM_FORMAT_OUT;
    ensures batch: \result == SC_PROBLEM_BATCH ==> !(1 <= p->batch <= SC_LENGTH_MAX);
    ensures heads_q: \result == SC_PROBLEM_HEADS_Q ==> !(1 <= p->heads_q <= SC_LENGTH_MAX);
    ensures heads_kv: \result == SC_PROBLEM_HEADS_KV ==> !(1 <= p->heads_kv <= p->heads_q);
    ensures group: \result == SC_PROBLEM_HEADS_GROUP ==> p->heads_q % p->heads_kv != 0;
    ensures n_q: \result == SC_PROBLEM_N_Q ==> !(0 <= p->n_q <= SC_LENGTH_MAX);
    ensures n_k: \result == SC_PROBLEM_N_K ==> !(0 <= p->n_k <= SC_LENGTH_MAX);
    ensures d: \result == SC_PROBLEM_D ==> !(1 <= p->d <= SC_LENGTH_MAX);
    ensures d_v: \result == SC_PROBLEM_D_V ==> !(1 <= p->d_v <= SC_LENGTH_MAX);
    ensures format_in: \result == SC_PROBLEM_FORMAT_IN ==>
      !(0 <= p->format_in <= SC_FORMAT_FP32);
    ensures format_out: \result == SC_PROBLEM_FORMAT_OUT ==>
      !(0 <= p->format_out <= SC_FORMAT_FP32); */
SC_SHARED enum sc_problem_fault sc_problem_check_shape(const struct sc_problem *p)
{
    if (p->batch < 1 || p->batch > SC_LENGTH_MAX) {
        return SC_PROBLEM_BATCH;
    }
    if (p->heads_q < 1 || p->heads_q > SC_LENGTH_MAX) {
        return SC_PROBLEM_HEADS_Q;
    }
    if (p->heads_kv < 1 || p->heads_kv > p->heads_q) {
        return SC_PROBLEM_HEADS_KV;
    }
    if (p->heads_q % p->heads_kv != 0) {
        return SC_PROBLEM_HEADS_GROUP;
    }
    if (p->n_q < 0 || p->n_q > SC_LENGTH_MAX) {
        return SC_PROBLEM_N_Q;
    }
    if (p->n_k < 0 || p->n_k > SC_LENGTH_MAX) {
        return SC_PROBLEM_N_K;
    }
    if (p->d < 1 || p->d > SC_LENGTH_MAX) {
        return SC_PROBLEM_D;
    }
    if (p->d_v < 1 || p->d_v > SC_LENGTH_MAX) {
        return SC_PROBLEM_D_V;
    }
    if (p->format_in > SC_FORMAT_FP32) {
        return SC_PROBLEM_FORMAT_IN;
    }
    return p->format_out > SC_FORMAT_FP32 ? SC_PROBLEM_FORMAT_OUT : SC_PROBLEM_OK;
}

/* Whether `count` fp32 values are finite. The comparison refuses a NaN. */
/*@ requires values: 0 <= count && \valid_read(values + (0 .. count - 1));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures finite: \result == true <==>
      (\forall integer x; 0 <= x < count ==> -SC_FLOAT_MAX <= values[x] <= SC_FLOAT_MAX); */
SC_SHARED bool sc_problem_finite(const float *values, int32_t count)
{
    /*@ loop invariant index: 0 <= i <= count;
        loop invariant finite: \forall integer x; 0 <= x < i ==>
          -SC_FLOAT_MAX <= values[x] <= SC_FLOAT_MAX;
        loop assigns i;
        loop variant count - i; */
    for (int32_t i = 0; i < count; i++) {
        if (!(-SC_FLOAT_MAX <= (double)values[i] && (double)values[i] <= SC_FLOAT_MAX)) {
            return false;
        }
    }
    return true;
}

/*@ requires readable: sc_problem_readable(p);
    requires shape: sc_problem_shape(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures constants: \result == SC_PROBLEM_OK <==> sc_problem_constants(p);
    ensures range: \result == SC_PROBLEM_OK || SC_PROBLEM_TAU <= \result <= SC_PROBLEM_SLOPES;
    ensures tau: \result == SC_PROBLEM_TAU ==> !(0 < p->tau <= SC_FLOAT_MAX);
    ensures scope: \result == SC_PROBLEM_BIAS_SCOPE ==>
      !(0 <= p->bias_scope <= SC_BIAS_PER_SEQUENCE);
    ensures missing: \result == SC_PROBLEM_BIAS_MISSING ==> p->bias == \null;
    ensures bias: \result == SC_PROBLEM_BIAS ==> p->bias != \null &&
      !(\forall integer x; 0 <= x < sc_bias_count(p) ==>
        -SC_FLOAT_MAX <= p->bias[x] <= SC_FLOAT_MAX);
    ensures slopes: \result == SC_PROBLEM_SLOPES ==> p->slopes != \null &&
      !(\forall integer x; 0 <= x < p->heads_q ==>
        -SC_FLOAT_MAX <= p->slopes[x] <= SC_FLOAT_MAX); */
SC_SHARED enum sc_problem_fault sc_problem_check_constants(const struct sc_problem *p)
{
    if (!(0.0 < (double)p->tau && (double)p->tau <= SC_FLOAT_MAX)) {
        return SC_PROBLEM_TAU;
    }
    if (p->bias_scope > SC_BIAS_PER_SEQUENCE) {
        return SC_PROBLEM_BIAS_SCOPE;
    }
    if (p->bias == NULL) {
        return SC_PROBLEM_BIAS_MISSING;
    }
    int32_t count = 1;
    if (p->bias_scope == SC_BIAS_PER_HEAD) {
        count = p->heads_q;
    }
    if (p->bias_scope == SC_BIAS_PER_SEQUENCE) {
        count = p->batch;
    }
    if (!sc_problem_finite(p->bias, count)) {
        return SC_PROBLEM_BIAS;
    }
    if (p->slopes != NULL && !sc_problem_finite(p->slopes, p->heads_q)) {
        return SC_PROBLEM_SLOPES;
    }
    return SC_PROBLEM_OK;
}

/* Whether `starts` runs from 0 to `rows` in count + 1 values that never fall. */
/*@ requires starts: 1 <= count <= SC_LENGTH_MAX && \valid_read(starts + (0 .. count));
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures starts: \result == true <==> sc_starts(starts, count, rows); */
SC_SHARED bool sc_problem_starts_rise(const int32_t *starts, int32_t count, int32_t rows)
{
    if (starts[0] != 0 || starts[count] != rows) {
        return false;
    }
    /*@ loop invariant index: 0 <= i <= count;
        loop invariant rise: \forall integer x, y; 0 <= x <= y <= i ==>
          0 <= starts[x] <= starts[y];
        loop invariant below: 0 < i ==> starts[i] <= rows;
        loop assigns i;
        loop variant count - i; */
    for (int32_t i = 0; i < count; i++) {
        if (starts[i] < 0 || starts[i + 1] < starts[i] || starts[i + 1] > rows) {
            return false;
        }
    }
    return true;
}

/* Whether each sequence's key length is at most the keys that the tensors hold for it. */
/*@ requires readable: sc_problem_readable(p);
    requires shape: sc_problem_shape(p);
    requires starts: sc_problem_starts(p);
    requires given: p->key_lengths != \null;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures lengths: \result == true <==> sc_problem_key_lengths(p); */
SC_SHARED bool sc_problem_key_lengths_fit(const struct sc_problem *p)
{
    /*@ loop invariant index: 0 <= b <= p->batch;
        loop invariant fit: \forall integer x; 0 <= x < b ==>
          0 <= p->key_lengths[x] <= sc_key_room(p, x);
        loop assigns b;
        loop variant p->batch - b; */
    for (int32_t b = 0; b < p->batch; b++) {
        if (p->key_lengths[b] < 0 || p->key_lengths[b] > sc_problem_key_room(p, b)) {
            return false;
        }
    }
    return true;
}

/*@ requires readable: sc_problem_readable(p);
    requires shape: sc_problem_shape(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures sequences: \result == SC_PROBLEM_OK <==> sc_problem_sequences(p);
    ensures range: \result == SC_PROBLEM_OK ||
                   SC_PROBLEM_STARTS_PAIR <= \result <= SC_PROBLEM_KEY_LENGTHS;
    ensures pair: \result == SC_PROBLEM_STARTS_PAIR ==>
      !(p->starts_q == \null <==> p->starts_k == \null);
    ensures starts_q: \result == SC_PROBLEM_STARTS_Q ==> p->starts_q != \null &&
      !sc_starts(p->starts_q, p->batch, p->n_q);
    ensures starts_k: \result == SC_PROBLEM_STARTS_K ==> p->starts_k != \null &&
      !sc_starts(p->starts_k, p->batch, p->n_k);
    ensures key_lengths: \result == SC_PROBLEM_KEY_LENGTHS ==> p->key_lengths != \null &&
      !sc_problem_key_lengths(p); */
SC_SHARED enum sc_problem_fault sc_problem_check_sequences(const struct sc_problem *p)
{
    if ((p->starts_q == NULL) != (p->starts_k == NULL)) {
        return SC_PROBLEM_STARTS_PAIR;
    }
    if (p->starts_q != NULL) {
        if (!sc_problem_starts_rise(p->starts_q, p->batch, p->n_q)) {
            return SC_PROBLEM_STARTS_Q;
        }
        if (!sc_problem_starts_rise(p->starts_k, p->batch, p->n_k)) {
            return SC_PROBLEM_STARTS_K;
        }
    }
    if (p->key_lengths != NULL && !sc_problem_key_lengths_fit(p)) {
        return SC_PROBLEM_KEY_LENGTHS;
    }
    return SC_PROBLEM_OK;
}

/*@ lemma sc_lengths_product: \forall integer a, b; 0 <= a <= SC_LENGTH_MAX ==> 0 <= b <= SC_LENGTH_MAX ==>
      0 <= a * b <= SC_LENGTH_MAX * SC_LENGTH_MAX; */

/* Rows or keys that `cells` cells of `block` each cover. Exact: two lengths multiply within int64_t. */
/*@ requires cells: 0 <= cells <= SC_LENGTH_MAX;
    requires block: 1 <= block <= SC_LENGTH_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures covered: \result == cells * block;
    ensures range: 0 <= \result; */
SC_SHARED int64_t sc_problem_covered(int32_t cells, int32_t block)
{
    /*@ assert small: 0 <= cells * block <= SC_LENGTH_MAX * SC_LENGTH_MAX; */
    return (int64_t)cells * block;
}

/* Whether the cells of the plane mask cover every sequence. */
/*@ requires readable: sc_problem_readable(p);
    requires shape: sc_problem_shape(p);
    requires sequences: sc_problem_sequences(p);
    requires cells: sc_problem_plane_cells(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures cover: \result == true <==> sc_problem_plane_cover(p); */
SC_SHARED bool sc_problem_plane_covers(const struct sc_problem *p)
{
    const int64_t rows = sc_problem_covered(p->plane.rows, p->plane.block_rows);
    const int64_t keys = sc_problem_covered(p->plane.keys, p->plane.block_keys);

    /*@ loop invariant index: 0 <= b <= p->batch;
        loop invariant cover: \forall integer x; 0 <= x < b ==>
          sc_rows(p, x) <= rows && sc_keys(p, x) <= keys;
        loop assigns b;
        loop variant p->batch - b; */
    for (int32_t b = 0; b < p->batch; b++) {
        if (sc_problem_rows(p, b) > rows || sc_problem_keys(p, b) > keys) {
            return false;
        }
    }
    return true;
}

/*@ requires readable: sc_problem_readable(p);
    requires shape: sc_problem_shape(p);
    requires sequences: sc_problem_sequences(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures mask: \result == SC_PROBLEM_OK <==> sc_problem_mask(p);
    ensures range: \result == SC_PROBLEM_OK ||
                   SC_PROBLEM_LEFT <= \result <= SC_PROBLEM_PLANE_LAYOUT;
    ensures left: \result == SC_PROBLEM_LEFT ==> !(0 <= p->left <= SC_MASK_UNBOUNDED);
    ensures right: \result == SC_PROBLEM_RIGHT ==> !(0 <= p->right <= SC_MASK_UNBOUNDED);
    ensures block: \result == SC_PROBLEM_PLANE_BLOCK ==>
      !(1 <= p->plane.block_rows <= SC_LENGTH_MAX && 1 <= p->plane.block_keys <= SC_LENGTH_MAX);
    ensures cells: \result == SC_PROBLEM_PLANE_CELLS ==>
      !(0 <= p->plane.rows <= SC_LENGTH_MAX && 0 <= p->plane.keys <= SC_LENGTH_MAX);
    ensures cover: \result == SC_PROBLEM_PLANE_COVER ==> !sc_problem_plane_cover(p);
    ensures plane: \result == SC_PROBLEM_PLANE_LAYOUT ==>
      !sc_layout_inside(&p->plane.layout, p->batch, p->heads_q, p->plane.rows, p->plane.keys); */
SC_SHARED enum sc_problem_fault sc_problem_check_mask(const struct sc_problem *p)
{
    if (p->left < 0 || p->left > SC_MASK_UNBOUNDED) {
        return SC_PROBLEM_LEFT;
    }
    if (p->right < 0 || p->right > SC_MASK_UNBOUNDED) {
        return SC_PROBLEM_RIGHT;
    }
    if (p->plane.visible == NULL) {
        return SC_PROBLEM_OK;
    }
    if (p->plane.block_rows < 1 || p->plane.block_rows > SC_LENGTH_MAX || p->plane.block_keys < 1 ||
        p->plane.block_keys > SC_LENGTH_MAX) {
        return SC_PROBLEM_PLANE_BLOCK;
    }
    if (p->plane.rows < 0 || p->plane.rows > SC_LENGTH_MAX || p->plane.keys < 0 ||
        p->plane.keys > SC_LENGTH_MAX) {
        return SC_PROBLEM_PLANE_CELLS;
    }
    if (!sc_problem_plane_covers(p)) {
        return SC_PROBLEM_PLANE_COVER;
    }
    return sc_layout_fits(&p->plane.layout, p->batch, p->heads_q, p->plane.rows, p->plane.keys)
               ? SC_PROBLEM_OK
               : SC_PROBLEM_PLANE_LAYOUT;
}

/*@ requires problem: \valid_read(p);
    requires shape: sc_problem_shape(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures layouts: \result == SC_PROBLEM_OK || \result == SC_PROBLEM_O_OVERLAP <==>
      sc_problem_layouts(p);
    ensures apart: \result == SC_PROBLEM_OK ==>
      sc_layout_apart(&p->o, sc_tensor_batch(p), p->heads_q, p->n_q, p->d_v);
    ensures range: \result == SC_PROBLEM_OK ||
                   SC_PROBLEM_Q_LAYOUT <= \result <= SC_PROBLEM_O_OVERLAP;
    ensures q: \result == SC_PROBLEM_Q_LAYOUT ==>
      !sc_layout_inside(&p->q, sc_tensor_batch(p), p->heads_q, p->n_q, p->d);
    ensures k: \result == SC_PROBLEM_K_LAYOUT ==>
      !sc_layout_inside(&p->k, sc_tensor_batch(p), p->heads_kv, p->n_k, p->d);
    ensures v: \result == SC_PROBLEM_V_LAYOUT ==>
      !sc_layout_inside(&p->v, sc_tensor_batch(p), p->heads_kv, p->n_k, p->d_v);
    ensures o: \result == SC_PROBLEM_O_LAYOUT ==>
      !sc_layout_inside(&p->o, sc_tensor_batch(p), p->heads_q, p->n_q, p->d_v); */
SC_SHARED enum sc_problem_fault sc_problem_check_layouts(const struct sc_problem *p)
{
    const int32_t batch = sc_problem_tensor_batch(p);

    if (!sc_layout_fits(&p->q, batch, p->heads_q, p->n_q, p->d)) {
        return SC_PROBLEM_Q_LAYOUT;
    }
    if (!sc_layout_fits(&p->k, batch, p->heads_kv, p->n_k, p->d)) {
        return SC_PROBLEM_K_LAYOUT;
    }
    if (!sc_layout_fits(&p->v, batch, p->heads_kv, p->n_k, p->d_v)) {
        return SC_PROBLEM_V_LAYOUT;
    }
    if (!sc_layout_fits(&p->o, batch, p->heads_q, p->n_q, p->d_v)) {
        return SC_PROBLEM_O_LAYOUT;
    }
    return sc_layout_separates(&p->o, batch, p->heads_q, p->n_q, p->d_v) ? SC_PROBLEM_OK
                                                                         : SC_PROBLEM_O_OVERLAP;
}

/* The first field of `p` that is wrong, SC_PROBLEM_OK when none is. Reads a problem with any
 * contents, of which it asks only that the arrays are as long as the struct says. The one thing it
 * may refuse though it is sound is an output whose rows interleave without nesting
 * (SC_PROBLEM_O_OVERLAP). reference/problem.h turns the answer into a line of text. */
/*@ requires readable: sc_problem_readable(p);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures accepts: \result == SC_PROBLEM_OK ==> sc_problem_valid(p);
    ensures refuses: \result != SC_PROBLEM_OK && \result != SC_PROBLEM_O_OVERLAP ==>
      !(sc_problem_valid(p) && sc_problem_formats(p)); */
SC_SHARED enum sc_problem_fault sc_problem_check(const struct sc_problem *p)
{
    enum sc_problem_fault fault = sc_problem_check_shape(p);

    if (fault == SC_PROBLEM_OK) {
        fault = sc_problem_check_constants(p);
    }
    if (fault == SC_PROBLEM_OK) {
        fault = sc_problem_check_sequences(p);
    }
    if (fault == SC_PROBLEM_OK) {
        fault = sc_problem_check_mask(p);
    }
    if (fault == SC_PROBLEM_OK) {
        fault = sc_problem_check_layouts(p);
    }
    return fault;
}

#endif
