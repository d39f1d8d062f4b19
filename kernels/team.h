/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_TEAM_H
#define SC_KERNELS_TEAM_H

#include "kernels/primitives/barrier.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/shuffle.h"

/* The threads that have the same lines: those of a block, or, where SC_TEAMS is more than 1, of one of its so many
 * warpgroups. A team meets by itself: what one does about its lines, the others need not wait for. */
#ifndef SC_TEAMS
#define SC_TEAMS 1
#endif
#define SC_TEAM_THREADS 128 /* of several */

/* Number of the thread's team in its block, and of the thread in its team. */
SC_DEVICE int32_t sc_team(void)
{
    return SC_TEAMS > 1 ? sc_shuffle_same(sc_grid_thread() / SC_TEAM_THREADS) : 0;
}

SC_DEVICE int32_t sc_team_thread(void)
{
    return SC_TEAMS > 1 ? sc_grid_thread() % SC_TEAM_THREADS : sc_grid_thread();
}

/* x, which is the same in all threads of a team. One of several says so to the compiler: where it does not know that the
 * threads of a warp stay together, it moves each descriptor of a product from one register to another. */
SC_DEVICE int32_t sc_team_same(int32_t x)
{
    return SC_TEAMS > 1 ? sc_shuffle_same(x) : x;
}

/* sc_barrier_block and sc_barrier_any of a team. */
SC_DEVICE void sc_team_barrier(void)
{
    if (SC_TEAMS > 1) {
        sc_barrier_some(1 + sc_team(), SC_TEAM_THREADS);
    } else {
        sc_barrier_block();
    }
}

SC_DEVICE int32_t sc_team_any(int32_t x)
{
    return SC_TEAMS > 1 ? sc_barrier_some_any(1 + sc_team(), SC_TEAM_THREADS, x)
                        : sc_barrier_any(x);
}

#endif
