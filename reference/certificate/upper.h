/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_UPPER_H
#define SC_REFERENCE_CERTIFICATE_UPPER_H

#include "reference/certificate/lower.h"
#include "reference/certificate/rows.h"

struct sc_upper_limits {
    int32_t threads;
    int64_t side_max; /* rows of the smaller side of J */
    double bytes_max;
};

struct sc_upper {
    enum sc_verdict verdict;
    bool tried;   /* false: J is beyond the limits */
    int64_t side; /* rows of the smaller side of J */
    double
        least; /* <= ||J||_2, attained where the factorisation ended; 0: no direction was looked for */
    double
        slack; /* (claim - sqrt(c)) / claim. A norm below the claim by more than twice this part is always confirmed */
};

/* Whether ||J||_2 <= claim for the Jacobian J of a layer.
 *
 * With M = J or its transpose as doubles, ||J - M||_F <= e (matrix.h), and c such that sqrt(c + charge) + e <= sqrt(shift),
 * charge of definite.h: c I - fl(M M^T) has a Cholesky factor => ||J||^2 <= shift <= claim^2. M is scaled by a power of 2
 * first, so that its largest element is in [1/2, 1). Where ||M||_F + e <= claim no factor is needed. If there is no factor, the
 * direction in which it fails is amplified, and the claim refuted if it is amplified by more: evaluated with the same bounds.
 *   rows    of sc_rows_create, whatever their direction was
 *   claim   finite, >= 0
 *   shift   at most claim^2 as sc_upper_shift has it; 0: no factor is to be looked for
 *   upper   receives what was found
 * SC_E_MEMORY. SC_E_UNAVAILABLE an element of J is out of range. */
enum sc_status sc_upper_check(const struct sc_rows *rows, double claim, double shift,
                              const struct sc_upper_limits *limits, struct sc_upper *upper,
                              struct sc_error *error);

/* A double below claim^2 and next to it; 0 where it is not normal. */
double sc_upper_shift(double claim);

#endif
