/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"
#include "fuzz/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double seconds_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           1e-6 * (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

double sc_bench_processor(void)
{
    struct rusage children;
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    (void)getrusage(RUSAGE_CHILDREN, &children);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec + seconds_of(&children);
}

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

struct sc_bench_times sc_bench_times(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, ascending);
    return (struct sc_bench_times){times[0], times[count / 2], times[count - 1]};
}

void sc_bench_figure(struct sc_evidence *evidence, const char *name, struct sc_bench_times times,
                     const char *unit, enum sc_evidence_goal kind, double goal)
{
    sc_evidence_figure(evidence, name, times.median, unit, kind, goal);
    sc_evidence_spread(evidence, times.least, times.most);
    (void)printf("%-46s %10.4g %-4s [%.4g, %.4g]", name, times.median, unit[0] == '1' ? "" : unit,
                 times.least, times.most);
    if (kind != SC_EVIDENCE_NONE) {
        (void)printf("  goal %s %g: %s", kind == SC_EVIDENCE_AT_LEAST ? ">=" : "<=", goal,
                     sc_evidence_goal_met(kind, times.median, goal) ? "met" : "NOT MET");
    }
    (void)puts("");
    (void)fflush(stdout);
}
