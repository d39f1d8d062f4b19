/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_BINADE_STAND_IN_H
#define SC_TESTS_BINADE_STAND_IN_H

#include "tools/measure/binade_table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A machine that rounds correctly, or is off by a relative `off`; it looks at SAMPLES arguments of a binade and says that
 * these were all. */
#define BINADE_SAMPLES 16
struct binade_stand_in {
    double off;
    double overstates;      /* factor of the errors that it reports; 0: 1 */
    int64_t nan, beyond;    /* that it reports of each function */
    int64_t falling;        /* of the accurate activation */
    enum sc_status answers; /* SC_OK: it works */
};

static inline float binade_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline double binade_exact(enum sc_binade_function function, double x)
{
    const double e = exp(-fabs(x));

    switch (function) {
    case SC_BINADE_ACCURATE:
    case SC_BINADE_FAST:
        return x < 0 ? e / (1 + e) : 1 / (1 + e);
    case SC_BINADE_EXP2:
        return exp2(x);
    case SC_BINADE_RECIPROCAL:
        return fabs(x) < 0x1p-126 ? HUGE_VAL : 1 / x;
    default:
        return tanh(x);
    }
}

static inline void binade_keep(const struct binade_stand_in *my, struct sc_binade *bin,
                               enum sc_binade_error kind, double error, uint32_t at, float value)
{
    struct sc_binade_worst *const worst = &bin->worst[kind];

    error *= my->overstates > 0 ? my->overstates : 1;
    if (error > worst->error) {
        worst->error = error;
        worst->at = at;
        memcpy(&worst->value, &value, sizeof value);
    }
}

static inline void binade_look(const struct binade_stand_in *my, enum sc_binade_function function,
                               uint32_t at, struct sc_binade *bin)
{
    const double truth = binade_exact(function, (double)binade_float(at));
    const double moved = truth * (1 + my->off);
    const float value = fabs(truth) < 0x1p-126 ? copysignf(0, (float)truth) : (float)moved;

    if (fabs(truth) > 0x1.fffffcp127) {
        return;
    }
    const double error = fabs((double)value - truth);
    binade_keep(my, bin, SC_BINADE_ABSOLUTE, error, at, value);
    if (fabs(truth) >= 0x1p-126) {
        binade_keep(my, bin, SC_BINADE_RELATIVE, error / fabs(truth), at, value);
    } else {
        binade_keep(my, bin, SC_BINADE_VANISHING, error, at, value);
    }
}

static inline enum sc_status binade_scan(void *context, enum sc_binade_function function,
                                         const struct sc_activation_error *limits,
                                         struct sc_binade bins[SC_BINADES], struct sc_error *error)
{
    const struct binade_stand_in *const my = context;

    (void)limits;
    if (my->answers != SC_OK) {
        return sc_fail(error, my->answers, "stand-in: it stopped");
    }
    for (int32_t bin = 0; bin < SC_BINADES; bin++) {
        const uint32_t first =
            (bin < SC_BINADE_FIELDS ? 0 : 0x80000000u) | (uint32_t)(bin % SC_BINADE_FIELDS) << 23;
        bins[bin] = (struct sc_binade){.worst = {{-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}},
                                       .arguments = SC_BINADE_FRACTION};
        for (uint32_t n = 0; n < BINADE_SAMPLES; n++) {
            /* not powers of two alone, at which all is exact */
            binade_look(my, function, first | (n << 19 | n * 0x1235u), &bins[bin]);
        }
    }
    bins[0].nan = my->nan;
    bins[0].beyond = my->beyond;
    bins[0].falling = function == SC_BINADE_ACCURATE ? my->falling : 0;
    return SC_OK;
}

/* The table of a stand-in; the caller frees it. */
static inline struct sc_binade_table *binade_table(const struct binade_stand_in *my)
{
    struct sc_binade_table *const table = calloc(1, sizeof *table);
    struct sc_error error = {SC_OK, ""};

    cr_assert_not_null(table);
    (void)strcpy(table->gpu, "a stand-in");
    (void)strcpy(table->driver, "none");
    (void)strcpy(table->cuda, "none");
    (void)strcpy(table->flags, "-O2");
    (void)strcpy(table->date, "2026-11-24T10:00:00Z");
    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        const enum sc_binade_function function = (enum sc_binade_function)f;
        cr_assert_eq(binade_scan((void *)(uintptr_t)my, function, NULL, table->bins[f], &error),
                     SC_OK);
        cr_assert_eq(sc_binade_settle(function, table->bins[f], &error), SC_OK, "%s", error.text);
        for (int32_t bin = 0; bin < SC_BINADES; bin++) {
            table->counts[f].arguments += table->bins[f][bin].arguments;
        }
        table->counts[f].nan = my->nan;
    }
    return table;
}

#endif
