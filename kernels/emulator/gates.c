/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/gates.h"

#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"

#include <stdlib.h>
#include <string.h>

static size_t clocks_bytes(const struct sc_emulator *emulator)
{
    return 2 * (size_t)emulator->threads_count * sizeof(uint32_t);
}

struct sc_gates_gate *sc_gates_find(const struct sc_emulator *emulator, size_t offset)
{
    struct sc_gates_gate *gate = emulator->gates;

    while (gate != NULL && gate->offset != offset) {
        gate = gate->next;
    }
    return gate;
}

struct sc_gates_gate *sc_gates_add(struct sc_emulator *emulator, size_t offset)
{
    struct sc_gates_gate *gate = calloc(1, sizeof *gate + 2 * clocks_bytes(emulator));

    if (gate == NULL) {
        return NULL;
    }
    gate->over = gate->clocks + 2 * emulator->threads_count;
    gate->offset = offset;
    gate->next = emulator->gates;
    emulator->gates = gate;
    return gate;
}

static void release(struct sc_gates_gate *gate)
{
    while (gate->copies != NULL) {
        struct sc_gates_arrival *arrival = gate->copies;
        gate->copies = arrival->next;
        free(arrival);
    }
    free(gate);
}

void sc_gates_remove(struct sc_emulator *emulator, struct sc_gates_gate *gate)
{
    struct sc_gates_gate **at = &emulator->gates;

    while (*at != gate) {
        at = &(*at)->next;
    }
    *at = gate->next;
    for (const struct sc_gates_arrival *a = gate->copies; a != NULL; a = a->next) {
        sc_copies_land(emulator, a->thread, a->number);
    }
    release(gate);
}

void sc_gates_clear(struct sc_emulator *emulator)
{
    while (emulator->gates != NULL) {
        struct sc_gates_gate *gate = emulator->gates;
        emulator->gates = gate->next;
        release(gate);
    }
}

/* What arrivals of phases that are over have brought is there. */
static void land(struct sc_emulator *emulator, struct sc_gates_gate *gate)
{
    struct sc_gates_arrival **at = &gate->copies;

    while (*at != NULL) {
        struct sc_gates_arrival *arrival = *at;
        if (!arrival->counted || arrival->phase >= gate->phase) {
            at = &arrival->next;
            continue;
        }
        *at = arrival->next;
        sc_copies_land(emulator, arrival->thread, arrival->number);
        free(arrival);
    }
}

/* A thread is past its wait. What it takes is of phases that are over, nothing of the present one. */
static void pass(struct sc_emulator *emulator, struct sc_gates_gate *gate, int32_t thread)
{
    emulator->threads[thread].gate = NULL;
    sc_race_take(&emulator->race, thread, gate->over);
    land(emulator, gate);
}

/* Who waits for the present phase passes when it ends, whoever runs first then. */
static void end_phase(struct sc_emulator *emulator, struct sc_gates_gate *gate)
{
    memcpy(gate->over, gate->clocks, clocks_bytes(emulator));
    gate->phase++;
    gate->missing = gate->arrivals;
    for (int32_t t = 0; t < emulator->threads_count; t++) {
        if (emulator->threads[t].gate == gate) {
            pass(emulator, gate, t);
            if (t != emulator->current) {
                sc_schedule_wake(emulator, t);
            }
        }
    }
}

static void count(struct sc_emulator *emulator, struct sc_gates_gate *gate)
{
    if (--gate->missing == 0) {
        end_phase(emulator, gate);
    }
}

static void count_copies(struct sc_emulator *emulator, struct sc_gates_gate *gate,
                         struct sc_gates_arrival *arrival)
{
    arrival->counted = true;
    arrival->phase = gate->phase;
    sc_race_leave_copies(&emulator->race, arrival->thread, arrival->number, gate->clocks);
    count(emulator, gate);
}

static bool is_awaited(const struct sc_emulator *emulator, const struct sc_gates_gate *gate)
{
    for (int32_t t = 0; t < emulator->threads_count; t++) {
        if (emulator->threads[t].gate == gate) {
            return true;
        }
    }
    return false;
}

/* The first arrival for copies that has not counted, where there are as many as are missing; NULL: there are not. */
static struct sc_gates_arrival *late(const struct sc_gates_gate *gate)
{
    struct sc_gates_arrival *first = NULL;
    int32_t found = 0;

    for (struct sc_gates_arrival *a = gate->copies; a != NULL; a = a->next) {
        first = first == NULL && !a->counted ? a : first;
        found += a->counted ? 0 : 1;
    }
    return found >= gate->missing ? first : NULL;
}

/* What is late comes at the latest now. */
static void settle(struct sc_emulator *emulator, struct sc_gates_gate *gate)
{
    while (is_awaited(emulator, gate) && late(gate) != NULL) {
        count_copies(emulator, gate, late(gate));
    }
}

void sc_gates_arrive(struct sc_emulator *emulator, struct sc_gates_gate *gate)
{
    sc_race_leave(&emulator->race, emulator->current, gate->clocks);
    count(emulator, gate);
    settle(emulator, gate);
}

bool sc_gates_arrive_copies(struct sc_emulator *emulator, struct sc_gates_gate *gate,
                            uint32_t number, uintptr_t site)
{
    struct sc_gates_arrival *arrival = calloc(1, sizeof *arrival);
    struct sc_gates_arrival **at = &gate->copies;

    if (arrival == NULL) {
        return false;
    }
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = arrival;
    arrival->thread = emulator->current;
    arrival->number = number;
    arrival->site = site;
    sc_race_widen(&emulator->race);
    if (sc_copies_early(emulator)) {
        count_copies(emulator, gate, arrival);
    }
    settle(emulator, gate);
    return true;
}

void sc_gates_wait(struct sc_emulator *emulator, struct sc_gates_gate *gate, int32_t parity,
                   uintptr_t site)
{
    struct sc_state_thread *thread = sc_state_current(emulator);

    if (gate->phase % 2 != parity) {
        pass(emulator, gate, emulator->current);
        return;
    }
    thread->gate = gate;
    thread->site = site;
    settle(emulator, gate);
    if (thread->gate != NULL) {
        sc_schedule_wait(emulator);
    }
}
