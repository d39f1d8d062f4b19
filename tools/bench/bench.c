/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench.h"

#include <stdlib.h>
#include <time.h>

double sc_bench_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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
