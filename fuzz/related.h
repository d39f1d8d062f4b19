/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_RELATED_H
#define SC_FUZZ_RELATED_H

#include "fuzz/outcome.h"
#include "fuzz/prepared.h"
#include "fuzz/relation.h"
#include "fuzz/standing.h"
#include "reference/judge/kernel_bound.h"

#include <stdbool.h>
#include <stdint.h>

/* Outcomes of two calls held against each other, without an oracle. */

/* A prepared case and what a call made of it. */
struct sc_answer {
    const struct sc_prepared *prepared;
    const struct sc_outcome *outcome;
};

/* The first element whose bits differ; two NaN are the same.
 *   turn     where the second case has the sequences and heads of the first
 *   results  bits 1 << enum sc_result that are looked at, as far as both have them
 *   where    receives it, in words: "dQ[b 0][h 1][row 3][channel 0] is 0x1p-3, then 0x1.8p-3"
 * False: there is none. */
bool sc_related_bits(const struct sc_answer *first, const struct sc_answer *second,
                     struct sc_turn turn, uint32_t results, struct sc_element *element, char *where,
                     size_t room);

/* The first element that is a NaN in one of them alone; likewise. */
bool sc_related_nans(const struct sc_answer *first, const struct sc_answer *second,
                     struct sc_element *element, char *where, size_t room);

enum sc_kinship {
    SC_KINSHIP_SAME,     /* O = O' */
    SC_KINSHIP_NEGATED,  /* O + O' = the sum of the visible rows of V */
    SC_KINSHIP_SHORTENED /* row i + 1 of O is row i of O' */
};

/* The first element of O that is off by more than the two bounds of an arithmetic together; elements without a bound
 * are passed over.
 *   differs  receives whether there is one
 * SC_E_MEMORY, SC_E_UNAVAILABLE: as sc_kernel_bound_row. */
enum sc_status sc_related_bounds(const struct sc_answer *first, const struct sc_answer *second,
                                 enum sc_kinship kinship,
                                 const struct sc_kernel_arithmetic *arithmetic, bool *differs,
                                 struct sc_element *element, char *where, size_t room,
                                 struct sc_error *error);

/* Names an element: "dQ[b 0][h 1][row 3][channel 0]". */
void sc_related_name(const struct sc_element *element, char *text, size_t room);

#endif
