/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/constants.h"

#include "reference/mpfr_state.h"

#include <mpfr.h>
#include <stdbool.h>

/* fp32 has 24 bits. Both functions stay within its normal exponents (2^-16 to 1, and 0.69 to 21.5),
 * so the one rounding of MPFR to 24 bits is the rounding to fp32 and the conversion exact. */
#define FLOAT_BITS 24

float sc_constants_scale(int32_t d)
{
    struct sc_mpfr_state state;
    mpfr_t x;

    sc_mpfr_state_enter(&state);
    mpfr_init2(x, FLOAT_BITS + 8); /* 32 bits hold any d exactly */
    (void)mpfr_set_si(x, d, MPFR_RNDN);
    mpfr_t scale;
    mpfr_init2(scale, FLOAT_BITS);
    (void)mpfr_rec_sqrt(scale, x, MPFR_RNDN);
    const float result = mpfr_get_flt(scale, MPFR_RNDN);
    mpfr_clears(x, scale, (mpfr_ptr)NULL);
    (void)sc_mpfr_state_leave(&state);
    return result;
}

float sc_constants_minus_log(int32_t n)
{
    struct sc_mpfr_state state;
    mpfr_t x, logarithm;

    if (n == 0 || n == 1) {
        return 0.0f;
    }
    sc_mpfr_state_enter(&state);
    mpfr_init2(x, FLOAT_BITS + 8);
    mpfr_init2(logarithm, FLOAT_BITS);
    (void)mpfr_set_si(x, n, MPFR_RNDN);
    (void)mpfr_log(logarithm, x, MPFR_RNDN); /* to nearest is symmetric: the sign may follow */
    const float result = -mpfr_get_flt(logarithm, MPFR_RNDN);
    mpfr_clears(x, logarithm, (mpfr_ptr)NULL);
    (void)sc_mpfr_state_leave(&state);
    return result;
}

/* Whether sc_problem_keys may be asked for every sequence, and answers a length. */
static bool lengths_are_sane(const struct sc_problem *p)
{
    for (int32_t b = 0; b < p->batch; b++) {
        if (p->starts_q != NULL && p->starts_k == NULL) {
            return false;
        }
        if (p->starts_q != NULL && (p->starts_k[b] < 0 || p->starts_k[b + 1] < p->starts_k[b])) {
            return false;
        }
        const int32_t keys = sc_problem_keys(p, b);
        if (keys < 0 || keys > SC_LENGTH_MAX) {
            return false;
        }
    }
    return true;
}

enum sc_status sc_constants_bias(const struct sc_problem *p, enum sc_bias_rule rule,
                                 int32_t constant, float *bias, enum sc_bias_scope *scope,
                                 struct sc_error *error)
{
    switch (rule) {
    case SC_BIAS_RULE_PADDED:
        if (p->starts_q != NULL) {
            return sc_fail(error, SC_E_INPUT,
                           "bias rule padded: packed sequences have no padding, expected rule "
                           "valid or constant");
        }
        if (p->n_k < 0 || p->n_k > SC_LENGTH_MAX) {
            return sc_fail(error, SC_E_INPUT, "bias rule padded: n_k = %d, expected 0 to %d",
                           p->n_k, SC_LENGTH_MAX);
        }
        bias[0] = sc_constants_minus_log(p->n_k);
        *scope = SC_BIAS_SCALAR;
        return SC_OK;
    case SC_BIAS_RULE_VALID:
        if (!lengths_are_sane(p)) {
            return sc_fail(error, SC_E_INPUT,
                           "bias rule valid: a sequence's key count is out of range, expected 0 "
                           "to %d",
                           SC_LENGTH_MAX);
        }
        for (int32_t b = 0; b < p->batch; b++) {
            bias[b] = sc_constants_minus_log(sc_problem_keys(p, b));
        }
        *scope = SC_BIAS_PER_SEQUENCE;
        return SC_OK;
    case SC_BIAS_RULE_CONSTANT:
        if (constant < 1) {
            return sc_fail(error, SC_E_INPUT, "bias rule constant: n = %d, expected 1 or more",
                           constant);
        }
        bias[0] = sc_constants_minus_log(constant);
        *scope = SC_BIAS_SCALAR;
        return SC_OK;
    }
    return sc_fail(error, SC_E_INPUT, "bias rule: %d, expected padded, valid or constant",
                   (int)rule);
}
