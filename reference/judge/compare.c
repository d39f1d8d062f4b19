/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/compare.h"

#include "reference/forward.h"
#include "reference/judge/bound.h"
#include "reference/oracle/oracle.h"

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

/* A question to the oracle: does the element pass or fail? */
struct question {
    double out, bound;
    bool empty;
};

static bool is_decided(const void *context, struct sc_enclosure exact)
{
    const struct question *x = context;

    return sc_verdict_judge(x->out, exact, sc_oracle_classify(exact, x->empty), x->bound) !=
           SC_VERDICT_UNDECIDED;
}

static enum sc_status judge_element(struct side *side, struct sc_oracle *oracle,
                                    const struct sc_oracle_element *at, double out, bool empty,
                                    struct sc_enclosure exact, struct sc_error *error)
{
    struct sc_compare_tally *tally = side->tally;
    const double bound = side->bound[at->channel];
    const int64_t faults = tally->failed + tally->undecided;
    const struct question question = {out, bound, empty};
    struct sc_oracle_source source = sc_oracle_first_source(oracle);
    bool decided;
    const enum sc_status status =
        sc_oracle_decide(oracle, at, is_decided, &question, &exact, &source, &decided, error);

    if (status != SC_OK) {
        return status;
    }
    tally->elements++;
    switch (sc_verdict_judge(out, exact, sc_oracle_classify(exact, empty), bound)) {
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
        return SC_OK;
    }
    if (faults == 0 && tally->failed + tally->undecided == 1) {
        mark(tally, at->b, at->head, at->index, at->channel);
    }
    const double ratio =
        bound > 0.0 && isfinite(out) ? sc_verdict_error(out, exact).hi / bound : 0.0;
    if (ratio > tally->worst_ratio) {
        tally->worst_ratio = ratio;
        if (tally->failed + tally->undecided == 0) {
            mark(tally, at->b, at->head, at->index, at->channel);
        }
    }
    return SC_OK;
}

/* What one comparison holds. */
struct comparison {
    const struct sc_problem *problem;
    const float *v;
    struct sc_oracle *oracle;
    struct sc_scores scores;
    struct side sides[2];
    struct sc_enclosure *exact; /* of one row */
};

static enum sc_status judge_row(struct comparison *x, int32_t b, int32_t h, int32_t i,
                                struct sc_error *error)
{
    const struct sc_problem *p = x->problem;
    const struct sc_row_enclosures wanted = {NULL, x->exact, NULL};
    const int64_t row = sc_problem_o_row(p, b, h, i);
    bool empty;
    enum sc_status status = sc_oracle_rows(x->oracle, b, h, &i, 1, &wanted, &empty, error);

    if (status == SC_OK) {
        status = sc_scores_row(&x->scores, b, h, i, error);
    }
    for (int s = 0; s < 2 && status == SC_OK; s++) {
        sc_bound_row(x->sides[s].arithmetic, p, &x->scores, x->v, b, h, x->sides[s].bound);
        for (int32_t c = 0; c < p->d_v && status == SC_OK; c++) {
            const struct sc_oracle_element at = {SC_ORACLE_O, b, h, i, c};
            status = judge_element(&x->sides[s], x->oracle, &at, x->sides[s].o[row + c], empty,
                                   x->exact[c], error);
        }
    }
    return status;
}

static enum sc_status judge_rows(struct comparison *x, struct sc_error *error)
{
    const struct sc_problem *p = x->problem;

    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                const enum sc_status status = judge_row(x, b, h, i, error);
                if (status != SC_OK) {
                    return status;
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
    const struct sc_oracle_values values = {q, k, v, NULL};
    const struct sc_oracle_options options = {SC_ORACLE_AUTO, precision, 1, NULL};
    struct comparison x = {.problem = p,
                           .v = v,
                           .sides = {{.arithmetic = &sc_bound_f64, .tally = f64},
                                     {.arithmetic = &sc_bound_f32, .tally = f32}},
                           .exact = calloc(channels, sizeof *x.exact)};
    double *weights = calloc((size_t)p->n_k + 1, sizeof *weights);
    enum sc_status status = SC_OK;

    for (int s = 0; s < 2; s++) {
        x.sides[s].o = calloc((size_t)p->o.size + 1, sizeof *x.sides[s].o);
        x.sides[s].bound = calloc(channels, sizeof *x.sides[s].bound);
        if (x.sides[s].o == NULL || x.sides[s].bound == NULL) {
            status = SC_E_MEMORY;
        }
    }
    if (status != SC_OK || x.exact == NULL || weights == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "compare: no memory for %lld elements",
                         (long long)p->o.size);
        goto done;
    }
    sc_forward_f64(p, q, k, v, weights, x.sides[0].o);
    sc_forward_f32(p, q, k, v, weights, x.sides[1].o);
    status = sc_oracle_create(p, &values, &options, &x.oracle, error);
    if (status == SC_OK) {
        status = sc_scores_create(&x.scores, p, q, k, error);
    }
    if (status == SC_OK) {
        status = judge_rows(&x, error);
        sc_scores_destroy(&x.scores);
    }
done:
    sc_oracle_destroy(x.oracle);
    for (int s = 0; s < 2; s++) {
        free(x.sides[s].bound);
        free(x.sides[s].o);
    }
    free(weights);
    free(x.exact);
    return status;
}
