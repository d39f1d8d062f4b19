/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/arithmetic_model.h"

#include "reference/judge/activation.h"

#include <stddef.h>

struct sc_kernel_arithmetic sc_arithmetic_best(const struct sc_problem *problem)
{
    const bool wide = problem->format_in == SC_FORMAT_FP32;

    return (struct sc_kernel_arithmetic){.schedule = {wide ? SC_CORE_FMA : SC_CORE_H100,
                                                      SC_SCORE_FUSED, problem->format_in, 0, NULL},
                                         .activation = &sc_activation_limits,
                                         .order = wide ? SC_ORDER_ANY : SC_ORDER_DECLARED};
}

/* A tile of 64 is the least in use; one term of log2 e and products for dS are what plain code has. */
static const char *const narrow[] = {
    "core=h100",
    "core=h100 order=tiled tile=64 group=fp32 spread=products",
    "core=h100 order=tiled tile=64 group=fp32 spread=products activation=one-term",
    "core=h100 order=tiled tile=64 group=input spread=products activation=one-term",
    "core=h100 score=separate order=tiled tile=16 parts=64 group=input spread=products "
    "activation=one-term",
    "core=h100 score=separate order=tiled tile=64 group=input spread=products "
    "activation=tanh-h100",
    "core=fma score=separate p=fp32 order=any group=input spread=products flush=1 "
    "activation=one-term",
    "core=h100 score=separate order=any parts=64 part=input group=input spread=products flush=1 "
    "truncate=1 activation=tanh-h100",
    NULL};

static const char *const wide[] = {
    "core=fma order=any group=fp32",
    "core=fma score=separate order=any group=fp32 spread=products activation=one-term",
    "core=fma score=separate order=any group=fp32 spread=products flush=1 activation=one-term",
    "core=fma score=separate order=any group=fp32 spread=products flush=1 activation=tanh-h100",
    NULL};

const char *const *sc_arithmetic_candidates(const struct sc_problem *problem)
{
    return problem->format_in == SC_FORMAT_FP32 ? wide : narrow;
}
