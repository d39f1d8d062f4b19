/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/memory.h"
#include "kernels/emulator/race.h"

#include <string.h>

/* What gates order, and what publications have. */

static void raise_to(const struct sc_race *race, uint32_t *clocks, const uint32_t *least)
{
    for (int32_t t = 0; t < race->width; t++) {
        clocks[t] = least[t] > clocks[t] ? least[t] : clocks[t];
    }
}

void sc_race_leave(struct sc_race *race, int32_t thread, uint32_t *clocks)
{
    raise_to(race, clocks, sc_race_clocks(race, thread));
    sc_race_clocks(race, thread)[thread]++;
}

void sc_race_take(struct sc_race *race, int32_t thread, const uint32_t *clocks)
{
    raise_to(race, sc_race_clocks(race, thread), clocks);
}

void sc_race_take_copies(struct sc_race *race, int32_t thread, uint32_t arrival)
{
    uint32_t *known = &sc_race_clocks(race, thread)[race->threads + thread];

    *known = arrival > *known ? arrival : *known;
}

void sc_race_widen(struct sc_race *race)
{
    race->width = 2 * race->threads;
}

void sc_race_leave_copies(const struct sc_race *race, int32_t thread, uint32_t arrival,
                          uint32_t *clocks)
{
    uint32_t *left = &clocks[race->threads + thread];

    *left = arrival > *left ? arrival : *left;
}

void sc_race_own_copy(struct sc_race *race, struct sc_memory *memory, size_t start, size_t bytes,
                      int32_t thread, uint32_t arrival, uintptr_t site)
{
    const uint64_t mark = (uint64_t)site << 16 | SC_RACE_COPIES | (uint64_t)thread << 1;
    const struct sc_race_who who = {mark, race->era, arrival};

    for (size_t i = start; i < start + bytes; i++) {
        memory->cells[i].write = who;
        memory->cells[i].phase = race->phase;
        memory->cells[i].head = 0;
    }
}

void sc_race_publish(struct sc_race *race, int32_t thread)
{
    const size_t n = 2 * (size_t)race->threads;

    memcpy(race->published + (size_t)thread * n, sc_race_clocks(race, thread),
           n * sizeof race->published[0]);
}

const uint32_t *sc_race_published(const struct sc_race *race, int32_t thread)
{
    return race->published + (size_t)thread * 2 * (size_t)race->threads;
}
