/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_ORACLE_H
#define SC_REFERENCE_ORACLE_ORACLE_H

#include "reference/oracle/enclosure.h"
#include "reference/status.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* Rigorous enclosure of O, row by row, with MPFR and directed rounding. Why each step encloses, and
 * what is trusted: reference/oracle/README.md. */

#define SC_ORACLE_PRECISION_MIN 53
#define SC_ORACLE_PRECISION_MAX 4096

/* What the exact result of one element is. */
enum sc_oracle_class {
    SC_ORACLE_FINITE,   /* a real number in [lo, hi], both finite */
    SC_ORACLE_EMPTY,    /* the row sees no key: exactly +0, and lo = hi = +0 */
    SC_ORACLE_UNDEFINED /* a visible input is NaN or infinite: lo = -Inf, hi = +Inf */
};

/* The scores of the row computed last, key by key, for the error bound of one row. Bounds are
 * doubles rounded up, enclosures doubles rounded outward. At a key that the row does not see, all
 * are 0. At a visible key whose score is undefined (a NaN or infinity in its row of K or in the row
 * of Q), all bounds are +Inf and all enclosures [-Inf, +Inf]. */
struct sc_oracle_scores {
    int32_t n_k;                  /* keys of the sequence, the length of each array */
    double bias;                  /* |b|, exact: one value for all keys of a row */
    const bool *visible;          /* whether the row sees key j; exact */
    const double *terms;          /* >= sum over c of |q_c k_jc| */
    const double *product;        /* >= |tau <q, k_j>| */
    const double *mask_bias;      /* |m_ij|, exact */
    const double *derivative;     /* >= p_j (1 - p_j), at most 1/4 */
    const struct sc_enclosure *s; /* of S_ij = tau <q, k_j> + b + m_ij; |s| < 2^409 */
    const struct sc_enclosure *p; /* of P_ij = sigma(S_ij), in [0, 1]; p[j].hi is its upper bound */
};

/* An oracle of one problem, with its scratch memory. One thread at a time; a thread that ends calls
 * mpfr_free_cache() as for any use of MPFR. */
struct sc_oracle;

/* Makes an oracle.
 *   problem    one that sc_problem_check accepts; borrowed and kept
 *   precision  bits of every intermediate number, SC_ORACLE_PRECISION_MIN to _MAX
 *   q, k, v    values decoded to fp32 (exact for every format), in the problem's strides; NaN and
 *              infinity are allowed; borrowed and kept, their contents may change between rows
 *   created    receives the oracle; sc_oracle_destroy frees it
 * Memory: O(d + d_v) numbers of `precision` bits and O(n_k) doubles.
 * SC_E_INPUT a precision out of range. SC_E_MEMORY. Then *created is unchanged. */
enum sc_status sc_oracle_create(const struct sc_problem *problem, int32_t precision, const float *q,
                                const float *k, const float *v, struct sc_oracle **created,
                                struct sc_error *error);

/* Frees an oracle; NULL is allowed. */
void sc_oracle_destroy(struct sc_oracle *oracle);

/* Encloses row i of (sequence b, query head h) of O. What the row does not see never matters:
 * masked keys, other rows and the gaps of a layout may hold anything.
 *   b, h, i  sequence, query head, row within the sequence
 *   o        receives d_v enclosures
 *   classes  receives d_v classes
 * The thread's MPFR flags and exponent range are left as they were.
 * SC_E_INPUT indices out of range. SC_E_UNAVAILABLE another rounding mode or flush-to-zero is set,
 * or MPFR left its exponent range. Then o and classes are unchanged, the scores have no keys. */
enum sc_status sc_oracle_row(struct sc_oracle *oracle, int32_t b, int32_t h, int32_t i,
                             struct sc_enclosure *o, enum sc_oracle_class *classes,
                             struct sc_error *error);

/* The scores of the row that sc_oracle_row computed last (no keys before the first). Owned by the
 * oracle, valid until its next row. */
const struct sc_oracle_scores *sc_oracle_row_scores(const struct sc_oracle *oracle);

/* The width of the enclosures of the last row before they were rounded to doubles, d_v values
 * rounded up: 0 where the result is one exact number, +Inf where it is undefined. Valid until the
 * next row, and after a row that succeeded. */
const double *sc_oracle_row_widths(const struct sc_oracle *oracle);

#endif
