/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/baseline/baseline.h"

#include "kernels/emulator/fault.h"
#include "spec/format_value.h"
#include "tools/baseline/definition.h"
#include "tools/kernels/outputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 0.01 /* absolute and relative */

/* What is known of the four outputs of a case. */
struct seen {
    double out[SC_OUTPUTS], low[SC_OUTPUTS]; /* largest errors; NaN where one is */
    double beyond[SC_OUTPUTS]; /* largest error less what allclose allows; NaN where one is */
};

struct run {
    enum sc_baseline baseline;
    const struct sc_outputs *outputs;
    struct seen seen;
    struct sc_definition exact, low, exact_sum, low_sum;
};

const char *sc_baseline_name(enum sc_baseline baseline)
{
    static const char *const names[SC_BASELINES] = {"allclose", "twice"};

    return names[baseline];
}

/* The larger one, or NaN, as torch.max has it. */
static double larger(double most, double x)
{
    return isnan(most) || most >= x ? most : x;
}

/* Rows `exact` and `low` of an output, of which one is `index` of (sequence b, head). */
static void look(struct run *my, enum sc_outputs_kind kind, int32_t b, int32_t head, int32_t index,
                 const double *exact, const double *low)
{
    const int64_t first = sc_outputs_row(my->outputs, kind, b, head, index);
    const enum sc_format format = sc_outputs_format(my->outputs, kind);

    for (int32_t c = 0; c < sc_outputs_width(my->outputs, kind); c++) {
        const double out = sc_format_decode(format, sc_outputs_bits(my->outputs, kind, first + c));
        const double error = fabs(out - exact[c]);
        const double allowed = TOLERANCE + TOLERANCE * fabs(exact[c]);
        my->seen.out[kind] = larger(my->seen.out[kind], error);
        my->seen.low[kind] = larger(my->seen.low[kind], fabs(low[c] - exact[c]));
        my->seen.beyond[kind] = larger(my->seen.beyond[kind], error - allowed);
    }
}

static void add(double *sum, const double *x, int64_t count)
{
    for (int64_t n = 0; n < count; n++) {
        sum[n] += x[n];
    }
}

/* A sum over heads is rounded once. */
static void round_all(enum sc_format format, double *x, int64_t count)
{
    for (int64_t n = 0; n < count; n++) {
        x[n] = sc_format_decode(format, sc_format_encode(format, x[n]));
    }
}

static enum sc_status look_at_head(struct run *my, int32_t b, int32_t h, struct sc_error *error)
{
    const struct sc_case *c = my->outputs->c;
    const struct sc_problem *p = &c->problem;
    const int64_t keys = sc_problem_keys(p, b);
    enum sc_status status = sc_definition_head(c, b, h, false, &my->exact, error);

    if (status == SC_OK) {
        status = sc_definition_head(c, b, h, true, &my->low, error);
    }
    for (int32_t i = 0; status == SC_OK && i < sc_problem_rows(p, b); i++) {
        look(my, SC_OUTPUTS_O, b, h, i, my->exact.o + (int64_t)i * p->d_v,
             my->low.o + (int64_t)i * p->d_v);
        look(my, SC_OUTPUTS_D_Q, b, h, i, my->exact.d_q + (int64_t)i * p->d,
             my->low.d_q + (int64_t)i * p->d);
    }
    if (status == SC_OK) {
        add(my->exact_sum.d_k, my->exact.d_k, keys * p->d);
        add(my->exact_sum.d_v, my->exact.d_v, keys * p->d_v);
        add(my->low_sum.d_k, my->low.d_k, keys * p->d);
        add(my->low_sum.d_v, my->low.d_v, keys * p->d_v);
    }
    return status;
}

static enum sc_status look_at_group(struct run *my, int32_t b, int32_t g, struct sc_error *error)
{
    const struct sc_problem *p = &my->outputs->c->problem;
    const int32_t first = sc_problem_group_first(p, g), group = p->heads_q / p->heads_kv;
    const int64_t keys = sc_problem_keys(p, b);
    enum sc_status status = SC_OK;

    memset(my->exact_sum.d_k, 0, (size_t)(keys * p->d) * sizeof(double));
    memset(my->exact_sum.d_v, 0, (size_t)(keys * p->d_v) * sizeof(double));
    memset(my->low_sum.d_k, 0, (size_t)(keys * p->d) * sizeof(double));
    memset(my->low_sum.d_v, 0, (size_t)(keys * p->d_v) * sizeof(double));
    for (int32_t h = first; status == SC_OK && h < first + group; h++) {
        status = look_at_head(my, b, h, error);
    }
    round_all(p->format_in, my->low_sum.d_k, keys * p->d);
    round_all(p->format_in, my->low_sum.d_v, keys * p->d_v);
    for (int32_t j = 0; status == SC_OK && j < keys; j++) {
        look(my, SC_OUTPUTS_D_K, b, g, j, my->exact_sum.d_k + (int64_t)j * p->d,
             my->low_sum.d_k + (int64_t)j * p->d);
        look(my, SC_OUTPUTS_D_V, b, g, j, my->exact_sum.d_v + (int64_t)j * p->d_v,
             my->low_sum.d_v + (int64_t)j * p->d_v);
    }
    return status;
}

static bool allocate(const struct sc_problem *p, struct sc_definition *of)
{
    const size_t rows = (size_t)p->n_q + 1, keys = (size_t)p->n_k + 1;

    of->o = calloc(rows * (size_t)p->d_v, sizeof(double));
    of->d_q = calloc(rows * (size_t)p->d, sizeof(double));
    of->d_k = calloc(keys * (size_t)p->d, sizeof(double));
    of->d_v = calloc(keys * (size_t)p->d_v, sizeof(double));
    return of->o != NULL && of->d_q != NULL && of->d_k != NULL && of->d_v != NULL;
}

static void release(struct sc_definition *of)
{
    free(of->o);
    free(of->d_q);
    free(of->d_k);
    free(of->d_v);
}

/* Whether each output is what the rule asks for; else the first that is not, in words. */
static bool passes(const struct run *my, char *text, size_t size)
{
    for (int32_t kind = 0; kind < SC_OUTPUTS; kind++) {
        const double allowed = (kind == SC_OUTPUTS_O ? 2.0 : 3.0) * my->seen.low[kind];
        const bool pass = my->baseline == SC_BASELINE_ALLCLOSE ? my->seen.beyond[kind] <= 0.0
                                                               : my->seen.out[kind] <= allowed;
        if (!pass) {
            (void)snprintf(text, size, "%s errs by %.3g, in the input format it does by %.3g",
                           sc_outputs_name((enum sc_outputs_kind)kind), my->seen.out[kind],
                           my->seen.low[kind]);
            return false;
        }
    }
    return true;
}

static enum sc_status compare(enum sc_baseline baseline, const struct sc_outputs *outputs,
                              struct sc_baseline_result *result, struct sc_error *error)
{
    const struct sc_problem *p = &outputs->c->problem;
    struct run my = {.baseline = baseline, .outputs = outputs};
    const bool room = allocate(p, &my.exact) && allocate(p, &my.low) &&
                      allocate(p, &my.exact_sum) && allocate(p, &my.low_sum);
    enum sc_status status =
        room ? SC_OK : sc_fail(error, SC_E_MEMORY, "baseline: no memory for the results");

    for (int32_t kind = 0; kind < SC_OUTPUTS; kind++) {
        my.seen.beyond[kind] = -INFINITY;
    }
    for (int32_t b = 0; status == SC_OK && b < p->batch; b++) {
        for (int32_t g = 0; status == SC_OK && g < p->heads_kv; g++) {
            status = look_at_group(&my, b, g, error);
        }
    }
    if (status == SC_OK && !passes(&my, result->text, sizeof result->text)) {
        result->verdict = SC_BASELINE_FAILS;
    }
    release(&my.exact);
    release(&my.low);
    release(&my.exact_sum);
    release(&my.low_sum);
    return status;
}

static bool starts_with(const char *text, enum sc_fault_kind kind)
{
    return strncmp(text, sc_fault_name(kind), strlen(sc_fault_name(kind))) == 0;
}

static enum sc_status run_case(enum sc_baseline baseline, const struct sc_case *c, bool fast,
                               struct sc_baseline_result *result, struct sc_error *error)
{
    struct sc_machine *machine = NULL;
    struct sc_outputs outputs = {.c = NULL};
    enum sc_status status =
        sc_machine_create_unwatched((uint64_t)result->cases, sc_placed_bytes(c), &machine, error);

    if (status == SC_OK) {
        status = sc_outputs_run(c, machine, fast, &outputs, error);
    }
    if (status == SC_OK && outputs.fault.text[0] != '\0') {
        const char *text = outputs.fault.text;
        result->verdict = starts_with(text, SC_FAULT_BOUNDS) ||
                                  starts_with(text, SC_FAULT_ALIGNMENT) ||
                                  starts_with(text, SC_FAULT_LAUNCH)
                              ? SC_BASELINE_CRASHES
                              : SC_BASELINE_STOPS;
        (void)snprintf(result->text, sizeof result->text, "%s", text);
    } else if (status == SC_OK) {
        status = compare(baseline, &outputs, result, error);
    }
    sc_outputs_destroy(&outputs);
    sc_machine_destroy(machine);
    return status;
}

enum sc_status sc_baseline_run(enum sc_baseline baseline, struct sc_baseline_result *result,
                               struct sc_error *error)
{
    const enum sc_grid grid = baseline == SC_BASELINE_ALLCLOSE ? SC_GRID_ORDINARY : SC_GRID_FLASH;
    enum sc_status status = SC_OK;

    memset(result, 0, sizeof *result);
    for (int32_t n = 0;
         n < sc_grid_count(grid) && status == SC_OK && result->verdict == SC_BASELINE_PASSES; n++) {
        struct sc_case c;
        bool fast = false;
        status = sc_grid_case(grid, n, &c, &fast, error);
        if (status == SC_OK) {
            result->cases++;
            status = run_case(baseline, &c, fast, result, error);
        } else if (status == SC_E_UNAVAILABLE) {
            status = SC_OK;
        }
        sc_generate_destroy(&c);
    }
    return status;
}
