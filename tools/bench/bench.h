/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_BENCH_BENCH_H
#define SC_TOOLS_BENCH_BENCH_H

#include "reference/status.h"
#include "tools/report/evidence.h"

/* Measurements of speed: ratios between ways of doing the same thing in the same run, and times of whole
 * jobs. Each adds its figures to the evidence, with spread, and prints a line. */

/* Monotonic seconds. */
double sc_bench_now(void);

/* Shortest, median and longest of `count` times; sorts them. */
struct sc_bench_times {
    double least, median, most;
};
struct sc_bench_times sc_bench_times(double *times, int count);

/* The oracle: T0 against MPFR and arb_dot, whole heads, memory, T2, T3. */
enum sc_status sc_bench_oracle(struct sc_evidence *evidence, struct sc_error *error);

#endif
