/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/problem.h"

static enum sc_status explain_length(const char *field, int32_t value, int32_t least,
                                     struct sc_error *error)
{
    return sc_fail(error, SC_E_INPUT, "problem: %s = %d, expected %d to %d", field, value, least,
                   SC_LENGTH_MAX);
}

static enum sc_status explain_layout(const char *tensor, const struct sc_layout *layout,
                                     struct sc_error *error)
{
    return sc_fail(
        error, SC_E_INPUT,
        "problem: strides of %s are (%lld, %lld, %lld) over %lld elements, expected none "
        "negative and the last row inside",
        tensor, (long long)layout->stride_batch, (long long)layout->stride_head,
        (long long)layout->stride_row, (long long)layout->size);
}

static enum sc_status explain_shape(const struct sc_problem *p, enum sc_problem_fault fault,
                                    struct sc_error *error)
{
    switch (fault) {
    case SC_PROBLEM_BATCH:
        return explain_length("batch", p->batch, 1, error);
    case SC_PROBLEM_HEADS_Q:
        return explain_length("heads of Q", p->heads_q, 1, error);
    case SC_PROBLEM_HEADS_KV:
        return sc_fail(error, SC_E_INPUT, "problem: heads of K and V = %d, expected 1 to %d (of Q)",
                       p->heads_kv, p->heads_q);
    case SC_PROBLEM_HEADS_GROUP:
        return sc_fail(error, SC_E_INPUT,
                       "problem: %d heads of Q over %d of K and V, expected a multiple", p->heads_q,
                       p->heads_kv);
    case SC_PROBLEM_N_Q:
        return explain_length("n_q", p->n_q, 0, error);
    case SC_PROBLEM_N_K:
        return explain_length("n_k", p->n_k, 0, error);
    case SC_PROBLEM_D:
        return explain_length("d", p->d, 1, error);
    case SC_PROBLEM_D_V:
        return explain_length("d_v", p->d_v, 1, error);
    case SC_PROBLEM_FORMAT_IN:
        return sc_fail(error, SC_E_INPUT, "problem: input format %d, expected bf16, fp16 or fp32",
                       (int)p->format_in);
    default:
        return sc_fail(error, SC_E_INPUT, "problem: output format %d, expected bf16, fp16 or fp32",
                       (int)p->format_out);
    }
}

static enum sc_status explain_constants(const struct sc_problem *p, enum sc_problem_fault fault,
                                        struct sc_error *error)
{
    switch (fault) {
    case SC_PROBLEM_TAU:
        return sc_fail(error, SC_E_INPUT, "problem: scale tau = %g, expected a finite value > 0",
                       (double)p->tau);
    case SC_PROBLEM_BIAS_SCOPE:
        return sc_fail(error, SC_E_INPUT,
                       "problem: bias scope %d, expected scalar, per head or per sequence",
                       (int)p->bias_scope);
    case SC_PROBLEM_BIAS_MISSING:
        return sc_fail(error, SC_E_INPUT, "problem: no bias values, expected at least one");
    case SC_PROBLEM_BIAS:
        return sc_fail(error, SC_E_INPUT, "problem: a bias value is not finite");
    default:
        return sc_fail(error, SC_E_INPUT, "problem: an ALiBi slope is not finite");
    }
}

static enum sc_status explain_sequences(const struct sc_problem *p, enum sc_problem_fault fault,
                                        struct sc_error *error)
{
    switch (fault) {
    case SC_PROBLEM_STARTS_PAIR:
        return sc_fail(error, SC_E_INPUT,
                       "problem: starts of %s only, expected those of Q and of K",
                       p->starts_q != NULL ? "Q" : "K");
    case SC_PROBLEM_STARTS_Q:
        return sc_fail(error, SC_E_INPUT,
                       "problem: starts of Q, expected 0 to n_q = %d in values that never fall",
                       p->n_q);
    case SC_PROBLEM_STARTS_K:
        return sc_fail(error, SC_E_INPUT,
                       "problem: starts of K, expected 0 to n_k = %d in values that never fall",
                       p->n_k);
    default:
        return sc_fail(error, SC_E_INPUT,
                       "problem: a key length is negative or beyond the keys of its sequence");
    }
}

static enum sc_status explain_mask(const struct sc_problem *p, enum sc_problem_fault fault,
                                   struct sc_error *error)
{
    const struct sc_plane *plane = &p->plane;

    switch (fault) {
    case SC_PROBLEM_LEFT:
        return explain_length("window left", p->left, 0, error);
    case SC_PROBLEM_RIGHT:
        return explain_length("window right", p->right, 0, error);
    case SC_PROBLEM_PLANE_BLOCK:
        return sc_fail(error, SC_E_INPUT, "problem: mask blocks of %d x %d, expected 1 to %d each",
                       plane->block_rows, plane->block_keys, SC_LENGTH_MAX);
    case SC_PROBLEM_PLANE_CELLS:
        return sc_fail(error, SC_E_INPUT, "problem: %d x %d mask cells, expected 0 to %d each",
                       plane->rows, plane->keys, SC_LENGTH_MAX);
    case SC_PROBLEM_PLANE_COVER:
        return sc_fail(
            error, SC_E_INPUT,
            "problem: %d x %d mask cells of %d x %d, expected to cover n_q = %d, n_k = %d",
            plane->rows, plane->keys, plane->block_rows, plane->block_keys, p->n_q, p->n_k);
    default:
        return explain_layout("the mask", &plane->layout, error);
    }
}

static enum sc_status explain_layouts(const struct sc_problem *p, enum sc_problem_fault fault,
                                      struct sc_error *error)
{
    switch (fault) {
    case SC_PROBLEM_Q_LAYOUT:
        return explain_layout("Q", &p->q, error);
    case SC_PROBLEM_K_LAYOUT:
        return explain_layout("K", &p->k, error);
    case SC_PROBLEM_V_LAYOUT:
        return explain_layout("V", &p->v, error);
    case SC_PROBLEM_O_LAYOUT:
        return explain_layout("O", &p->o, error);
    default:
        return sc_fail(error, SC_E_INPUT,
                       "problem: rows of O overlap or interleave, strides (%lld, %lld, %lld); "
                       "expected dimensions that nest",
                       (long long)p->o.stride_batch, (long long)p->o.stride_head,
                       (long long)p->o.stride_row);
    }
}

enum sc_status sc_problem_explain(const struct sc_problem *p, struct sc_error *error)
{
    const enum sc_problem_fault fault = sc_problem_check(p);

    if (fault == SC_PROBLEM_OK) {
        return SC_OK;
    }
    if (fault <= SC_PROBLEM_FORMAT_OUT) {
        return explain_shape(p, fault, error);
    }
    if (fault <= SC_PROBLEM_SLOPES) {
        return explain_constants(p, fault, error);
    }
    if (fault <= SC_PROBLEM_KEY_LENGTHS) {
        return explain_sequences(p, fault, error);
    }
    if (fault <= SC_PROBLEM_PLANE_LAYOUT) {
        return explain_mask(p, fault, error);
    }
    return explain_layouts(p, fault, error);
}
