/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/race.h"

#include "kernels/emulator/memory.h"

#include <stdlib.h>
#include <string.h>

/* One access of one thread. */
struct access {
    struct sc_race_who who;
    enum sc_race_kind kind;
    const uint32_t *seen; /* the clocks of its thread */
};

bool sc_race_launch(struct sc_race *race, int32_t threads)
{
    const size_t n = (size_t)threads;

    if (threads > race->clocks_room) {
        free(race->clocks);
        free(race->published);
        free(race->joined);
        free(race->latest);
        race->clocks = malloc(n * 2 * n * sizeof race->clocks[0]);
        race->published = malloc(n * 2 * n * sizeof race->published[0]);
        race->joined = malloc(2 * n * sizeof race->joined[0]);
        race->latest = malloc(2 * n * sizeof race->latest[0]);
        race->clocks_room = threads;
        if (race->clocks == NULL || race->published == NULL || race->joined == NULL ||
            race->latest == NULL) {
            race->clocks_room = 0;
            return false;
        }
    }
    race->threads = threads;
    race->era_first = race->era + 1;
    race->atomics = false;
    return true;
}

void sc_race_release(struct sc_race *race)
{
    free(race->clocks);
    free(race->published);
    free(race->joined);
    free(race->latest);
    free(race->nodes);
}

static void next_phase(struct sc_race *race)
{
    race->phase++;
    race->nodes_count = 1; /* 0 ends a list */
}

void sc_race_block(struct sc_race *race)
{
    const size_t n = (size_t)race->threads;

    race->era++;
    next_phase(race);
    race->width = race->threads;
    memset(race->clocks, 0, n * 2 * n * sizeof race->clocks[0]);
    for (size_t t = 0; t < n; t++) {
        race->clocks[t * 2 * n + t] = 1;
    }
}

static void join_all(struct sc_race *race)
{
    const size_t n = (size_t)race->threads;

    for (size_t t = 0; t < n; t++) {
        race->joined[t] = race->clocks[t * 2 * n + t]; /* nobody knows more of t than t */
    }
    for (size_t t = 0; t < n; t++) {
        memcpy(race->clocks + t * 2 * n, race->joined, n * sizeof race->joined[0]);
        race->clocks[t * 2 * n + t]++;
    }
}

static void join_some(struct sc_race *race, const int32_t *members, int32_t count)
{
    const size_t n = (size_t)race->width;

    memset(race->joined, 0, n * sizeof race->joined[0]);
    for (int32_t m = 0; m < count; m++) {
        const uint32_t *clocks = sc_race_clocks(race, members[m]);
        for (size_t t = 0; t < n; t++) {
            race->joined[t] = clocks[t] > race->joined[t] ? clocks[t] : race->joined[t];
        }
    }
    for (int32_t m = 0; m < count; m++) {
        memcpy(sc_race_clocks(race, members[m]), race->joined, n * sizeof race->joined[0]);
        sc_race_clocks(race, members[m])[members[m]]++;
    }
}

void sc_race_join(struct sc_race *race, const int32_t *members, int32_t count)
{
    if (count == race->threads && race->width == race->threads) {
        join_all(race);
    } else {
        join_some(race, members, count);
    }
    if (count == race->threads) {
        next_phase(race);
    }
}

static struct access access_of(struct sc_race *race, enum sc_race_kind kind, int32_t thread,
                               uintptr_t site)
{
    const uint32_t *seen = sc_race_clocks(race, thread);
    const uint64_t atomic = kind == SC_RACE_ATOMIC;
    const struct access access = {
        {(uint64_t)site << 16 | (uint64_t)thread << 1 | atomic, race->era, seen[thread]},
        kind,
        seen};

    return access;
}

static bool conflicts(const struct access *access, uint64_t mark, uint32_t clock)
{
    const bool atomic = mark % 2 != 0;
    const bool allowed =
        (access->kind == SC_RACE_READ && !atomic) || (access->kind == SC_RACE_ATOMIC && atomic);

    return !allowed && clock > access->seen[sc_race_thread(mark)];
}

/* Against the accesses of the same block since the last write. */
static bool races_within(const struct sc_race *race, const struct sc_race_cell *cell,
                         const struct access *access, struct sc_race_who *other)
{
    if (access->kind == SC_RACE_READ && !race->atomics) {
        return false;
    }
    for (uint32_t i = cell->phase == race->phase ? cell->head : 0; i != 0;
         i = race->nodes[i].next) {
        const struct sc_race_node *node = &race->nodes[i];
        if (conflicts(access, node->mark, node->clock)) {
            const struct sc_race_who who = {node->mark, race->era, node->clock};
            *other = who;
            return true;
        }
    }
    return false;
}

/* Whether the first one of a kind was another block of this launch. */
static bool another(const struct sc_race *race, const struct sc_race_who *first,
                    struct sc_race_who *other)
{
    if (first->era < race->era_first || first->era == race->era) {
        return false;
    }
    *other = *first;
    return true;
}

static bool races_across(const struct sc_race *race, const struct sc_race_across *across,
                         const struct access *access, struct sc_race_who *other)
{
    return (access->kind != SC_RACE_READ && another(race, &across->read, other)) ||
           (access->kind != SC_RACE_ATOMIC && another(race, &across->atomic, other));
}

static bool races(const struct sc_race *race, const struct sc_memory *memory, size_t byte,
                  const struct access *access, struct sc_race_who *other)
{
    const struct sc_race_cell *cell = &memory->cells[byte];

    if (cell->write.era == race->era) {
        if (cell->write.clock > access->seen[sc_race_component(race, cell->write.mark)]) {
            *other = cell->write;
            return true;
        }
    } else if (memory->across != NULL && cell->write.era >= race->era_first) {
        *other = cell->write;
        return true;
    }
    return races_within(race, cell, access, other) ||
           (memory->across != NULL && races_across(race, &memory->across[byte], access, other));
}

/* Puts an access before the list of each byte. Bytes with one list in common go on having one. */
static void append(struct sc_race *race, struct sc_memory *memory, size_t start, size_t bytes,
                   const struct access *access)
{
    uint32_t before = 0, now = 0;

    for (size_t i = start; i < start + bytes; i++) {
        struct sc_race_cell *cell = &memory->cells[i];
        const uint32_t head = cell->phase == race->phase ? cell->head : 0;
        const bool there = head != 0 && race->nodes[head].mark == access->who.mark &&
                           race->nodes[head].clock == access->who.clock;
        if (!there && (now == 0 || head != before)) {
            const struct sc_race_node node = {access->who.mark, access->who.clock, head};
            now = race->nodes_count++;
            race->nodes[now] = node;
            before = head;
        }
        cell->head = there ? head : now;
        cell->phase = race->phase;
        if (memory->across != NULL) {
            struct sc_race_across *across = &memory->across[i];
            struct sc_race_who *first =
                access->kind == SC_RACE_ATOMIC ? &across->atomic : &across->read;
            *first = first->era < race->era_first ? access->who : *first;
        }
    }
}

void sc_race_own(struct sc_race *race, struct sc_memory *memory, size_t start, size_t bytes,
                 int32_t thread, uintptr_t site)
{
    const struct access access = access_of(race, SC_RACE_WRITE, thread, site);

    for (size_t i = start; i < start + bytes; i++) {
        memory->cells[i].write = access.who;
        memory->cells[i].phase = race->phase;
        memory->cells[i].head = 0;
    }
}

bool sc_race_access(struct sc_race *race, struct sc_memory *memory, size_t start, size_t bytes,
                    enum sc_race_kind kind, int32_t thread, uintptr_t site,
                    struct sc_race_who *other, size_t *at)
{
    const struct access access = access_of(race, kind, thread, site);

    for (size_t i = start; i < start + bytes; i++) {
        if (races(race, memory, i, &access, other)) {
            *at = i;
            return true;
        }
    }
    if (kind == SC_RACE_WRITE) {
        sc_race_own(race, memory, start, bytes, thread, site);
    } else {
        race->atomics = race->atomics || kind == SC_RACE_ATOMIC;
        append(race, memory, start, bytes, &access);
    }
    return false;
}

bool sc_race_since(const struct sc_race *race, const struct sc_memory *memory, size_t start,
                   size_t bytes, const uint32_t *clocks, struct sc_race_who *other, size_t *at)
{
    for (size_t i = start; i < start + bytes; i++) {
        const struct sc_race_who *write = &memory->cells[i].write;
        if (write->era == race->era &&
            write->clock > clocks[sc_race_component(race, write->mark)]) {
            *other = *write;
            *at = i;
            return true;
        }
    }
    return false;
}
