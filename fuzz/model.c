/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/model.h"

#include <stdio.h>
#include <string.h>

enum sc_status sc_models_of(const char *arithmetic, const struct sc_problem *problem,
                            struct sc_models *models, struct sc_error *error)
{
    const bool fp32 = problem->format_in == SC_FORMAT_FP32;
    const struct sc_kernel_arithmetic best = {
        {fp32 ? SC_CORE_FMA : SC_CORE_H100, SC_SCORE_FUSED, problem->format_in, 0, NULL},
        &sc_activation_limits};
    (void)error;
    models->claimed = strcmp(arithmetic, "unknown") != 0;
    models->count = 2;
    models->list[0].arithmetic = best;
    (void)snprintf(models->list[0].text, sizeof models->list[0].text, "best");
    models->list[1] = models->list[0];
    return SC_OK;
}
