/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/gate.h"

#include "kernels/emulator/access.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"

#define ARRIVALS_END (1 << 20)

/* Where a gate is, as an offset in the shadowed buffer of shared memory. */
static size_t offset_of(struct sc_emulator *emulator, const struct sc_gate *gate, uintptr_t site)
{
    if ((uintptr_t)gate % SC_GATES_BYTES != 0) {
        sc_raise(emulator, SC_FAULT_ALIGNMENT, site, NULL, gate, sizeof *gate);
    }
    if (sc_access_space(emulator, gate) != SC_FAULT_SHARED) {
        sc_raise(emulator, SC_FAULT_BOUNDS, site, NULL, gate, sizeof *gate);
    }
    return (size_t)((const unsigned char *)gate - emulator->shared.bytes);
}

static void mark(struct sc_emulator *emulator, size_t offset, uint32_t flight)
{
    for (size_t i = 0; i < SC_GATES_BYTES; i++) {
        emulator->shared.flights[offset + i] = flight;
    }
}

/* To set a gate and to end it are writes of its bytes, to arrive and to wait are reads: who arrives or waits meets the
 * setting thread before, and the ending one after, as for any datum. */
static void touch(struct sc_emulator *emulator, size_t offset, enum sc_race_kind kind,
                  uintptr_t site)
{
    mark(emulator, offset, 0);
    sc_access(emulator, emulator->shared.bytes + offset, SC_GATES_BYTES, SC_GATES_BYTES, kind,
              site);
    mark(emulator, offset, SC_GATES_FLIGHT);
}

static struct sc_gates_gate *gate_at(struct sc_emulator *emulator, const struct sc_gate *at,
                                     enum sc_race_kind kind, uintptr_t site)
{
    const size_t offset = offset_of(emulator, at, site);
    struct sc_gates_gate *gate = sc_gates_find(emulator, offset);

    if (gate == NULL) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, at, sizeof *at);
    }
    touch(emulator, offset, kind, site);
    return gate;
}

void sc_gate_set(struct sc_gate *gate, int32_t arrivals)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    const size_t offset = offset_of(emulator, gate, site);
    const struct sc_gates_gate *before = sc_gates_find(emulator, offset);
    if (before != NULL || arrivals < 1 || arrivals >= ARRIVALS_END) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, before != NULL ? &before->set : NULL, gate,
                 sizeof *gate);
    }
    sc_access(emulator, gate, sizeof *gate, SC_GATES_BYTES, SC_RACE_WRITE, site);
    struct sc_gates_gate *set = sc_gates_add(emulator, offset);
    if (set == NULL) {
        sc_raise(emulator, SC_FAULT_LAUNCH, site, NULL, NULL, 0);
    }
    set->set = sc_raise_place(emulator, emulator->current, site);
    set->arrivals = set->missing = arrivals;
    mark(emulator, offset, SC_GATES_FLIGHT);
}

/* A phase that not all have arrived for may end with its gate: what counts is that nobody uses it any more. Who still
 * waits there can have met nobody since, so that its wait is a read which this write races with. Copies on their way
 * would arrive at no gate. */
void sc_gate_end(struct sc_gate *gate)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    struct sc_gates_gate *ended = gate_at(emulator, gate, SC_RACE_WRITE, site);
    const struct sc_gates_arrival *copies = ended->copies;
    if (copies != NULL && !emulator->options.unwatched) {
        const struct sc_fault_place other = sc_raise_place(emulator, copies->thread, copies->site);
        sc_raise(emulator, SC_FAULT_IN_FLIGHT, site, &other, gate, sizeof *gate);
    }
    mark(emulator, ended->offset, 0);
    sc_memory_expose(&emulator->shared, ended->offset, SC_GATES_BYTES, true);
    sc_gates_remove(emulator, ended);
}

void sc_gate_arrive(struct sc_gate *gate)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    sc_gates_arrive(emulator, gate_at(emulator, gate, SC_RACE_READ, site));
}

void sc_gate_arrive_copies(struct sc_gate *gate)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    struct sc_gates_gate *to = gate_at(emulator, gate, SC_RACE_READ, site);
    const uint32_t number = sc_copies_arrive(emulator);
    if (number == 0) {
        sc_gates_arrive(emulator, to);
    } else if (!sc_gates_arrive_copies(emulator, to, number, site)) {
        sc_raise(emulator, SC_FAULT_LAUNCH, site, NULL, NULL, 0);
    }
}

void sc_gate_wait(struct sc_gate *gate, int32_t parity)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    struct sc_gates_gate *at = gate_at(emulator, gate, SC_RACE_READ, site);
    if (parity != 0 && parity != 1) {
        sc_raise(emulator, SC_FAULT_ARGUMENT, site, NULL, NULL, 0);
    }
    sc_gates_wait(emulator, at, parity, site);
}
