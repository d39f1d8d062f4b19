/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/oracle.h"
#include "fuzz/clock.h"
#include "reference/constants.h"
#include "reference/oracle/rounded_sigmoid.h"
#include "reference/random.h"
#include "spec/format_value.h"
#include "tools/bench/bench.h"
#include "tools/bench/naive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { REPEATS = 3 };

/* One head of n rows and keys of d channels: normal bf16 values, tau = 1/sqrt(d), b = -log n. */
struct head {
    struct sc_problem problem;
    float *q, *k, *v, *d_o;
    float bias;
    int32_t *list;
    struct sc_enclosure *first, *second; /* n d each */
};

static void head_destroy(struct head *x)
{
    free(x->q);
    free(x->k);
    free(x->v);
    free(x->d_o);
    free(x->list);
    free(x->first);
    free(x->second);
}

static enum sc_status head_create(struct head *x, int32_t n, int32_t d, struct sc_error *error)
{
    const int64_t size = (int64_t)n * d;
    const struct sc_layout layout = {size, size, d, size};
    struct sc_random random = {7};

    *x = (struct head){.bias = sc_constants_minus_log(n)};
    float **const tensors[] = {&x->q, &x->k, &x->v, &x->d_o};
    x->list = malloc((size_t)n * sizeof *x->list);
    x->first = malloc((size_t)size * sizeof *x->first);
    x->second = malloc((size_t)size * sizeof *x->second);
    bool failed = x->list == NULL || x->first == NULL || x->second == NULL;
    for (int t = 0; t < 4; t++) {
        *tensors[t] = malloc((size_t)size * sizeof **tensors[t]);
        failed = failed || *tensors[t] == NULL;
        for (int64_t c = 0; c < size && !failed; c++) {
            (*tensors[t])[c] = (float)sc_format_decode(
                SC_FORMAT_BF16, sc_format_encode(SC_FORMAT_BF16, sc_random_normal(&random)));
        }
    }
    if (failed) {
        head_destroy(x);
        return sc_fail(error, SC_E_MEMORY, "bench: no memory for %lld values", (long long)size);
    }
    for (int32_t i = 0; i < n; i++) {
        x->list[i] = i;
    }
    x->problem = (struct sc_problem){.batch = 1,
                                     .heads_q = 1,
                                     .heads_kv = 1,
                                     .n_q = n,
                                     .n_k = n,
                                     .d = d,
                                     .d_v = d,
                                     .format_in = SC_FORMAT_BF16,
                                     .format_out = SC_FORMAT_BF16,
                                     .tau = sc_constants_scale(d),
                                     .bias = &x->bias,
                                     .left = SC_MASK_UNBOUNDED,
                                     .right = SC_MASK_UNBOUNDED,
                                     .q = layout,
                                     .k = layout,
                                     .v = layout,
                                     .o = layout};
    return SC_OK;
}

static enum sc_status make_oracle(const struct head *x, enum sc_oracle_choice choice,
                                  int32_t threads, const struct sc_schedule *schedule,
                                  struct sc_oracle **oracle, struct sc_error *error)
{
    const struct sc_oracle_values values = {x->q, x->k, x->v, x->d_o};
    const struct sc_oracle_options options = {choice, SC_ORACLE_PRECISION_DEFAULT, threads,
                                              schedule};

    return sc_oracle_create(&x->problem, &values, &options, oracle, error);
}

/* A whole head of 16384 rows of 128 channels, forward and backward, on every processor up to two; and the
 * memory of it all. Comes first: the peak is that of the process. */
static enum sc_status measure_whole(struct sc_evidence *evidence, struct sc_error *error)
{
    struct head x;
    struct sc_oracle *oracle = NULL;
    double forward[REPEATS], backward[REPEATS];
    struct rusage usage;
    enum sc_status status = head_create(&x, 16384, 128, error);

    if (status != SC_OK) {
        return status;
    }
    const int32_t n = x.problem.n_q;
    const struct sc_row_enclosures o = {NULL, x.first, NULL}, d_q = {NULL, NULL, x.first};
    const struct sc_key_enclosures d_kv = {x.first, x.second};
    status = make_oracle(&x, SC_ORACLE_AUTO, 2, NULL, &oracle, error);
    for (int r = 0; r < REPEATS && status == SC_OK; r++) {
        const double begin = sc_clock_now();
        status = sc_oracle_rows(oracle, 0, 0, x.list, n, &o, NULL, error);
        forward[r] = sc_clock_now() - begin;
        if (status == SC_OK) {
            status = sc_oracle_rows(oracle, 0, 0, x.list, n, &d_q, NULL, error);
        }
        if (status == SC_OK) {
            status = sc_oracle_keys(oracle, 0, 0, x.list, n, &d_kv, NULL, error);
        }
        backward[r] = sc_clock_now() - begin - forward[r];
    }
    if (status == SC_OK && getrusage(RUSAGE_SELF, &usage) == 0) {
        const double peak = (double)usage.ru_maxrss / 1024.0;
        sc_bench_figure(evidence, "oracle.t0.forward_s.n16384_d128",
                        sc_bench_times(forward, REPEATS), "s", SC_EVIDENCE_AT_MOST, 10);
        sc_bench_figure(evidence, "oracle.t0.backward_s.n16384_d128",
                        sc_bench_times(backward, REPEATS), "s", SC_EVIDENCE_AT_MOST, 25);
        sc_bench_figure(evidence, "oracle.peak_mb.n16384_d128",
                        (struct sc_bench_times){peak, peak, peak}, "MiB", SC_EVIDENCE_AT_MOST,
                        1024);
    }
    sc_oracle_destroy(oracle);
    head_destroy(&x);
    return status;
}

/* The question that every way must answer: which output is the correctly rounded one? */
struct question {
    enum sc_format format;
};

static bool is_rounded(const void *context, struct sc_enclosure exact)
{
    const struct question *x = context;

    return sc_format_encode(x->format, exact.lo) == sc_format_encode(x->format, exact.hi);
}

/* Seconds for the fp64 tier to answer it for every element of the head, refinements included; the number
 * of elements that were refined. One thread. */
static enum sc_status decide_head(const struct head *x, enum sc_format format, double *seconds,
                                  int64_t *refined, struct sc_error *error)
{
    const struct question question = {format};
    const struct sc_row_enclosures wanted = {NULL, x->first, NULL};
    const int32_t n = x->problem.n_q, d = x->problem.d_v;
    struct sc_oracle *oracle = NULL;
    const double begin = sc_clock_now();
    enum sc_status status = make_oracle(x, SC_ORACLE_AUTO, 1, NULL, &oracle, error);

    *refined = 0;
    if (status == SC_OK) {
        status = sc_oracle_rows(oracle, 0, 0, x->list, n, &wanted, NULL, error);
    }
    for (int64_t c = 0; c < (int64_t)n * d && status == SC_OK; c++) {
        const struct sc_oracle_element at = {SC_ORACLE_O, 0, 0, (int32_t)(c / d), (int32_t)(c % d)};
        struct sc_oracle_source source = {NULL, 0};
        bool decided;
        status = sc_oracle_decide(oracle, &at, is_rounded, &question, &x->first[c], &source,
                                  &decided, error);
        *refined += source.tier != NULL ? 1 : 0;
        if (status == SC_OK && !decided) {
            status = sc_fail(error, SC_E_UNAVAILABLE, "bench: an element cannot be decided");
        }
    }
    *seconds = sc_clock_now() - begin;
    sc_oracle_destroy(oracle);
    return status;
}

/* Seconds a row of the naive ways, from `rows` rows spread over the head. */
static double time_mpfr(const struct head *x, int32_t rows, double *o)
{
    const struct sc_problem *p = &x->problem;
    const double begin = sc_clock_now();

    for (int64_t r = 0; r < rows; r++) {
        sc_naive_mpfr_row(p->n_k, p->d, p->tau, x->bias, x->q + r * (p->n_q / rows) * p->d, x->k,
                          x->v, o);
    }
    return (sc_clock_now() - begin) / rows;
}

static enum sc_status time_arb(const struct head *x, int32_t rows, double *o, double *seconds,
                               struct sc_error *error)
{
    const struct sc_problem *p = &x->problem;
    struct sc_naive_arb *arb = NULL;
    const enum sc_status status = sc_naive_arb_create(p->n_k, p->d, x->k, x->v, &arb, error);

    if (status != SC_OK) {
        return status;
    }
    const double begin = sc_clock_now();
    for (int64_t r = 0; r < rows; r++) {
        sc_naive_arb_row(arb, p->tau, x->bias, x->q + r * (p->n_q / rows) * p->d, o);
    }
    *seconds = (sc_clock_now() - begin) / rows;
    sc_naive_arb_destroy(arb);
    return SC_OK;
}

/* n = 4096, d = 64, one core: the same verdict, "which bf16 (fp32) value is the correctly rounded result",
 * for every element. */
static enum sc_status measure_ratios(struct sc_evidence *evidence, struct sc_error *error)
{
    struct head x;
    double mpfr[REPEATS], arb[REPEATS], wide[REPEATS], o[64];
    int64_t refined = 0;
    enum sc_status status = head_create(&x, 4096, 64, error);

    for (int r = 0; r < REPEATS && status == SC_OK; r++) {
        double bf16, fp32, arb_row;
        status = decide_head(&x, SC_FORMAT_BF16, &bf16, &refined, error);
        const double mpfr_row = time_mpfr(&x, 4, o);
        if (status == SC_OK) {
            status = time_arb(&x, 8, o, &arb_row, error);
        }
        if (status == SC_OK) {
            status = decide_head(&x, SC_FORMAT_FP32, &fp32, &refined, error);
        }
        if (status == SC_OK) {
            mpfr[r] = mpfr_row * x.problem.n_q / bf16;
            arb[r] = arb_row * x.problem.n_q / bf16;
            wide[r] = mpfr_row * x.problem.n_q / fp32;
        }
    }
    if (status == SC_OK) {
        sc_bench_figure(evidence, "oracle.t0.speedup_vs_mpfr113.n4096_d64",
                        sc_bench_times(mpfr, REPEATS), "1", SC_EVIDENCE_AT_LEAST, 400);
        sc_bench_figure(evidence, "oracle.t0.speedup_vs_arb_dot.n4096_d64",
                        sc_bench_times(arb, REPEATS), "1", SC_EVIDENCE_NONE, 0);
        sc_bench_figure(evidence, "oracle.t0.speedup_vs_mpfr113.n4096_d64.fp32",
                        sc_bench_times(wide, REPEATS), "1", SC_EVIDENCE_NONE, 0);
        (void)printf("(fp32: %lld of %lld elements needed ball arithmetic)\n", (long long)refined,
                     (long long)x.problem.o.size);
    }
    if (status != SC_E_MEMORY) {
        head_destroy(&x);
    }
    return status;
}

/* Seconds a row of one tier, on 8 rows. */
static enum sc_status time_tier(const struct head *x, enum sc_oracle_choice choice,
                                const struct sc_schedule *schedule, double *seconds,
                                struct sc_error *error)
{
    enum { ROWS = 8 };
    const struct sc_row_enclosures wanted = {NULL, x->first, NULL};
    struct sc_oracle *oracle = NULL;
    enum sc_status status = make_oracle(x, choice, 1, schedule, &oracle, error);

    if (status == SC_OK) {
        const double begin = sc_clock_now();
        status = sc_oracle_rows(oracle, 0, 0, x->list, ROWS, &wanted, NULL, error);
        *seconds = (sc_clock_now() - begin) / ROWS;
    }
    sc_oracle_destroy(oracle);
    return status;
}

/* n = 1024, d = 64, one core: exact integers against MPFR, and the time of a predicted multiply-add. */
static enum sc_status measure_tiers(struct sc_evidence *evidence, struct sc_error *error)
{
    const struct sc_schedule schedule = {SC_CORE_H100, SC_SCORE_FUSED, SC_FORMAT_BF16, 0,
                                         sc_rounded_sigmoid};
    struct head x;
    double ratio[REPEATS], predicted[REPEATS], o[64];
    enum sc_status status = head_create(&x, 1024, 64, error);

    if (status != SC_OK) {
        return status;
    }
    for (int r = 0; r < REPEATS && status == SC_OK; r++) {
        double integer, row;
        status = time_tier(&x, SC_ORACLE_INTEGER, NULL, &integer, error);
        const double mpfr = time_mpfr(&x, 8, o);
        if (status == SC_OK) {
            status = time_tier(&x, SC_ORACLE_SCHEDULE, &schedule, &row, error);
        }
        if (status == SC_OK) {
            ratio[r] = mpfr / integer;
            predicted[r] = row / (2.0 * x.problem.n_k * x.problem.d) * 1e9;
        }
    }
    if (status == SC_OK) {
        sc_bench_figure(evidence, "oracle.t2.speedup_vs_mpfr113.n1024_d64",
                        sc_bench_times(ratio, REPEATS), "1", SC_EVIDENCE_AT_LEAST, 10);
        sc_bench_figure(evidence, "oracle.t3.ns_per_mac", sc_bench_times(predicted, REPEATS), "ns",
                        SC_EVIDENCE_AT_MOST, 2);
    }
    head_destroy(&x);
    return status;
}

enum sc_status sc_bench_oracle(struct sc_evidence *evidence, struct sc_error *error)
{
    enum sc_status status = measure_whole(evidence, error);

    if (status == SC_OK) {
        status = measure_ratios(evidence, error);
    }
    return status == SC_OK ? measure_tiers(evidence, error) : status;
}
