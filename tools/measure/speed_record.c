/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/speed_record.h"

#define NAME_BYTES 96

static const struct runner {
    const char *pass, *who;    /* as in names of figures */
    enum sc_speed_runner ours; /* what it is a rival of; itself: of nobody */
} runners[SC_SPEED_RUNNERS] = {
    {"forward", "", SC_SPEED_FORWARD},       {"forward", "_fa2", SC_SPEED_FORWARD},
    {"forward", "_cudnn", SC_SPEED_FORWARD}, {"forward", "_unfused", SC_SPEED_FORWARD},
    {"backward", "", SC_SPEED_BACKWARD},     {"backward", "_fast", SC_SPEED_BACKWARD_FAST},
    {"backward", "_fa2", SC_SPEED_BACKWARD}, {"backward", "_cudnn", SC_SPEED_BACKWARD}};

const char *sc_speed_name(enum sc_speed_runner runner)
{
    static const char *const names[SC_SPEED_RUNNERS] = {
        "forward",  "forward_fa2",   "forward_cudnn", "forward_unfused",
        "backward", "backward_fast", "backward_fa2",  "backward_cudnn"};

    return names[runner];
}

void sc_speed_suffix(const struct sc_speed_case *c, char text[32])
{
    (void)snprintf(text, 32, "d%d.n%d.%s", c->d, c->n, c->causal ? "causal" : "full");
}

double sc_speed_operations(const struct sc_speed_case *c, enum sc_speed_runner runner)
{
    /* b h d is tokens / n times the hidden width. */
    const double forward =
        4.0 * SC_SPEED_TOKENS * SC_SPEED_HIDDEN * (double)c->n * (c->causal ? 0.5 : 1.0);

    return runner < SC_SPEED_BACKWARD ? forward : 2.5 * forward;
}

static double tflops(const struct sc_speed_case *c, enum sc_speed_runner runner, double ms)
{
    return sc_speed_operations(c, runner) / ms * 1e-9;
}

/* How many times as fast ours is: the medians, and the extremes. */
static struct sc_bench_times speedup(const struct sc_bench_times *ours,
                                     const struct sc_bench_times *rival)
{
    const struct sc_bench_times ratio = {rival->least / ours->most, rival->median / ours->median,
                                         rival->most / ours->least};

    return ratio;
}

static void add(struct sc_evidence *evidence, const char *name, struct sc_bench_times value,
                const char *unit, enum sc_evidence_goal kind, double goal)
{
    sc_evidence_figure(evidence, name, value.median, unit, kind, goal);
    sc_evidence_spread(evidence, value.least, value.most);
}

static void record_speedup(const struct sc_speed_case *c, const char *suffix,
                           enum sc_speed_runner ours, enum sc_speed_runner rival,
                           const struct sc_speed_times *times, struct sc_evidence *evidence)
{
    const struct runner *const r = &runners[rival];
    const char *const fast = ours == SC_SPEED_BACKWARD_FAST ? "fast_" : "";
    char name[NAME_BYTES];

    if (!times->known[ours] || !times->known[rival]) {
        return;
    }
    const struct sc_bench_times ratio = speedup(&times->ms[ours], &times->ms[rival]);
    (void)snprintf(name, sizeof name, "gpu.%s.%sspeedup_vs%s.%s", r->pass, fast, r->who, suffix);
    add(evidence, name, ratio, "1", SC_EVIDENCE_NONE, 0.0);
    const bool fa2 = rival == SC_SPEED_FORWARD_FA2 || rival == SC_SPEED_BACKWARD_FA2;
    if (fa2 && fast[0] == '\0' && c->n == 16384 && !c->causal && (c->d == 64 || c->d == 128)) {
        (void)snprintf(name, sizeof name, "gpu.%s.speedup_vs_fa2.d%d", r->pass, c->d);
        add(evidence, name, ratio, "1", SC_EVIDENCE_AT_LEAST,
            rival == SC_SPEED_FORWARD_FA2 ? 1.25 : 1.1);
    }
}

void sc_speed_record(const struct sc_speed_case *c, const struct sc_speed_times *times,
                     struct sc_evidence *evidence)
{
    char suffix[32], name[NAME_BYTES];

    sc_speed_suffix(c, suffix);
    for (int n = 0; n < SC_SPEED_RUNNERS; n++) {
        const enum sc_speed_runner runner = (enum sc_speed_runner)n;
        const struct sc_bench_times *const ms = &times->ms[n];
        if (times->known[n]) {
            const struct sc_bench_times speed = {tflops(c, runner, ms->most),
                                                 tflops(c, runner, ms->median),
                                                 tflops(c, runner, ms->least)};
            (void)snprintf(name, sizeof name, "gpu.%s.tflops%s.%s", runners[n].pass, runners[n].who,
                           suffix);
            add(evidence, name, speed, "TFLOP/s", SC_EVIDENCE_NONE, 0.0);
        }
    }
    for (int n = 0; n < SC_SPEED_RUNNERS; n++) {
        const enum sc_speed_runner ours = runners[n].ours, rival = (enum sc_speed_runner)n;
        if (ours != rival) {
            record_speedup(c, suffix, ours, rival, times, evidence);
        }
        if (ours != rival && ours == SC_SPEED_BACKWARD) {
            record_speedup(c, suffix, SC_SPEED_BACKWARD_FAST, rival, times, evidence);
        }
    }
}

void sc_speed_print_head(FILE *out)
{
    (void)fputs("| d | n | mask | forward, TFLOP/s | × FA2 | × cuDNN | × unfused | backward, "
                "deterministic | fast | × FA2 | × cuDNN |\n"
                "|---|---|---|---|---|---|---|---|---|---|---|\n",
                out);
    (void)fflush(out);
}

static void print_speed(const struct sc_speed_case *c, const struct sc_speed_times *times,
                        enum sc_speed_runner runner, FILE *out)
{
    if (times->known[runner]) {
        (void)fprintf(out, " %.0f |", tflops(c, runner, times->ms[runner].median));
    } else {
        (void)fputs(" – |", out);
    }
}

static void print_speedup(const struct sc_speed_times *times, enum sc_speed_runner rival, FILE *out)
{
    const enum sc_speed_runner ours = runners[rival].ours;

    if (times->known[ours] && times->known[rival]) {
        (void)fprintf(out, " %.2f |", speedup(&times->ms[ours], &times->ms[rival]).median);
    } else {
        (void)fputs(" – |", out);
    }
}

void sc_speed_print_row(const struct sc_speed_case *c, const struct sc_speed_times *times,
                        FILE *out)
{
    (void)fprintf(out, "| %d | %d | %s |", c->d, c->n, c->causal ? "causal" : "full");
    print_speed(c, times, SC_SPEED_FORWARD, out);
    print_speedup(times, SC_SPEED_FORWARD_FA2, out);
    print_speedup(times, SC_SPEED_FORWARD_CUDNN, out);
    print_speedup(times, SC_SPEED_FORWARD_UNFUSED, out);
    print_speed(c, times, SC_SPEED_BACKWARD, out);
    print_speed(c, times, SC_SPEED_BACKWARD_FAST, out);
    print_speedup(times, SC_SPEED_BACKWARD_FA2, out);
    print_speedup(times, SC_SPEED_BACKWARD_CUDNN, out);
    (void)fputs("\n", out);
    (void)fflush(out);
}
