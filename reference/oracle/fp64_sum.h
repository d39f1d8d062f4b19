/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FP64_SUM_H
#define SC_REFERENCE_ORACLE_FP64_SUM_H

#include "reference/oracle/enclosure.h"
#include "reference/status.h"

#include <stdint.h>

/* Sums over tiles, for many elements at once: the rounding error of each addition is kept and summed too
 * (TwoSum: Knuth, The Art of Computer Programming, vol. 2, 4.2.2, theorem B), so that the number of tiles
 * costs no accuracy. Derivation: reference/oracle/FP64.md. */
struct sc_fp64_sum {
    int64_t size;               /* elements */
    int64_t additions;          /* since the sums were cleared */
    double *high, *low;         /* the sums are high + low */
    double *radius;             /* of the terms */
    double *term, *term_radius; /* room for the caller's next terms */
};

/* SC_E_MEMORY: then nothing is held. */
enum sc_status sc_fp64_sum_create(struct sc_fp64_sum *sum, int64_t size, struct sc_error *error);

/* Frees what it holds. */
void sc_fp64_sum_destroy(struct sc_fp64_sum *sum);

/* All sums 0. */
void sc_fp64_sum_clear(struct sc_fp64_sum *sum);

/* Adds the first `count` of `term`, with their radii. */
void sc_fp64_sum_add(struct sc_fp64_sum *sum, int64_t count);

/* Encloses scale times sum `n`.
 *   scale    >= 0, an fp32 value
 *   terms    products that went into the sum: each may have underflowed
 * Finite; the ends are outward. */
struct sc_enclosure sc_fp64_sum_enclosure(const struct sc_fp64_sum *sum, int64_t n, double scale,
                                          int64_t terms);

/* [value - radius, value + radius], outward, zeros as +0. */
struct sc_enclosure sc_fp64_enclosure(double value, double radius);

#endif
