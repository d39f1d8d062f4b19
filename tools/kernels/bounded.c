/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/fma.h"
#include "kernels/instances.h"
#include "kernels/plan.h"
#include "reference/judge/verdict.h"
#include "reference/oracle/oracle.h"
#include "spec/format_value.h"
#include "spec/upward.h"
#include "tools/kernels/check.h"
#include "tools/kernels/failure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct judge {
    const struct sc_outputs *outputs;
    struct sc_oracle_values values;
    struct sc_kernel_arithmetic arithmetic, d_q_arithmetic;
    struct sc_oracle *oracle;
    struct sc_check_tally *tally;
    struct sc_enclosure *exact;    /* a row of two outputs */
    struct sc_kernel_bound *bound; /* likewise */
    double flushed;                /* by which dQ may be off more */
};

struct question {
    double out, bound;
    bool empty;
};

static bool decided(const void *context, struct sc_enclosure exact)
{
    const struct question *x = context;

    return sc_verdict_judge(x->out, exact, sc_oracle_classify(exact, x->empty), x->bound) !=
           SC_VERDICT_UNDECIDED;
}

/* One element; its enclosure is narrowed until the verdict is clear. */
static enum sc_status judge_element(struct judge *my, enum sc_outputs_kind kind,
                                    const struct sc_oracle_element *at, struct sc_enclosure exact,
                                    const struct sc_kernel_bound *bound, bool empty,
                                    struct sc_error *error)
{
    const enum sc_format format = sc_outputs_format(my->outputs, kind);
    const int64_t first = sc_outputs_row(my->outputs, kind, at->b, at->head, at->index);
    const double out =
        sc_format_decode(format, sc_outputs_bits(my->outputs, kind, first + at->channel));
    const struct question question = {out, sc_kernel_bound_at(bound, format, out), empty};
    struct sc_oracle_source source = sc_oracle_first_source(my->oracle);
    bool clear = false;
    const enum sc_status status =
        sc_oracle_decide(my->oracle, at, decided, &question, &exact, &source, &clear, error);

    if (status != SC_OK) {
        return status;
    }
    const enum sc_verdict verdict =
        sc_verdict_judge(out, exact, sc_oracle_classify(exact, empty), question.bound);
    if (verdict == SC_VERDICT_UNJUDGED) {
        my->tally->unjudged++;
        return SC_OK;
    }
    my->tally->judged[kind]++;
    if (question.bound > 0.0) {
        my->tally->worst[kind] =
            fmax(my->tally->worst[kind], sc_verdict_error(out, exact).hi / question.bound);
    }
    if (verdict != SC_VERDICT_PASS) {
        my->tally->beyond[kind]++;
        sc_failure_element(my->outputs, my->tally, kind, at, "exact", exact.lo);
    }
    return SC_OK;
}

/* A row or key of one output; `from` is where it starts in the arrays. */
static enum sc_status judge_line(struct judge *my, enum sc_outputs_kind kind,
                                 struct sc_oracle_element at, int32_t from, bool empty,
                                 struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (at.channel = 0; status == SC_OK && at.channel < sc_outputs_width(my->outputs, kind);
         at.channel++) {
        const int32_t n = from + at.channel;
        struct sc_kernel_bound bound = my->bound[n];
        if (kind == SC_OUTPUTS_D_Q && bound.error > 0.0) {
            bound.error = sc_upward_add(bound.error, my->flushed);
        }
        status = judge_element(my, kind, &at, my->exact[n], &bound, empty, error);
    }
    return status;
}

static enum sc_status judge_row(struct judge *my, int32_t b, int32_t h, int32_t i,
                                struct sc_error *error)
{
    const struct sc_problem *p = &my->outputs->c->problem;
    const struct sc_row_enclosures exact = {NULL, my->exact, my->exact + p->d_v};
    const struct sc_oracle_element o = {SC_ORACLE_O, b, h, i, 0}, d_q = {SC_ORACLE_D_Q, b, h, i, 0};
    bool empty = false;
    enum sc_status status = sc_oracle_rows(my->oracle, b, h, &i, 1, &exact, &empty, error);

    if (status == SC_OK) {
        status =
            sc_kernel_bound_row(&my->arithmetic, p, &my->values, b, h, i, my->bound, NULL, error);
    }
    if (status == SC_OK) {
        status = sc_kernel_bound_row(&my->d_q_arithmetic, p, &my->values, b, h, i, NULL,
                                     my->bound + p->d_v, error);
    }
    if (status == SC_OK) {
        status = judge_line(my, SC_OUTPUTS_O, o, 0, empty, error);
    }
    return status == SC_OK ? judge_line(my, SC_OUTPUTS_D_Q, d_q, p->d_v, empty, error) : status;
}

static enum sc_status judge_key(struct judge *my, int32_t b, int32_t g, int32_t j,
                                struct sc_error *error)
{
    const struct sc_problem *p = &my->outputs->c->problem;
    const struct sc_key_enclosures exact = {my->exact, my->exact + p->d};
    const struct sc_oracle_element d_k = {SC_ORACLE_D_K, b, g, j, 0},
                                   d_v = {SC_ORACLE_D_V, b, g, j, 0};
    bool empty = false;
    enum sc_status status = sc_oracle_keys(my->oracle, b, g, &j, 1, &exact, &empty, error);

    if (status == SC_OK) {
        status = sc_kernel_bound_key(&my->arithmetic, p, &my->values, b, g, j, my->bound,
                                     my->bound + p->d, error);
    }
    if (status == SC_OK) {
        status = judge_line(my, SC_OUTPUTS_D_K, d_k, 0, empty, error);
    }
    return status == SC_OK ? judge_line(my, SC_OUTPUTS_D_V, d_v, p->d, empty, error) : status;
}

/* Additions on the longest path of db of a kernel on tensor cores: over the pieces of so many members, within a piece of
 * so many fragments and a warp, and over the parts of the warps of blocks of so many lines. */
static int32_t additions_of(int32_t members, int32_t piece, int32_t fragments, int32_t lines,
                            int32_t warps, int32_t block_lines)
{
    return members / piece + fragments * piece / 8 + warps * (lines / block_lines + 1) + 8;
}

/* The same by products of warpgroups, of widths that have them; else 0. A problem may run either way. */
static int32_t group_additions(int32_t width, int32_t n_q, int32_t n_k)
{
#define IS_WIDTH(format, w) SC_GROUP_INSTANCE(w, +(width == (w)))
    const bool instance = (0 SC_INSTANCES(IS_WIDTH)) > 0;
    const int32_t teams = SC_ROWS_GROUP_TEAMS(width);

    return instance ? additions_of(n_k, SC_ROWS_GROUP_TILE(width), 1, n_q, teams * SC_GROUP_WARPS,
                                   teams * SC_GROUP_LINES)
                    : 0;
}

/* The same in the kernels' order, whichever they are; of the fp32 kernels the pieces are tiles. Counted from
 * kernels/tensor_body.h, fma_body.h and bias_sum.cu, those of an exact 0 left out. */
static int32_t additions(const struct judge *my, int32_t b, bool fast)
{
    const struct sc_problem *p = &my->outputs->c->problem;
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    const bool fma = p->format_in == SC_FORMAT_FP32;
    const int32_t width = sc_plan_width(p);

    if (fma) {
        return n_k / SC_FMA_MEMBERS + 1 + SC_BLOCK_WARPS * (n_q / SC_FMA_BACKWARD_LINES + 1) + 10;
    }
    if (fast) {
        return additions_of(n_q, SC_KEYS_PIECE(width), SC_KEYS_FRAGMENTS(width), n_k,
                            SC_KEYS_WARPS(width), SC_KEYS_LINES(width));
    }
    const int32_t warp = additions_of(n_k, SC_ROWS_PIECE(width), SC_ROWS_FRAGMENTS(width), n_q,
                                      SC_ROWS_WARPS(width), SC_ROWS_LINES(width));
    const int32_t group = group_additions(width, n_q, n_k);
    return warp > group ? warp : group;
}

static enum sc_status judge_bias(struct judge *my, int32_t b, int32_t h, bool fast,
                                 struct sc_error *error)
{
    const struct sc_oracle_element at = {SC_ORACLE_D_B, b, h, 0, 0};
    const double out = (double)my->outputs->d_b[b * my->outputs->c->problem.heads_q + h];
    struct sc_oracle_source source = sc_oracle_first_source(my->oracle);
    struct sc_enclosure exact;
    struct sc_kernel_bound bound;
    bool empty = false, clear = false;
    enum sc_status status = sc_oracle_bias(my->oracle, b, h, &exact, &empty, error);

    if (status == SC_OK) {
        status = sc_kernel_bound_bias(&my->arithmetic, &my->outputs->c->problem, &my->values, b, h,
                                      additions(my, b, fast), &bound, error);
    }
    if (status != SC_OK) {
        return status;
    }
    const struct question question = {out, sc_kernel_bound_at(&bound, SC_FORMAT_FP32, out), empty};
    status = sc_oracle_decide(my->oracle, &at, decided, &question, &exact, &source, &clear, error);
    const enum sc_verdict verdict =
        sc_verdict_judge(out, exact, sc_oracle_classify(exact, empty), question.bound);
    if (status != SC_OK || verdict == SC_VERDICT_UNJUDGED) {
        my->tally->unjudged += status == SC_OK;
        return status;
    }
    my->tally->bias_judged++;
    if (question.bound > 0.0) {
        my->tally->bias_worst =
            fmax(my->tally->bias_worst, sc_verdict_error(out, exact).hi / question.bound);
    }
    if (verdict != SC_VERDICT_PASS) {
        char text[128];
        my->tally->bias_beyond++;
        (void)snprintf(text, sizeof text, "db[%d][%d] is %a, exact %a", b, h, out, exact.lo);
        sc_failure_note(my->outputs, my->tally, text);
    }
    return SC_OK;
}

static enum sc_status judge_all(struct judge *my, bool fast, int32_t every, struct sc_error *error)
{
    const struct sc_problem *p = &my->outputs->c->problem;
    const int32_t first = (int32_t)(my->outputs->c->seed % (uint64_t)every);
    enum sc_status status = SC_OK;

    for (int32_t b = 0; status == SC_OK && b < p->batch; b++) {
        for (int32_t h = 0; status == SC_OK && h < p->heads_q; h++) {
            status = judge_bias(my, b, h, fast, error);
            for (int32_t i = first; status == SC_OK && i < sc_problem_rows(p, b); i += every) {
                status = judge_row(my, b, h, i, error);
            }
        }
        for (int32_t g = 0; status == SC_OK && g < p->heads_kv; g++) {
            for (int32_t j = first; status == SC_OK && j < sc_problem_keys(p, b); j += every) {
                status = judge_key(my, b, g, j, error);
            }
        }
    }
    return status;
}

/* What flushing takes from dQ, at most: each block's sum and the sum so far, times tau. */
static double flushed(const struct sc_problem *p)
{
    return sc_upward_multiply((double)p->tau,
                              ldexp((double)(p->n_k / SC_KEYS_LINES(sc_plan_width(p)) + 1), -125));
}

enum sc_status sc_check_bounded(const struct sc_outputs *outputs,
                                const struct sc_kernel_arithmetic *arithmetic, bool fast,
                                int32_t every, struct sc_check_tally *tally, struct sc_error *error)
{
    const struct sc_case *c = outputs->c;
    const size_t width = (size_t)c->problem.d + (size_t)c->problem.d_v;
    const struct sc_oracle_options options = {SC_ORACLE_AUTO, 256, 1, NULL};
    struct judge my = {.outputs = outputs,
                       .values = {c->q, c->k, c->v, c->d_o},
                       .arithmetic = *arithmetic,
                       .d_q_arithmetic = *arithmetic,
                       .tally = tally};
    const int64_t before = sc_check_sum(tally->beyond) + tally->bias_beyond;

    if (fast) {
        my.d_q_arithmetic.schedule.split_keys = SC_KEYS_LINES(sc_plan_width(&c->problem));
        my.flushed = flushed(&c->problem);
    }
    my.exact = calloc(width, sizeof *my.exact);
    my.bound = calloc(width, sizeof *my.bound);
    enum sc_status status =
        my.exact == NULL || my.bound == NULL
            ? sc_fail(error, SC_E_MEMORY, "kernels: no memory for a row")
            : sc_oracle_create(&c->problem, &my.values, &options, &my.oracle, error);
    if (status == SC_OK) {
        status = judge_all(&my, fast, every, error);
    }
    sc_oracle_destroy(my.oracle);
    free(my.bound);
    free(my.exact);
    tally->failed += sc_check_sum(tally->beyond) + tally->bias_beyond > before;
    return status;
}
