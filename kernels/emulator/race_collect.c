/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/memory.h"
#include "kernels/emulator/race.h"

#include <stdlib.h>
#include <string.h>

/* Records of race.c in use, and their collection: a program without a barrier of the whole block would
 * need ever more of them, though two a thread and byte are enough. */

#define FIRST_LIMIT (1u << 20)

/* Copies a list without records that a later one of the same thread stands for. */
static uint32_t copy_list(struct sc_race *race, struct sc_race_node *to, uint32_t *count,
                          uint32_t head)
{
    uint32_t first = 0, last = 0;

    memset(race->latest, 0, 2 * (size_t)race->threads * sizeof race->latest[0]);
    for (uint32_t i = head; i != 0; i = race->nodes[i].next) {
        const size_t of = (size_t)(race->nodes[i].mark & 0xffff); /* thread << 1 | atomic */
        if (race->latest[of] != 0) {
            continue;
        }
        race->latest[of] = 1;
        to[*count] = race->nodes[i];
        to[*count].next = 0;
        if (last != 0) {
            to[last].next = *count;
        } else {
            first = *count;
        }
        last = (*count)++;
    }
    return first;
}

static uint32_t copy_lists(struct sc_race *race, struct sc_race_node *to, uint32_t count,
                           const struct sc_memory *memory)
{
    uint32_t before = 0, now = 0;

    for (size_t from = 0, end; sc_memory_run(memory, &from, &end, memory->used); from = end) {
        for (size_t i = from; i < end; i++) {
            struct sc_race_cell *cell = &memory->cells[i];
            if (cell->phase != race->phase || cell->head == 0) {
                continue;
            }
            if (cell->head != before) {
                before = cell->head;
                now = copy_list(race, to, &count, before);
            }
            cell->head = now;
        }
    }
    return count;
}

/* The length that copy_list can make of a list, at most. */
static uint64_t most_of(const struct sc_race *race, uint32_t head)
{
    const uint64_t enough = 2 * (uint64_t)race->threads;
    uint64_t length = 0;

    for (uint32_t i = head; i != 0 && length < enough; i = race->nodes[i].next) {
        length++;
    }
    return length;
}

/* As much as copy_lists can need: it copies a list once for each run of bytes that have it. */
static uint64_t most_after(const struct sc_race *race, const struct sc_memory *memory)
{
    uint64_t most = 0;
    uint32_t before = 0;

    for (size_t from = 0, end; sc_memory_run(memory, &from, &end, memory->used); from = end) {
        for (size_t i = from; i < end; i++) {
            const struct sc_race_cell *cell = &memory->cells[i];
            if (cell->phase == race->phase && cell->head != 0 && cell->head != before) {
                before = cell->head;
                most += most_of(race, before);
            }
        }
    }
    return most;
}

static bool collect(struct sc_race *race, struct sc_memory *const memories[2])
{
    const uint64_t most = most_after(race, memories[0]) + most_after(race, memories[1]) + 1;
    const uint64_t room = most > race->nodes_room ? most : race->nodes_room;
    uint32_t count = 1;

    if (room > UINT32_MAX) {
        return false;
    }
    struct sc_race_node *to = malloc((size_t)room * sizeof to[0]);
    if (to == NULL) {
        return false;
    }
    for (int m = 0; m < 2; m++) {
        count = copy_lists(race, to, count, memories[m]);
    }
    free(race->nodes);
    race->nodes = to;
    race->nodes_room = (uint32_t)room;
    race->nodes_count = count;
    race->nodes_limit = count > FIRST_LIMIT / 2 ? 2 * count : FIRST_LIMIT;
    return true;
}

static bool grow(struct sc_race *race, uint32_t needed)
{
    const uint64_t room = 2 * (uint64_t)needed;

    if (room > UINT32_MAX) {
        return false;
    }
    struct sc_race_node *nodes = realloc(race->nodes, (size_t)room * sizeof nodes[0]);
    if (nodes == NULL) {
        return false;
    }
    race->nodes = nodes;
    race->nodes_room = (uint32_t)room;
    return true;
}

bool sc_race_reserve(struct sc_race *race, struct sc_memory *const memories[2], size_t bytes)
{
    if (race->nodes_limit == 0) {
        race->nodes_limit = FIRST_LIMIT;
    }
    if (race->nodes_count > race->nodes_limit && !collect(race, memories)) {
        return false;
    }
    return race->nodes_count + bytes < race->nodes_room ||
           grow(race, race->nodes_count + (uint32_t)bytes + 1);
}
