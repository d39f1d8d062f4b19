/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_ROUNDING_H
#define SC_REFERENCE_REGULARITY_ROUNDING_H

#include "spec/upward.h"

#include <stdint.h>

/* >= gamma_n = n u / (1 - n u), u = 2^-53, for n u <= 1/2: what n roundings do to a product (Higham, Accuracy and Stability
 * of Numerical Algorithms, lemma 3.1). */
static inline double sc_rounding_gamma(int64_t n)
{
    const double nu = (double)n * 0x1p-53;

    return sc_upward_multiply(nu, sc_upward_add(1.0, 2.0 * nu));
}

#endif
