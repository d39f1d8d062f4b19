/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_COPIES_H
#define SC_KERNELS_EMULATOR_COPIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Asynchronous copies between their start and their wait, or the first wait at a gate that lets pass after they have
 * come. */

#define SC_COPIES_BYTES 16

struct sc_copies_copy {
    int32_t thread;
    uintptr_t site;
    size_t destination; /* offset in the shadowed buffer of shared memory */
    unsigned char data[SC_COPIES_BYTES];
    int64_t group;
    uint32_t arrival; /* the first of its thread at a gate that is for it, from 1; 0: none */
    uint32_t next;    /* of its thread, or of the free ones; 0: none */
};

/* All copies of a block; number 0 is none. */
struct sc_copies {
    struct sc_copies_copy *copies;
    uint32_t count, room, free;
};

/* Those of one thread in order of their start, the number of the group that is being made, and how many arrivals at
 * gates were for copies. Of each group the last one that has landed by way of a gate is kept: until the thread waits
 * for the group, it does not know. */
struct sc_copies_queue {
    uint32_t first, last;
    int64_t group;
    uint32_t arrivals;
    uint32_t landed, landed_last;
};

struct sc_emulator;

/* Number of a copy to be filled in. 0: no memory. */
uint32_t sc_copies_take(struct sc_copies *copies);
void sc_copies_give_back(struct sc_copies *copies, uint32_t number);
/* Forgets all. */
void sc_copies_clear(struct sc_copies *copies);

/* Whether data that are on their way from now on arrive at once, else when they are waited for. */
bool sc_copies_early(struct sc_emulator *emulator);

/* The present thread arrives at a gate for its copies that have not landed. Returns which arrival that is, from 1; 0:
 * there are none. */
uint32_t sc_copies_arrive(struct sc_emulator *emulator);
/* Copies of a thread land, up to those of one of its arrivals. */
void sc_copies_land(struct sc_emulator *emulator, int32_t thread, uint32_t arrival);

/* Called on a thread that exits: a copy that was not waited for is a fault, unless the thread has arrived for it. */
void sc_copies_exit(struct sc_emulator *emulator);
/* Called when all have exited: a copy that has not landed, because nobody has waited at its gate, is a fault. */
void sc_copies_end(struct sc_emulator *emulator);

#endif
