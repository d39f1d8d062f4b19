/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/arb_score.h"

#include <stdbool.h>

/* From |s| = 2^20 on, 0 < e^-|s| < 2^-2^20 takes the place of the exponential, which Arb would compute
 * with ever more digits of log 2. */
#define LARGE_LOG2 20

void sc_arb_dot(arb_t result, arb_srcptr x, arb_srcptr y, int32_t n, slong precision)
{
    if (precision < SC_ARB_EXACT_BITS) {
        arb_dot(result, NULL, 0, x, 1, y, 1, n, precision);
        return;
    }
    arb_zero(result);
    for (int32_t c = 0; c < n; c++) {
        (void)arf_addmul(arb_midref(result), arb_midref(x + c), arb_midref(y + c), ARF_PREC_EXACT,
                         ARF_RND_DOWN);
    }
}

void sc_arb_score(arb_t s, const arb_t dot, int32_t distance,
                  const struct sc_arb_constants *constants, slong precision)
{
    const slong digits = precision < SC_ARB_EXACT_BITS ? precision : ARF_PREC_EXACT;
    arb_t bias;

    arb_init(bias);
    arb_mul_si(bias, constants->slope, distance, ARF_PREC_EXACT);
    arb_sub(bias, constants->bias, bias, digits);
    arb_mul(s, constants->tau, dot, digits);
    arb_add(s, s, bias, digits);
    arb_clear(bias);
}

/* e^-|s|, for the sign of s's middle; e^-s or e^s is as true for the rest of the ball. */
static void decay(arb_t e, const arb_t s, bool negative, slong precision)
{
    arf_t nearest;

    arf_init(nearest);
    arb_get_abs_lbound_arf(nearest, s, MAG_BITS);
    if (arf_cmpabs_2exp_si(nearest, LARGE_LOG2) >= 0) {
        arb_one(e); /* [0, 2^-2^20] */
        mag_one(arb_radref(e));
        arb_mul_2exp_si(e, e, -((slong)1 << LARGE_LOG2) - 1);
    } else if (negative) {
        arb_exp(e, s, precision);
    } else {
        arb_neg(e, s);
        arb_exp(e, e, precision);
    }
    arf_clear(nearest);
}

/* What is not inside [-1, 2] becomes [0, 1]. */
static void confine(arb_t x)
{
    if (!arb_is_finite(x) || mag_cmp_2exp_si(arb_radref(x), 0) > 0) {
        arb_set_d(x, 0.5);
        mag_set_ui_2exp_si(arb_radref(x), 1, -1);
    }
}

void sc_arb_sigmoid(arb_t p, arb_t complement, const arb_t s, slong precision)
{
    const bool negative = arf_sgn(arb_midref(s)) < 0;
    arb_ptr large = negative ? complement : p;
    arb_ptr small = negative ? p : complement;

    decay(small, s, negative, precision);
    arb_add_ui(large, small, 1, precision);
    arb_inv(large, large, precision);
    arb_mul(small, small, large, precision);
    confine(large);
    confine(small);
}

struct sc_enclosure sc_arb_enclosure(const arb_t x)
{
    struct sc_enclosure result;
    arf_t end;

    arf_init(end);
    arb_get_lbound_arf(end, x, 64);
    result.lo = arf_get_d(end, ARF_RND_FLOOR);
    arb_get_ubound_arf(end, x, 64);
    result.hi = arf_get_d(end, ARF_RND_CEIL);
    arf_clear(end);
    result.lo = result.lo == 0.0 ? 0.0 : result.lo;
    result.hi = result.hi == 0.0 ? 0.0 : result.hi;
    return result;
}
