/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_RELATION_H
#define SC_FUZZ_RELATION_H

#include "fuzz/prepared.h"
#include "spec/kernel.h"

#include <stdbool.h>
#include <stdint.h>

/* Cases whose results are related to those of another one. Each is a function of the first case alone. */

/* The recipe with other contents in hidden places. The same results, bit for bit, whatever the arithmetic. */
void sc_relation_hidden(const struct sc_recipe *recipe, struct sc_recipe *related);

/* The recipe with other strides and bases, for a kernel that can do them (SC_KERNEL_STRIDES, SC_KERNEL_MISALIGNED):
 * gaps between rows, or none if there were any. Tensors whose rows share elements stay as they are. The same results
 * but for the order of operations.
 * False: the kernel can do no other; *related is unspecified. */
bool sc_relation_layout(const struct sc_recipe *recipe, const struct sc_kernel_traits *traits,
                        struct sc_recipe *related);

/* The functions below make a prepared case out of another one; sc_prepared_destroy frees it. Its recipe is that of the
 * other case, which it is no more a realisation of. SC_E_MEMORY. Then *related holds nothing. */

/* A copy. */
enum sc_status sc_relation_copied(const struct sc_prepared *prepared, struct sc_prepared *related,
                                  struct sc_error *error);

/* Each key head repeated for every query head that reads it, so that heads_kv = heads_q: the same O and dQ; dK and dV
 * of a group are the sums of the repeated ones. K, V, dK and dV lie without gaps. */
enum sc_status sc_relation_repeated(const struct sc_prepared *prepared, struct sc_prepared *related,
                                    struct sc_error *error);

/* Q, the bias and the slopes negated: sigma(-s) = 1 - sigma(s), so O + O' is the sum of the visible rows of V. */
enum sc_status sc_relation_negated(const struct sc_prepared *prepared, struct sc_prepared *related,
                                   struct sc_error *error);

/* Sequences and heads in other places: (b, h, g) goes to sc_relation_place. */
struct sc_turn {
    int32_t sequences, groups; /* places further, modulo their number */
};
/* {0, 0} where there is no other place: one sequence and key head, packed sequences, inputs that overlap. */
struct sc_turn sc_relation_turn(const struct sc_prepared *prepared);
int32_t sc_relation_sequence(const struct sc_problem *problem, struct sc_turn turn, int32_t b);
int32_t sc_relation_head(int32_t heads, const struct sc_problem *problem, struct sc_turn turn,
                         int32_t head);
enum sc_status sc_relation_turned(const struct sc_prepared *prepared, struct sc_turn turn,
                                  struct sc_prepared *related, struct sc_error *error);

/* The first row of every sequence left out, of a case with more than one row that is not packed and has no mask of
 * bytes: row i of it is row i + 1 of the other, at another place in its tile. The same O and dQ. */
bool sc_relation_can_shorten(const struct sc_problem *problem);
enum sc_status sc_relation_shortened(const struct sc_prepared *prepared,
                                     struct sc_prepared *related, struct sc_error *error);

#endif
