/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_MODEL_H
#define SC_FUZZ_MODEL_H

#include "fuzz/worker.h"
#include "reference/judge/kernel_bound.h"

#include <stdbool.h>
#include <stdint.h>

/* The arithmetics that a kernel's outputs are held against. */

#define SC_MODELS_MAX 32

struct sc_model {
    struct sc_kernel_arithmetic arithmetic;
    char text[160]; /* for a report */
};

struct sc_models {
    bool
        claimed; /* list[1] is what the kernel declares; else candidates follow, of which one may fit */
    int32_t count;                       /* at least 2 */
    struct sc_model list[SC_MODELS_MAX]; /* list[0]: the best arithmetic of the formats */
};

/* The models of a kernel for a problem's formats. A declaration without a part for them, or one that cannot be, is
 * as good as "unknown".
 * SC_E_INPUT: the text is none. Then *models is unspecified. */
enum sc_status sc_models_of(const char *arithmetic, const struct sc_problem *problem,
                            struct sc_models *models, struct sc_error *error);

#endif
