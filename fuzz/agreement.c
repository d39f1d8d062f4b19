/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/agreement.h"

#include "reference/oracle/oracle.h"
#include "reference/oracle/selection.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows and keys of a sequence that are looked at; shorter ones wholly. */
#define SELECTED 30

static const struct {
    const char *name;
    enum sc_oracle_choice choice;
    int32_t precision;
} ways[] = {{"fp64", SC_ORACLE_FP64, 128},
            {"arb 256", SC_ORACLE_ARB, 256},
            {"arb 128", SC_ORACLE_ARB, 128},
            {"integer", SC_ORACLE_INTEGER, 128}};

enum { WAYS = sizeof ways / sizeof ways[0], FP64 = 0, FINE = 1 };

/* One case with its oracles, and results of `count` entries by each way. */
struct check {
    const struct sc_case *built;
    struct sc_agreement *tally;
    struct sc_oracle *oracles[WAYS];
    struct sc_enclosure *results[WAYS][3]; /* P, O, dQ; or dK, dV */
};

static void disagree(struct check *x, const char *what, int32_t b, int32_t head, int32_t index,
                     int32_t channel, int first, int second, const struct sc_enclosure e[WAYS])
{
    if (x->tally->disagreements++ == 0) {
        (void)snprintf(x->tally->first, sizeof x->tally->first,
                       "case %llu (%s, %s): %s (%d, %d, %d, %d): %s [%a, %a], %s [%a, %a]",
                       (unsigned long long)x->built->seed, sc_generate_mask_name(x->built->mask),
                       sc_generate_values_name(x->built->values), what, b, head, index, channel,
                       ways[first].name, e[first].lo, e[first].hi, ways[second].name, e[second].lo,
                       e[second].hi);
    }
}

/* The demands on one element. */
static void compare(struct check *x, const char *what, int32_t b, int32_t head, int32_t index,
                    int32_t channel, const struct sc_enclosure e[WAYS])
{
    x->tally->elements++;
    for (int first = 0; first < WAYS; first++) {
        if (!(isfinite(e[first].lo) && isfinite(e[first].hi) && e[first].lo <= e[first].hi)) {
            disagree(x, what, b, head, index, channel, first, first, e);
            return;
        }
        for (int second = 0; second < first; second++) {
            if (!(e[first].lo <= e[second].hi && e[second].lo <= e[first].hi)) {
                disagree(x, what, b, head, index, channel, first, second, e);
                return;
            }
        }
    }
    if (!(e[FP64].lo <= e[FINE].lo && e[FINE].hi <= e[FP64].hi)) {
        disagree(x, what, b, head, index, channel, FINE, FP64, e);
    }
}

static void compare_list(struct check *x, const char *what, int result, int32_t b, int32_t head,
                         const int32_t *list, int32_t count, int32_t width)
{
    for (int64_t n = 0; n < count; n++) {
        for (int32_t c = 0; c < width; c++) {
            struct sc_enclosure e[WAYS];
            for (int way = 0; way < WAYS; way++) {
                e[way] = x->results[way][result][n * width + c];
            }
            compare(x, what, b, head, list[n], c, e);
        }
    }
}

static enum sc_status check_rows(struct check *x, int32_t b, int32_t h, const int32_t *list,
                                 int32_t count, struct sc_error *error)
{
    const struct sc_problem *p = &x->built->problem;
    enum sc_status status = SC_OK;
    struct sc_enclosure d_b[WAYS];

    for (int way = 0; way < WAYS && status == SC_OK; way++) {
        const struct sc_row_enclosures wanted = {x->results[way][0], x->results[way][1],
                                                 x->results[way][2]};
        status = sc_oracle_rows(x->oracles[way], b, h, list, count, &wanted, NULL, error);
        if (status == SC_OK) {
            status = sc_oracle_bias(x->oracles[way], b, h, &d_b[way], NULL, error);
        }
    }
    if (status == SC_OK) {
        compare_list(x, "P", 0, b, h, list, count, sc_problem_keys(p, b));
        compare_list(x, "O", 1, b, h, list, count, p->d_v);
        compare_list(x, "dQ", 2, b, h, list, count, p->d);
        compare(x, "db", b, h, 0, 0, d_b);
    }
    return status;
}

static enum sc_status check_keys(struct check *x, int32_t b, int32_t g, const int32_t *list,
                                 int32_t count, struct sc_error *error)
{
    const struct sc_problem *p = &x->built->problem;
    enum sc_status status = SC_OK;

    for (int way = 0; way < WAYS && status == SC_OK; way++) {
        const struct sc_key_enclosures wanted = {x->results[way][0], x->results[way][1]};
        status = sc_oracle_keys(x->oracles[way], b, g, list, count, &wanted, NULL, error);
    }
    if (status == SC_OK) {
        compare_list(x, "dK", 0, b, g, list, count, p->d);
        compare_list(x, "dV", 1, b, g, list, count, p->d_v);
    }
    return status;
}

static enum sc_status check_sequence(struct check *x, int32_t b, struct sc_error *error)
{
    const struct sc_problem *p = &x->built->problem;
    const bool few = sc_problem_rows(p, b) <= SELECTED && sc_problem_keys(p, b) <= SELECTED;
    int32_t *rows = NULL, *keys = NULL, row_count = 0, key_count = 0;
    enum sc_status status =
        sc_selection_rows(p, b, few ? 0 : SELECTED, x->built->seed, &rows, &row_count, error);

    if (status == SC_OK) {
        status =
            sc_selection_keys(p, b, few ? 0 : SELECTED, x->built->seed, &keys, &key_count, error);
    }
    for (int32_t h = 0; h < p->heads_q && status == SC_OK; h++) {
        status = check_rows(x, b, h, rows, row_count, error);
    }
    for (int32_t g = 0; g < p->heads_kv && status == SC_OK; g++) {
        status = check_keys(x, b, g, keys, key_count, error);
    }
    free(keys);
    free(rows);
    return status;
}

static enum sc_status create(struct check *x, struct sc_error *error)
{
    const struct sc_case *c = x->built;
    const struct sc_problem *p = &c->problem;
    const struct sc_oracle_values values = {c->q, c->k, c->v, c->d_o};
    const size_t entries = (size_t)(p->n_q > p->n_k ? p->n_q : p->n_k) + 1;
    const size_t widths[3] = {(size_t)(p->n_k > p->d ? p->n_k : p->d), (size_t)p->d_v,
                              (size_t)p->d};
    enum sc_status status = SC_OK;

    for (int way = 0; way < WAYS && status == SC_OK; way++) {
        const struct sc_oracle_options options = {ways[way].choice, ways[way].precision, 1, NULL};
        for (int r = 0; r < 3 && status == SC_OK; r++) {
            x->results[way][r] = malloc(entries * widths[r] * sizeof *x->results[way][r]);
            if (x->results[way][r] == NULL) {
                status = sc_fail(error, SC_E_MEMORY, "agreement: no memory");
            }
        }
        if (status == SC_OK) {
            status = sc_oracle_create(p, &values, &options, &x->oracles[way], error);
        }
    }
    return status;
}

enum sc_status sc_agreement_add(struct sc_agreement *tally, const struct sc_case *c,
                                struct sc_error *error)
{
    struct check x = {.built = c, .tally = tally};
    enum sc_status status = create(&x, error);

    for (int32_t b = 0; b < c->problem.batch && status == SC_OK; b++) {
        status = check_sequence(&x, b, error);
    }
    tally->problems += status == SC_OK ? 1 : 0;
    for (int way = 0; way < WAYS; way++) {
        sc_oracle_destroy(x.oracles[way]);
        for (int r = 0; r < 3; r++) {
            free(x.results[way][r]);
        }
    }
    return status;
}
