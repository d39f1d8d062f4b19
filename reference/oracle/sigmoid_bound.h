/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_SIGMOID_BOUND_H
#define SC_REFERENCE_ORACLE_SIGMOID_BOUND_H

#include <mpfr.h>

/* One-sided bounds of sigma(s) = 1 / (1 + e^-s) and of 1 - sigma(s), at a point s, each to a few
 * units in its own last place, however small it is. Derivation: reference/oracle/README.md.
 *   p, complement   MPFR_RNDD: p <= sigma(s) and complement >= 1 - sigma(s);
 *                   MPFR_RNDU: p >= sigma(s) and complement <= 1 - sigma(s)
 *   e, denominator  scratch
 *   s               finite
 *   toward          MPFR_RNDD or MPFR_RNDU
 * All numbers have the same precision and are distinct; the exponent range is the widest one. No
 * flag but MPFR_FLAGS_INEXACT is raised: from |s| = 2^30 on, the smaller of the two is bounded by 0
 * and 2^-2^30. */
void sc_sigmoid_bound(mpfr_ptr p, mpfr_ptr complement, mpfr_ptr e, mpfr_ptr denominator,
                      mpfr_srcptr s, mpfr_rnd_t toward);

#endif
