/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/small.h"

#include "fuzz/result.h"
#include "reference/oracle/oracle.h"
#include "spec/format_value.h"

#include <stdlib.h>
#include <string.h>

#define SHARE 32 /* sc_select_recipe keeps most cases within this part of its limits */

enum sc_status sc_bench_small_begin(const struct sc_kernel_traits *traits, int32_t heads,
                                    struct sc_bench_small *small, struct sc_error *error)
{
    *small = (struct sc_bench_small){.traits = *traits, .heads = heads};
    if (traits->d_max > SC_BENCH_WIDTH) {
        small->traits.d_max = SC_BENCH_WIDTH;
    }
    if (traits->d_v_max > SC_BENCH_WIDTH) {
        small->traits.d_v_max = SC_BENCH_WIDTH;
    }
    small->coverage = sc_coverage_create();
    return small->coverage != NULL ? SC_OK
                                   : sc_fail(error, SC_E_MEMORY, "bench: no memory for coverage");
}

void sc_bench_small_end(struct sc_bench_small *small)
{
    sc_coverage_destroy(small->coverage);
    small->coverage = NULL;
}

static bool is_small(const struct sc_bench_small *small, const struct sc_recipe *recipe)
{
    return recipe->n_q <= SC_BENCH_LENGTH && recipe->n_k <= SC_BENCH_LENGTH &&
           (int64_t)recipe->batch * recipe->heads_q <= small->heads;
}

void sc_bench_small_next(struct sc_bench_small *small, struct sc_recipe *recipe)
{
    struct sc_select_limits limits = sc_select_defaults();

    limits.pairs_max = (int64_t)SHARE * small->heads * SC_BENCH_LENGTH * SC_BENCH_LENGTH;
    limits.span_max = SC_BENCH_SPAN;
    do {
        sc_select_recipe(small->seed++, &small->traits, &limits, small->coverage, recipe);
        sc_coverage_add(small->coverage, recipe); /* else what is not small is always new */
    } while (!is_small(small, recipe));
}

/* The results of a case on their way. */
struct work {
    const struct sc_problem *p;
    struct sc_oracle *oracle;
    struct sc_outcome *outcome;
    int32_t lines[SC_BENCH_LENGTH]; /* 0, 1, 2, ... */
    struct sc_enclosure first[SC_BENCH_LENGTH * SC_BENCH_WIDTH],
        second[SC_BENCH_LENGTH * SC_BENCH_WIDTH];
};

static double middle(struct sc_enclosure exact)
{
    return 0.5 * exact.lo + 0.5 * exact.hi; /* of [-Inf, Inf]: NaN */
}

static void put(const struct work *my, enum sc_result result, int32_t b, int32_t head,
                int32_t lines, const struct sc_enclosure *exact)
{
    const int32_t width = sc_result_width(my->p, result);
    const enum sc_format format = sc_result_format(my->p, result);
    uint32_t *const bits = my->outcome->bits[sc_result_tensor(result)];

    for (int32_t n = 0; n < lines; n++) {
        for (int32_t c = 0; c < width; c++) {
            bits[sc_result_row(my->p, result, b, head, n) + c] =
                sc_format_encode(format, middle(exact[n * width + c]));
        }
    }
}

static enum sc_status put_head(struct work *my, bool backward, int32_t b, int32_t h,
                               struct sc_error *error)
{
    const int32_t rows = sc_problem_rows(my->p, b);
    const struct sc_row_enclosures wanted = {NULL, my->first, backward ? my->second : NULL};
    struct sc_enclosure d_b;
    enum sc_status status = sc_oracle_rows(my->oracle, b, h, my->lines, rows, &wanted, NULL, error);

    if (status == SC_OK) {
        put(my, SC_RESULT_O, b, h, rows, my->first);
    }
    if (status == SC_OK && backward) {
        put(my, SC_RESULT_D_Q, b, h, rows, my->second);
        status = sc_oracle_bias(my->oracle, b, h, &d_b, NULL, error);
    }
    if (status == SC_OK && backward) {
        my->outcome->d_b[(int64_t)b * my->p->heads_q + h] = (float)middle(d_b);
    }
    return status;
}

static enum sc_status put_key_head(struct work *my, int32_t b, int32_t g, struct sc_error *error)
{
    const int32_t keys = sc_problem_keys(my->p, b);
    const struct sc_key_enclosures wanted = {my->first, my->second};
    const enum sc_status status =
        sc_oracle_keys(my->oracle, b, g, my->lines, keys, &wanted, NULL, error);

    if (status == SC_OK) {
        put(my, SC_RESULT_D_K, b, g, keys, my->first);
        put(my, SC_RESULT_D_V, b, g, keys, my->second);
    }
    return status;
}

static enum sc_status allocate(const struct work *my, bool backward, struct sc_error *error)
{
    const size_t heads = (size_t)my->p->batch * (size_t)my->p->heads_q;
    bool failed = false;

    for (int result = SC_RESULT_O; result <= (backward ? SC_RESULT_D_V : SC_RESULT_O); result++) {
        const int64_t elements = sc_result_elements(my->p, (enum sc_result)result);
        uint32_t **const bits = &my->outcome->bits[sc_result_tensor((enum sc_result)result)];
        *bits = calloc((size_t)elements + 1, sizeof **bits); /* + 1: calloc(0) may be NULL */
        failed = failed || *bits == NULL;
    }
    my->outcome->d_b = backward ? calloc(heads, sizeof *my->outcome->d_b) : NULL;
    failed = failed || (backward && my->outcome->d_b == NULL);
    return failed ? sc_fail(error, SC_E_MEMORY, "bench: no memory for results") : SC_OK;
}

enum sc_status sc_bench_small_results(const struct sc_prepared *prepared,
                                      struct sc_outcome *outcome, struct sc_error *error)
{
    const struct sc_case *const c = &prepared->c;
    const bool backward = c->d_o != NULL;
    const struct sc_oracle_values values = {c->q, c->k, c->v, c->d_o};
    const struct sc_oracle_options options = {SC_ORACLE_FP64, SC_ORACLE_PRECISION_DEFAULT, 1, NULL};
    struct work my = {.p = &c->problem, .outcome = outcome};

    memset(outcome, 0, sizeof *outcome);
    for (int32_t n = 0; n < SC_BENCH_LENGTH; n++) {
        my.lines[n] = n;
    }
    enum sc_status status = allocate(&my, backward, error);
    if (status == SC_OK) {
        status = sc_oracle_create(my.p, &values, &options, &my.oracle, error);
    }
    for (int32_t b = 0; status == SC_OK && b < my.p->batch; b++) {
        for (int32_t h = 0; status == SC_OK && h < my.p->heads_q; h++) {
            status = put_head(&my, backward, b, h, error);
        }
        for (int32_t g = 0; status == SC_OK && backward && g < my.p->heads_kv; g++) {
            status = put_key_head(&my, b, g, error);
        }
    }
    sc_oracle_destroy(my.oracle);
    if (status != SC_OK) {
        sc_outcome_destroy(outcome);
    }
    return status;
}
