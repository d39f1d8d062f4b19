/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command/examined.h"

#include "tools/input/walk.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const format_names[] = {"bf16", "fp16", "fp32"};

static double ratio(double x, double y)
{
    return y > 0.0 ? x / y : 0.0;
}

static const char *source_text(struct sc_oracle_source source, char text[32])
{
    if (source.precision > 0) {
        (void)snprintf(text, 32, "%s, %d bits", source.tier, source.precision);
    } else {
        (void)snprintf(text, 32, "%s", source.tier);
    }
    return text;
}

static void print_errors(const struct sc_examined *x)
{
    const struct sc_profile *p = &x->profile;
    const char *const format = format_names[p->format];

    (void)printf("%s, %s: %lld elements in %lld %s; %lld measured, %lld without an exact result\n",
                 x->name, format, (long long)p->elements, (long long)x->entries,
                 sc_walk_entries(x->output), (long long)p->measured, (long long)p->undefined);
    (void)printf("NaN %lld, infinite %lld (%lld by overflow), not +0 where nothing is seen %lld\n",
                 (long long)p->nan, (long long)p->inf, (long long)p->overflow,
                 (long long)p->not_zero);
    (void)printf("error in ulp of %s   max %-12.4g mean %.4g\n", format, p->max_ulp,
                 ratio(p->sum_ulp, (double)p->measured));
    (void)printf(
        "relative error       max %-12.4g mean %.4g (of %lld whose exact result is not 0)\n",
        p->max_relative, ratio(p->sum_relative, (double)p->relatives), (long long)p->relatives);
    (void)printf("norm-wise error      ||out - exact||_F / ||exact||_F %.4g, max |out - exact| / "
                 "max |exact| "
                 "%.4g\n",
                 sqrt(ratio(p->error_squared, p->exact_squared)),
                 ratio(p->max_error, p->max_exact));
}

static void print_sources(const struct sc_examined *x)
{
    char text[32];

    (void)printf("decided by          ");
    for (int n = 0; n < SC_EXAMINED_SOURCES_MAX && x->shares[n].count > 0; n++) {
        (void)printf("%s %s: %lld", n == 0 ? "" : ";", source_text(x->shares[n].source, text),
                     (long long)x->shares[n].count);
    }
    (void)puts("");
    if (x->coarse > 0) {
        (void)printf(
            "COARSE: the error of %lld elements is not known to 1/16 of itself or of an ulp; "
            "--tier auto goes on\n",
            (long long)x->coarse);
    }
}

static void print_worst(const struct sc_profile *p)
{
    char text[32];

    (void)puts("\nworst elements (sequence, head, row, channel)");
    for (int32_t n = 0; n < SC_PROFILE_WORST && p->worst[n].error_ulp > 0.0; n++) {
        const struct sc_profile_element *e = &p->worst[n];
        (void)printf("  (%d, %d, %d, %d)  out %-14.8g exact [%.17g, %.17g] by %s  %.4g ulp\n",
                     e->at.b, e->at.head, e->at.index, e->at.channel, e->out, e->exact.lo,
                     e->exact.hi, source_text(e->source, text), e->error_ulp);
    }
}

static void print_decades(const struct sc_profile *p)
{
    (void)puts("\n  |exact|            elements    max ulp    mean ulp");
    for (int32_t x = 0; x < SC_PROFILE_DECADES; x++) {
        const struct sc_profile_decade *d = &p->decades[x];
        const int32_t low = sc_profile_decade_low(x);
        char range[32];
        if (d->count == 0) {
            continue;
        }
        if (x == 0) {
            (void)snprintf(range, sizeof range, "below 1e%d", low + 1);
        } else if (x == SC_PROFILE_DECADES - 1) {
            (void)snprintf(range, sizeof range, "1e%d and above", low);
        } else {
            (void)snprintf(range, sizeof range, "1e%d to 1e%d", low, low + 1);
        }
        (void)printf("  %-16s %10lld %10.4g %11.4g\n", range, (long long)d->count, d->max_ulp,
                     d->sum_ulp / (double)d->count);
    }
}

enum sc_status sc_examined_text(const struct sc_examined *outputs, int32_t count,
                                struct sc_error *error)
{
    long long wrong = 0;

    (void)error;
    for (int32_t n = 0; n < count; n++) {
        print_errors(&outputs[n]);
        print_sources(&outputs[n]);
        print_worst(&outputs[n].profile);
        print_decades(&outputs[n].profile);
        (void)puts("");
        wrong += sc_profile_wrong(&outputs[n].profile);
    }
    (void)printf("%s: %lld elements are wrong in every arithmetic",
                 wrong == 0 ? "measured" : "FALSIFIED", wrong);
    (void)puts(wrong == 0
                   ? "; how much error is allowed depends on an\narithmetic model, which was "
                     "not given: this is no verdict on accuracy"
                   : "");
    return SC_OK;
}

static json_t *worst_json(const struct sc_profile *p)
{
    json_t *worst = json_array();

    for (int32_t n = 0; n < SC_PROFILE_WORST && p->worst[n].error_ulp > 0.0; n++) {
        const struct sc_profile_element *e = &p->worst[n];
        (void)json_array_append_new(
            worst,
            json_pack("{s:[iiii],s:f,s:f,s:f,s:s,s:i,s:f}", "at", e->at.b, e->at.head, e->at.index,
                      e->at.channel, "out", e->out, "lo", e->exact.lo, "hi", e->exact.hi, "tier",
                      e->source.tier, "precision", e->source.precision, "ulp", e->error_ulp));
    }
    return worst;
}

static json_t *decades_json(const struct sc_profile *p)
{
    json_t *decades = json_array();

    for (int32_t n = 0; n < SC_PROFILE_DECADES; n++) {
        const struct sc_profile_decade *d = &p->decades[n];
        if (d->count > 0) {
            (void)json_array_append_new(
                decades, json_pack("{s:i,s:I,s:f,s:f}", "log10", sc_profile_decade_low(n), "count",
                                   (json_int_t)d->count, "max_ulp", d->max_ulp, "mean_ulp",
                                   d->sum_ulp / (double)d->count));
        }
    }
    return decades;
}

static json_t *sources_json(const struct sc_examined *x)
{
    json_t *sources = json_array();

    for (int n = 0; n < SC_EXAMINED_SOURCES_MAX && x->shares[n].count > 0; n++) {
        (void)json_array_append_new(sources,
                                    json_pack("{s:s,s:i,s:I}", "tier", x->shares[n].source.tier,
                                              "precision", x->shares[n].source.precision, "count",
                                              (json_int_t)x->shares[n].count));
    }
    return sources;
}

static json_t *output_json(const struct sc_examined *x)
{
    const struct sc_profile *p = &x->profile;

    return json_pack(
        "{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:f,s:f,s:o,s:o,s:o}",
        "output", x->name, "format", format_names[p->format], "entries", (json_int_t)x->entries,
        "elements", (json_int_t)p->elements, "measured", (json_int_t)p->measured, "undefined",
        (json_int_t)p->undefined, "nan", (json_int_t)p->nan, "inf", (json_int_t)p->inf, "overflow",
        (json_int_t)p->overflow, "not_zero", (json_int_t)p->not_zero, "coarse",
        (json_int_t)x->coarse, "wrong", (json_int_t)sc_profile_wrong(p), "max_ulp", p->max_ulp,
        "mean_ulp", ratio(p->sum_ulp, (double)p->measured), "max_relative", p->max_relative,
        "mean_relative", ratio(p->sum_relative, (double)p->relatives), "norm_error",
        sqrt(ratio(p->error_squared, p->exact_squared)), "max_norm_error",
        ratio(p->max_error, p->max_exact), "decided_by", sources_json(x), "worst", worst_json(p),
        "by_magnitude", decades_json(p));
}

enum sc_status sc_examined_json(const struct sc_examined *outputs, int32_t count,
                                struct sc_error *error)
{
    json_t *list = json_array();
    enum sc_status status = SC_OK;

    for (int32_t n = 0; n < count; n++) {
        if (json_array_append_new(list, output_json(&outputs[n])) != 0) {
            status = SC_E_MEMORY;
        }
    }
    json_t *root = json_pack("{s:o}", "outputs", list);
    char *text = root == NULL || status != SC_OK ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL) {
        return sc_fail(error, SC_E_MEMORY, "error: no memory for the JSON text");
    }
    (void)puts(text);
    free(text);
    return SC_OK;
}
