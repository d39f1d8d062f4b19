/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/usage_record.h"

#include "tools/measure/agree.h"
#include "tools/measure/normal.h"
#include "tools/measure/usage_run.h"

#include <stdio.h>
#include <stdlib.h>

#define POINTS_MAX 7
#define WIDTH_MAX  128

#ifdef SC_FAST /* the activation of this build, which has no relative bound */
static const bool accurate = false;
#else
static const bool accurate = true;
#endif

/* One kind at one width. */
struct series {
    struct sc_evidence *evidence;
    enum sc_usage_kind kind;
    int32_t d, count, lengths[POINTS_MAX];
    struct sc_usage_found found[POINTS_MAX];
};

static void check(const struct series *s, const char *what, enum sc_evidence_status status,
                  const char *detail)
{
    char name[96];

    (void)snprintf(name, sizeof name, "gpu.memory.%s.%s.d%d", sc_usage_name(s->kind), what, s->d);
    sc_evidence_check(s->evidence, name, status, 0.0, detail);
}

static void figure(const struct series *s, const char *what, const char *suffix, double value,
                   const char *unit)
{
    char name[96];

    (void)snprintf(name, sizeof name, "gpu.memory.%s.%s.d%d%s", sc_usage_name(s->kind), what, s->d,
                   suffix);
    sc_evidence_figure(s->evidence, name, value, unit, SC_EVIDENCE_NONE, 0.0);
}

static int64_t slack(const struct sc_usage_found *found)
{
    return found->buffers * SC_USAGE_GRAIN;
}

/* The check of the growth, or that it is seen not to be linear. */
static void check_linear(const struct series *s, const char *what,
                         const struct sc_footprint *points, int64_t allowed, bool expected)
{
    char detail[160];
    int32_t at = 0;
    const bool linear = sc_footprint_linear(points, s->count, allowed, &at);

    if (linear || at >= s->count) {
        (void)snprintf(detail, sizeof detail, "%lld bytes at n = %lld, at most twice at twice n",
                       (long long)points[s->count - 1].bytes, (long long)points[s->count - 1].n);
    } else {
        (void)snprintf(detail, sizeof detail,
                       "%lld bytes at n = %lld, %lld at %lld, %lld more are allowed",
                       (long long)points[at - 1].bytes, (long long)points[at - 1].n,
                       (long long)points[at].bytes, (long long)points[at].n, (long long)allowed);
    }
    check(s, what, linear == expected ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, detail);
}

static void check_planned(const struct series *s)
{
    enum sc_evidence_status status = SC_EVIDENCE_PASS;
    char detail[160] = "";

    for (int32_t n = 0; n < s->count && status == SC_EVIDENCE_PASS; n++) {
        const struct sc_usage_found *const f = &s->found[n];
        const int64_t more = f->taken - f->asked;
        (void)snprintf(detail, sizeof detail,
                       "n = %d: %lld bytes taken, %lld asked for in %d buffers", s->lengths[n],
                       (long long)f->taken, (long long)f->asked, f->buffers);
        status = more <= slack(f) && more >= -slack(f) ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL;
    }
    check(s, "as_planned", status, detail);
}

static void check_results(const struct series *s)
{
    const bool bounded = accurate || s->kind == SC_USAGE_UNFUSED;
    enum sc_evidence_status status = SC_EVIDENCE_PASS;
    char detail[160] = "";

    for (int32_t n = 0; n < s->count && status == SC_EVIDENCE_PASS; n++) {
        const struct sc_usage_found *const f = &s->found[n];
        (void)snprintf(detail, sizeof detail,
                       "n = %d: %lld elements not written or not finite; %.3g of the norm from the "
                       "reference, at most %.3g%s",
                       s->lengths[n], (long long)f->not_finite, f->distance, SC_AGREE_LEVEL,
                       bounded ? "" : " if the activation were accurate");
        status = f->not_finite == 0 && (!bounded || f->distance <= SC_AGREE_LEVEL)
                     ? SC_EVIDENCE_PASS
                     : SC_EVIDENCE_FAIL;
    }
    check(s, "results", status, detail);
}

/* The series as evidence, and a line of it. */
static void record(const struct series *s)
{
    const struct sc_usage_found *const last = &s->found[s->count - 1];
    struct sc_footprint taken[POINTS_MAX], workspace[POINTS_MAX];
    char suffix[32];

    for (int32_t n = 0; n < s->count; n++) {
        taken[n] = (struct sc_footprint){s->lengths[n], s->found[n].taken};
        workspace[n] = (struct sc_footprint){s->lengths[n], s->found[n].workspace};
    }
    if (s->kind == SC_USAGE_UNFUSED) {
        check_linear(s, "quadratic", taken, slack(last), false);
    } else {
        check_linear(s, "linear", taken, slack(last), true);
        check_linear(s, "workspace_linear", workspace, 0, true);
    }
    check_planned(s);
    check_results(s);
    (void)snprintf(suffix, sizeof suffix, ".n%d", s->lengths[s->count - 1]);
    /* Of the last two lengths, where an allocation is many times what it is rounded to. */
    const double per_token = sc_footprint_per_token(taken + s->count - 2, 2),
                 extra = sc_footprint_per_token(workspace + s->count - 2, 2);
    figure(s, "bytes", suffix, (double)last->taken, "B");
    figure(s, "bytes_per_token", "", per_token, "B");
    figure(s, "workspace_bytes_per_token", "", extra, "B");
    (void)printf("| %d | %s | %.0f | %.0f | %.1f |\n", s->d, sc_usage_name(s->kind), per_token,
                 extra, (double)last->taken * 0x1p-20);
    (void)fflush(stdout);
}

/* One pass first whose memory is not counted: the driver loads the kernels then. */
static enum sc_status measure(struct series *s, struct sc_gpu *gpu, int32_t largest,
                              const struct sc_usage_inputs *inputs, struct sc_error *error)
{
    const char *refusal = NULL;
    enum sc_status status =
        sc_usage_run(gpu, s->kind, SC_USAGE_SHORTEST, s->d, inputs, &s->found[0], &refusal, error);

    s->count = 0;
    for (int32_t n = SC_USAGE_SHORTEST; n <= largest && status == SC_OK && refusal == NULL;
         n *= 2) {
        status = sc_usage_run(gpu, s->kind, n, s->d, inputs, &s->found[s->count], &refusal, error);
        s->lengths[s->count++] = n;
    }
    if (status == SC_OK && refusal != NULL) {
        check(s, "linear", SC_EVIDENCE_SKIPPED, refusal);
    } else if (status == SC_OK) {
        record(s);
    }
    return status;
}

static enum sc_status measure_all(struct sc_gpu *gpu, int32_t largest,
                                  const struct sc_usage_inputs *inputs,
                                  struct sc_evidence *evidence, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    (void)printf("%s, bf16, %d heads, to n = %d\n\n"
                 "| d | pass | bytes a token | of these work space | MiB at the end |\n"
                 "|---|---|---|---|---|\n",
                 sc_gpu_traits(gpu)->name, SC_USAGE_HEADS, largest);
    for (int32_t d = 64; d <= WIDTH_MAX && status == SC_OK; d *= 2) {
        for (int kind = 0; kind < SC_USAGE_KINDS && status == SC_OK; kind++) {
            struct series s = {.evidence = evidence, .kind = (enum sc_usage_kind)kind, .d = d};
            status = measure(&s, gpu, largest, inputs, error);
        }
    }
    return status;
}

enum sc_status sc_usage_measure(int32_t largest, struct sc_evidence *evidence,
                                struct sc_error *error)
{
    const size_t count = (size_t)SC_USAGE_HEADS * (size_t)largest * WIDTH_MAX;
    struct sc_gpu *gpu = NULL;
    uint16_t *drawn = NULL;
    enum sc_status status = sc_gpu_create(&gpu, error);

    if (status == SC_OK && (drawn = malloc(4 * count * sizeof *drawn)) == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "memory: no memory");
    }
    if (status == SC_OK) {
        sc_normal_bf16(1, drawn, 4 * count);
        const struct sc_usage_inputs inputs = {drawn, drawn + count, drawn + 2 * count,
                                               drawn + 3 * count};
        status = measure_all(gpu, largest, &inputs, evidence, error);
    }
    free(drawn);
    sc_gpu_destroy(gpu);
    return status;
}
