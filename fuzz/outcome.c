/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/outcome.h"

#include <stdlib.h>

void sc_outcome_destroy(struct sc_outcome *outcome)
{
    for (int32_t n = 0; n < SC_TENSORS; n++) {
        free(outcome->bits[n]);
        outcome->bits[n] = NULL;
    }
    free(outcome->d_b);
    outcome->d_b = NULL;
}
