/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_JUDGE_H
#define SC_TESTS_JUDGE_H

#include "fuzz/generate.h"
#include "reference/judge/bound.h"
#include "reference/judge/verdict.h"
#include "reference/oracle/oracle.h"
#include "reference/oracle/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* An output of a generated case, judged against the oracle at JUDGE_BITS. */
#define JUDGE_BITS 256

/* Verdicts of many elements, counted by enum sc_verdict. */
struct judge_tally {
    int64_t count[SC_VERDICT_UNJUDGED + 1];
    int64_t empty; /* elements of rows that see no key */
};

/* One row of a case: the exact result and the bound of each channel. */
struct judge_row {
    const struct sc_case *built;
    struct sc_oracle *oracle;
    struct sc_scores scores;
    struct sc_enclosure *exact;
    enum sc_oracle_class *classes;
    double *bound;
};

static inline void judge_case_create(uint64_t seed, struct sc_case *built)
{
    struct sc_error error;

    cr_assert_eq(sc_generate_case(seed, built, &error), SC_OK, "%s", error.text);
}

static inline void judge_row_create(struct judge_row *row, const struct sc_case *built)
{
    const size_t channels = (size_t)built->problem.d_v;
    const struct sc_oracle_values values = {built->q, built->k, built->v, NULL};
    const struct sc_oracle_options options = {SC_ORACLE_ARB, JUDGE_BITS, 1, NULL};
    struct sc_error error;

    row->built = built;
    row->exact = malloc(channels * sizeof *row->exact);
    row->classes = malloc(channels * sizeof *row->classes);
    row->bound = malloc(channels * sizeof *row->bound);
    cr_assert_eq(sc_oracle_create(&built->problem, &values, &options, &row->oracle, &error), SC_OK,
                 "%s", error.text);
    cr_assert_eq(sc_scores_create(&row->scores, &built->problem, built->q, built->k, &error), SC_OK,
                 "%s", error.text);
}

static inline void judge_row_destroy(struct judge_row *row)
{
    sc_scores_destroy(&row->scores);
    sc_oracle_destroy(row->oracle);
    free(row->exact);
    free(row->classes);
    free(row->bound);
}

static inline void judge_row_set(struct judge_row *row,
                                 const struct sc_bound_arithmetic *arithmetic, int32_t b, int32_t h,
                                 int32_t i)
{
    const struct sc_row_enclosures wanted = {NULL, row->exact, NULL};
    struct sc_error error;
    bool empty;

    cr_assert_eq(sc_oracle_rows(row->oracle, b, h, &i, 1, &wanted, &empty, &error), SC_OK, "%s",
                 error.text);
    cr_assert_eq(sc_scores_row(&row->scores, b, h, i, &error), SC_OK, "%s", error.text);
    for (int32_t c = 0; c < row->built->problem.d_v; c++) {
        row->classes[c] = sc_oracle_classify(row->exact[c], empty);
    }
    sc_bound_row(arithmetic, &row->built->problem, &row->scores, row->built->v, b, h, row->bound);
}

/* Judges all of `o`, adding to the tally. */
static inline void judge_output(const struct sc_case *built,
                                const struct sc_bound_arithmetic *arithmetic, const double *o,
                                struct judge_tally *tally)
{
    const struct sc_problem *p = &built->problem;
    struct judge_row row;

    judge_row_create(&row, built);
    for (int32_t b = 0; b < p->batch; b++) {
        const int32_t rows = sc_problem_rows(p, b);
        for (int32_t place = 0; place < p->heads_q * rows; place++) {
            const int32_t h = place / rows;
            const int32_t i = place % rows;
            const double *out = o + sc_problem_o_row(p, b, h, i);
            judge_row_set(&row, arithmetic, b, h, i);
            for (int32_t c = 0; c < p->d_v; c++) {
                tally->empty += row.classes[c] == SC_ORACLE_EMPTY ? 1 : 0;
                tally
                    ->count[sc_verdict_judge(out[c], row.exact[c], row.classes[c], row.bound[c])]++;
            }
        }
    }
    judge_row_destroy(&row);
}

#endif
