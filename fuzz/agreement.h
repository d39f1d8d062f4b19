/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_AGREEMENT_H
#define SC_FUZZ_AGREEMENT_H

#include "fuzz/generate.h"
#include "reference/status.h"

#include <stdint.h>

/* The oracle's tiers held against each other: fp64, ball arithmetic of 128 and of 256 bits, and exact
 * integers. On every result of a case (P, O, dQ, dK, dV, db) each pair of enclosures must meet, and the
 * one of 256 bits must lie inside the one of fp64. */
struct sc_agreement {
    int64_t problems, elements;
    int64_t disagreements;           /* elements where one of the demands is not met */
    char first[SC_ERROR_TEXT_BYTES]; /* the first of them, in words */
};

/* Adds a case. Of long sequences a selection of rows and keys is looked at (reference/oracle/selection.h).
 * Statuses of the oracle. */
enum sc_status sc_agreement_add(struct sc_agreement *tally, const struct sc_case *c,
                                struct sc_error *error);

#endif
