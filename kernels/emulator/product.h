/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_PRODUCT_H
#define SC_KERNELS_EMULATOR_PRODUCT_H

#include "kernels/emulator/emulator.h"
#include "kernels/primitives/group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Products of warpgroups between their start and their wait. One is done at its start, or late: in its wait. Until a
 * late one is done its D holds SC_MEMORY_POISON, so that who reads it sees no number, and who writes it is seen. */

/* Who looks at what a product reads in shared memory: of each warp two lanes, at its rows of A, and of the first two
 * warps one, at B. Whoever writes there later and unordered, is another thread than one of the two. */
#define SC_PRODUCT_LOOKING 2
#define SC_PRODUCT_WARPS   (SC_GROUP_THREADS / SC_WARP)

/* What a thread brings to a product. */
struct sc_product_part {
    enum sc_format format;
    bool add;
    bool columns; /* B is; else it is rows */
    int32_t n;
    struct sc_group_matrix a, b;
    float *d;
    const uint32_t *registers; /* A; NULL: it is in shared memory */
    uintptr_t site;
};

struct sc_product {
    struct sc_product_part parts[SC_GROUP_THREADS];
    uint32_t registers[SC_GROUP_THREADS][4]; /* A, as it was at the start */
    float values[SC_GROUP_THREADS]
                [64]; /* D: before, and after; of a late one where no earlier has it */
    uint32_t clocks[SC_PRODUCT_WARPS][SC_PRODUCT_LOOKING]
                   [2 * SC_EMULATOR_THREADS_MAX]; /* at the start */
    int64_t group;
    bool done;
    struct sc_product *next;
};

/* Those of a warpgroup in order of their start, and the number of the group that is being made. */
struct sc_product_queue {
    struct sc_product *first, *last;
    int64_t group;
};

struct sc_emulator;

/* The next two are of the present thread, before it meets the others of its warpgroup: a mistake ends the launch.
 * It starts a product. */
void sc_product_check_start(struct sc_emulator *emulator, const struct sc_product_part *part);
/* It waits until at most `pending` groups are unfinished. */
void sc_product_check_wait(struct sc_emulator *emulator, int64_t pending, uintptr_t site);

/* The next two are of the present thread's warpgroup, all threads of which wait.
 * Starts a product of what they brought. False: no memory. */
bool sc_product_start(struct sc_emulator *emulator);
/* Does what is left of all but `pending` groups, and forgets it. */
void sc_product_finish(struct sc_emulator *emulator, int64_t pending);

/* Forgets all. */
void sc_product_clear(struct sc_emulator *emulator);
/* Called on a thread that exits: a product that was not waited for is a fault. */
void sc_product_exit(struct sc_emulator *emulator);

/* The products of the present thread's warpgroup, and its number in it. */
struct sc_product_queue *sc_product_queue(struct sc_emulator *emulator);
int32_t sc_product_member(const struct sc_emulator *emulator);

#endif
