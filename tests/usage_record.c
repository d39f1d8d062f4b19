/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/usage_record.h"

#include "tests/capture.h"
#include "tests/usage_head.h"
#include "tools/measure/gpu.h"
#include "tools/measure/measure.h"
#include "tools/measure/usage_run.h"
#include "tools/report/read.h"

#include <criterion/criterion.h>

/* A GPU that is this process's memory, in the place of tools/measure/gpu.cu. A launch computes the rows of the last
 * head that are looked at, and zeros for the rest. */
static struct {
    bool missing, deaf; /* no GPU; a kernel that fails */
    int64_t taken;
    size_t sizes[16];
    void *memory[16];
    /* Faults of a pass. */
    int64_t hidden; /* bytes for each pair of a row and a key that a launch takes itself */
    bool forgets;   /* the first element of a result, of a head that is not sampled */
    bool wrong;     /* the last element of a result, of the head that is */
    bool lean;      /* the unfused pass, which takes memory as ours do */
} gpu;

static const struct sc_gpu_traits traits = {"stand-in", 0, 13000, 13000, SC_PRODUCTS_WARP};

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
    (void)unused;
    return &traits;
}

static int64_t rounded(size_t bytes)
{
    return ((int64_t)bytes + SC_USAGE_GRAIN - 1) / SC_USAGE_GRAIN * SC_USAGE_GRAIN;
}

enum sc_status sc_gpu_allocate(struct sc_gpu *unused, size_t bytes, void **memory,
                               struct sc_error *error)
{
    size_t n = 0;

    (void)unused;
    while (gpu.memory[n] != NULL) {
        n++;
    }
    gpu.memory[n] = *memory = malloc(bytes);
    if (*memory != NULL) {
        memset(*memory, 0x11, bytes); /* finite */
    }
    gpu.sizes[n] = bytes;
    gpu.taken += rounded(bytes);
    return *memory != NULL ? SC_OK : sc_fail(error, SC_E_MEMORY, "stand-in: no memory");
}

void sc_gpu_free(struct sc_gpu *unused, void *memory)
{
    (void)unused;
    for (size_t n = 0; memory != NULL && n < 16; n++) {
        if (gpu.memory[n] == memory) {
            gpu.memory[n] = NULL;
            gpu.taken -= rounded(gpu.sizes[n]);
            free(memory);
            return;
        }
    }
}

enum sc_status sc_gpu_free_bytes(struct sc_gpu *unused, int64_t *bytes, struct sc_error *error)
{
    (void)unused;
    (void)error;
    *bytes = ((int64_t)1 << 40) - gpu.taken;
    return SC_OK;
}

enum sc_status sc_gpu_write(struct sc_gpu *unused, void *memory, const void *source, size_t bytes,
                            struct sc_error *error)
{
    (void)unused;
    (void)error;
    memcpy(memory, source, bytes);
    return SC_OK;
}

enum sc_status sc_gpu_read(struct sc_gpu *unused, void *destination, const void *memory,
                           size_t bytes, struct sc_error *error)
{
    return sc_gpu_write(unused, destination, memory, bytes, error);
}

enum sc_status sc_gpu_poison(struct sc_gpu *unused, void *memory, size_t bytes,
                             struct sc_error *error)
{
    (void)unused;
    (void)error;
    memset(memory, 0xff, bytes);
    return SC_OK;
}

enum sc_status sc_gpu_count_not_finite(struct sc_gpu *unused, const void *memory,
                                       enum sc_format format, int64_t count, int64_t *found,
                                       struct sc_error *error)
{
    const uint16_t *const bits = memory;
    const int64_t step = format == SC_FORMAT_FP32 ? 2 : 1; /* the high half, little-endian */

    (void)unused;
    (void)error;
    *found = 0;
    for (int64_t n = step - 1; n < step * count; n += step) {
        *found += (bits[n] & 0x7f80) == 0x7f80;
    }
    return SC_OK;
}

static void finish(uint16_t *result, int64_t count, uint16_t before)
{
    if (gpu.forgets) {
        result[0] = before;
    }
    if (gpu.wrong) {
        result[count - 1] = 0x4000;
    }
}

static void forward(const struct sc_forward_arguments *x)
{
    const struct sc_problem *const p = &x->problem;
    const int64_t from = (SC_USAGE_HEADS - 1) * p->q.stride_head;
    uint16_t *const o = x->o, before = o[0];

    memset(o, 0, (size_t)p->o.size * sizeof *o);
    usage_head_fill(p->n_q, p->d, (const uint16_t *)x->q + from, (const uint16_t *)x->k + from,
                    (const uint16_t *)x->v + from, NULL, o + from, NULL, NULL, NULL);
    finish(o, p->o.size, before);
}

static void backward(const struct sc_backward_arguments *x)
{
    const struct sc_problem *const p = &x->problem;
    const int64_t from = (SC_USAGE_HEADS - 1) * p->q.stride_head;
    uint16_t *const results[] = {x->d_q, x->d_k, x->d_v};
    const uint16_t before = results[2][0];

    for (int n = 0; n < 3; n++) {
        memset(results[n], 0, (size_t)p->q.size * sizeof(uint16_t));
    }
    if (x->d_b != NULL) {
        memset(x->d_b, 0, SC_USAGE_HEADS * sizeof *x->d_b);
    }
    usage_head_fill(p->n_q, p->d, (const uint16_t *)x->q + from, (const uint16_t *)x->k + from,
                    (const uint16_t *)x->v + from, (const uint16_t *)x->d_o + from, NULL,
                    results[0] + from, results[1] + from, results[2] + from);
    finish(results[2], p->q.size, before);
}

enum sc_status sc_gpu_launch(struct sc_gpu *unused, const struct sc_launch *launches, int32_t count,
                             struct sc_error *error)
{
    (void)unused;
    (void)error;
    cr_assert_eq(count, 1);
    if (launches->arguments_bytes == sizeof(struct sc_forward_arguments)) {
        const struct sc_forward_arguments *const x = launches->arguments;
        gpu.taken += gpu.hidden * x->problem.n_q * x->problem.n_k;
        forward(x);
    } else {
        backward(launches->arguments);
    }
    return SC_OK;
}

enum sc_status sc_gpu_wait(struct sc_gpu *unused, const char *what, struct sc_error *error)
{
    (void)unused;
    return gpu.deaf ? sc_fail(error, SC_E_UNAVAILABLE, "gpu: %s: stand-in failed", what) : SC_OK;
}

enum sc_status sc_gpu_unfused(struct sc_gpu *unused, const struct sc_baseline *problem,
                              const uint16_t *q, const uint16_t *k, const uint16_t *v, uint16_t *o,
                              void *workspace, int32_t at_once, struct sc_error *error)
{
    const int64_t size = (int64_t)problem->n_q * problem->d, from = (problem->heads - 1) * size;

    (void)unused;
    (void)error;
    cr_assert_eq(at_once, 1);
    memset(workspace, 0, sc_baseline_bytes(problem, SC_FORMAT_BF16, at_once));
    memset(o, 0, (size_t)(problem->heads * size) * sizeof *o);
    usage_head_fill(problem->n_q, problem->d, q + from, k + from, v + from, NULL, o + from, NULL,
                    NULL, NULL);
    return SC_OK;
}

size_t sc_baseline_bytes(const struct sc_baseline *problem, enum sc_format format, int32_t at_once)
{
    cr_assert_eq(format, SC_FORMAT_BF16);
    return (size_t)problem->n_q * (gpu.lean ? 1 : (size_t)problem->n_k) * (size_t)at_once * 6;
}

/* Runs the program to `n` and reads its evidence; the caller destroys it. */
static struct sc_read_evidence *run(const char *n, int expected)
{
    const char *const words[] = {"--n", n, "--evidence", ".", NULL};
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_read_evidence *read = NULL;
    struct sc_error error = {SC_OK, ""};

    scratch_create(directory);
    const int code = capture(directory, sc_measure_memory, "memory", words);
    char *const err = scratch_read(directory, "err");
    cr_assert_eq(code, expected, "exit %d: %s", code, err);
    free(err);
    (void)snprintf(path, sizeof path, "%s/gpu-memory.json", directory);
    cr_assert_eq(sc_read_create(path, &read, &error), SC_OK, "%s", error.text);
    scratch_remove(directory);
    for (size_t m = 0; m < 16; m++) {
        cr_expect_null(gpu.memory[m], "memory is left behind");
    }
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

static enum sc_evidence_status status_of(const struct sc_read_evidence *read, const char *name)
{
    return check_of(read, name)->status;
}

static double value_of(const struct sc_read_evidence *read, const char *name)
{
    for (size_t n = 0; n < read->n_figures; n++) {
        if (strcmp(read->figures[n].name, name) == 0) {
            return read->figures[n].value;
        }
    }
    cr_assert_fail("no figure %s", name);
    return 0.0;
}

Test(usage_record, our_passes_are_linear_and_the_unfused_one_is_not, .timeout = 240)
{
    struct sc_read_evidence *read = run("4096", 0);

    cr_expect_eq(read->failed, 0);
    cr_expect_eq(read->passed, 2 * (5 * 4 + 3));
    /* 8 heads of 64 channels in bf16: 1024 bytes a token and tensor; Q, K, V, O, and with dO, dQ, dK, dV for O. */
    cr_expect_eq(value_of(read, "gpu.memory.forward.bytes_per_token.d64"), 4.0 * 1024);
    cr_expect_eq(value_of(read, "gpu.memory.forward.workspace_bytes_per_token.d64"), 0.0);
    cr_expect_eq(value_of(read, "gpu.memory.backward.bytes_per_token.d128"), 7.0 * 2048);
    cr_expect_eq(value_of(read, "gpu.memory.backward.workspace_bytes_per_token.d128"), 0.0);
    cr_expect_eq(value_of(read, "gpu.memory.backward_fast.workspace_bytes_per_token.d64"), 2048.0);
    cr_expect_eq(value_of(read, "gpu.memory.backward_fast.bytes_per_token.d64"), 9.0 * 1024);
    cr_expect_gt(value_of(read, "gpu.memory.backward_db.workspace_bytes_per_token.d64"), 0.0);
    cr_expect_eq(value_of(read, "gpu.memory.unfused.workspace_bytes_per_token.d64"), 6.0 * 6144);
    cr_expect_eq(value_of(read, "gpu.memory.forward.bytes.d64.n4096"),
                 4.0 * 4096 * 1024 + (double)SC_USAGE_GRAIN);
    sc_read_destroy(read);
}

Test(usage_record, what_a_launch_takes_itself_is_seen, .timeout = 240)
{
    gpu.hidden = 4;
    struct sc_read_evidence *read = run("4096", 1);
    cr_expect_eq(status_of(read, "gpu.memory.forward.linear.d64"), SC_EVIDENCE_FAIL);
    cr_expect_eq(status_of(read, "gpu.memory.forward.as_planned.d64"), SC_EVIDENCE_FAIL);
    cr_expect_eq(status_of(read, "gpu.memory.forward.workspace_linear.d64"), SC_EVIDENCE_PASS);
    cr_expect_eq(status_of(read, "gpu.memory.backward.linear.d64"), SC_EVIDENCE_PASS);
    sc_read_destroy(read);
}

Test(usage_record, an_element_that_is_not_written_is_seen, .timeout = 240)
{
    gpu.forgets = true;
    struct sc_read_evidence *read = run("2048", 1);
    cr_expect_eq(status_of(read, "gpu.memory.forward.results.d128"), SC_EVIDENCE_FAIL);
    cr_expect_eq(status_of(read, "gpu.memory.backward_fast_db.results.d64"), SC_EVIDENCE_FAIL);
    const char *const detail = check_of(read, "gpu.memory.backward.results.d64")->detail;
    cr_expect_not_null(strstr(detail, " 1 elements not written"), "%s", detail);
    cr_expect_eq(status_of(read, "gpu.memory.forward.linear.d128"), SC_EVIDENCE_PASS);
    sc_read_destroy(read);
}

Test(usage_record, an_unfused_pass_that_seems_linear_is_no_comparison, .timeout = 240)
{
    gpu.lean = true;
    struct sc_read_evidence *read = run("2048", 1);
    cr_expect_eq(status_of(read, "gpu.memory.unfused.quadratic.d64"), SC_EVIDENCE_FAIL);
    cr_expect_eq(read->failed, 2);
    sc_read_destroy(read);
}

Test(usage_record, an_element_that_is_wrong_is_seen, .timeout = 240)
{
    gpu.wrong = true;
    struct sc_read_evidence *read = run("2048", 1);
    cr_expect_eq(status_of(read, "gpu.memory.forward.results.d128"), SC_EVIDENCE_FAIL);
    cr_expect_eq(status_of(read, "gpu.memory.backward.results.d64"), SC_EVIDENCE_FAIL);
    sc_read_destroy(read);
}

Test(usage_record, no_gpu_and_a_kernel_that_fails_are_no_verdict)
{
    const char *const words[] = {"--n", "2048", "--evidence", ".", NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    gpu.missing = true;
    cr_expect_eq(capture(directory, sc_measure_memory, "memory", words), 3);
    char *err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "gpu: no GPU\n");
    free(err);
    gpu.missing = false;
    gpu.deaf = true;
    cr_expect_eq(capture(directory, sc_measure_memory, "memory", words), 3);
    err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "gpu: forward: stand-in failed\n");
    free(err);
    scratch_remove(directory);
}

Test(usage_record, bad_options_are_refused)
{
    static const struct {
        const char *word, *words[3];
    } rows[] = {{"1024", {"--n", "1024"}},         {"131072", {"--n", "131072"}},
                {"power of two", {"--n", "3000"}}, {"--x", {"--x"}},
                {"expected options", {"64"}},      {"--evidence", {"--evidence"}}};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const int code = capture(directory, sc_measure_memory, "memory", rows[n].words);
        capture_expect_refused(directory, code, n, rows[n].word);
    }
    scratch_remove(directory);
}
