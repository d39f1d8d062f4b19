/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/call_field.h"

/* Bytes of the memory that a call speaks of. */
struct range {
    enum sc_call_field field;
    int64_t from, bytes;
    bool written;
};

static int32_t list_ranges(const struct sc_call *call, struct range *ranges)
{
    static const enum sc_call_field fields[SC_CALL_ARRAYS] = {
        SC_CALL_FIELD_BIAS,   SC_CALL_FIELD_SLOPES, SC_CALL_FIELD_KEY_LENGTHS,
        SC_CALL_FIELD_STARTS, SC_CALL_FIELD_STARTS, SC_CALL_FIELD_PLANE};
    int32_t count = 0;

    for (int32_t n = 0; n < SC_CALL_ARRAYS; n++) {
        const struct range range = {fields[n], call->arrays[n],
                                    sc_call_array_bytes(&call->problem, (enum sc_call_array)n),
                                    false};
        if (range.from != SC_CALL_NONE) {
            ranges[count++] = range;
        }
    }
    for (int32_t n = 0; n < SC_TENSORS; n++) {
        const struct range range = {
            (enum sc_call_field)(SC_CALL_FIELD_Q + n), call->tensors[n].offset,
            sc_call_tensor_bytes(call, (enum sc_tensor)n), n >= SC_TENSOR_O};
        if (sc_call_has(call, (enum sc_tensor)n)) {
            ranges[count++] = range;
        }
    }
    if (call->d_b != SC_CALL_NONE) {
        const struct range range = {SC_CALL_FIELD_D_B, call->d_b,
                                    sc_call_bias_bytes(&call->problem), true};
        ranges[count++] = range;
    }
    return count;
}

static int32_t element_bytes(const struct sc_call *call, enum sc_call_field field)
{
    if (field == SC_CALL_FIELD_PLANE) {
        return 1;
    }
    if (field < SC_CALL_FIELD_Q || field == SC_CALL_FIELD_D_B) {
        return 4;
    }
    return sc_format_bytes(field == SC_CALL_FIELD_O ? call->problem.format_out
                                                    : call->problem.format_in);
}

enum sc_status sc_call_check(const struct sc_call *call, struct sc_error *error)
{
    struct range ranges[SC_CALL_ARRAYS + SC_TENSORS + 1];
    const int32_t count = list_ranges(call, ranges);

    for (int32_t n = 0; n < count; n++) {
        const struct range *a = &ranges[n];
        if (a->bytes > call->memory || a->from > call->memory - a->bytes ||
            a->from % element_bytes(call, a->field) != 0) {
            return sc_fail(error, SC_E_INPUT,
                           "run: %s does not lie in the memory at a multiple of its element",
                           sc_call_field_names[a->field]);
        }
        for (int32_t m = 0; m < n; m++) {
            const struct range *b = &ranges[m];
            if ((a->written || b->written) && a->from < b->from + b->bytes &&
                b->from < a->from + a->bytes) {
                return sc_fail(error, SC_E_INPUT, "run: %s and %s overlap",
                               sc_call_field_names[b->field], sc_call_field_names[a->field]);
            }
        }
    }
    return SC_OK;
}
