/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/compare.h"

#include "reference/forward.h"
#include "reference/judge/bound.h"

#include <math.h>
#include <stdlib.h>

/* One arithmetic: its output of the whole problem, and the bounds of one row. */
struct side {
    const struct sc_bound_arithmetic *arithmetic;
    double *o;
    double *bound;
    struct sc_compare_tally *tally;
};

static void mark(struct sc_compare_tally *tally, int32_t b, int32_t h, int32_t i, int32_t c)
{
    tally->b = b;
    tally->h = h;
    tally->i = i;
    tally->c = c;
}

static void judge_element(struct side *side, double out, struct sc_enclosure exact,
                          enum sc_oracle_class class, int32_t b, int32_t h, int32_t i, int32_t c)
{
    struct sc_compare_tally *tally = side->tally;
    const double bound = side->bound[c];
    const int64_t faults = tally->failed + tally->undecided;

    tally->elements++;
    switch (sc_verdict_judge(out, exact, class, bound)) {
    case SC_VERDICT_PASS:
        tally->passed++;
        break;
    case SC_VERDICT_FAIL:
        tally->failed++;
        break;
    case SC_VERDICT_UNDECIDED:
        tally->undecided++;
        break;
    case SC_VERDICT_UNJUDGED:
        tally->unjudged++;
        return;
    }
    if (faults == 0 && tally->failed + tally->undecided == 1) {
        mark(tally, b, h, i, c);
    }
    const double ratio =
        bound > 0.0 && isfinite(out) ? sc_verdict_error(out, exact).hi / bound : 0.0;
    if (ratio > tally->worst_ratio) {
        tally->worst_ratio = ratio;
        if (tally->failed + tally->undecided == 0) {
            mark(tally, b, h, i, c);
        }
    }
}

static enum sc_status judge_rows(const struct sc_problem *p, const float *v,
                                 struct sc_oracle *oracle, struct side sides[2],
                                 struct sc_enclosure *exact, enum sc_oracle_class *classes,
                                 struct sc_error *error)
{
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                const int64_t row = sc_problem_o_row(p, b, h, i);
                const enum sc_status status = sc_oracle_row(oracle, b, h, i, exact, classes, error);
                if (status != SC_OK) {
                    return status;
                }
                for (int s = 0; s < 2; s++) {
                    sc_bound_row(sides[s].arithmetic, p, sc_oracle_row_scores(oracle), v, b, h,
                                 sides[s].bound);
                    for (int32_t c = 0; c < p->d_v; c++) {
                        judge_element(&sides[s], sides[s].o[row + c], exact[c], classes[c], b, h, i,
                                      c);
                    }
                }
            }
        }
    }
    return SC_OK;
}

enum sc_status sc_compare_forward(const struct sc_problem *p, const float *q, const float *k,
                                  const float *v, int32_t precision, struct sc_compare_tally *f64,
                                  struct sc_compare_tally *f32, struct sc_error *error)
{
    const size_t channels = (size_t)p->d_v;
    struct side sides[2] = {{.arithmetic = &sc_bound_f64, .tally = f64},
                            {.arithmetic = &sc_bound_f32, .tally = f32}};
    struct sc_oracle *oracle = NULL;
    struct sc_enclosure *exact = calloc(channels, sizeof *exact);
    enum sc_oracle_class *classes = calloc(channels, sizeof *classes);
    double *weights = calloc((size_t)p->n_k + 1, sizeof *weights);
    enum sc_status status = SC_OK;

    for (int s = 0; s < 2; s++) {
        sides[s].o = calloc((size_t)p->o.size + 1, sizeof *sides[s].o);
        sides[s].bound = calloc(channels, sizeof *sides[s].bound);
        if (sides[s].o == NULL || sides[s].bound == NULL) {
            status = SC_E_MEMORY;
        }
    }
    if (status != SC_OK || exact == NULL || classes == NULL || weights == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "compare: no memory for %lld elements",
                         (long long)p->o.size);
        goto done;
    }
    sc_forward_f64(p, q, k, v, weights, sides[0].o);
    sc_forward_f32(p, q, k, v, weights, sides[1].o);
    status = sc_oracle_create(p, precision, q, k, v, &oracle, error);
    if (status == SC_OK) {
        status = judge_rows(p, v, oracle, sides, exact, classes, error);
    }
done:
    sc_oracle_destroy(oracle);
    for (int s = 0; s < 2; s++) {
        free(sides[s].bound);
        free(sides[s].o);
    }
    free(weights);
    free(classes);
    free(exact);
    return status;
}
