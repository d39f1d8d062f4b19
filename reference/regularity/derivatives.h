/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_DERIVATIVES_H
#define SC_REFERENCE_REGULARITY_DERIVATIVES_H

#include "reference/regularity/balls.h"

#include <stdbool.h>

/* A_q(i), A_k(j): W_q and W_k of a head behind the derivatives of norm and rotation, rounded to binary64. Where neither is
 * there, the weights themselves, the same for all tokens. */
struct sc_derivatives {
    bool moving;     /* they differ from token to token */
    int64_t step;    /* from one token to the next: 0, or d width */
    double *q, *k;   /* [tokens or 1][d][width] */
    double absolute; /* |exact - value| <= 2^-53 |value| + absolute */
};

/* Whether there was memory; sc_derivatives_destroy in either case. */
bool sc_derivatives_create(const struct sc_balls *balls, int32_t h,
                           struct sc_derivatives *derivatives);
void sc_derivatives_destroy(struct sc_derivatives *derivatives);

#endif
