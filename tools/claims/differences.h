/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_DIFFERENCES_H
#define SC_TOOLS_CLAIMS_DIFFERENCES_H

#include "fuzz/generate.h"

/* The derivative of a problem three ways. With a direction (q', k', v', b') of the inputs and L = sum dO O,
 *
 *   tangent     sum dO O', O' by reference/jvp.h, and by db for the bias
 *   gradient    sum dQ q' + dK k' + dV v' + db b', by reference/backward.h
 *   difference  (L(e) - L(-e)) / (2 e), L from the definition in 300 bits, e = 2^-80: off by about 2^-150
 *
 * The first two are in binary64: they are off by roundings of their terms, whose absolute values add up to `size`. */
struct sc_differences {
    double tangent, gradient, difference, size;
};

/* Computes them for a case, along the direction of a seed.
 * SC_E_MEMORY. */
enum sc_status sc_differences_compute(const struct sc_case *c, uint64_t seed,
                                      struct sc_differences *differences, struct sc_error *error);

#endif
