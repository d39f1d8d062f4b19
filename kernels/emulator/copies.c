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

void sc_copies_exit(struct sc_emulator *emulator)
{
    const uint32_t first = sc_state_current(emulator)->copies.first;

    if (first != 0 && !emulator->options.unwatched) {
        const struct sc_copies_copy *copy = &emulator->copies.copies[first];
        const struct sc_memory *shared = &emulator->shared;
        sc_raise(emulator, SC_FAULT_NEVER_WAITED, copy->site, NULL,
                 shared->bytes + copy->destination, SC_COPIES_BYTES);
    }
}
