/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/speed_measure.h"

#include "tests/capture.h"
#include "tools/measure/agree.h"
#include "tools/measure/measure.h"
#include "tools/report/read.h"

#include <criterion/criterion.h>
#include <math.h>

/* A GPU that computes nothing, in the place of tools/measure/gpu.cu. A buffer is one byte; what is queued has a time. */
static struct {
    bool missing;
    int32_t buffers, poisoned;
    int64_t l2_bytes;
    double queued;        /* milliseconds of what is queued since the last time */
    const char *distance; /* check of what is far away */
    double far;
    int32_t compared;
    const uint16_t *bits; /* results in the order of the enumeration below; NULL: anywhere */
    const double *exact;
} gpu = {.l2_bytes = 50 << 20};

enum sc_status sc_gpu_create(struct sc_gpu **created, struct sc_error *error)
{
    *created = NULL;
    return gpu.missing ? sc_fail(error, SC_E_UNAVAILABLE, "gpu: no GPU") : SC_OK;
}

void sc_gpu_destroy(struct sc_gpu *unused)
{
    (void)unused;
}

const struct sc_gpu_traits *sc_gpu_traits(const struct sc_gpu *unused)
{
    static struct sc_gpu_traits traits = {"stand-in", 0, 13000, 13010, SC_PRODUCTS_WARP};

    (void)unused;
    traits.l2_bytes = gpu.l2_bytes;
    return &traits;
}

enum sc_status sc_gpu_allocate(struct sc_gpu *unused, size_t bytes, void **memory,
                               struct sc_error *error)
{
    (void)unused;
    (void)bytes;
    gpu.buffers++;
    *memory = malloc(1);
    return *memory != NULL ? SC_OK : sc_fail(error, SC_E_MEMORY, "stand-in: no memory");
}

void sc_gpu_free(struct sc_gpu *unused, void *memory)
{
    (void)unused;
    gpu.buffers -= memory != NULL;
    free(memory);
}

enum sc_status sc_gpu_write(struct sc_gpu *unused, void *memory, const void *source, size_t bytes,
                            struct sc_error *error)
{
    (void)unused;
    (void)memory;
    (void)source;
    (void)bytes;
    (void)error;
    return SC_OK;
}

enum sc_status sc_gpu_poison(struct sc_gpu *unused, void *memory, size_t bytes,
                             struct sc_error *error)
{
    (void)unused;
    (void)memory;
    (void)error;
    cr_assert_eq(bytes, SC_SPEED_ELEMENTS * 2);
    gpu.poisoned++;
    return SC_OK;
}

enum sc_status sc_gpu_widen(struct sc_gpu *unused, const uint16_t *bits, double *values,
                            int64_t count, struct sc_error *error)
{
    (void)unused;
    (void)bits;
    (void)values;
    (void)error;
    cr_assert_eq(count, (int64_t)SC_SPEED_ELEMENTS);
    return SC_OK;
}

/* In the order of the comparisons of a case. */
static const char *const compared[] = {"o",  "unfused_o", "dq",      "dk",
                                       "dv", "fast_dq",   "fast_dk", "fast_dv"};
enum { O, UNFUSED, D_Q, D_K, D_V };
static const int32_t tensors[] = {O, UNFUSED, D_Q, D_K, D_V, D_Q, D_K, D_V};

enum sc_status sc_gpu_distance(struct sc_gpu *unused, const uint16_t *x, const double *y,
                               int64_t count, double *distance, struct sc_error *error)
{
    (void)unused;
    (void)error;
    cr_assert(x != NULL && y != NULL && count == (int64_t)SC_SPEED_ELEMENTS);
    const int32_t n = gpu.compared++ % 8;
    const char *const name = compared[n];
    cr_expect(gpu.bits == NULL || (x == gpu.bits + tensors[n] &&
                                   y == gpu.exact + (tensors[n] == UNFUSED ? 0 : tensors[n])),
              "another tensor in the place of %s", name);
    *distance = gpu.distance != NULL && strcmp(name, gpu.distance) == 0 ? gpu.far : 0x1p-10;
    return SC_OK;
}

/* 1 ms for a forward launch, 2 for each launch of a backward pass; 8 for the unfused pass. */
enum sc_status sc_gpu_launch(struct sc_gpu *unused, const struct sc_launch *launches, int32_t count,
                             struct sc_error *error)
{
    (void)unused;
    (void)error;
    for (int32_t n = 0; n < count; n++) {
        gpu.queued +=
            launches[n].arguments_bytes == sizeof(struct sc_forward_arguments) ? 1.0 : 2.0;
    }
    return SC_OK;
}

enum sc_status sc_gpu_wait(struct sc_gpu *unused, const char *what, struct sc_error *error)
{
    (void)unused;
    (void)what;
    (void)error;
    return SC_OK;
}

enum sc_status sc_gpu_time(struct sc_gpu *unused, const struct sc_gpu_effort *effort,
                           sc_gpu_run *run, void *context, struct sc_bench_times *ms,
                           struct sc_error *error)
{
    (void)unused;
    cr_assert(effort->warm_ups >= 3 && effort->repeats >= 10);
    cr_assert_eq(gpu.poisoned, 5, "results that may be of another kernel");
    gpu.poisoned = 0;
    gpu.queued = 0.0;
    const enum sc_status status = run(context, error);
    *ms = (struct sc_bench_times){0.5 * gpu.queued, gpu.queued, 2.0 * gpu.queued};
    return status;
}

enum sc_status sc_gpu_unfused(struct sc_gpu *unused, const struct sc_baseline *problem,
                              const uint16_t *q, const uint16_t *k, const uint16_t *v, uint16_t *o,
                              void *workspace, int32_t at_once, struct sc_error *error)
{
    (void)unused;
    (void)error;
    cr_assert(q != NULL && k != NULL && v != NULL && o != NULL && workspace != NULL);
    cr_assert_leq(sc_baseline_bytes(problem, SC_FORMAT_BF16, at_once), SC_SPEED_WORK_BYTES);
    cr_assert(at_once >= 1 && at_once <= problem->heads);
    gpu.queued += 8.0;
    return SC_OK;
}

enum sc_status sc_gpu_exact(struct sc_gpu *unused, const struct sc_baseline *problem,
                            const struct sc_baseline_tensors *x, double *workspace, int32_t at_once,
                            struct sc_error *error)
{
    (void)unused;
    (void)error;
    cr_assert(x->q != NULL && x->k != NULL && x->v != NULL && x->d_o != NULL && workspace != NULL);
    cr_assert(x->o != NULL && x->d_q != NULL && x->d_k != NULL && x->d_v != NULL);
    cr_assert_leq(sc_baseline_bytes(problem, SC_FORMAT_FP32, at_once), SC_SPEED_WORK_BYTES);
    cr_assert(at_once >= 1 && at_once <= problem->heads);
    cr_assert_eq((int64_t)problem->heads * problem->n_q * problem->d, (int64_t)SC_SPEED_ELEMENTS);
    return SC_OK;
}

size_t sc_baseline_bytes(const struct sc_baseline *problem, enum sc_format format, int32_t at_once)
{
    return (size_t)problem->n_q * (size_t)problem->n_k * (size_t)at_once *
           (format == SC_FORMAT_FP32 ? 16 : 6);
}

/* Runs the program and reads its evidence; the caller destroys it. `out` receives what it prints, to be freed. */
static struct sc_read_evidence *run(const char *const *words, int expected, char **out)
{
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_read_evidence *read = NULL;
    struct sc_error error = {SC_OK, ""};

    scratch_create(directory);
    const int code = capture(directory, sc_measure_speed, "speed", words);
    char *const err = scratch_read(directory, "err");
    cr_assert_eq(code, expected, "exit %d: %s", code, err);
    free(err);
    *out = scratch_read(directory, "out");
    (void)snprintf(path, sizeof path, "%s/gpu-speed.json", directory);
    cr_assert_eq(sc_read_create(path, &read, &error), SC_OK, "%s", error.text);
    scratch_remove(directory);
    cr_expect_eq(gpu.buffers, 0, "%d buffers are left behind", gpu.buffers);
    return read;
}

static const struct sc_read_check *check_of(const struct sc_read_evidence *read, const char *name)
{
    for (size_t n = 0; n < read->n_checks; n++) {
        if (strcmp(read->checks[n].name, name) == 0) {
            return &read->checks[n];
        }
    }
    cr_assert_fail("no check %s", name);
    return NULL;
}

static double value_of(const struct sc_read_evidence *read, const char *name)
{
    for (size_t n = 0; n < read->n_figures; n++) {
        if (strcmp(read->figures[n].name, name) == 0) {
            return read->figures[n].value;
        }
    }
    return NAN;
}

/* FlashAttention-2 takes 3 ms; cuDNN does nothing. */
#define TORCH                                                                                      \
    "while read -r line; do set -- $line; case $2 in version) echo sigmacert $1 ok 2.x ;; "        \
    "flash) echo sigmacert $1 ok 3 2 4 ;; *) echo sigmacert $1 no kernel ;; esac; done"

Test(speed_measure, the_program_times_ours_beside_its_rivals, .timeout = 240)
{
    const char *const words[] = {"--d", "64",         "--n", "16384", "--torch",
                                 TORCH, "--evidence", ".",   NULL};
    char *out;
    struct sc_read_evidence *read = run(words, 0, &out);

    cr_expect_eq(value_of(read, "gpu.forward.speedup_vs_fa2.d64"), 3.0);
    cr_expect_eq(value_of(read, "gpu.backward.speedup_vs_fa2.d64"), 0.75);
    cr_expect_eq(value_of(read, "gpu.backward.fast_speedup_vs_fa2.d64.n16384.full"), 0.5);
    cr_expect_eq(value_of(read, "gpu.forward.speedup_vs_unfused.d64.n16384.full"), 8.0);
    cr_expect_eq(value_of(read, "gpu.forward.speedup_vs_fa2.d64.n16384.causal"), 3.0);
    cr_expect(isnan(value_of(read, "gpu.forward.speedup_vs_cudnn.d64.n16384.full")));
    const struct sc_read_check *skipped =
        check_of(read, "gpu.speed.measured.backward_cudnn.d64.n16384.causal");
    cr_expect_eq(skipped->status, SC_EVIDENCE_SKIPPED);
    cr_expect_str_eq(skipped->detail, "kernel");
    cr_expect_eq(read->failed, 0);
    cr_expect_eq(read->skipped, 2 * 2);
    cr_expect_eq(read->passed, 1 + 2 * (6 + 8));
    cr_expect_not_null(strstr(out, "\n| 64 | 16384 | full | 2199 | 3.00 | – | 8.00 | 1374 | 916 | "
                                   "0.75 | – |\n"),
                       "%s", out);
    free(out);
    sc_read_destroy(read);
}

Test(speed_measure, inputs_that_a_cache_holds_are_a_failure, .timeout = 240)
{
    const char *const words[] = {"--d", "64", "--n", "1024", "--quick", "--evidence", ".", NULL};
    char *out;

    gpu.l2_bytes = 192 << 20;
    struct sc_read_evidence *read = run(words, 1, &out);
    cr_expect_eq(check_of(read, "gpu.speed.beyond_caches")->status, SC_EVIDENCE_FAIL);
    cr_expect_eq(read->failed, 1);
    free(out);
    sc_read_destroy(read);
}

/* One case by the part of the program that measures. */
static struct sc_read_evidence *measure(void)
{
    static const struct sc_speed_case c = {128, 4096, true};
    static uint16_t input, bits[5];
    static double value, exact[5];
    static float bias;
    struct sc_speed_bench bench = {
        NULL,
        {&input, &input, &input, &input, &bits[O], &bits[D_Q], &bits[D_K], &bits[D_V], &bias, NULL,
         NULL, NULL, SC_PRODUCTS_WARP},
        &bits[UNFUSED],
        {&value, &value, &value, &value, &exact[O], &exact[D_Q], &exact[D_K], &exact[D_V]},
        &value};
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_evidence *evidence = NULL;
    struct sc_read_evidence *read = NULL;
    struct sc_error error = {SC_OK, ""};

    gpu.bits = bits;
    gpu.exact = exact;
    scratch_create(directory);
    cr_assert_eq(sc_evidence_create("gpu-speed", "make bench-gpu", &evidence, &error), SC_OK);
    cr_assert_eq(sc_speed_measure(&c, true, &bench, NULL, evidence, &error), SC_OK);
    cr_assert_eq(sc_evidence_write(evidence, directory, &error), SC_OK);
    sc_evidence_destroy(evidence);
    (void)snprintf(path, sizeof path, "%s/gpu-speed.json", directory);
    cr_assert_eq(sc_read_create(path, &read, &error), SC_OK, "%s", error.text);
    scratch_remove(directory);
    return read;
}

Test(speed_measure, each_result_is_held_against_binary64)
{
    static const double far[] = {1.01 * SC_AGREE_LEVEL, NAN, INFINITY};

    for (size_t n = 0; n < 8; n++) {
        char name[96];
        gpu.distance = compared[n];
        gpu.far = far[n % 3];
        struct sc_read_evidence *read = measure();
        (void)snprintf(name, sizeof name, "gpu.speed.agrees.%s.d128.n4096.causal", compared[n]);
        cr_expect_eq(check_of(read, name)->status, SC_EVIDENCE_FAIL, "%s", name);
        cr_expect_eq(read->failed, 1, "%s", name);
        sc_read_destroy(read);
    }
    gpu.far = SC_AGREE_LEVEL;
    struct sc_read_evidence *read = measure();
    cr_expect_eq(read->failed, 0);
    sc_read_destroy(read);
}

Test(speed_measure, a_rival_that_is_not_asked_is_skipped)
{
    struct sc_read_evidence *read = measure();
    const struct sc_read_check *const check =
        check_of(read, "gpu.speed.measured.forward_fa2.d128.n4096.causal");

    cr_expect_eq(check->status, SC_EVIDENCE_SKIPPED);
    cr_expect_str_eq(check->detail, "not asked");
    cr_expect(isnan(value_of(read, "gpu.forward.tflops_fa2.d128.n4096.causal")));
    cr_expect_not(isnan(value_of(read, "gpu.forward.tflops.d128.n4096.causal")));
    sc_read_destroy(read);
}

Test(speed_measure, bad_options_are_refused_and_no_gpu_is_said)
{
    static const struct {
        const char *word, *words[4];
    } rows[] = {{"64, 128 or 256", {"--d", "65"}},
                {"1024, 4096 or 16384", {"--n", "2048"}},
                {"--d", {"--d", "x"}},
                {"--m", {"--m"}},
                {"options only", {"fast"}},
                {"--torch", {"--torch"}}};
    static const char *const none[] = {"--evidence", ".", NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const int code = capture(directory, sc_measure_speed, "speed", rows[n].words);
        capture_expect_refused(directory, code, n, rows[n].word);
    }
    gpu.missing = true;
    cr_expect_eq(capture(directory, sc_measure_speed, "speed", none), 3);
    char *err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "gpu: no GPU\n");
    free(err);
    scratch_remove(directory);
}
