/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/grid.h"

#include "kernels/emulator/state.h"

int32_t sc_grid_thread(void)
{
    return sc_state_running->current;
}

int32_t sc_grid_block(void)
{
    return sc_state_running->block;
}

unsigned char *sc_grid_shared(void)
{
    const struct sc_memory *shared = &sc_state_running->shared;

    return shared->bytes + shared->parts[0].start;
}
