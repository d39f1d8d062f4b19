/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_LINEAR_H
#define SC_FUZZ_LINEAR_H

#include "fuzz/related.h"

#include <stdbool.h>
#include <stdint.h>

/* O is linear in V: P does not depend on it.
 *
 * Scaled. With V' = 2^k V a kernel has O' = 2^k O, bit for bit, wherever a power of two can be taken out of every rounding
 * on the way from P to O. The same P and the same order of operations give, step by step, the same numbers times 2^k: a
 * rounding to p bits, to nearest or toward zero, commutes with a power of two as long as neither number is subnormal or
 * overflows, and a step of a tensor core, which aligns to its largest exponent and cuts a fixed number of bits below,
 * does too. An element of O is held to that if
 *   - every |s| that it sees is at most SC_LINEAR_SCORE and is made of terms of at most SC_LINEAR_SIZE in all, so that an
 *     fp32 s is off by less than 8 even where it is summed in bf16 over a hundred channels: a weight p or 1 - p is above
 *     e^-28 > 2^-41, or is 0, and a multiple of 2^-65;
 *   - each v that it sees and 2^k v are 0 or at least SC_LINEAR_LEAST, and normal numbers of the input format: multiples
 *     of 2^-45. So every product, hence every partial sum in any order, is a multiple of 2^-110 and never subnormal as
 *     fp32 or bf16, and no flush takes anything;
 *   - SC_LINEAR_MARGIN times the sum of |v| and of |2^k v| is below the largest number of both formats, with
 *     exp(2^-7 n) for the growth of n additions: nothing overflows;
 *   - O and 2^k O are above the least normal number of the output format, to which a subnormal one may have been rounded:
 *     it was not their rounding that lost bits.
 * Partial sums that are stored as fp16 may be subnormal, and roundings that may or may not be toward zero need not be the
 * same ones twice: of an arithmetic that has either, and of an unknown one of a case with fp16, nothing is known to the
 * bit. That the order of operations does not depend on the values of V is assumed of a kernel that declares O
 * deterministic.
 *
 * Split. V = V1 + V2, exactly, V1 being the leading four bits of each v: O(V) = O(V1) + O(V2) within the three bounds. */
#define SC_LINEAR_SCORE  20.0
#define SC_LINEAR_SIZE   1000.0
#define SC_LINEAR_LEAST  0x1p-22
#define SC_LINEAR_MARGIN 16.0

/* k of a case, by its hash: 1, 2, 3, 6, -1 or -3. */
int32_t sc_linear_exponent(const struct sc_prepared *prepared);

/* The case with 2^exponent V, each v rounded to the input format where it must be. sc_prepared_destroy frees it; its
 * recipe is that of the other case. SC_E_MEMORY. */
enum sc_status sc_linear_scaled(const struct sc_prepared *prepared, int32_t exponent,
                                struct sc_prepared *related, struct sc_error *error);

/* The case with V1, or with V2; likewise. What is not finite is in both. */
enum sc_status sc_linear_part(const struct sc_prepared *prepared, bool leading,
                              struct sc_prepared *related, struct sc_error *error);

/* Whether 2^k is exact in an arithmetic.
 *   arithmetic  NULL: unknown */
bool sc_linear_exact(const struct sc_kernel_arithmetic *arithmetic,
                     const struct sc_problem *problem);

/* The first element of O that is held to 2^exponent and has other bits; as sc_related_bits.
 *   held  receives how many elements were */
bool sc_linear_bits(const struct sc_answer *first, const struct sc_answer *scaled, int32_t exponent,
                    int64_t *held, struct sc_element *element, char *where, size_t room);

/* The first element of O for which the sum of factors times outputs is off 0 by more than the sum of |factors| times
 * bounds, and by what the same sum of V leaves where V had to be rounded; as sc_related_bounds.
 *   answers, factors  `count` of them, 2 or 3, of cases of one shape; the first factor is 1 */
#define SC_LINEAR_ANSWERS 3
enum sc_status sc_linear_bounds(const struct sc_answer *answers, const double *factors,
                                int32_t count, const struct sc_kernel_arithmetic *arithmetic,
                                bool *differs, struct sc_element *element, char *where, size_t room,
                                struct sc_error *error);

#endif
