/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_BENCH_BENCH_H
#define SC_TOOLS_BENCH_BENCH_H

#include "reference/status.h"
#include "tools/report/evidence.h"

/* Measurements of speed: ratios between ways of doing the same thing in the same run, and times of whole
 * jobs. Each adds its figures to the evidence, with spread, and prints a line. */

/* Seconds of processor time, of this process and of the children that it has waited for. */
double sc_bench_processor(void);

/* Shortest, median and longest of `count` times; sorts them. */
struct sc_bench_times {
    double least, median, most;
};
struct sc_bench_times sc_bench_times(double *times, int count);

/* Adds a figure, the median with its spread, to the evidence, and prints a line. Kind and goal: sc_evidence_figure. */
void sc_bench_figure(struct sc_evidence *evidence, const char *name, struct sc_bench_times times,
                     const char *unit, enum sc_evidence_goal kind, double goal);

/* The oracle: T0 against MPFR and arb_dot, whole heads, memory, T2, T3. */
enum sc_status sc_bench_oracle(struct sc_evidence *evidence, struct sc_error *error);

/* Small cases that a fuzzer judges in a second of one core: with a kernel on the host whose own time is not counted,
 * and with our kernels on the emulator, their time included. SC_E_UNAVAILABLE also where results that are right are
 * called wrong. */
enum sc_status sc_bench_fuzz(struct sc_evidence *evidence, struct sc_error *error);

/* Lipschitz constants: Lanczos against its matrix products alone, power iteration in binary32 against certified norms,
 * and whole certified measurements. */
enum sc_status sc_bench_lipschitz(struct sc_evidence *evidence, struct sc_error *error);

#endif
