/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/profile.h"
#include "tools/command/command.h"
#include "tools/input/decode.h"
#include "tools/input/walk.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: sigmacert error --q FILE --k FILE --v FILE --out FILE --bias BIAS [OPTION]...\n"
    "Measures how far an output is from the exact O = sigma(tau Q K^T + b) V, element by element,\n"
    "against rigorous enclosures.\n\n";
static const char help_end[] =
    "  --out FILE                   the output to examine, in the shape of O\n"
    "\n"
    "Exit: 0 measured; 1 some element is wrong in every arithmetic (NaN or infinity where the "
    "exact\n"
    "result is finite, or not +0 in a row that sees no key); 2 usage or bad input; 3 could not "
    "run.\n"
    "\n"
    "example: sigmacert error --q q.npy --k k.npy --v v.npy --out o.npy --causal --bias -log-n\n";

struct walk {
    const struct sc_input *input;
    struct sc_profile profile;
};

static void add_row(void *context, int32_t b, int32_t h, int32_t i,
                    const struct sc_enclosure *exact, const enum sc_oracle_class *classes)
{
    struct walk *walk = context;
    const struct sc_problem *p = &walk->input->problem;
    const int64_t row = sc_problem_o_row(p, b, h, i);

    for (int32_t c = 0; c < p->d_v; c++) {
        sc_profile_add(&walk->profile, b, h, i, c, sc_decode_element(&walk->input->out, row + c),
                       exact[c], classes[c]);
    }
}

static double ratio(double x, double y)
{
    return y > 0.0 ? x / y : 0.0;
}

static void print_text(const struct sc_profile *p, int64_t rows)
{
    static const char *const names[] = {"bf16", "fp16", "fp32"};

    (void)printf(
        "%lld elements in %lld rows, output %s: %lld measured, %lld without an exact result\n",
        (long long)p->elements, (long long)rows, names[p->format], (long long)p->measured,
        (long long)p->undefined);
    (void)printf(
        "NaN %lld, infinite %lld (%lld by overflow), not +0 in a row that sees nothing %lld\n",
        (long long)p->nan, (long long)p->inf, (long long)p->overflow, (long long)p->not_zero);
    (void)printf("error in ulp of %s   max %-12.4g mean %.4g\n", names[p->format], p->max_ulp,
                 ratio(p->sum_ulp, (double)p->measured));
    (void)printf(
        "relative error       max %-12.4g mean %.4g (of %lld whose exact result is not 0)\n",
        p->max_relative, ratio(p->sum_relative, (double)p->relatives), (long long)p->relatives);
    (void)printf(
        "norm-wise error      ||out - O||_F / ||O||_F %.4g, max |out - O| / max |O| %.4g\n",
        sqrt(ratio(p->error_squared, p->exact_squared)), ratio(p->max_error, p->max_exact));
    (void)puts("\nworst elements (sequence, head, row, channel)");
    for (int32_t x = 0; x < SC_PROFILE_WORST && p->worst[x].error_ulp > 0.0; x++) {
        const struct sc_profile_element *e = &p->worst[x];
        (void)printf("  (%d, %d, %d, %d)  out %-14.8g exact [%.17g, %.17g]  %.4g ulp\n", e->b, e->h,
                     e->i, e->c, e->out, e->exact.lo, e->exact.hi, e->error_ulp);
    }
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
    const long long wrong = (long long)sc_profile_wrong(p);
    (void)printf("\n%s: %lld elements are wrong in every arithmetic",
                 wrong == 0 ? "measured" : "FALSIFIED", wrong);
    (void)puts(wrong == 0
                   ? "; how much error is allowed depends on an\narithmetic model, which was "
                     "not given: this is no verdict on accuracy"
                   : "");
}

static int print_json(const struct sc_profile *p, int64_t rows)
{
    json_t *worst = json_array();
    json_t *decades = json_array();

    for (int32_t x = 0; x < SC_PROFILE_WORST && p->worst[x].error_ulp > 0.0; x++) {
        const struct sc_profile_element *e = &p->worst[x];
        (void)json_array_append_new(worst, json_pack("{s:[iiii],s:f,s:f,s:f,s:f}", "at", e->b, e->h,
                                                     e->i, e->c, "out", e->out, "lo", e->exact.lo,
                                                     "hi", e->exact.hi, "ulp", e->error_ulp));
    }
    for (int32_t x = 0; x < SC_PROFILE_DECADES; x++) {
        const struct sc_profile_decade *d = &p->decades[x];
        if (d->count > 0) {
            (void)json_array_append_new(
                decades, json_pack("{s:i,s:I,s:f,s:f}", "log10", sc_profile_decade_low(x), "count",
                                   (json_int_t)d->count, "max_ulp", d->max_ulp, "mean_ulp",
                                   d->sum_ulp / (double)d->count));
        }
    }
    json_t *root = json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:f,s:f,s:o,s:o}", "rows",
        (json_int_t)rows, "elements", (json_int_t)p->elements, "measured", (json_int_t)p->measured,
        "undefined", (json_int_t)p->undefined, "nan", (json_int_t)p->nan, "inf", (json_int_t)p->inf,
        "overflow", (json_int_t)p->overflow, "not_zero", (json_int_t)p->not_zero, "wrong",
        (json_int_t)sc_profile_wrong(p), "max_ulp", p->max_ulp, "mean_ulp",
        ratio(p->sum_ulp, (double)p->measured), "max_relative", p->max_relative, "mean_relative",
        ratio(p->sum_relative, (double)p->relatives), "norm_error",
        sqrt(ratio(p->error_squared, p->exact_squared)), "max_norm_error",
        ratio(p->max_error, p->max_exact), "worst", worst, "by_magnitude", decades);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));

    json_decref(root);
    if (text == NULL) {
        return -1;
    }
    (void)puts(text);
    free(text);
    return 0;
}

int sc_command_error(int argc, char **argv)
{
    struct sc_input input;
    struct sc_error error = {SC_OK, ""};
    struct walk walk = {.input = &input};
    int64_t rows = 0;
    int code = SC_EXIT_VERIFIED;

    enum sc_status status = sc_input_read("error", argc, argv, true, &input, &error);
    if (status == SC_OK && input.help) {
        (void)printf("%s%s%s", help, sc_input_help, help_end);
        goto done;
    }
    if (status == SC_OK) {
        sc_profile_begin(&walk.profile, input.problem.format_out);
        status = sc_walk_rows(&input, add_row, &walk, &rows, &error);
    }
    if (status == SC_OK && input.json && print_json(&walk.profile, rows) != 0) {
        status = sc_fail(&error, SC_E_MEMORY, "error: no memory for the JSON text");
    }
    if (status == SC_OK && !input.json) {
        print_text(&walk.profile, rows);
    }
    if (status == SC_OK) {
        code = sc_profile_wrong(&walk.profile) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
    }
done:
    if (status == SC_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        status = sc_fail(&error, SC_E_IO, "error: cannot write to standard output");
    }
    if (status != SC_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    sc_input_destroy(&input);
    return code;
}
