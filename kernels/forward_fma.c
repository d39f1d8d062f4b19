/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/forward_fma.h"

#include "kernels/fma.h"
#include "kernels/instances.h"
#include "kernels/plan.h"

void sc_forward_fma(const void *arguments);

const char *sc_forward_fma_plan(const struct sc_problem *host, const struct sc_problem *machine,
                                const struct sc_forward_buffers *buffers,
                                struct sc_forward_arguments *arguments, struct sc_launch *launch)
{
    const char *refusal = sc_plan_refusal(host, SC_FMA_FORWARD_LINES);

    if (refusal != NULL) {
        return refusal;
    }
    const int32_t row_tiles = sc_plan_row_tiles(host, SC_FMA_FORWARD_LINES);
    const int64_t work = sc_plan_work(host, host->heads_q, row_tiles);
    const struct sc_forward_arguments filled = {
        .problem = *machine,
        .q = buffers->q,
        .k = buffers->k,
        .v = buffers->v,
        .o = buffers->o,
        .work = work,
        .blocks = sc_plan_blocks(work),
        .row_tiles = row_tiles,
        .copies_q = sc_plan_aligned(buffers->q, host->format_in, &host->q),
        .copies_k = sc_plan_aligned(buffers->k, host->format_in, &host->k),
        .copies_v = sc_plan_aligned(buffers->v, host->format_in, &host->v),
    };
    const struct sc_launch found = {sc_forward_fma,    arguments,
                                    sizeof *arguments, filled.blocks,
                                    SC_BLOCK_THREADS,  sc_fma_forward_bytes(host->d, host->d_v)};

    *arguments = filled;
    *launch = found;
    return NULL;
}
