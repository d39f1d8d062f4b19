/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/call.h"

#include "fuzz/call_field.h"
#include "fuzz/float_text.h"

#include <stdio.h>
#include <string.h>

const char *const sc_call_field_names[SC_CALL_FIELDS] = {
    "id",   "seed",   "memory",      "backward", "batch", "heads_q", "heads_kv", "n_q",
    "n_k",  "d",      "d_v",         "in",       "out",   "tau",     "left",     "right",
    "bias", "slopes", "key_lengths", "starts",   "plane", "q",       "k",        "v",
    "do",   "o",      "dq",          "dk",       "dv",    "db",      "workspace"};

const char *const sc_call_format_names[3] = {"bf16", "fp16", "fp32"};
const char *const sc_call_scope_names[3] = {"scalar", "head", "sequence"};

bool sc_call_has(const struct sc_call *call, enum sc_tensor tensor)
{
    return call->backward || tensor == SC_TENSOR_Q || tensor == SC_TENSOR_K ||
           tensor == SC_TENSOR_V || tensor == SC_TENSOR_O;
}

int64_t sc_call_array_bytes(const struct sc_problem *problem, enum sc_call_array array)
{
    switch (array) {
    case SC_CALL_BIAS:
        return 4 * (int64_t)(problem->bias_scope == SC_BIAS_SCALAR     ? 1
                             : problem->bias_scope == SC_BIAS_PER_HEAD ? problem->heads_q
                                                                       : problem->batch);
    case SC_CALL_SLOPES:
        return 4 * (int64_t)problem->heads_q;
    case SC_CALL_KEY_LENGTHS:
        return 4 * (int64_t)problem->batch;
    case SC_CALL_PLANE:
        return problem->plane.layout.size;
    default:
        return 4 * ((int64_t)problem->batch + 1);
    }
}

int64_t sc_call_tensor_bytes(const struct sc_call *call, enum sc_tensor tensor)
{
    const enum sc_format format =
        tensor == SC_TENSOR_O ? call->problem.format_out : call->problem.format_in;

    return call->tensors[tensor].layout.size * sc_format_bytes(format);
}

int64_t sc_call_bias_bytes(const struct sc_problem *problem)
{
    return 4 * (int64_t)problem->batch * problem->heads_q;
}

struct sc_problem sc_call_problem(const struct sc_call *call, const void *memory)
{
    struct sc_problem p = call->problem;
    const void *at[SC_CALL_ARRAYS];

    for (int32_t n = 0; n < SC_CALL_ARRAYS; n++) {
        at[n] = call->arrays[n] == SC_CALL_NONE ? NULL
                                                : (const unsigned char *)memory + call->arrays[n];
    }
    p.bias = at[SC_CALL_BIAS];
    p.slopes = at[SC_CALL_SLOPES];
    p.key_lengths = at[SC_CALL_KEY_LENGTHS];
    p.starts_q = at[SC_CALL_STARTS_Q];
    p.starts_k = at[SC_CALL_STARTS_K];
    p.plane.visible = at[SC_CALL_PLANE];
    return p;
}

/* A line that grows; SC_CALL_TEXT_MAX holds the longest one: 31 fields, each at most 9 numbers of 20 digits. */
struct line {
    char *text;
    size_t used;
};

static void add(struct line *line, const char *text)
{
    const size_t bytes = strlen(text);

    memcpy(line->text + line->used, text, bytes + 1);
    line->used += bytes;
}

static void add_field(struct line *line, enum sc_call_field field, const char *value)
{
    add(line, " ");
    add(line, sc_call_field_names[field]);
    add(line, "=");
    add(line, value);
}

static void add_number(struct line *line, enum sc_call_field field, uint64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    add_field(line, field, text);
}

/* Numbers with colons between. */
static void add_list(struct line *line, enum sc_call_field field, const int64_t *values,
                     int32_t count)
{
    char text[9 * 24] = "";

    for (int32_t n = 0, used = 0; n < count; n++) {
        used += snprintf(text + used, sizeof text - (size_t)used, n == 0 ? "%lld" : ":%lld",
                         (long long)values[n]);
    }
    add_field(line, field, text);
}

static void add_tau(struct line *line, float tau)
{
    char text[SC_FLOAT_TEXT_MAX];

    (void)sc_float_text_print(tau, text);
    add_field(line, SC_CALL_FIELD_TAU, text);
}

static void add_shape(struct line *line, const struct sc_problem *p)
{
    const int32_t values[] = {p->batch, p->heads_q, p->heads_kv, p->n_q, p->n_k, p->d, p->d_v};

    for (int32_t n = 0; n < 7; n++) {
        add_number(line, (enum sc_call_field)(SC_CALL_FIELD_BATCH + n), (uint64_t)values[n]);
    }
    add_field(line, SC_CALL_FIELD_IN, sc_call_format_names[p->format_in]);
    add_field(line, SC_CALL_FIELD_OUT, sc_call_format_names[p->format_out]);
    add_tau(line, p->tau);
    add_number(line, SC_CALL_FIELD_LEFT, (uint64_t)p->left);
    add_number(line, SC_CALL_FIELD_RIGHT, (uint64_t)p->right);
}

static void add_arrays(struct line *line, const struct sc_call *call)
{
    const struct sc_plane *plane = &call->problem.plane;
    const int64_t *at = call->arrays;
    const int64_t cells[] = {at[SC_CALL_PLANE],
                             plane->layout.stride_batch,
                             plane->layout.stride_head,
                             plane->layout.stride_row,
                             plane->layout.size,
                             plane->rows,
                             plane->keys,
                             plane->block_rows,
                             plane->block_keys};
    char bias[64];

    (void)snprintf(bias, sizeof bias, "%lld:%s", (long long)at[SC_CALL_BIAS],
                   sc_call_scope_names[call->problem.bias_scope]);
    add_field(line, SC_CALL_FIELD_BIAS, bias);
    if (at[SC_CALL_SLOPES] != SC_CALL_NONE) {
        add_list(line, SC_CALL_FIELD_SLOPES, at + SC_CALL_SLOPES, 1);
    }
    if (at[SC_CALL_KEY_LENGTHS] != SC_CALL_NONE) {
        add_list(line, SC_CALL_FIELD_KEY_LENGTHS, at + SC_CALL_KEY_LENGTHS, 1);
    }
    if (at[SC_CALL_STARTS_Q] != SC_CALL_NONE) {
        add_list(line, SC_CALL_FIELD_STARTS, at + SC_CALL_STARTS_Q, 2);
    }
    if (at[SC_CALL_PLANE] != SC_CALL_NONE) {
        add_list(line, SC_CALL_FIELD_PLANE, cells, 9);
    }
}

size_t sc_call_print(const struct sc_call *call, char *text)
{
    struct line line = {text, 0};

    add(&line, "run");
    add_number(&line, SC_CALL_FIELD_ID, call->id);
    add_number(&line, SC_CALL_FIELD_SEED, call->seed);
    add_number(&line, SC_CALL_FIELD_MEMORY, (uint64_t)call->memory);
    add_number(&line, SC_CALL_FIELD_BACKWARD, call->backward);
    add_shape(&line, &call->problem);
    add_arrays(&line, call);
    for (int32_t n = 0; n < SC_TENSORS; n++) {
        const struct sc_call_tensor *t = &call->tensors[n];
        const int64_t values[] = {t->offset, t->layout.stride_batch, t->layout.stride_head,
                                  t->layout.stride_row, t->layout.size};
        if (sc_call_has(call, (enum sc_tensor)n)) {
            add_list(&line, (enum sc_call_field)(SC_CALL_FIELD_Q + n), values, 5);
        }
    }
    if (call->backward && call->d_b != SC_CALL_NONE) {
        add_list(&line, SC_CALL_FIELD_D_B, &call->d_b, 1);
    }
    add_field(&line, SC_CALL_FIELD_WORKSPACE, call->fresh ? "fresh" : "kept");
    return line.used;
}
