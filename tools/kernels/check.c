/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/check.h"

#include "reference/oracle/oracle.h"
#include "spec/format_value.h"
#include "tools/kernels/failure.h"

#include <math.h>
#include <stdlib.h>

struct check {
    const struct sc_outputs *outputs;
    struct sc_oracle *oracle;
    struct sc_check_tally *tally;
    struct sc_enclosure *predicted; /* a row of two outputs */
    bool d_q;
};

struct sc_kernel_arithmetic sc_check_arithmetic(const struct sc_problem *problem,
                                                const struct sc_activation_error *activation)
{
    const struct sc_kernel_arithmetic arithmetic = {
        .schedule = {problem->format_in == SC_FORMAT_FP32 ? SC_CORE_FMA : SC_CORE_H100,
                     SC_SCORE_FUSED, problem->format_in, 0, sc_machine_traits.sigmoid},
        .activation = activation != NULL ? activation : sc_machine_traits.activation};

    return arithmetic;
}

bool sc_check_ran(const struct sc_outputs *outputs, struct sc_check_tally *tally)
{
    tally->cases++;
    tally->refused += outputs->refusal != NULL;
    if (outputs->fault.text[0] != '\0') {
        sc_failure_note(outputs, tally, outputs->fault.text);
        tally->faults++;
        tally->failed++;
        return false;
    }
    return outputs->refusal == NULL;
}

static bool same(enum sc_format format, uint32_t found, double predicted)
{
    return found == sc_format_encode(format, predicted) ||
           (isnan(predicted) && isnan(sc_format_decode(format, found)));
}

/* Whether a NaN of V is seen at this element of O, which is then NaN, whatever else is. */
static bool nan_seen(const struct check *my, const struct sc_oracle_element *at)
{
    const struct sc_case *c = my->outputs->c;
    const struct sc_problem *p = &c->problem;
    const int32_t g = sc_problem_group_head(p, at->head);

    for (int32_t j = 0; j < sc_problem_keys(p, at->b); j++) {
        if (isnan(c->v[sc_problem_v_row(p, at->b, g, j) + at->channel]) &&
            sc_problem_visible(p, at->b, at->head, at->index, j)) {
            return true;
        }
    }
    return false;
}

/* One row or key of an output. */
static void compare(struct check *my, enum sc_outputs_kind kind, struct sc_oracle_element at,
                    const struct sc_enclosure *predicted, bool empty)
{
    const enum sc_format format = sc_outputs_format(my->outputs, kind);
    const int64_t first = sc_outputs_row(my->outputs, kind, at.b, at.head, at.index);

    for (at.channel = 0; at.channel < sc_outputs_width(my->outputs, kind); at.channel++) {
        const struct sc_enclosure truth = predicted[at.channel];
        const uint32_t found = sc_outputs_bits(my->outputs, kind, first + at.channel);
        if (sc_oracle_classify(truth, empty) == SC_ORACLE_UNDEFINED) {
            my->tally->unjudged++;
            if (kind == SC_OUTPUTS_O && nan_seen(my, &at) &&
                !isnan(sc_format_decode(format, found))) {
                my->tally->other[kind]++;
                sc_failure_element(my->outputs, my->tally, kind, &at, "sees a NaN of V,",
                                   (double)NAN);
            }
            continue;
        }
        my->tally->predicted[kind]++;
        if (!same(format, found, truth.lo)) {
            my->tally->other[kind]++;
            sc_failure_element(my->outputs, my->tally, kind, &at, "predicted", truth.lo);
        }
    }
}

static enum sc_status compare_rows(struct check *my, int32_t b, int32_t h, struct sc_error *error)
{
    const struct sc_problem *p = &my->outputs->c->problem;
    const struct sc_row_enclosures wanted = {NULL, my->predicted,
                                             my->d_q ? my->predicted + p->d_v : NULL};
    enum sc_status status = SC_OK;

    for (int32_t i = 0; status == SC_OK && i < sc_problem_rows(p, b); i++) {
        const struct sc_oracle_element at = {SC_ORACLE_O, b, h, i, 0};
        bool empty = false;
        status = sc_oracle_rows(my->oracle, b, h, &i, 1, &wanted, &empty, error);
        if (status == SC_OK) {
            compare(my, SC_OUTPUTS_O, at, wanted.o, empty);
        }
        if (status == SC_OK && my->d_q) {
            compare(my, SC_OUTPUTS_D_Q, at, wanted.d_q, empty);
        }
    }
    return status;
}

/* Keys that are padding: exactly +0. */
static void compare_padding(struct check *my, int32_t b, int32_t g)
{
    const struct sc_problem *p = &my->outputs->c->problem;

    for (int32_t kind = SC_OUTPUTS_D_K; kind <= SC_OUTPUTS_D_V; kind++) {
        const int32_t width = sc_outputs_width(my->outputs, (enum sc_outputs_kind)kind);
        for (int32_t j = sc_problem_keys(p, b); j < sc_problem_key_room(p, b); j++) {
            const int64_t first = sc_outputs_row(my->outputs, (enum sc_outputs_kind)kind, b, g, j);
            for (int32_t c = 0; c < width; c++) {
                const struct sc_oracle_element at = {SC_ORACLE_D_K, b, g, j, c};
                my->tally->predicted[kind]++;
                if (sc_outputs_bits(my->outputs, (enum sc_outputs_kind)kind, first + c) != 0) {
                    my->tally->other[kind]++;
                    sc_failure_element(my->outputs, my->tally, (enum sc_outputs_kind)kind, &at,
                                       "padding", 0.0);
                }
            }
        }
    }
}

static enum sc_status compare_keys(struct check *my, int32_t b, int32_t g, struct sc_error *error)
{
    const struct sc_problem *p = &my->outputs->c->problem;
    const struct sc_key_enclosures wanted = {my->predicted, my->predicted + p->d};
    enum sc_status status = SC_OK;

    for (int32_t j = 0; status == SC_OK && j < sc_problem_keys(p, b); j++) {
        const struct sc_oracle_element at = {SC_ORACLE_D_K, b, g, j, 0};
        bool empty = false;
        status = sc_oracle_keys(my->oracle, b, g, &j, 1, &wanted, &empty, error);
        if (status == SC_OK) {
            compare(my, SC_OUTPUTS_D_K, at, wanted.d_k, empty);
            compare(my, SC_OUTPUTS_D_V, at, wanted.d_v, empty);
        }
    }
    return status;
}

int64_t sc_check_sum(const int64_t counts[SC_OUTPUTS])
{
    int64_t all = 0;

    for (int32_t n = 0; n < SC_OUTPUTS; n++) {
        all += counts[n];
    }
    return all;
}

enum sc_status sc_check_predicted(const struct sc_outputs *outputs,
                                  const struct sc_schedule *schedule, bool d_q,
                                  struct sc_check_tally *tally, struct sc_error *error)
{
    const struct sc_case *c = outputs->c;
    const struct sc_problem *p = &c->problem;
    const struct sc_oracle_values values = {c->q, c->k, c->v, c->d_o};
    const struct sc_oracle_options options = {SC_ORACLE_SCHEDULE, SC_ORACLE_PRECISION_DEFAULT, 1,
                                              schedule};
    struct check my = {outputs, NULL, tally, NULL, d_q};
    const int64_t before = sc_check_sum(tally->other);

    my.predicted = calloc((size_t)p->d + (size_t)p->d_v, sizeof *my.predicted);
    enum sc_status status = my.predicted == NULL
                                ? sc_fail(error, SC_E_MEMORY, "kernels: no memory for a row")
                                : sc_oracle_create(p, &values, &options, &my.oracle, error);
    for (int32_t b = 0; status == SC_OK && b < p->batch; b++) {
        for (int32_t h = 0; status == SC_OK && h < p->heads_q; h++) {
            status = compare_rows(&my, b, h, error);
        }
        for (int32_t g = 0; status == SC_OK && g < p->heads_kv; g++) {
            status = compare_keys(&my, b, g, error);
            compare_padding(&my, b, g);
        }
    }
    sc_oracle_destroy(my.oracle);
    free(my.predicted);
    tally->failed += sc_check_sum(tally->other) > before;
    return status;
}
