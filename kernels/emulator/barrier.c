/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/barrier.h"

#include "kernels/emulator/meeting.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"

/* Warps come as a whole: the hardware counts them, not threads. */
static void check_whole_warps(struct sc_emulator *emulator, const int32_t *members, int32_t count,
                              uintptr_t site)
{
    for (int32_t m = 0; m < count; m++) {
        if (m % 32 != 0 ? members[m] != members[m - 1] + 1 : members[m] % 32 != 0) {
            const struct sc_fault_place other =
                sc_raise_place(emulator, members[m], emulator->threads[members[m]].site);
            sc_raise(emulator, SC_FAULT_DIVERGENT_BARRIER, site, &other, NULL, 0);
        }
    }
}

/* Each thread brings a flag; all take away whether any was set. */
static void combine(const struct sc_emulator *emulator, const int32_t *members, int32_t count)
{
    int32_t any = 0;

    for (int32_t m = 0; m < count; m++) {
        any |= *(const int32_t *)emulator->threads[members[m]].offer;
    }
    for (int32_t m = 0; m < count; m++) {
        *(int32_t *)emulator->threads[members[m]].offer = any;
    }
}

static int32_t meet(struct sc_state_meeting *meeting, enum sc_state_meeting_kind kind,
                    int32_t threads, int32_t flag, uintptr_t site)
{
    struct sc_emulator *emulator = sc_state_running;
    int32_t members[SC_EMULATOR_THREADS_MAX], offer = flag;

    if (sc_meeting_come(emulator, meeting, kind, threads, &offer, site)) {
        const int32_t count = sc_meeting_members(emulator, meeting, members);
        check_whole_warps(emulator, members, count, site);
        combine(emulator, members, count);
        sc_race_join(&emulator->race, members, count);
        sc_meeting_end(emulator, meeting);
    }
    return offer;
}

void sc_barrier_block(void)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    (void)meet(&emulator->barriers[0], SC_STATE_BLOCK, emulator->threads_count, 0, site);
}

int32_t sc_barrier_any(int32_t x)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    return meet(&emulator->barriers[0], SC_STATE_BLOCK_ANY, emulator->threads_count, x != 0, site);
}

static int32_t meet_some(enum sc_state_meeting_kind kind, int32_t name, int32_t threads, int32_t x,
                         uintptr_t site)
{
    struct sc_emulator *emulator = sc_state_running;

    sc_schedule_step(emulator, site);
    if (name < 1 || name >= SC_STATE_BARRIERS || threads < 32 || threads % 32 != 0 ||
        threads > emulator->threads_count) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
    return meet(&emulator->barriers[name], kind, threads, x != 0, site);
}

void sc_barrier_some(int32_t name, int32_t threads)
{
    (void)meet_some(SC_STATE_SOME, name, threads, 0, (uintptr_t)__builtin_return_address(0));
}

int32_t sc_barrier_some_any(int32_t name, int32_t threads, int32_t x)
{
    return meet_some(SC_STATE_SOME_ANY, name, threads, x, (uintptr_t)__builtin_return_address(0));
}

void sc_barrier_warp(void)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    (void)meet(&emulator->warps[emulator->current / 32], SC_STATE_WARP, 32, 0, site);
}
