/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_COPIES_H
#define SC_KERNELS_EMULATOR_COPIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Asynchronous copies between their start and their wait. */

#define SC_COPIES_BYTES 16

struct sc_copies_copy {
    int32_t thread;
    uintptr_t site;
    size_t destination; /* offset in the shadowed buffer of shared memory */
    unsigned char data[SC_COPIES_BYTES];
    int64_t group;
    uint32_t next; /* of its thread, or of the free ones; 0: none */
};

/* All copies of a block; number 0 is none. */
struct sc_copies {
    struct sc_copies_copy *copies;
    uint32_t count, room, free;
};

/* Those of one thread in order of their start, and the number of the group that is being made. */
struct sc_copies_queue {
    uint32_t first, last;
    int64_t group;
};

struct sc_emulator;

/* Number of a copy to be filled in. 0: no memory. */
uint32_t sc_copies_take(struct sc_copies *copies);
void sc_copies_give_back(struct sc_copies *copies, uint32_t number);
/* Forgets all. */
void sc_copies_clear(struct sc_copies *copies);

/* Whether data that are on their way from now on arrive at once, else when they are waited for. */
bool sc_copies_early(struct sc_emulator *emulator);

/* Called on a thread that exits: a copy that was not waited for is a fault. */
void sc_copies_exit(struct sc_emulator *emulator);

#endif
