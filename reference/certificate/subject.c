/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/subject.h"

#include <math.h>
#include <stddef.h>

int64_t sc_subject_out_width(const struct sc_subject *subject)
{
    return subject->out > 0 ? subject->out : (int64_t)subject->heads * subject->d_v;
}

int64_t sc_subject_inputs(const struct sc_subject *subject)
{
    return (int64_t)subject->tokens * subject->width;
}

int64_t sc_subject_outputs(const struct sc_subject *subject)
{
    return subject->tokens * sc_subject_out_width(subject);
}

bool sc_subject_sees(const struct sc_subject *subject, int32_t i, int32_t j)
{
    return i - subject->left <= j && j <= i + subject->right;
}

static enum sc_status check_numbers(const struct sc_subject *s, struct sc_error *error)
{
    const struct {
        const char *name;
        int64_t value, low;
    } sizes[] = {
        {"tokens", s->tokens, 1}, {"width", s->width, 1}, {"heads", s->heads, 1},
        {"d", s->d, 1},           {"d_v", s->d_v, 1},     {"out", s->out, 0},
        {"left", s->left, 0},     {"right", s->right, 0},
    };

    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        if (sizes[n].value < sizes[n].low || sizes[n].value > SC_SUBJECT_MAX) {
            return sc_fail(error, SC_E_INPUT, "%s is %lld, expected %lld to %d", sizes[n].name,
                           (long long)sizes[n].value, (long long)sizes[n].low, SC_SUBJECT_MAX);
        }
    }
    const double channels = (double)s->heads * ((double)s->d + (double)s->d_v);
    if (channels * ((double)s->width + (double)s->tokens + (double)s->out) > 0x1p48) {
        return sc_fail(error, SC_E_INPUT, "%g channels of all heads, expected fewer", channels);
    }
    const struct {
        const char *name;
        double value;
        bool good;
    } reals[] = {
        {"scale", s->scale, s->scale > 0.0},
        {"epsilon", s->epsilon, s->epsilon >= 0.0},
        {"rotation", s->rotation, s->rotation >= 0.0},
    };
    for (size_t n = 0; n < sizeof reals / sizeof reals[0]; n++) {
        if (!reals[n].good || !isfinite(reals[n].value)) {
            return sc_fail(error, SC_E_INPUT, "%s is %g, expected a finite number %s",
                           reals[n].name, reals[n].value, n == 0 ? "> 0" : ">= 0");
        }
    }
    if (s->rotation > 0.0 && s->d % 2 != 0) {
        return sc_fail(error, SC_E_INPUT, "d is %d, expected an even number with rotation", s->d);
    }
    return SC_OK;
}

enum sc_status sc_subject_check(const struct sc_subject *s, struct sc_error *error)
{
    const enum sc_status status = check_numbers(s, error);

    if (status != SC_OK) {
        return status;
    }
    const int64_t keys = (int64_t)s->heads * s->d, values = (int64_t)s->heads * s->d_v;
    const struct {
        const char *name;
        const double *values;
        int64_t count;
        bool needed;
    } arrays[] = {
        {"x", s->x, sc_subject_inputs(s), true}, {"w_q", s->w_q, keys * s->width, true},
        {"w_k", s->w_k, keys * s->width, true},  {"w_v", s->w_v, values * s->width, true},
        {"w_o", s->w_o, s->out * values, false}, {"beta_q", s->beta_q, keys, false},
        {"beta_k", s->beta_k, keys, false},      {"beta_v", s->beta_v, values, false},
        {"bias", s->bias, s->heads, true},       {"slopes", s->slopes, s->heads, false},
        {"gain_q", s->gain_q, s->d, false},      {"gain_k", s->gain_k, s->d, false},
    };
    for (size_t a = 0; a < sizeof arrays / sizeof arrays[0]; a++) {
        if (arrays[a].values == NULL && arrays[a].needed) {
            return sc_fail(error, SC_E_INPUT, "no %s", arrays[a].name);
        }
        for (int64_t n = 0; arrays[a].values != NULL && n < arrays[a].count; n++) {
            if (!isfinite(arrays[a].values[n])) {
                return sc_fail(error, SC_E_INPUT, "%s[%lld] is %g, expected a finite number",
                               arrays[a].name, (long long)n, arrays[a].values[n]);
            }
        }
    }
    return (s->w_o != NULL) == (s->out > 0)
               ? SC_OK
               : sc_fail(error, SC_E_INPUT, "out is %d, expected the rows of w_o", s->out);
}
