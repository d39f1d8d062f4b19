/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_CHECK_H
#define SC_TOOLS_KERNELS_CHECK_H

#include "reference/judge/kernel_bound.h"
#include "tools/kernels/outputs.h"

#include <stdint.h>

/* Our kernels' outputs held against two things: the prediction of their schedule, bit for bit, where the machine's
 * activation is known exactly, and the rounding-error bound of their arithmetic, against the oracle. */
struct sc_check_tally {
    int64_t cases, refused; /* refused: no kernel does them */
    int64_t failed;         /* cases with a fault, another bit or an element beyond its bound */
    int64_t faults;         /* cases in which a kernel did what it must not */
    int64_t predicted[SC_OUTPUTS], other[SC_OUTPUTS]; /* elements; with other bits, NaN apart */
    int64_t judged[SC_OUTPUTS], beyond[SC_OUTPUTS];   /* elements; beyond the bound, or undecided */
    int64_t unjudged; /* no bound or prediction: a visible input is not finite, or an overflow */
    double worst[SC_OUTPUTS];         /* largest error / bound */
    int64_t bias_judged, bias_beyond; /* the same of db */
    double bias_worst;
    char first[SC_ERROR_TEXT_BYTES]; /* the first failure, in words */
};

/* The sum over the outputs. */
int64_t sc_check_sum(const int64_t counts[SC_OUTPUTS]);

/* The arithmetic of our kernels on the machine that the program is linked with, in the deterministic mode.
 *   activation  the error of its sigmoid, kept; NULL: the machine's (sc_machine_traits) */
struct sc_kernel_arithmetic sc_check_arithmetic(const struct sc_problem *problem,
                                                const struct sc_activation_error *activation);

/* Counts a case, and its fault or refusal; whether there is anything to look at. */
bool sc_check_ran(const struct sc_outputs *outputs, struct sc_check_tally *tally);

/* Every element of O, dQ, dK and dV against the prediction of the schedule.
 *   d_q  whether dQ too: the fast mode has no schedule
 * Statuses of the oracle. */
enum sc_status sc_check_predicted(const struct sc_outputs *outputs,
                                  const struct sc_schedule *schedule, bool d_q,
                                  struct sc_check_tally *tally, struct sc_error *error);

/* Every `every`-th row and key, and db, against the bound.
 *   arithmetic  of the kernels, in the deterministic mode
 *   fast        dQ is of the fast mode: blocks of SC_KEYS_LINES keys added in fp32 by atomic operations, which
 *               flush subnormal numbers: 2^-125 more for each block
 * Statuses of the oracle. */
enum sc_status sc_check_bounded(const struct sc_outputs *outputs,
                                const struct sc_kernel_arithmetic *arithmetic, bool fast,
                                int32_t every, struct sc_check_tally *tally,
                                struct sc_error *error);

#endif
