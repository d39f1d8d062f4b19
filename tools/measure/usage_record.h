/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_USAGE_RECORD_H
#define SC_TOOLS_MEASURE_USAGE_RECORD_H

#include "tools/report/evidence.h"

#include <stdint.h>

#define SC_USAGE_SHORTEST 1024
#define SC_USAGE_LONGEST  65536

/* Runs every pass at every length that doubles from the shortest to `largest`. Figures, for KIND of forward, backward,
 * backward_db, backward_fast, backward_fast_db, unfused and a width:
 *   gpu.memory.KIND.bytes_per_token.d64            of all buffers, as the driver says, from half the largest length to it
 *   gpu.memory.KIND.workspace_bytes_per_token.d64  of those that are neither inputs nor outputs, by the plan
 *   gpu.memory.KIND.bytes.d64.n65536               at the largest length, as the driver says
 * Checks, "gpu.memory.KIND.CHECK.d64":
 *   linear            what the driver says, but for what it rounds up to
 *   workspace_linear  what the plan asks for, exactly
 *   as_planned        nothing is taken that was not asked for
 *   results           every element is written, and a sample agrees with the reference
 * The unfused pass has `quadratic` in the place of the first two: the same test must refuse it.
 * SC_E_UNAVAILABLE: no GPU, or it refused. SC_E_MEMORY. */
enum sc_status sc_usage_measure(int32_t largest, struct sc_evidence *evidence,
                                struct sc_error *error);

#endif
