/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/call.h"

#include "fuzz/call_field.h"
#include "fuzz/float_text.h"
#include "spec/problem.h"

#include <string.h>

/* The values of the fields, cut out of a copy of the line; NULL: the field is not there. */
struct fields {
    char text[SC_CALL_TEXT_MAX];
    const char *values[SC_CALL_FIELDS];
};

static enum sc_status wrong(enum sc_call_field field, const char *value, const char *expected,
                            struct sc_error *error)
{
    return sc_fail(error, SC_E_INPUT, "run: %s=%.60s, expected %s", sc_call_field_names[field],
                   value, expected);
}

static enum sc_status take_field(struct fields *fields, char *token, struct sc_error *error)
{
    char *const equal = strchr(token, '=');

    if (equal == NULL) {
        return sc_fail(error, SC_E_INPUT, "run: '%.60s', expected FIELD=VALUE", token);
    }
    *equal = '\0';
    for (int32_t n = 0; n < SC_CALL_FIELDS; n++) {
        if (strcmp(token, sc_call_field_names[n]) != 0) {
            continue;
        }
        if (fields->values[n] != NULL) {
            return sc_fail(error, SC_E_INPUT, "run: %s twice", token);
        }
        fields->values[n] = equal + 1;
        return SC_OK;
    }
    return sc_fail(error, SC_E_INPUT, "run: no field '%.60s'", token);
}

static enum sc_status split(const char *line, size_t bytes, struct fields *fields,
                            struct sc_error *error)
{
    enum sc_status status = SC_OK;

    memset(fields->values, 0, sizeof fields->values);
    if (bytes > 0 && line[bytes - 1] == '\n') {
        bytes--;
    }
    if (bytes >= SC_CALL_TEXT_MAX) {
        return sc_fail(error, SC_E_INPUT, "run: a line of %zu bytes, expected less than %d", bytes,
                       SC_CALL_TEXT_MAX);
    }
    memcpy(fields->text, line, bytes);
    fields->text[bytes] = '\0';
    if (strlen(fields->text) != bytes || strncmp(fields->text, "run ", 4) != 0) {
        return sc_fail(error, SC_E_INPUT, "run: not a line that begins with 'run '");
    }
    for (char *token = fields->text + 4; status == SC_OK && token != NULL;) {
        char *const blank = strchr(token, ' ');
        if (blank != NULL) {
            *blank = '\0';
        }
        status = take_field(fields, token, error);
        token = blank != NULL ? blank + 1 : NULL;
    }
    return status;
}

/* A decimal number at *text, at most `most`; *text is moved behind it. */
static bool take_number(const char **text, uint64_t most, uint64_t *number)
{
    const char *at = *text;
    uint64_t x = 0;

    for (; *at >= '0' && *at <= '9'; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (x > (most - digit) / 10 || digit > most) {
            return false;
        }
        x = x * 10 + digit;
    }
    if (at == *text) {
        return false;
    }
    *text = at;
    *number = x;
    return true;
}

/* `count` numbers with colons between, and nothing else. */
static bool take_list(const char *text, int32_t count, int64_t *numbers)
{
    for (int32_t n = 0; n < count; n++) {
        uint64_t x;
        if ((n > 0 && *text++ != ':') || !take_number(&text, (uint64_t)SC_CALL_MEMORY, &x)) {
            return false;
        }
        numbers[n] = (int64_t)x;
    }
    return *text == '\0';
}

static enum sc_status take_whole(const struct fields *fields, enum sc_call_field field,
                                 uint64_t least, uint64_t most, uint64_t *number,
                                 struct sc_error *error)
{
    const char *text = fields->values[field];

    if (text == NULL) {
        return sc_fail(error, SC_E_INPUT, "run: no %s", sc_call_field_names[field]);
    }
    if (!take_number(&text, most, number) || *text != '\0' || *number < least) {
        return wrong(field, fields->values[field], "a decimal number in range", error);
    }
    return SC_OK;
}

static enum sc_status take_name(const struct fields *fields, enum sc_call_field field,
                                const char *const names[3], int32_t *index, struct sc_error *error)
{
    const char *const text = fields->values[field];

    for (*index = 0; text != NULL && *index < 3; ++*index) {
        if (strcmp(text, names[*index]) == 0) {
            return SC_OK;
        }
    }
    return text == NULL ? sc_fail(error, SC_E_INPUT, "run: no %s", sc_call_field_names[field])
                        : wrong(field, text, "bf16, fp16 or fp32", error);
}

static bool take_tau(const char *text, float *tau)
{
    return sc_float_text_parse(text, strlen(text), tau) && *tau > 0.0f;
}

static enum sc_status take_shape(const struct fields *fields, struct sc_problem *p,
                                 struct sc_error *error)
{
    int32_t *const lengths[] = {&p->batch, &p->heads_q, &p->heads_kv, &p->n_q,
                                &p->n_k,   &p->d,       &p->d_v};
    int32_t format;
    uint64_t x;
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n < 7; n++) {
        status = take_whole(fields, (enum sc_call_field)(SC_CALL_FIELD_BATCH + n), 0, SC_LENGTH_MAX,
                            &x, error);
        *lengths[n] = status == SC_OK ? (int32_t)x : 0;
    }
    for (int32_t n = 0; status == SC_OK && n < 2; n++) {
        status = take_whole(fields, (enum sc_call_field)(SC_CALL_FIELD_LEFT + n), 0,
                            SC_MASK_UNBOUNDED, &x, error);
        *(n == 0 ? &p->left : &p->right) = status == SC_OK ? (int32_t)x : 0;
    }
    for (int32_t n = 0; status == SC_OK && n < 2; n++) {
        status = take_name(fields, (enum sc_call_field)(SC_CALL_FIELD_IN + n), sc_call_format_names,
                           &format, error);
        *(n == 0 ? &p->format_in : &p->format_out) =
            status == SC_OK ? (enum sc_format)format : SC_FORMAT_FP32;
    }
    if (status == SC_OK && (fields->values[SC_CALL_FIELD_TAU] == NULL ||
                            !take_tau(fields->values[SC_CALL_FIELD_TAU], &p->tau))) {
        status = sc_fail(error, SC_E_INPUT, "run: no tau, expected a positive hexadecimal fp32");
    }
    if (status == SC_OK && sc_problem_check_shape(p) != SC_PROBLEM_OK) {
        status = sc_fail(error, SC_E_INPUT, "run: a shape that is not of spec/attention.h");
    }
    return status;
}

static enum sc_status take_bias(const struct fields *fields, struct sc_call *call,
                                struct sc_error *error)
{
    const char *text = fields->values[SC_CALL_FIELD_BIAS];
    uint64_t x;

    if (text == NULL) {
        return sc_fail(error, SC_E_INPUT, "run: no bias");
    }
    if (take_number(&text, (uint64_t)SC_CALL_MEMORY, &x) && *text++ == ':') {
        call->arrays[SC_CALL_BIAS] = (int64_t)x;
        for (int32_t n = 0; n < 3; n++) {
            if (strcmp(text, sc_call_scope_names[n]) == 0) {
                call->problem.bias_scope = (enum sc_bias_scope)n;
                return SC_OK;
            }
        }
    }
    return wrong(SC_CALL_FIELD_BIAS, fields->values[SC_CALL_FIELD_BIAS],
                 "OFFSET:scalar, OFFSET:head or OFFSET:sequence", error);
}

static enum sc_status take_plane(const struct fields *fields, struct sc_call *call,
                                 struct sc_error *error)
{
    struct sc_plane *plane = &call->problem.plane;
    const char *const text = fields->values[SC_CALL_FIELD_PLANE];
    int64_t x[9];

    if (text == NULL) {
        return SC_OK;
    }
    if (!take_list(text, 9, x) || x[5] > SC_LENGTH_MAX || x[6] > SC_LENGTH_MAX || x[7] < 1 ||
        x[7] > SC_LENGTH_MAX || x[8] < 1 || x[8] > SC_LENGTH_MAX) {
        return wrong(SC_CALL_FIELD_PLANE, text, "nine numbers in range", error);
    }
    const struct sc_layout layout = {x[1], x[2], x[3], x[4]};
    call->arrays[SC_CALL_PLANE] = x[0];
    plane->layout = layout;
    plane->rows = (int32_t)x[5];
    plane->keys = (int32_t)x[6];
    plane->block_rows = (int32_t)x[7];
    plane->block_keys = (int32_t)x[8];
    return sc_layout_fits(&layout, call->problem.batch, call->problem.heads_q, plane->rows,
                          plane->keys)
               ? SC_OK
               : wrong(SC_CALL_FIELD_PLANE, text, "cells that lie in its SIZE", error);
}

static enum sc_status take_arrays(const struct fields *fields, struct sc_call *call,
                                  struct sc_error *error)
{
    static const struct {
        enum sc_call_field field;
        enum sc_call_array array;
        int32_t count;
    } lists[] = {{SC_CALL_FIELD_SLOPES, SC_CALL_SLOPES, 1},
                 {SC_CALL_FIELD_KEY_LENGTHS, SC_CALL_KEY_LENGTHS, 1},
                 {SC_CALL_FIELD_STARTS, SC_CALL_STARTS_Q, 2}};

    for (int32_t n = 0; n < 3; n++) {
        const char *const text = fields->values[lists[n].field];
        if (text != NULL && !take_list(text, lists[n].count, call->arrays + lists[n].array)) {
            return wrong(lists[n].field, text, "an offset, or two for starts", error);
        }
    }
    const enum sc_status status = take_bias(fields, call, error);

    return status == SC_OK ? take_plane(fields, call, error) : status;
}

static enum sc_status take_tensor(const struct fields *fields, enum sc_tensor tensor,
                                  struct sc_call *call, struct sc_error *error)
{
    const enum sc_call_field field = (enum sc_call_field)(SC_CALL_FIELD_Q + (int32_t)tensor);
    const char *const text = fields->values[field];
    struct sc_problem shape = call->problem;
    int64_t x[5];

    if (!sc_call_has(call, tensor) || text == NULL) {
        return !sc_call_has(call, tensor) && text == NULL
                   ? SC_OK
                   : sc_fail(error, SC_E_INPUT, "run: %s is %s", sc_call_field_names[field],
                             text == NULL ? "missing" : "of the backward pass");
    }
    if (!take_list(text, 5, x)) {
        return wrong(field, text, "OFFSET:SB:SH:SR:SIZE", error);
    }
    const struct sc_call_tensor t = {x[0], {x[1], x[2], x[3], x[4]}};
    /* The extent asks whether there are starts, never what they are. */
    shape.starts_q = call->arrays[SC_CALL_STARTS_Q] != SC_CALL_NONE ? &shape.batch : NULL;
    const struct sc_extent e = sc_prepared_extent(&shape, tensor);
    call->tensors[tensor] = t;
    if (!sc_layout_fits(&t.layout, e.entries, e.heads, e.rows, e.width)) {
        return wrong(field, text, "rows that lie in its SIZE", error);
    }
    return tensor < SC_TENSOR_O ||
                   sc_layout_separates(&t.layout, e.entries, e.heads, e.rows, e.width)
               ? SC_OK
               : wrong(field, text, "rows of an output that share no element", error);
}

static enum sc_status take_rest(const struct fields *fields, struct sc_call *call,
                                struct sc_error *error)
{
    const char *const workspace = fields->values[SC_CALL_FIELD_WORKSPACE];
    const char *const d_b = fields->values[SC_CALL_FIELD_D_B];

    if (d_b != NULL && (!call->backward || !take_list(d_b, 1, &call->d_b))) {
        return wrong(SC_CALL_FIELD_D_B, d_b, "an offset, with the backward pass", error);
    }
    if (workspace == NULL || (strcmp(workspace, "fresh") != 0 && strcmp(workspace, "kept") != 0)) {
        return sc_fail(error, SC_E_INPUT, "run: no workspace, expected fresh or kept");
    }
    call->fresh = workspace[0] == 'f';
    return SC_OK;
}

enum sc_status sc_call_parse(const char *line, size_t bytes, struct sc_call *call,
                             struct sc_error *error)
{
    struct fields fields;
    uint64_t x = 0;
    enum sc_status status = split(line, bytes, &fields, error);

    memset(call, 0, sizeof *call);
    for (int32_t n = 0; n < SC_CALL_ARRAYS; n++) {
        call->arrays[n] = SC_CALL_NONE;
    }
    call->d_b = SC_CALL_NONE;
    if (status == SC_OK) {
        status = take_whole(&fields, SC_CALL_FIELD_ID, 0, UINT64_MAX, &call->id, error);
    }
    if (status == SC_OK) {
        status = take_whole(&fields, SC_CALL_FIELD_SEED, 0, UINT64_MAX, &call->seed, error);
    }
    if (status == SC_OK) {
        status = take_whole(&fields, SC_CALL_FIELD_MEMORY, 0, (uint64_t)SC_CALL_MEMORY, &x, error);
        call->memory = (int64_t)x;
    }
    if (status == SC_OK) {
        status = take_whole(&fields, SC_CALL_FIELD_BACKWARD, 0, 1, &x, error);
        call->backward = x == 1;
    }
    if (status == SC_OK) {
        status = take_shape(&fields, &call->problem, error);
    }
    if (status == SC_OK) {
        status = take_arrays(&fields, call, error);
    }
    for (int32_t n = 0; status == SC_OK && n < SC_TENSORS; n++) {
        status = take_tensor(&fields, (enum sc_tensor)n, call, error);
    }
    if (status == SC_OK) {
        status = take_rest(&fields, call, error);
    }
    if (status == SC_OK) {
        call->problem.q = call->tensors[SC_TENSOR_Q].layout;
        call->problem.k = call->tensors[SC_TENSOR_K].layout;
        call->problem.v = call->tensors[SC_TENSOR_V].layout;
        call->problem.o = call->tensors[SC_TENSOR_O].layout;
        status = sc_call_check(call, error);
    }
    return status;
}
