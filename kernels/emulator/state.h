/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_STATE_H
#define SC_KERNELS_EMULATOR_STATE_H

#include "kernels/emulator/copies.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/fiber.h"
#include "kernels/emulator/gates.h"
#include "kernels/emulator/memory.h"
#include "kernels/emulator/product.h"
#include "kernels/emulator/race.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The emulator in full, for the files of this folder. */

#define SC_STATE_WARPS_MAX  (SC_EMULATOR_THREADS_MAX / 32)
#define SC_STATE_GROUPS_MAX (SC_EMULATOR_THREADS_MAX / SC_GROUP_THREADS)
#define SC_STATE_BARRIERS   16 /* 0: of the block */

/* At what threads meet. */
enum sc_state_meeting_kind {
    SC_STATE_BLOCK,
    SC_STATE_BLOCK_ANY,
    SC_STATE_SOME,
    SC_STATE_SOME_ANY,
    SC_STATE_WARP,
    SC_STATE_MATRIX_ADD,
    SC_STATE_MATRIX_LOAD,
    SC_STATE_SHUFFLE,
    SC_STATE_ANY,
    SC_STATE_SAME,
    SC_STATE_GROUP_BEGIN, /* from here on warpgroups */
    SC_STATE_GROUP_PRODUCT,
    SC_STATE_GROUP_COMMIT,
    SC_STATE_GROUP_WAIT
};

/* Threads that wait for each other. One for each warp, each warpgroup and each barrier. */
struct sc_state_meeting {
    enum sc_state_meeting_kind kind;
    int32_t arrived, expected;
    int32_t first; /* who came first */
};

struct sc_state_thread {
    struct sc_fiber fiber;
    bool exited;
    struct sc_state_meeting *meeting; /* where it waits; NULL: nowhere, or at a gate */
    struct sc_gates_gate *gate;       /* where it waits; NULL: at none */
    uintptr_t site;                   /* of the call that waits */
    void *offer;                      /* what it brought to the meeting */
    struct sc_copies_queue copies;
    bool begun;                /* sc_group_begin, since the last wait for products */
    uint32_t publications;     /* how many calls of sc_group_publish */
    uint32_t published_when;   /* its clock at the last one */
    uint32_t published_copies; /* its arrivals for copies that it knew of at the one before */
};

struct sc_emulator {
    struct sc_emulator_options options;
    uint64_t launches, draws;
    struct sc_memory global, shared;
    struct sc_race race;
    struct sc_copies copies;
    unsigned char *stacks;
    int32_t stacks_count;

    /* of a launch */
    void (*kernel)(const void *arguments);
    unsigned char *arguments;
    size_t arguments_bytes;
    int32_t *order; /* of the blocks */
    int32_t threads_count;
    int64_t steps, steps_to_switch;
    int64_t bytes_read, bytes_written; /* of global memory, in all launches */
    struct sc_fault fault;

    /* of a block */
    int32_t block;
    struct sc_state_thread threads[SC_EMULATOR_THREADS_MAX];
    int32_t ready[SC_EMULATOR_THREADS_MAX], ready_count; /* who can run, in no order */
    int32_t current;
    struct sc_state_meeting warps[SC_STATE_WARPS_MAX];
    struct sc_state_meeting barriers[SC_STATE_BARRIERS];
    struct sc_state_meeting groups[SC_STATE_GROUPS_MAX];
    struct sc_product_queue products[SC_STATE_GROUPS_MAX];
    struct sc_gates_gate *gates; /* that are set, in no order */
};

/* The emulator whose launch is going on in this thread of the host; NULL: none. Primitives and hooks have
 * no argument for it. */
extern _Thread_local struct sc_emulator *sc_state_running;

static inline struct sc_state_thread *sc_state_current(struct sc_emulator *emulator)
{
    return &emulator->threads[emulator->current];
}

/* Who writes to shared memory now, and how often it has published before: publications << 10 | thread. */
static inline uint32_t sc_state_writer(const struct sc_emulator *emulator, int32_t thread)
{
    return emulator->threads[thread].publications << 10 | (uint32_t)thread;
}

#endif
