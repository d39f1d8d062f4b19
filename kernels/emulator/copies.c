/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/copies.h"

#include "kernels/emulator/draw.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/state.h"

#include <stdlib.h>

uint32_t sc_copies_take(struct sc_copies *copies)
{
    uint32_t number = copies->free;

    if (number != 0) {
        copies->free = copies->copies[number].next;
        return number;
    }
    if (copies->count == copies->room) {
        const uint32_t room = 2 * copies->room + 64;
        void *grown = realloc(copies->copies, room * sizeof copies->copies[0]);
        if (grown == NULL) {
            return 0;
        }
        copies->copies = grown;
        copies->room = room;
    }
    number = copies->count == 0 ? 1 : copies->count; /* 0 is none */
    copies->count = number + 1;
    return number;
}

void sc_copies_give_back(struct sc_copies *copies, uint32_t number)
{
    copies->copies[number].next = copies->free;
    copies->free = number;
}

void sc_copies_clear(struct sc_copies *copies)
{
    copies->count = 0;
    copies->free = 0;
}

bool sc_copies_early(struct sc_emulator *emulator)
{
    const enum sc_emulator_landing landing = emulator->options.landing;

    return landing == SC_EMULATOR_LANDING_EARLIEST ||
           (landing == SC_EMULATOR_LANDING_DRAWN && sc_draw_below(&emulator->draws, 2) == 1);
}

uint32_t sc_copies_arrive(struct sc_emulator *emulator)
{
    struct sc_copies_queue *queue = &sc_state_current(emulator)->copies;

    if (queue->first == 0) {
        return 0;
    }
    queue->arrivals++;
    for (uint32_t i = queue->first; i != 0; i = emulator->copies.copies[i].next) {
        struct sc_copies_copy *copy = &emulator->copies.copies[i];
        copy->arrival = copy->arrival == 0 ? queue->arrivals : copy->arrival;
    }
    return queue->arrivals;
}

/* An arrival is for all copies before it, and those that it is for come first. */
void sc_copies_exit(struct sc_emulator *emulator)
{
    const struct sc_copies_copy *copies = emulator->copies.copies;
    uint32_t i = sc_state_current(emulator)->copies.first;

    while (i != 0 && copies[i].arrival != 0) {
        i = copies[i].next;
    }
    if (i != 0 && !emulator->options.unwatched) {
        sc_raise(emulator, SC_FAULT_NEVER_WAITED, copies[i].site, NULL,
                 emulator->shared.bytes + copies[i].destination, SC_COPIES_BYTES);
    }
}

void sc_copies_end(struct sc_emulator *emulator)
{
    for (int32_t t = 0; t < emulator->threads_count && !emulator->options.unwatched; t++) {
        const uint32_t first = emulator->threads[t].copies.first;
        if (first != 0) {
            const struct sc_copies_copy *copy = &emulator->copies.copies[first];
            const struct sc_fault_place here = sc_raise_place(emulator, t, copy->site);
            sc_raise_record(emulator, SC_FAULT_NEVER_WAITED, &here, NULL,
                            emulator->shared.bytes + copy->destination, SC_COPIES_BYTES);
        }
    }
}
