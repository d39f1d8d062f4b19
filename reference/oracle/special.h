/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_SPECIAL_H
#define SC_REFERENCE_ORACLE_SPECIAL_H

#include "reference/oracle/tier.h"

#include <stdbool.h>
#include <stdint.h>

/* NaN and infinities in the inputs. What sees a value that is not a real
 * number has no exact result:
 *   P_ij     q_i or k_j
 *   O_ic     q_i, some k_j, or v_jc
 *   dQ_i     q_i, dO_i, some k_j or v_j
 *   dV_jc    k_j, some q_i, or dO_ic
 *   dK_j     k_j, v_j, some q_i or dO_i
 *   db       q_i, dO_i, k_j or v_j of some pair
 * over the visible pairs only: what is masked never matters. A product with an exact zero is no excuse:
 * 0 * infinity is not 0. */
struct sc_special;

/* Looks through the tensors, and copies those that hold such a value, with 0 in its place.
 *   problem, values  borrowed and kept
 * SC_E_MEMORY. Then *created is unchanged. */
enum sc_status sc_special_create(const struct sc_problem *problem,
                                 const struct sc_oracle_values *values, struct sc_special **created,
                                 struct sc_error *error);

/* NULL is allowed. */
void sc_special_destroy(struct sc_special *special);

/* The tensors with every such value replaced; valid as long as `special`. */
const struct sc_oracle_values *sc_special_finite(const struct sc_special *special);

/* Overwrites the results of rows, or keys, that have no exact value with [-Inf, +Inf]. What is NULL in
 * `wanted` is not looked at. */
void sc_special_rows(const struct sc_special *special, int32_t b, int32_t h, const int32_t *rows,
                     int32_t count, const struct sc_row_enclosures *wanted);
void sc_special_keys(const struct sc_special *special, int32_t b, int32_t g, const int32_t *keys,
                     int32_t count, const struct sc_key_enclosures *wanted);

/* Whether db of (sequence b, query head h) has no exact value. */
bool sc_special_bias(const struct sc_special *special, int32_t b, int32_t h);

#endif
