/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_RACE_H
#define SC_KERNELS_EMULATOR_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Happens-before, with a vector clock for each thread of a block. Barriers and gates order. At a barrier the
 * clocks of its participants become their maximum, and each participant's own component goes on by one. Who
 * arrives at a gate leaves its clocks there, and its own component goes on; who waits takes what was left. Blocks
 * of a launch are never ordered, launches always. Two accesses of a byte race if nothing orders them, one
 * is no read, and they are not both atomic.
 *
 * The copies for which a thread arrives at gates are written by nobody whom barriers know, its own thread included:
 * they have a component of their own, behind those of the threads. It counts the thread's arrivals for copies.
 *
 * Kept of each byte: the last plain write; the reads and atomic accesses of the block since that write,
 * or since the last barrier of the whole block, whichever is later; and the first block of the launch
 * that read it, and that was atomic on it: blocks run one after the other, so that if any but the present
 * one did, the first is not the present one. A thread's later access stands for its earlier ones:
 * what is ordered after the later one is ordered after all. */

enum sc_race_kind { SC_RACE_READ, SC_RACE_WRITE, SC_RACE_ATOMIC };

#define SC_RACE_COPIES (UINT64_C(1) << 15) /* of a mark: the thread's copies, by way of a gate */

/* Who made an access. */
struct sc_race_who {
    /* site << 16 | SC_RACE_COPIES | thread << 1 | atomic (an address of a user has 47 bits); 0: nobody */
    uint64_t mark;
    uint32_t era; /* the block: counts all blocks of all launches, from 1 */
    uint32_t clock;
};

/* Shadow of a byte, for its own block. */
struct sc_race_cell {
    struct sc_race_who write;
    uint32_t phase,
        head; /* the list of accesses since; none where the phase is not the present one */
};

/* Shadow of a byte of global memory, for other blocks. */
struct sc_race_across {
    struct sc_race_who read, atomic;
};

struct sc_race_node {
    uint64_t mark;
    uint32_t clock, next; /* 0: the last */
};

struct sc_race {
    int32_t threads, clocks_room;
    uint32_t *clocks;        /* of thread t: 2 threads values from t * 2 threads */
    uint32_t *published;     /* the same, at its last call of sc_group_publish */
    uint32_t *joined;        /* room for one vector */
    int32_t width;           /* components in use: `threads` until there are arrivals for copies */
    uint32_t era, era_first; /* the present one; that of the launch's first block */
    uint32_t phase;          /* counts blocks and barriers of whole blocks */
    bool atomics;            /* there were some in this launch */
    struct sc_race_node *nodes;
    uint32_t nodes_count, nodes_room, nodes_limit;
    uint32_t *latest; /* used by a collection: room for two values a thread */
};

struct sc_memory;

/* Begins a launch. False: no memory. *race is zeroed before the first one. */
bool sc_race_launch(struct sc_race *race, int32_t threads);
void sc_race_release(struct sc_race *race);
/* Begins a block: its threads have done nothing yet. */
void sc_race_block(struct sc_race *race);

/* A barrier of `count` threads of the block. */
void sc_race_join(struct sc_race *race, const int32_t *members, int32_t count);

/* Room for the records of an access of `bytes` bytes: to be called before it. False: no memory. */
bool sc_race_reserve(struct sc_race *race, struct sc_memory *const memories[2], size_t bytes);
/* Enters an access of a range into the shadow. Returns true and fills *other with an earlier access that
 * it races with, *at with the offset of the byte, if there is one. */
bool sc_race_access(struct sc_race *race, struct sc_memory *memory, size_t start, size_t bytes,
                    enum sc_race_kind kind, int32_t thread, uintptr_t site,
                    struct sc_race_who *other, size_t *at);
/* Enters a write without a check: the range was checked, and nobody touched it since. */
void sc_race_own(struct sc_race *race, struct sc_memory *memory, size_t start, size_t bytes,
                 int32_t thread, uintptr_t site);

/* Whether the block has written to a range since a thread had these clocks; fills *other and *at. */
bool sc_race_since(const struct sc_race *race, const struct sc_memory *memory, size_t start,
                   size_t bytes, const uint32_t *clocks, struct sc_race_who *other, size_t *at);

/* The rest is of race_gate.c. Adds what `thread` knows to `clocks`, and its own component goes on by one. */
void sc_race_leave(struct sc_race *race, int32_t thread, uint32_t *clocks);
/* From now on `thread` knows what is in `clocks`. */
void sc_race_take(struct sc_race *race, int32_t thread, const uint32_t *clocks);
/* The same for the first `arrival` arrivals of its own for copies. */
void sc_race_take_copies(struct sc_race *race, int32_t thread, uint32_t arrival);
/* From now on threads have components for copies. */
void sc_race_widen(struct sc_race *race);
/* Adds what `thread` leaves where its arrival-th arrival for copies counts: the copies alone. */
void sc_race_leave_copies(const struct sc_race *race, int32_t thread, uint32_t arrival,
                          uint32_t *clocks);
/* sc_race_own for a copy of a thread's arrival-th arrival. */
void sc_race_own_copy(struct sc_race *race, struct sc_memory *memory, size_t start, size_t bytes,
                      int32_t thread, uint32_t arrival, uintptr_t site);
/* Keeps what `thread` knows now in race->published. */
void sc_race_publish(struct sc_race *race, int32_t thread);
const uint32_t *sc_race_published(const struct sc_race *race, int32_t thread);

/* What `thread` knows of the others now: 2 race->threads values. */
static inline uint32_t *sc_race_clocks(const struct sc_race *race, int32_t thread)
{
    return race->clocks + (size_t)thread * 2 * (size_t)race->threads;
}

static inline int32_t sc_race_thread(uint64_t mark)
{
    return (int32_t)(mark >> 1 & 0x3fff);
}

/* The component of clocks that orders an access. */
static inline size_t sc_race_component(const struct sc_race *race, uint64_t mark)
{
    return (size_t)(sc_race_thread(mark) + ((mark & SC_RACE_COPIES) != 0 ? race->threads : 0));
}

static inline uintptr_t sc_race_site(uint64_t mark)
{
    return (uintptr_t)(mark >> 16);
}

#endif
