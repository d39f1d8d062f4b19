/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest_judge.h"

#include "reference/judge/verdict.h"
#include "reference/oracle/oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *sc_honest_output_name(enum sc_honest_output output)
{
    static const char *const names[SC_HONEST_OUTPUTS] = {"O", "dQ", "dK", "dV", "db"};

    return names[output];
}

int64_t sc_honest_accused(const struct sc_honest_verdicts *verdicts)
{
    int64_t sum = 0;

    for (int32_t n = 0; n < SC_HONEST_OUTPUTS; n++) {
        sum += verdicts->of[n].accused;
    }
    return sum;
}

enum sc_status sc_honest_begin(enum sc_honest_kind kind, enum sc_generate_values values,
                               uint64_t seed, bool tiny, struct sc_case *c,
                               struct sc_honest *honest, struct sc_error *error)
{
    struct sc_random random = {seed * 0x9e3779b97f4a7c15u + 5};
    const bool sixteen =
        kind == SC_HONEST_TILED || kind == SC_HONEST_STEPS || kind == SC_HONEST_TRUNCATE;
    const enum sc_format format = (enum sc_format)sc_random_int(&random, 0, sixteen ? 1 : 2);
    const enum sc_status status = sc_generate_small(seed, values, format, tiny, c, error);

    if (status == SC_OK) {
        sc_honest_draw(kind, &c->problem, &random, honest);
    }
    return status;
}

struct judge {
    const struct sc_case *c;
    const struct sc_honest *honest;
    const struct sc_kernel_arithmetic *declared;
    struct sc_oracle_values values;
    struct sc_oracle *oracle;
    struct sc_honest_outputs outputs;
    struct sc_honest_verdicts *verdicts;
    struct sc_enclosure *exact;    /* of a head: one output, then the other */
    struct sc_kernel_bound *bound; /* of a row or key: likewise */
    int32_t *list;
    bool *empty;
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

static enum sc_oracle_output oracle_output(enum sc_honest_output output)
{
    static const enum sc_oracle_output outputs[SC_HONEST_OUTPUTS] = {
        SC_ORACLE_O, SC_ORACLE_D_Q, SC_ORACLE_D_K, SC_ORACLE_D_V, SC_ORACLE_D_B};

    return outputs[output];
}

/* One verdict; the enclosure is narrowed until it is clear. */
static enum sc_status judge_once(struct judge *my, enum sc_honest_output output,
                                 const struct sc_oracle_element *at, struct question question,
                                 struct sc_enclosure *exact, bool before, struct sc_error *error)
{
    struct sc_honest_tally *tally = &my->verdicts->of[output];
    struct sc_oracle_source source = sc_oracle_first_source(my->oracle);
    bool clear = false;
    const enum sc_status status =
        sc_oracle_decide(my->oracle, at, decided, &question, exact, &source, &clear, error);

    if (status != SC_OK) {
        return status;
    }
    const enum sc_verdict verdict = sc_verdict_judge(
        question.out, *exact, sc_oracle_classify(*exact, question.empty), question.bound);
    if (verdict == SC_VERDICT_UNJUDGED) {
        tally->unjudged += before ? 0 : 1;
        return SC_OK;
    }
    tally->judged += before ? 0 : 1;
    if (question.bound > 0.0 && isfinite(question.out)) {
        const double ratio = sc_verdict_error(question.out, *exact).hi / question.bound;
        tally->worst = fmax(tally->worst, ratio);
        tally->worst_before = before ? fmax(tally->worst_before, ratio) : tally->worst_before;
    }
    if (verdict != SC_VERDICT_PASS) {
        tally->accused++;
        if (my->verdicts->first[0] == '\0') {
            (void)snprintf(my->verdicts->first, sizeof my->verdicts->first,
                           "seed %llu: %s[%d][%d][%d][%d]%s is %a, exact %a, bound %g",
                           (unsigned long long)my->c->seed, sc_honest_output_name(output), at->b,
                           at->head, at->index, at->channel, before ? " before rounding" : "",
                           question.out, exact->lo, question.bound);
        }
    }
    return SC_OK;
}

/* One element, before it is rounded to its format and after. */
static enum sc_status judge_element(struct judge *my, enum sc_honest_output output,
                                    const struct sc_oracle_element *at, float result,
                                    const struct sc_kernel_bound *bound, struct sc_enclosure exact,
                                    bool empty, struct sc_error *error)
{
    const struct sc_problem *p = &my->c->problem;
    const enum sc_format format = output == SC_HONEST_O     ? p->format_out
                                  : output == SC_HONEST_D_B ? SC_FORMAT_FP32
                                                            : p->format_in;
    const uint64_t place =
        ((((uint64_t)output * 64 + (uint64_t)at->b) * 64 + (uint64_t)at->head) * 4096 +
         (uint64_t)at->index) *
            4096 +
        (uint64_t)at->channel;
    const double out = sc_honest_store(my->honest, format, result, place);
    const struct question stored = {out, sc_kernel_bound_at(bound, format, out), empty};
    const struct question before = {
        (double)result, sc_kernel_bound_at(bound, SC_FORMAT_FP32, (double)result), empty};
    const enum sc_status status = judge_once(my, output, at, stored, &exact, false, error);

    return status == SC_OK ? judge_once(my, output, at, before, &exact, true, error) : status;
}

/* A row or key of one output. */
static enum sc_status judge_line(struct judge *my, enum sc_honest_output output,
                                 struct sc_oracle_element at, int32_t width, const float *results,
                                 const struct sc_kernel_bound *bound,
                                 const struct sc_enclosure *exact, bool empty,
                                 struct sc_error *error)
{
    enum sc_status status = SC_OK;

    at.output = oracle_output(output);
    for (at.channel = 0; status == SC_OK && at.channel < width; at.channel++) {
        status = judge_element(my, output, &at, results[at.channel], &bound[at.channel],
                               exact[at.channel], empty, error);
    }
    return status;
}

/* O and dQ of a query head. */
static enum sc_status judge_rows(struct judge *my, int32_t b, int32_t h, struct sc_error *error)
{
    const struct sc_problem *p = &my->c->problem;
    const int32_t n_q = sc_problem_rows(p, b);
    struct sc_enclosure *const o = my->exact, *const d_q = o + (int64_t)n_q * p->d_v;
    const struct sc_row_enclosures exact = {NULL, o, d_q};
    enum sc_status status =
        sc_oracle_rows(my->oracle, b, h, my->list, n_q, &exact, my->empty, error);

    for (int32_t i = 0; status == SC_OK && i < n_q; i++) {
        const struct sc_oracle_element at = {SC_ORACLE_O, b, h, i, 0};
        status = sc_kernel_bound_row(my->declared, p, &my->values, b, h, i, my->bound,
                                     my->bound + p->d_v, error);
        if (status == SC_OK) {
            status = judge_line(my, SC_HONEST_O, at, p->d_v,
                                my->outputs.o + sc_honest_at(p->heads_q, p->n_q, p->d_v, b, h, i),
                                my->bound, o + (int64_t)i * p->d_v, my->empty[i], error);
        }
        if (status == SC_OK) {
            status = judge_line(my, SC_HONEST_D_Q, at, p->d,
                                my->outputs.d_q + sc_honest_at(p->heads_q, p->n_q, p->d, b, h, i),
                                my->bound + p->d_v, d_q + (int64_t)i * p->d, my->empty[i], error);
        }
    }
    return status;
}

/* dK and dV of a key head. */
static enum sc_status judge_keys(struct judge *my, int32_t b, int32_t g, struct sc_error *error)
{
    const struct sc_problem *p = &my->c->problem;
    const int32_t n_k = sc_problem_keys(p, b);
    struct sc_enclosure *const d_k = my->exact, *const d_v = d_k + (int64_t)n_k * p->d;
    const struct sc_key_enclosures exact = {d_k, d_v};
    enum sc_status status =
        sc_oracle_keys(my->oracle, b, g, my->list, n_k, &exact, my->empty, error);

    for (int32_t j = 0; status == SC_OK && j < n_k; j++) {
        const struct sc_oracle_element at = {SC_ORACLE_D_K, b, g, j, 0};
        status = sc_kernel_bound_key(my->declared, p, &my->values, b, g, j, my->bound,
                                     my->bound + p->d, error);
        if (status == SC_OK) {
            status = judge_line(my, SC_HONEST_D_K, at, p->d,
                                my->outputs.d_k + sc_honest_at(p->heads_kv, p->n_k, p->d, b, g, j),
                                my->bound, d_k + (int64_t)j * p->d, my->empty[j], error);
        }
        if (status == SC_OK) {
            status =
                judge_line(my, SC_HONEST_D_V, at, p->d_v,
                           my->outputs.d_v + sc_honest_at(p->heads_kv, p->n_k, p->d_v, b, g, j),
                           my->bound + p->d, d_v + (int64_t)j * p->d_v, my->empty[j], error);
        }
    }
    return status;
}

static enum sc_status judge_bias(struct judge *my, int32_t b, int32_t h, struct sc_error *error)
{
    const struct sc_oracle_element at = {SC_ORACLE_D_B, b, h, 0, 0};
    const int64_t n = (int64_t)b * my->c->problem.heads_q + h;
    struct sc_enclosure exact;
    struct sc_kernel_bound bound;
    bool empty = false;
    enum sc_status status = sc_oracle_bias(my->oracle, b, h, &exact, &empty, error);

    if (status == SC_OK) {
        status = sc_kernel_bound_bias(my->declared, &my->c->problem, &my->values, b, h,
                                      my->outputs.additions[n], &bound, error);
    }
    if (status == SC_OK) {
        status =
            judge_element(my, SC_HONEST_D_B, &at, my->outputs.d_b[n], &bound, exact, empty, error);
    }
    return status;
}

static enum sc_status judge_all(struct judge *my, struct sc_error *error)
{
    const struct sc_problem *p = &my->c->problem;
    enum sc_status status = SC_OK;

    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; status == SC_OK && h < p->heads_q; h++) {
            status = judge_rows(my, b, h, error);
            status = status == SC_OK ? judge_bias(my, b, h, error) : status;
        }
        for (int32_t g = 0; status == SC_OK && g < p->heads_kv; g++) {
            status = judge_keys(my, b, g, error);
        }
    }
    return status;
}

enum sc_status sc_honest_judge(const struct sc_case *c, const struct sc_honest *honest,
                               const struct sc_kernel_arithmetic *declared,
                               struct sc_honest_verdicts *verdicts, struct sc_error *error)
{
    const struct sc_problem *p = &c->problem;
    const size_t extent = (size_t)(p->n_q > p->n_k ? p->n_q : p->n_k) + 1,
                 width = (size_t)p->d + (size_t)p->d_v;
    const struct sc_oracle_options options = {SC_ORACLE_AUTO, 256, 1, NULL};
    struct judge my = {.c = c,
                       .honest = honest,
                       .declared = declared,
                       .values = {c->q, c->k, c->v, c->d_o},
                       .verdicts = verdicts};
    enum sc_status status = sc_oracle_create(p, &my.values, &options, &my.oracle, error);

    my.exact = calloc(extent * width, sizeof *my.exact);
    my.bound = calloc(width, sizeof *my.bound);
    my.list = calloc(extent, sizeof *my.list);
    my.empty = calloc(extent, sizeof *my.empty);
    if (my.exact == NULL || my.bound == NULL || my.list == NULL || my.empty == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "honest kernel: no memory for a head");
    }
    for (int32_t n = 0; status == SC_OK && n < (int32_t)extent; n++) {
        my.list[n] = n;
    }
    if (status == SC_OK) {
        status = sc_honest_run(honest, p, &my.values, &my.outputs, error);
    }
    if (status == SC_OK) {
        status = judge_all(&my, error);
    }
    sc_oracle_destroy(my.oracle);
    free(my.outputs.store);
    free(my.outputs.additions);
    free(my.exact);
    free(my.bound);
    free(my.list);
    free(my.empty);
    return status;
}
