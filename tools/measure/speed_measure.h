/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_SPEED_MEASURE_H
#define SC_TOOLS_MEASURE_SPEED_MEASURE_H

#include "tools/measure/rival.h"
#include "tools/measure/speed_bench.h"

/* The activation of this build (kernels/activation.h). The fast one has no relative bound: P, about 1 / n, may be
 * anything. */
extern const bool sc_speed_accurate;

/* One case: the figures of tools/measure/speed_record.h, checks that each result is the exact one but for rounding, one
 * for each time that it is there, and a row of the table on standard output. Ours and the rivals take turns.
 *   quick  few repeats
 *   rival  NULL: not asked
 * SC_E_UNAVAILABLE, SC_E_MEMORY: the device. */
enum sc_status sc_speed_measure(const struct sc_speed_case *c, bool quick,
                                struct sc_speed_bench *bench, struct sc_rival *rival,
                                struct sc_evidence *evidence, struct sc_error *error);

#endif
