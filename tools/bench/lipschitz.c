/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/clock.h"
#include "reference/random.h"
#include "reference/regularity/lanczos.h"
#include "reference/regularity/measure.h"
#include "reference/regularity/point.h"
#include "tools/bench/bench.h"
#include "tools/bench/power.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REPEATS = 3, INPUTS = 100, MARKS = 3 };

/* One head of n normal tokens of d channels, weights normal / sqrt(d), b = -log n. */
struct sample {
    struct sc_layer layer;
    double bias;
    double *x, *w;
};

static void sample_destroy(struct sample *s)
{
    free(s->x);
    free(s->w);
}

static enum sc_status sample_create(struct sample *s, int32_t n, int32_t d, uint64_t seed,
                                    struct sc_error *error)
{
    const int64_t tokens = (int64_t)n * d, one = (int64_t)d * d;
    struct sc_random random = {seed};

    s->bias = -log(n);
    s->x = malloc((size_t)tokens * sizeof(double));
    s->w = malloc(3 * (size_t)one * sizeof(double));
    if (s->x == NULL || s->w == NULL) {
        sample_destroy(s);
        return sc_fail(error, SC_E_MEMORY, "bench: no memory for %d tokens", n);
    }
    for (int64_t k = 0; k < tokens; k++) {
        s->x[k] = sc_random_normal(&random);
    }
    for (int64_t k = 0; k < 3 * one; k++) {
        s->w[k] = sc_random_normal(&random) / sqrt(d);
    }
    s->layer = (struct sc_layer){.kind = SC_LAYER_SIGMOID,
                                 .tokens = n,
                                 .width = d,
                                 .heads = 1,
                                 .d = d,
                                 .d_v = d,
                                 .scale = 1.0 / sqrt(d),
                                 .w_q = s->w,
                                 .w_k = s->w + one,
                                 .w_v = s->w + 2 * one,
                                 .bias = &s->bias,
                                 .left = n,
                                 .right = n};
    return SC_OK;
}

static int32_t processors(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 && count < 256 ? (int32_t)count : 1;
}

/* A whole measurement: seconds, and the relative width of what it certifies. */
static enum sc_status measure_whole(const char *name, int32_t n, int32_t d, bool exact, double goal,
                                    struct sc_evidence *evidence, struct sc_error *error)
{
    struct sc_measure_options options = sc_measure_defaults();
    struct sc_measurement found;
    struct sample s;
    char label[96];
    enum sc_status status = sample_create(&s, n, d, 1, error);

    if (status != SC_OK) {
        return status;
    }
    options.threads = processors();
    options.exact_max = exact ? (int64_t)n * d : 0;
    options.bounds = !exact;
    const double begin = sc_clock_now();
    status = sc_measure(&s.layer, s.x, &options, &found, error);
    double seconds = sc_clock_now() - begin, width = (found.high - found.low) / found.low;
    if (status == SC_OK) {
        (void)snprintf(label, sizeof label, "lipschitz.%s.s", name);
        sc_bench_figure(evidence, label, sc_bench_times(&seconds, 1), "s", SC_EVIDENCE_AT_MOST,
                        goal);
        if (exact) {
            (void)snprintf(label, sizeof label, "lipschitz.%s.width", name);
            sc_bench_figure(evidence, label, sc_bench_times(&width, 1), "1", SC_EVIDENCE_AT_MOST,
                            1e-6);
        }
    }
    sc_measurement_destroy(&found);
    sample_destroy(&s);
    return status;
}

static void push(void *point, const double *t, double *result)
{
    sc_point_push(point, t, result);
}

static void pull(void *point, const double *u, double *result)
{
    sc_point_pull(point, u, result);
}

/* c = a b, or a b^T: rows x columns. */
static void multiply(CBLAS_TRANSPOSE a_turned, CBLAS_TRANSPOSE b_turned, int32_t rows,
                     int32_t columns, int32_t inner, const double *a, const double *b, double *c)
{
    cblas_dgemm(CblasRowMajor, a_turned, b_turned, rows, columns, inner, 1.0, a,
                a_turned == CblasNoTrans ? inner : rows, b,
                b_turned == CblasNoTrans ? columns : inner, 0.0, c, columns);
}

/* The products of J t and J^T u with each other's shapes, and nothing between them. */
static void products(int32_t n, int32_t d, const double *x, const double *w, double *rows,
                     double *square)
{
    for (int k = 0; k < 3; k++) {
        multiply(CblasNoTrans, CblasTrans, n, d, d, x, w, rows);
        multiply(CblasNoTrans, CblasNoTrans, n, d, d, x, w, rows);
        multiply(CblasNoTrans, CblasTrans, n, n, d, x, x, square);
    }
    for (int k = 0; k < 3; k++) {
        multiply(CblasNoTrans, CblasNoTrans, n, d, n, square, x, rows);
    }
    for (int k = 0; k < 2; k++) {
        multiply(CblasTrans, CblasNoTrans, n, d, n, square, x, rows);
    }
}

/* Seconds of a Lanczos run of `steps` steps over those of its matrix products. */
static enum sc_status time_lanczos(const struct sample *s, int32_t steps, double *ratio,
                                   struct sc_error *error)
{
    const int32_t n = s->layer.tokens, d = s->layer.d;
    const struct sc_lanczos_options how = {steps, 0.0, 1};
    double *rows = malloc((size_t)n * (size_t)d * sizeof *rows);
    double *square = malloc((size_t)n * (size_t)n * sizeof *square);
    struct sc_lanczos lanczos = {.right = NULL};
    struct sc_point *point = NULL;
    enum sc_status status = rows == NULL || square == NULL
                                ? sc_fail(error, SC_E_MEMORY, "bench: no memory for %d tokens", n)
                                : sc_point_create(&s->layer, s->x, processors(), &point, error);

    if (status == SC_OK) {
        const struct sc_operator j = {sc_layer_inputs(&s->layer), sc_layer_outputs(&s->layer), push,
                                      pull, point};
        products(n, d, s->x, s->w, rows, square);
        const double begin = sc_clock_now();
        for (int32_t k = 0; k < steps; k++) {
            products(n, d, s->x, s->w, rows, square);
        }
        const double middle = sc_clock_now();
        status = sc_lanczos_run(&j, &how, &lanczos, error);
        *ratio = (sc_clock_now() - middle) / (middle - begin);
    }
    sc_lanczos_destroy(&lanczos);
    sc_point_destroy(point);
    free(rows);
    free(square);
    return status;
}

static enum sc_status measure_lanczos(struct sc_evidence *evidence, struct sc_error *error)
{
    double ratio[REPEATS];
    struct sample s;
    enum sc_status status = sample_create(&s, 1024, 64, 2, error);

    if (status != SC_OK) {
        return status;
    }
    for (int r = 0; r < REPEATS && status == SC_OK; r++) {
        status = time_lanczos(&s, 40, &ratio[r], error);
    }
    if (status == SC_OK) {
        sc_bench_figure(evidence, "lipschitz.lanczos_vs_products", sc_bench_times(ratio, REPEATS),
                        "1", SC_EVIDENCE_AT_MOST, 3);
    }
    sample_destroy(&s);
    return status;
}

/* How far power iteration in binary32 falls short of the certified norm, relative to it; negative: above it. */
static enum sc_status measure_power(struct sc_evidence *evidence, struct sc_error *error)
{
    static const int32_t steps[MARKS] = {5, 20, 100};
    double shortfall[MARKS][INPUTS], values[MARKS];
    enum sc_status status = SC_OK;

    for (int n = 0; n < INPUTS && status == SC_OK; n++) {
        struct sc_measure_options options = sc_measure_defaults();
        struct sc_measurement found;
        struct sample s;
        status = sample_create(&s, 24, 8, 100 + (uint64_t)n, error);
        if (status != SC_OK) {
            break;
        }
        options.bounds = false;
        status = sc_measure(&s.layer, s.x, &options, &found, error);
        if (status == SC_OK) {
            status = sc_bench_power(&s.layer, s.x, 500 + (uint64_t)n, steps, MARKS, values, error);
        }
        for (int m = 0; m < MARKS && status == SC_OK; m++) {
            shortfall[m][n] = 1.0 - values[m] / found.low;
        }
        sc_measurement_destroy(&found);
        sample_destroy(&s);
    }
    for (int m = 0; m < MARKS && status == SC_OK; m++) {
        char label[96];
        (void)snprintf(label, sizeof label, "lipschitz.power_fp32_shortfall.%d_steps", steps[m]);
        sc_bench_figure(evidence, label, sc_bench_times(shortfall[m], INPUTS), "1",
                        SC_EVIDENCE_NONE, 0);
    }
    return status;
}

enum sc_status sc_bench_lipschitz(struct sc_evidence *evidence, struct sc_error *error)
{
    enum sc_status status = measure_lanczos(evidence, error);

    if (status == SC_OK) {
        status = measure_power(evidence, error);
    }
    if (status == SC_OK) {
        status = measure_whole("exact_2048", 32, 64, true, 10, evidence, error);
    }
    if (status == SC_OK) {
        status = measure_whole("bounds_1024_64", 1024, 64, false, 20, evidence, error);
    }
    if (status == SC_OK) {
        status = measure_whole("exact_8192", 128, 64, true, 300, evidence, error);
    }
    if (status == SC_OK) {
        status = measure_whole("bounds_4096_64", 4096, 64, false, 180, evidence, error);
    }
    return status;
}
