/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/binade_model.h"

#include "reference/judge/activation.h"
#include "reference/judge/arithmetic_text.h"
#include "spec/upward.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 9 /* below 1, 2, ..., 128, and beyond */
#define ALL  ((int64_t)SC_BINADES * SC_BINADE_FRACTION)

enum sc_binade_function sc_binade_compiled(void)
{
#ifdef SC_FAST
    return SC_BINADE_FAST;
#else
    return SC_BINADE_ACCURATE;
#endif
}

/* What an error can be where one was measured, `size` being 1 or the largest exact value. */
static double largest(double error, double size)
{
    return sc_upward_add(error, sc_upward_multiply(sc_upward_add(size, error), SC_BINADE_SLACK));
}

enum sc_status sc_binade_model(const struct sc_binade_table *table,
                               enum sc_binade_function function, struct sc_activation_error *model,
                               struct sc_error *error)
{
    const struct sc_binade *const counts = &table->counts[function];
    const char *const name = sc_binade_function_name(function);
    struct sc_activation_error x = {{{0.0, 0.0}}, 0.0};

    if (counts->arguments != ALL || counts->nan != 0) {
        return sc_fail(error, SC_E_INPUT,
                       "activation: %s: %lld arguments, %lld NaN, expected all %lld and none", name,
                       (long long)counts->arguments, (long long)counts->nan, (long long)ALL);
    }
    for (int32_t row = 0; row < ROWS; row++) {
        x.rows[row].below = row < ROWS - 1 ? ldexp(1.0, row) : HUGE_VAL;
    }
    for (int32_t bin = 0; bin < SC_BINADES; bin++) {
        const struct sc_binade_worst *const worst = table->bins[function][bin].worst;
        const int32_t binade = bin % SC_BINADE_FIELDS - 127;
        const int32_t row = binade < 0 ? 0 : binade < ROWS - 1 ? binade + 1 : ROWS - 1;
        const double relative = worst[SC_BINADE_RELATIVE].error;
        const double vanishing = worst[SC_BINADE_VANISHING].error;
        if (relative < 0.0 && vanishing < 0.0) {
            return sc_fail(error, SC_E_INPUT,
                           "activation: %s: binade %c%d has no error, expected one", name,
                           bin < SC_BINADE_FIELDS ? '+' : '-', binade);
        }
        if (fmax(relative, vanishing) > 0x1p127) {
            return sc_fail(error, SC_E_INPUT,
                           "activation: %s: binade %c%d has an error of %g, expected less", name,
                           bin < SC_BINADE_FIELDS ? '+' : '-', binade, fmax(relative, vanishing));
        }
        if (relative >= 0.0) {
            x.rows[row].relative = fmax(x.rows[row].relative, largest(relative, 1.0));
        }
        if (vanishing >= 0.0) {
            x.absolute = fmax(x.absolute, largest(vanishing, 0x1p-126));
        }
    }
    *model = x;
    return SC_OK;
}

void sc_binade_model_print(const struct sc_activation_error *model,
                           char text[SC_BINADE_MODEL_BYTES])
{
    struct sc_arithmetic_text line;
    char all[SC_ARITHMETIC_TEXT_BYTES];

    memset(&line, 0, sizeof line);
    line.activation = SC_ARITHMETIC_TABLE;
    line.table = *model;
    sc_arithmetic_print(&line, all);
    (void)snprintf(text, SC_BINADE_MODEL_BYTES, "%s", strstr(all, "activation="));
}

enum sc_status sc_binade_model_read(const char *path, struct sc_activation_error *model,
                                    struct sc_error *error)
{
    struct sc_binade_table *table = NULL;
    enum sc_status status = sc_binade_table_read(path, &table, error);

    if (status == SC_OK) {
        status = sc_binade_table_confirm(table, error);
    }
    if (status == SC_OK) {
        status = sc_binade_model(table, sc_binade_compiled(), model, error);
    }
    free(table);
    return status;
}

/* Results below 2^-126 are zeros. The reciprocal: 1 ulp, and less from 1 on. */
static const struct sc_activation_error exp2_stated = {{{HUGE_VAL, 1.46e-7}}, 0x1p-126};
static const struct sc_activation_error reciprocal_stated = {{{1.0, 0x1p-23}, {HUGE_VAL, 9.83e-8}},
                                                             0x1p-126};
static const struct sc_activation_error tanh_stated = {{{HUGE_VAL, 1.12e-5}}, 0x1p-126};

const struct sc_activation_error *sc_binade_stated(enum sc_binade_function function)
{
    static const struct sc_activation_error *const stated[SC_BINADE_FUNCTIONS] = {
        &sc_activation_h100, &sc_activation_tanh_h100, &exp2_stated, &reciprocal_stated,
        &tanh_stated};

    return stated[function];
}
