/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_RESULT_H
#define SC_FUZZ_RESULT_H

#include "fuzz/generate.h"
#include "fuzz/outcome.h"
#include "reference/oracle/oracle.h"

#include <stdbool.h>
#include <stdint.h>

/* The results that a call of a kernel leaves, and where the elements of each are. */
enum sc_result {
    SC_RESULT_O,
    SC_RESULT_D_Q,
    SC_RESULT_D_K,
    SC_RESULT_D_V,
    SC_RESULT_D_B,
    SC_RESULTS
};

/* "dQ" */
const char *sc_result_name(enum sc_result result);

/* The oracle's output, and the tensor of an outcome; SC_TENSORS for db. */
enum sc_oracle_output sc_result_output(enum sc_result result);
enum sc_tensor sc_result_tensor(enum sc_result result);

enum sc_format sc_result_format(const struct sc_problem *problem, enum sc_result result);

/* Channels of a row or key; 1 for db. */
int32_t sc_result_width(const struct sc_problem *problem, enum sc_result result);

/* Elements of a result without gaps. */
int64_t sc_result_elements(const struct sc_problem *problem, enum sc_result result);

/* The element without gaps at which row or key `index` of (sequence b, head) starts; keys that are padding included.
 * db has index 0 alone.
 *   problem  of tensors without gaps (fuzz/prepared.h) */
int64_t sc_result_row(const struct sc_problem *problem, enum sc_result result, int32_t b,
                      int32_t head, int32_t index);

/* Whether an outcome has a result, and the bits of an element; those of db as fp32. */
bool sc_result_given(const struct sc_outcome *outcome, enum sc_result result);
uint32_t sc_result_bits(const struct sc_outcome *outcome, enum sc_result result, int64_t element);

#endif
