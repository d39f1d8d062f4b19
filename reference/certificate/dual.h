/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_DUAL_H
#define SC_REFERENCE_CERTIFICATE_DUAL_H

#include "reference/certificate/interval.h"

/* A number that moves: its value and its derivative along one direction, each in an interval. An expression of such numbers
 * carries its own derivative (forward differentiation), so that a layer written down once gives both. Operands may be the
 * result but where it says otherwise; flags as in interval.h. */
struct sc_dual {
    struct sc_interval value, slope;
};

/* `count` numbers that are 0 and stay there, to be freed; NULL: no memory. */
struct sc_dual *sc_dual_create(int64_t count);

/* A constant. */
void sc_dual_set_d(struct sc_dual *r, double a);
void sc_dual_set(struct sc_dual *r, const struct sc_dual *a);

void sc_dual_add_d(struct sc_dual *r, const struct sc_dual *a, double b);
void sc_dual_multiply_d(struct sc_dual *r, const struct sc_dual *a, double b);
void sc_dual_add(struct sc_dual *r, const struct sc_dual *a, const struct sc_dual *b);
void sc_dual_subtract(struct sc_dual *r, const struct sc_dual *a, const struct sc_dual *b);
/* r + a b; r is neither a nor b. */
void sc_dual_add_product(struct sc_dual *r, const struct sc_dual *a, const struct sc_dual *b);
/* a / b, b above 0; r is not b. */
void sc_dual_divide(struct sc_dual *r, const struct sc_dual *a, const struct sc_dual *b);
/* of what is above 0 */
void sc_dual_sqrt(struct sc_dual *r, const struct sc_dual *a);
void sc_dual_exp(struct sc_dual *r, const struct sc_dual *a);
void sc_dual_sigmoid(struct sc_dual *r, const struct sc_dual *a);

#endif
