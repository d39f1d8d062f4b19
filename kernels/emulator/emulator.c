/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/emulator.h"

#include "kernels/emulator/draw.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"

#include <stdlib.h>
#include <string.h>

/* Alignment of shared memory that sc_grid_shared promises. */
#define SHARED_ALIGNMENT 1024
/* Behind the guard, the offset that keeps a base from being aligned better than promised. */
#define SHARED_OFFSET (SHARED_ALIGNMENT - SC_EMULATOR_GUARD)
#define SHARED_BYTES  (SC_EMULATOR_SHARED_MAX + SHARED_ALIGNMENT + 2 * SC_EMULATOR_GUARD)

_Thread_local struct sc_emulator *sc_state_running;

struct sc_emulator_options sc_emulator_defaults(void)
{
    const struct sc_emulator_options options = {
        1,     (size_t)16 << 20,         (int64_t)1 << 40,
        64,    SC_EMULATOR_SHUFFLED,     SC_EMULATOR_LANDING_DRAWN,
        false, {SC_EMULATOR_NEAREST, 0}, NULL};

    return options;
}

struct sc_emulator *sc_emulator_create(const struct sc_emulator_options *options)
{
    struct sc_emulator *emulator = calloc(1, sizeof *emulator);

    if (emulator == NULL) {
        return NULL;
    }
    emulator->options = *options;
    if (!sc_memory_create(&emulator->global, options->global_bytes, true) ||
        !sc_memory_create(&emulator->shared, SHARED_BYTES, false)) {
        sc_emulator_destroy(emulator);
        return NULL;
    }
    if (options->unwatched) {
        emulator->global.unwritten = emulator->shared.unwritten = 0;
    }
    return emulator;
}

static void release_launch(struct sc_emulator *emulator)
{
    free(emulator->arguments);
    free(emulator->order);
    emulator->arguments = NULL;
    emulator->order = NULL;
}

void sc_emulator_destroy(struct sc_emulator *emulator)
{
    if (emulator == NULL) {
        return;
    }
    release_launch(emulator);
    sc_product_clear(emulator);
    sc_gates_clear(emulator);
    sc_memory_release(&emulator->global);
    sc_memory_release(&emulator->shared);
    sc_race_release(&emulator->race);
    free(emulator->copies.copies);
    sc_fiber_release(emulator->stacks, emulator->stacks_count);
    free(emulator);
}

void sc_emulator_set(struct sc_emulator *emulator, const struct sc_emulator_options *options)
{
    emulator->options = *options;
}

int64_t sc_emulator_steps(const struct sc_emulator *emulator)
{
    return emulator->steps;
}

int64_t sc_emulator_bytes_read(const struct sc_emulator *emulator)
{
    return emulator->bytes_read;
}

int64_t sc_emulator_bytes_written(const struct sc_emulator *emulator)
{
    return emulator->bytes_written;
}

static void draw_order(struct sc_emulator *emulator, int32_t blocks)
{
    for (int32_t b = 0; b < blocks; b++) {
        emulator->order[b] = b;
    }
    for (int32_t b = blocks; b > 1 && emulator->options.order == SC_EMULATOR_SHUFFLED; b--) {
        const int32_t with = sc_draw_below(&emulator->draws, b);
        const int32_t last = emulator->order[b - 1];
        emulator->order[b - 1] = emulator->order[with];
        emulator->order[with] = last;
    }
}

static bool ensure_stacks(struct sc_emulator *emulator, int32_t threads)
{
    if (threads > emulator->stacks_count) {
        sc_fiber_release(emulator->stacks, emulator->stacks_count);
        emulator->stacks = sc_fiber_stacks(threads);
        emulator->stacks_count = emulator->stacks != NULL ? threads : 0;
    }
    return emulator->stacks != NULL;
}

static bool prepare(struct sc_emulator *emulator, const void *arguments, size_t size,
                    int32_t blocks, int32_t threads, size_t shared_bytes)
{
    if (blocks < 1 || threads < 32 || threads > SC_EMULATOR_THREADS_MAX || threads % 32 != 0 ||
        shared_bytes > SC_EMULATOR_SHARED_MAX) {
        return false;
    }
    emulator->arguments =
        aligned_alloc(SC_EMULATOR_GUARD, (size / SC_EMULATOR_GUARD + 1) * SC_EMULATOR_GUARD);
    emulator->order = malloc((size_t)blocks * sizeof emulator->order[0]);
    if (emulator->arguments == NULL || emulator->order == NULL ||
        !ensure_stacks(emulator, threads) || !sc_race_launch(&emulator->race, threads)) {
        return false;
    }
    if (size > 0) {
        memcpy(emulator->arguments, arguments, size);
    }
    emulator->arguments_bytes = size;
    emulator->threads_count = threads;
    draw_order(emulator, blocks);
    return true;
}

static void check_intact(struct sc_emulator *emulator, const struct sc_memory *memory)
{
    const struct sc_fault_place here = sc_raise_place(emulator, -1, 0);
    size_t at;

    if (!emulator->options.unwatched && !sc_memory_intact(memory, &at)) {
        sc_raise_record(emulator, SC_FAULT_RED_ZONE, &here, NULL, memory->bytes + at, 1);
    }
}

static void run_block(struct sc_emulator *emulator, int32_t block, size_t shared_bytes)
{
    emulator->block = block;
    memset(emulator->warps, 0, sizeof emulator->warps);
    memset(emulator->barriers, 0, sizeof emulator->barriers);
    memset(emulator->groups, 0, sizeof emulator->groups);
    memset(emulator->shared.flights, 0, emulator->shared.used * sizeof emulator->shared.flights[0]);
    sc_copies_clear(&emulator->copies);
    sc_product_clear(emulator);
    sc_gates_clear(emulator);
    sc_memory_clear(&emulator->shared);
    (void)sc_memory_allocate(&emulator->shared, shared_bytes, SHARED_OFFSET);
    sc_race_block(&emulator->race);
    sc_schedule_block(emulator);
    check_intact(emulator, &emulator->shared);
}

enum sc_fault_kind sc_emulator_launch(struct sc_emulator *emulator,
                                      void (*kernel)(const void *arguments), const void *arguments,
                                      size_t size, int32_t blocks, int32_t threads,
                                      size_t shared_bytes, struct sc_fault *fault)
{
    const struct sc_fault none = {0};

    emulator->fault = none;
    emulator->fault.kind = SC_FAULT_LAUNCH;
    emulator->steps = 0;
    emulator->kernel = kernel;
    emulator->draws = sc_draw_mix(emulator->options.seed) + emulator->launches++;
    if (prepare(emulator, arguments, size, blocks, threads, shared_bytes)) {
        emulator->fault = none;
        sc_state_running = emulator;
        for (int32_t b = 0; b < blocks && emulator->fault.kind == SC_FAULT_NONE; b++) {
            run_block(emulator, emulator->order[b], shared_bytes);
        }
        sc_state_running = NULL;
        check_intact(emulator, &emulator->global);
    }
    release_launch(emulator);
    if (fault != NULL) {
        *fault = emulator->fault;
    }
    return emulator->fault.kind;
}
