/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/copy.h"

#include "kernels/emulator/access.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"

#include <string.h>

/* Checks both ends of a copy as accesses of the present thread at its start. */
static void check(struct sc_emulator *emulator, void *shared, const void *global, int32_t bytes,
                  uintptr_t site)
{
    if (bytes < 0 || bytes > SC_COPIES_BYTES) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
    if ((uintptr_t)global % SC_COPIES_BYTES != 0) {
        sc_raise(emulator, SC_FAULT_ALIGNMENT, site, NULL, global, SC_COPIES_BYTES);
    }
    if (bytes > 0) {
        sc_access_in(emulator, SC_FAULT_GLOBAL, global, (size_t)bytes, SC_COPIES_BYTES,
                     SC_RACE_READ, site);
    }
    sc_access_in(emulator, SC_FAULT_SHARED, shared, SC_COPIES_BYTES, SC_COPIES_BYTES, SC_RACE_WRITE,
                 site);
}

/* Until the wait the data count as unwritten, wherever they are. */
static void take_off(struct sc_emulator *emulator, uint32_t number)
{
    struct sc_memory *shared = &emulator->shared;
    const struct sc_copies_copy *copy = &emulator->copies.copies[number];
    unsigned char *to = shared->bytes + copy->destination;

    for (size_t i = 0; i < SC_COPIES_BYTES; i++) {
        shared->flights[copy->destination + i] = number;
    }
    if (sc_copies_early(emulator)) {
        memcpy(to, copy->data, SC_COPIES_BYTES);
    } else if (!emulator->options.unwatched) {
        memset(to, SC_MEMORY_POISON, SC_COPIES_BYTES);
    }
}

static void land(struct sc_emulator *emulator, const struct sc_copies_copy *copy)
{
    struct sc_memory *shared = &emulator->shared;

    for (size_t i = 0; i < SC_COPIES_BYTES; i++) {
        shared->flights[copy->destination + i] = 0;
        shared->writers[copy->destination + i] = sc_state_writer(emulator, copy->thread);
    }
    memcpy(shared->bytes + copy->destination, copy->data, SC_COPIES_BYTES);
    if (emulator->options.unwatched) {
        return;
    }
    if (copy->arrival != 0) {
        sc_race_own_copy(&emulator->race, shared, copy->destination, SC_COPIES_BYTES, copy->thread,
                         copy->arrival, copy->site);
    } else {
        sc_race_own(&emulator->race, shared, copy->destination, SC_COPIES_BYTES, copy->thread,
                    copy->site);
    }
}

/* The first copy of a queue lands, and is taken from it. */
static uint32_t land_first(struct sc_emulator *emulator, struct sc_copies_queue *queue)
{
    const uint32_t number = queue->first;

    queue->first = emulator->copies.copies[number].next;
    land(emulator, &emulator->copies.copies[number]);
    return number;
}

static void keep_landed(struct sc_emulator *emulator, struct sc_copies_queue *queue,
                        uint32_t number)
{
    struct sc_copies_copy *copies = emulator->copies.copies;

    if (queue->landed != 0 && copies[queue->landed_last].group == copies[number].group) {
        copies[queue->landed_last].arrival = copies[number].arrival;
        sc_copies_give_back(&emulator->copies, number);
        return;
    }
    *(queue->landed == 0 ? &queue->landed : &copies[queue->landed_last].next) = number;
    queue->landed_last = number;
    copies[number].next = 0;
}

void sc_copies_land(struct sc_emulator *emulator, int32_t thread, uint32_t arrival)
{
    struct sc_copies_queue *queue = &emulator->threads[thread].copies;

    while (queue->first != 0 && emulator->copies.copies[queue->first].arrival != 0 &&
           emulator->copies.copies[queue->first].arrival <= arrival) {
        keep_landed(emulator, queue, land_first(emulator, queue));
    }
}

/* The present thread is past its wait for a copy that has landed. */
static void know(struct sc_emulator *emulator, uint32_t number)
{
    sc_race_take_copies(&emulator->race, emulator->current,
                        emulator->copies.copies[number].arrival);
    sc_copies_give_back(&emulator->copies, number);
}

static void enqueue(struct sc_emulator *emulator, uint32_t number)
{
    struct sc_copies_queue *queue = &sc_state_current(emulator)->copies;

    if (queue->first == 0) {
        queue->first = number;
    } else {
        emulator->copies.copies[queue->last].next = number;
    }
    queue->last = number;
}

void sc_copy_start(void *shared, const void *global, int32_t bytes)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);
    struct sc_copies_copy copy = {emulator->current, site, 0, {0}, 0, 0, 0};

    sc_schedule_step(emulator, site);
    check(emulator, shared, global, bytes, site);
    copy.destination = (size_t)((unsigned char *)shared - emulator->shared.bytes);
    copy.group = sc_state_current(emulator)->copies.group;
    if (bytes > 0) {
        memcpy(copy.data, global, (size_t)bytes);
    }
    const uint32_t number = sc_copies_take(&emulator->copies);
    if (number == 0) {
        sc_raise(emulator, SC_FAULT_LAUNCH, site, NULL, NULL, 0);
    }
    emulator->copies.copies[number] = copy;
    enqueue(emulator, number);
    take_off(emulator, number);
}

void sc_copy_group(void)
{
    struct sc_emulator *emulator = sc_state_running;

    sc_schedule_step(emulator, (uintptr_t)__builtin_return_address(0));
    sc_state_current(emulator)->copies.group++;
}

void sc_copy_wait(int32_t pending)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);
    struct sc_copies_queue *queue = &sc_state_current(emulator)->copies;

    sc_schedule_step(emulator, site);
    if (pending < 0) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
    while (queue->landed != 0 &&
           emulator->copies.copies[queue->landed].group < queue->group - pending) {
        const uint32_t number = queue->landed;
        queue->landed = emulator->copies.copies[number].next;
        know(emulator, number);
    }
    while (queue->first != 0 &&
           emulator->copies.copies[queue->first].group < queue->group - pending) {
        know(emulator, land_first(emulator, queue));
    }
}
