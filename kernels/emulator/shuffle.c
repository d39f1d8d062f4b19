/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/shuffle.h"

#include "kernels/emulator/meeting.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"

/* What a lane brings, and then takes away: `from` is the lane whose x it wants. */
struct exchange {
    float x;
    int32_t from, flag;
};

static struct exchange *exchange_of(const struct sc_emulator *emulator, int32_t lane)
{
    return sc_meeting_offer(emulator, lane);
}

static void exchange(const struct sc_emulator *emulator)
{
    float x[SC_WARP];

    for (int32_t lane = 0; lane < SC_WARP; lane++) {
        x[lane] = exchange_of(emulator, exchange_of(emulator, lane)->from)->x;
    }
    for (int32_t lane = 0; lane < SC_WARP; lane++) {
        exchange_of(emulator, lane)->x = x[lane];
    }
}

static void any(const struct sc_emulator *emulator)
{
    int32_t flag = 0;

    for (int32_t lane = 0; lane < SC_WARP; lane++) {
        flag |= exchange_of(emulator, lane)->flag;
    }
    for (int32_t lane = 0; lane < SC_WARP; lane++) {
        exchange_of(emulator, lane)->flag = flag;
    }
}

static void check_same(struct sc_emulator *emulator, uintptr_t site)
{
    for (int32_t lane = 1; lane < SC_WARP; lane++) {
        if (exchange_of(emulator, lane)->flag != exchange_of(emulator, 0)->flag) {
            sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
        }
    }
}

/* The x of a lane: of number `lane`, or of the present one's combined with `lane`. */
static float shuffle(float x, int32_t lane, bool combined, uintptr_t site)
{
    struct sc_emulator *emulator = sc_state_running;
    const int32_t own = emulator->current % SC_WARP;
    struct exchange offer = {x, combined ? own ^ lane : lane, 0};

    sc_schedule_step(emulator, site);
    if (lane < 0 || lane >= SC_WARP) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
    if (sc_meeting_come_warp(emulator, SC_STATE_SHUFFLE, &offer, site)) {
        exchange(emulator);
        sc_meeting_end_warp(emulator);
    }
    return offer.x;
}

float sc_shuffle_xor(float x, int32_t mask)
{
    return shuffle(x, mask, true, (uintptr_t)__builtin_return_address(0));
}

float sc_shuffle_from(float x, int32_t lane)
{
    return shuffle(x, lane, false, (uintptr_t)__builtin_return_address(0));
}

int32_t sc_shuffle_same(int32_t x)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);
    struct exchange offer = {0.0f, 0, x};

    sc_schedule_step(emulator, site);
    if (sc_meeting_come_warp(emulator, SC_STATE_SAME, &offer, site)) {
        check_same(emulator, site);
        sc_meeting_end_warp(emulator);
    }
    return x;
}

int32_t sc_shuffle_any(int32_t x)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);
    struct exchange offer = {0.0f, 0, x != 0};

    sc_schedule_step(emulator, site);
    if (sc_meeting_come_warp(emulator, SC_STATE_ANY, &offer, site)) {
        any(emulator);
        sc_meeting_end_warp(emulator);
    }
    return offer.flag;
}
