/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/speed_measure.h"

#include "tools/measure/agree.h"

#include <math.h>
#include <stdio.h>

static const struct sc_gpu_effort thorough = {3, 10, 300.0}, hasty = {3, 10, 20.0};

#ifdef SC_FAST
const bool sc_speed_accurate = false;
#else
const bool sc_speed_accurate = true;
#endif

/* One case being measured. */
struct measurement {
    const struct sc_speed_case *c;
    char suffix[32];
    const struct sc_gpu_effort *effort;
    struct sc_speed_bench *bench;
    struct sc_rival *rival; /* NULL: not asked */
    struct sc_evidence *evidence;
    struct sc_pass pass;         /* what runs, if it is ours */
    struct sc_baseline baseline; /* if it is unfused */
    struct sc_speed_times times;
};

static struct sc_pass_shape shape_of(const struct sc_speed_case *c)
{
    const struct sc_pass_shape shape = {SC_SPEED_TOKENS / c->n, SC_SPEED_HIDDEN / c->d, c->n, c->d,
                                        c->causal};

    return shape;
}

static struct sc_baseline baseline_of(const struct sc_pass_shape *shape)
{
    const struct sc_baseline baseline = {shape->batch * shape->heads,
                                         shape->n,
                                         shape->n,
                                         shape->d,
                                         shape->d,
                                         shape->causal,
                                         1.0f / sqrtf((float)shape->d),
                                         sc_pass_bias(shape)};

    return baseline;
}

/* Heads at a time for which there is work space. */
static int32_t at_once(const struct sc_baseline *baseline, enum sc_format format)
{
    const size_t heads = SC_SPEED_WORK_BYTES / sc_baseline_bytes(baseline, format, 1);

    return heads < (size_t)baseline->heads ? (int32_t)heads : baseline->heads;
}

static enum sc_status run_ours(void *context, struct sc_error *error)
{
    struct measurement *const m = context;

    return sc_gpu_launch(m->bench->gpu, m->pass.launches, m->pass.count, error);
}

static enum sc_status run_unfused(void *context, struct sc_error *error)
{
    struct measurement *const m = context;
    const struct sc_pass_buffers *const x = &m->bench->ours;

    return sc_gpu_unfused(m->bench->gpu, &m->baseline, x->q, x->k, x->v, m->bench->unfused,
                          m->bench->workspace, at_once(&m->baseline, SC_FORMAT_BF16), error);
}

/* Notes whether a runner has a time, and why not. */
static void note(struct measurement *m, enum sc_speed_runner runner, bool known, const char *why)
{
    char name[96];

    (void)snprintf(name, sizeof name, "gpu.speed.measured.%s.%s", sc_speed_name(runner), m->suffix);
    sc_evidence_check(m->evidence, name, known ? SC_EVIDENCE_PASS : SC_EVIDENCE_SKIPPED, 0.0,
                      known ? NULL : why);
    m->times.known[runner] = known;
}

/* Adds the check that a result is the exact one but for rounding. */
static enum sc_status compare(struct measurement *m, const char *name, const uint16_t *bits,
                              const double *exact, bool bounded, struct sc_error *error)
{
    char check[96], detail[128];
    double distance = 0.0;
    const enum sc_status status =
        sc_gpu_distance(m->bench->gpu, bits, exact, SC_SPEED_ELEMENTS, &distance, error);

    if (status != SC_OK) {
        return status;
    }
    (void)snprintf(check, sizeof check, "gpu.speed.agrees.%s.%s", name, m->suffix);
    (void)snprintf(detail, sizeof detail, "%.3g of the norm from binary64, %s %.3g", distance,
                   bounded ? "at most" : "with the fast activation; the accurate one has at most",
                   SC_AGREE_LEVEL);
    sc_evidence_check(m->evidence, check,
                      !bounded                     ? SC_EVIDENCE_SKIPPED
                      : distance <= SC_AGREE_LEVEL ? SC_EVIDENCE_PASS
                                                   : SC_EVIDENCE_FAIL,
                      0.0, detail);
    return SC_OK;
}

static enum sc_status compare_ours(struct measurement *m, enum sc_pass_kind kind,
                                   struct sc_error *error)
{
    const struct sc_pass_buffers *const x = &m->bench->ours;
    const struct sc_baseline_tensors *const y = &m->bench->exact;

    if (kind == SC_PASS_FORWARD) {
        return compare(m, "o", x->o, y->o, sc_speed_accurate, error);
    }
    const bool fast = kind == SC_PASS_BACKWARD_FAST;
    enum sc_status status =
        compare(m, fast ? "fast_dq" : "dq", x->d_q, y->d_q, sc_speed_accurate, error);
    if (status == SC_OK) {
        status = compare(m, fast ? "fast_dk" : "dk", x->d_k, y->d_k, sc_speed_accurate, error);
    }
    return status == SC_OK
               ? compare(m, fast ? "fast_dv" : "dv", x->d_v, y->d_v, sc_speed_accurate, error)
               : status;
}

/* So that a result is this kernel's. */
static enum sc_status poison(struct measurement *m, struct sc_error *error)
{
    const struct sc_speed_bench *const bench = m->bench;
    uint16_t *const results[] = {bench->ours.o, bench->ours.d_q, bench->ours.d_k, bench->ours.d_v,
                                 bench->unfused};
    enum sc_status status = SC_OK;

    for (size_t n = 0; n < sizeof results / sizeof results[0] && status == SC_OK; n++) {
        status =
            sc_gpu_poison(bench->gpu, results[n], SC_SPEED_ELEMENTS * sizeof *results[n], error);
    }
    return status;
}

/* Ours: `buffers` with the work space that it needs. */
static enum sc_status measure_planned(struct measurement *m, enum sc_speed_runner runner,
                                      enum sc_pass_kind kind, const struct sc_pass_buffers *buffers,
                                      struct sc_error *error)
{
    const struct sc_pass_shape shape = shape_of(m->c);
    const char *const refusal = sc_pass_plan(&m->pass, kind, &shape, buffers);

    note(m, runner, refusal == NULL, refusal);
    if (refusal != NULL) {
        return SC_OK;
    }
    enum sc_status status =
        sc_gpu_write(m->bench->gpu, buffers->bias, &m->pass.bias, sizeof m->pass.bias, error);
    status = status == SC_OK ? poison(m, error) : status;
    if (status == SC_OK) {
        status = sc_gpu_time(m->bench->gpu, m->effort, run_ours, m, &m->times.ms[runner], error);
    }
    return status == SC_OK ? compare_ours(m, kind, error) : status;
}

static enum sc_status measure_ours(struct measurement *m, enum sc_speed_runner runner,
                                   enum sc_pass_kind kind, struct sc_error *error)
{
    const struct sc_pass_shape shape = shape_of(m->c);
    const size_t bytes = sc_pass_workspace(&shape, kind, false).d_q_sums;
    struct sc_pass_buffers buffers = m->bench->ours;
    void *sums = NULL;
    enum sc_status status = bytes > 0 ? sc_gpu_allocate(m->bench->gpu, bytes, &sums, error) : SC_OK;

    if (status == SC_OK) {
        buffers.d_q_sums = sums;
        status = measure_planned(m, runner, kind, &buffers, error);
    }
    sc_gpu_free(m->bench->gpu, sums);
    return status;
}

static enum sc_status measure_unfused(struct measurement *m, struct sc_error *error)
{
    enum sc_status status = poison(m, error);

    note(m, SC_SPEED_FORWARD_UNFUSED, true, NULL);
    if (status == SC_OK) {
        status = sc_gpu_time(m->bench->gpu, m->effort, run_unfused, m,
                             &m->times.ms[SC_SPEED_FORWARD_UNFUSED], error);
    }
    return status == SC_OK
               ? compare(m, "unfused_o", m->bench->unfused, m->bench->exact.o, true, error)
               : status;
}

static void ask(struct measurement *m, enum sc_speed_runner runner, const char *backend,
                const char *pass)
{
    const struct sc_rival_question question = {backend, pass, m->c->d, m->c->n, m->c->causal};
    char why[SC_RIVAL_TEXT_BYTES] = "not asked";

    note(m, runner,
         m->rival != NULL && sc_rival_ask(m->rival, &question, &m->times.ms[runner], why), why);
}

/* Everything of a case, ours beside the rivals. The device waits for nothing while a rival runs. */
static enum sc_status measure(struct measurement *m, struct sc_error *error)
{
    enum sc_status status =
        sc_gpu_exact(m->bench->gpu, &m->baseline, &m->bench->exact, m->bench->workspace,
                     at_once(&m->baseline, SC_FORMAT_FP32), error);

    if (status == SC_OK) {
        status = sc_gpu_wait(m->bench->gpu, "passes in binary64", error);
    }
    if (status == SC_OK) {
        status = measure_ours(m, SC_SPEED_FORWARD, SC_PASS_FORWARD, error);
    }
    if (status != SC_OK) {
        return status;
    }
    ask(m, SC_SPEED_FORWARD_FA2, "flash", "forward");
    ask(m, SC_SPEED_FORWARD_CUDNN, "cudnn", "forward");
    status = measure_unfused(m, error);
    if (status == SC_OK) {
        status = measure_ours(m, SC_SPEED_BACKWARD, SC_PASS_BACKWARD, error);
    }
    if (status == SC_OK) {
        status = measure_ours(m, SC_SPEED_BACKWARD_FAST, SC_PASS_BACKWARD_FAST, error);
    }
    if (status != SC_OK) {
        return status;
    }
    ask(m, SC_SPEED_BACKWARD_FA2, "flash", "backward");
    ask(m, SC_SPEED_BACKWARD_CUDNN, "cudnn", "backward");
    return SC_OK;
}

enum sc_status sc_speed_measure(const struct sc_speed_case *c, bool quick,
                                struct sc_speed_bench *bench, struct sc_rival *rival,
                                struct sc_evidence *evidence, struct sc_error *error)
{
    const struct sc_pass_shape shape = shape_of(c);
    struct measurement m = {.c = c,
                            .effort = quick ? &hasty : &thorough,
                            .bench = bench,
                            .rival = rival,
                            .evidence = evidence,
                            .baseline = baseline_of(&shape)};

    sc_speed_suffix(c, m.suffix);
    const enum sc_status status = measure(&m, error);
    if (status == SC_OK) {
        sc_speed_record(c, &m.times, evidence);
        sc_speed_print_row(c, &m.times, stdout);
    }
    return status;
}
