/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_MODEL_H
#define SC_FUZZ_MODEL_H

#include "reference/judge/arithmetic_text.h"

#include <stdbool.h>
#include <stdint.h>

/* The arithmetics that a kernel's outputs are held against. */

#define SC_MODELS_MAX 16

struct sc_model {
    struct sc_kernel_arithmetic arithmetic;
    int32_t same_as; /* the first model with this arithmetic */
    char text[160];  /* for a report */
};

struct sc_models {
    bool
        claimed; /* list[1] is what the kernel declares; else candidates follow, of which one may fit */
    int32_t count;                       /* at least 2 */
    struct sc_model list[SC_MODELS_MAX]; /* list[0]: the best arithmetic of the formats */
    struct sc_arithmetic_text declared;  /* list[1] points into it */
};

/* The models of a kernel for a problem's formats.
 *   text    what the kernel declares (reference/judge/arithmetic_text.h), with a part for each input format
 *           (fuzz/traits.h) or one for all. Without one for these formats, or with one that cannot be on them, it is
 *           as good as "unknown".
 *   models  receives them; it must not be moved
 * SC_E_INPUT: the text is none. Then *models is unspecified. */
enum sc_status sc_models_set(const char *text, const struct sc_problem *problem,
                             struct sc_models *models, struct sc_error *error);

#endif
