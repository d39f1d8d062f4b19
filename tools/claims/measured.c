/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "tools/claims/measured.h"

#include <math.h>
#include <mpfr.h>
#include <stdio.h>

/* Claims 16 and 17: figures that were measured on a GPU elsewhere, and what follows from them. NVIDIA H100 80GB HBM3,
 * driver 580.159.04, CUDA 13.0, PyTorch 2.11.0, 2026-11-24, bf16, 16,384 tokens, hidden width 2048, medians of one run. */

/* TFLOP/s, forward and backward, of what others published. */
static const struct {
    int32_t d;
    bool causal;
    double flash2[2], sigmoid[2], flash3[2];
} speeds[] = {{64, false, {313, 284}, {407, 287}, {546, 537}},
              {64, true, {303, 281}, {381, 314}, {509, 537}},
              {128, false, {352, 313}, {432, 342}, {636, 588}},
              {128, true, {320, 320}, {399, 344}, {688, 594}}};

/* Per cent of the time of FlashAttention-2 that the published sigmoid kernel does not take. */
static double saved(int32_t row, int32_t backward)
{
    return 100.0 * (1.0 - speeds[row].flash2[backward] / speeds[row].sigmoid[backward]);
}

enum sc_status sc_speed_claim(const struct sc_claims_context *context, struct sc_found_list *result,
                              struct sc_error *error)
{
    /* forward full, forward causal, backward full, backward causal */
    static const double claimed[] = {17.39, 18.76, 2.70, 6.19};
    double least = HUGE_VAL;

    (void)context;
    (void)error;
    for (int32_t k = 0; k < 4; k++) {
        const int32_t backward = k / 2, causal = k % 2;
        const double narrow = saved(causal, backward), wide = saved(2 + causal, backward);
        const double mean = 0.5 * (narrow + wide);
        char name[SC_FOUND_NAME_BYTES];
        (void)snprintf(name, sizeof name, "%s-%s", backward ? "backward" : "forward",
                       causal ? "causal" : "full");
        sc_found_add(
            result, name, SC_FOUND_STATED, SC_FOUND_QUOTED, sc_found_whether(mean >= claimed[k]),
            mean,
            "%s, %s: %.2f %% less time than FlashAttention-2 at d = 64, %.2f %% at 128, mean "
            "%.2f %%; claimed %.2f %%",
            backward ? "backward" : "forward", causal ? "causal" : "full", narrow, wide, mean,
            claimed[k]);
    }
    for (int32_t row = 0; row < 4; row++) {
        least = fmin(least, speeds[row].flash3[0] / speeds[row].sigmoid[0]);
    }
    sc_found_add(
        result, "flash-attention-3", SC_FOUND_BEYOND, SC_FOUND_QUOTED,
        sc_found_whether(least > 1.0), least,
        "FlashAttention-3, softmax, is faster forward than that kernel, %.3g times at least",
        least);
    return SC_OK;
}

double sc_measured_rounded_tanh(int32_t n)
{
    mpfr_t s, exact, p;

    mpfr_init2(s, 300);
    mpfr_init2(exact, 300);
    mpfr_init2(p, 24);
    mpfr_set_si(s, n, MPFR_RNDN);
    mpfr_log(s, s, MPFR_RNDN);
    mpfr_neg(s, s, MPFR_RNDN);
    mpfr_prec_round(s, 24, MPFR_RNDN); /* the score is an fp32 number */
    mpfr_prec_round(s, 300, MPFR_RNDN);
    mpfr_neg(exact, s, MPFR_RNDN);
    mpfr_exp(exact, exact, MPFR_RNDN);
    mpfr_add_ui(exact, exact, 1, MPFR_RNDN);
    mpfr_ui_div(exact, 1, exact, MPFR_RNDN);
    mpfr_div_2ui(s, s, 1, MPFR_RNDN);
    mpfr_tanh(p, s, MPFR_RNDN);
    mpfr_div_2ui(p, p, 1, MPFR_RNDN);
    mpfr_add_d(p, p, 0.5, MPFR_RNDN);
    mpfr_sub(s, p, exact, MPFR_RNDN);
    mpfr_div(s, s, exact, MPFR_RNDN);
    const double error = fabs(mpfr_get_d(s, MPFR_RNDN));
    mpfr_clears(s, exact, p, (mpfr_ptr)NULL);
    return error;
}

enum sc_status sc_accuracy_claim(const struct sc_claims_context *context,
                                 struct sc_found_list *result, struct sc_error *error)
{
    /* the relative error of 0.5 + 0.5 tanh.approx(S / 2) at S = -log n, from 2^11 on */
    static const double measured[] = {6e-5, 3.7e-3, 2.3e-3, 7.3e-3, 3.9e-3, 3.9e-3, 3.9e-3};
    const double bf16 = 0x1p-8, fp16 = 0x1p-11;
    double worst = 0.0, rounded = 0.0;
    int32_t at = 0;

    (void)context;
    (void)error;
    sc_found_add(
        result, "short", SC_FOUND_STATED, SC_FOUND_QUOTED, sc_found_whether(measured[0] < fp16),
        measured[0],
        "measured on an H100: up to n = 2048 the tanh form errs by %.2g of P, below fp16's "
        "unit roundoff %.3g",
        measured[0], fp16);
    for (int32_t k = 1; k < (int32_t)(sizeof measured / sizeof measured[0]); k++) {
        at = measured[k] > worst ? 1 << (11 + k) : at;
        worst = fmax(worst, measured[k]);
    }
    sc_found_add(result, "long", SC_FOUND_LIMIT, SC_FOUND_QUOTED,
                 sc_found_whether(worst > bf16 && measured[1] > fp16), worst,
                 "measured: %.2g at n = 4096, past fp16's; %.2g at n = %d, past bf16's %.3g",
                 measured[1], worst, at, bf16);
    for (int32_t n = 1 << 11; n <= 1 << 17; n *= 2) {
        rounded = fmax(rounded, sc_measured_rounded_tanh(n));
    }
    sc_found_add(result, "rounded-tanh", SC_FOUND_BEYOND, SC_FOUND_COMPUTED,
                 sc_found_whether(rounded > 1e-4 && rounded < worst), rounded,
                 "were tanh rounded correctly, P would still err by %.3g somewhere in n = 2048 to "
                 "131072: 0.5 + 0.5 tanh cancels",
                 rounded);
    return SC_OK;
}
