/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/scaling.h"

#include "reference/random.h"
#include "tools/claims/closed.h"

#include <math.h>

#define P SC_CLOSED_PRECISION

/* The next key of a stream. */
static double next_logit(struct sc_random *random)
{
    return 2.0 * sc_random_unit(random) - 1.0;
}

static double next_value(struct sc_random *random)
{
    return 2.0 * sc_random_unit(random);
}

void sc_scaling_sum(arb_t sum, const struct sc_scaling_row *row)
{
    arb_t u, bias, factor;

    arb_init(u);
    arb_init(bias);
    arb_init(factor);
    arb_log_ui(bias, (ulong)row->rule, P);
    arb_set_d(factor, -row->alpha);
    arb_mul(bias, bias, factor, P);
    arb_zero(sum);
    for (int32_t r = 0; r < row->repeat; r++) {
        struct sc_random random = {7};
        for (int32_t j = 0; j < row->keys; j++) {
            arb_set_d(u, next_logit(&random));
            arb_add(u, u, bias, P);
            sc_closed_sigmoid(u, u);
            arb_set_d(factor, next_value(&random));
            arb_addmul(sum, u, factor, P);
        }
    }
    arb_clear(u);
    arb_clear(bias);
    arb_clear(factor);
}

void sc_scaling_limit(arb_t limit, arb_t radius, int32_t n)
{
    struct sc_random random = {7};
    arb_t e, value;

    arb_init(e);
    arb_init(value);
    arb_zero(limit);
    arb_zero(radius);
    for (int32_t j = 0; j < n; j++) {
        arb_set_d(e, next_logit(&random));
        arb_exp(e, e, P);
        arb_set_d(value, next_value(&random));
        arb_addmul(limit, e, value, P);
        arb_mul(e, e, e, P);
        arb_addmul(radius, e, value, P);
    }
    arb_div_ui(limit, limit, (ulong)n, P);
    arb_div_ui(radius, radius, (ulong)n, P);
    arb_div_ui(radius, radius, (ulong)n, P);
    arb_clear(e);
    arb_clear(value);
}

double sc_scaling_exponent(const arb_t from, const arb_t to, double ratio)
{
    return log(arf_get_d(arb_midref(to), ARF_RND_NEAR) /
               arf_get_d(arb_midref(from), ARF_RND_NEAR)) /
           log(ratio);
}
