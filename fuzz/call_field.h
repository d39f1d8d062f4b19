/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CALL_FIELD_H
#define SC_FUZZ_CALL_FIELD_H

#include "fuzz/call.h"

/* Fields of a `run` line, for call.c, call_parse.c and call_check.c. Shapes and tensors are in the order of their structs. */
enum sc_call_field {
    SC_CALL_FIELD_ID,
    SC_CALL_FIELD_SEED,
    SC_CALL_FIELD_MEMORY,
    SC_CALL_FIELD_BACKWARD,
    SC_CALL_FIELD_BATCH,
    SC_CALL_FIELD_HEADS_Q,
    SC_CALL_FIELD_HEADS_KV,
    SC_CALL_FIELD_N_Q,
    SC_CALL_FIELD_N_K,
    SC_CALL_FIELD_D,
    SC_CALL_FIELD_D_V,
    SC_CALL_FIELD_IN,
    SC_CALL_FIELD_OUT,
    SC_CALL_FIELD_TAU,
    SC_CALL_FIELD_LEFT,
    SC_CALL_FIELD_RIGHT,
    SC_CALL_FIELD_BIAS,
    SC_CALL_FIELD_SLOPES,
    SC_CALL_FIELD_KEY_LENGTHS,
    SC_CALL_FIELD_STARTS,
    SC_CALL_FIELD_PLANE,
    SC_CALL_FIELD_Q, /* as enum sc_tensor from here on */
    SC_CALL_FIELD_K,
    SC_CALL_FIELD_V,
    SC_CALL_FIELD_D_O,
    SC_CALL_FIELD_O,
    SC_CALL_FIELD_GRADIENT_Q,
    SC_CALL_FIELD_GRADIENT_K,
    SC_CALL_FIELD_GRADIENT_V,
    SC_CALL_FIELD_D_B,
    SC_CALL_FIELD_WORKSPACE,
    SC_CALL_FIELDS
};

extern const char *const sc_call_field_names[SC_CALL_FIELDS];
extern const char *const sc_call_format_names[3]; /* of enum sc_format */
extern const char *const sc_call_scope_names[3];  /* of enum sc_bias_scope */

/* Whether every tensor and array lies in the memory, at a multiple of its element, and outputs apart from all else.
 * SC_E_INPUT. */
enum sc_status sc_call_check(const struct sc_call *call, struct sc_error *error);

#endif
