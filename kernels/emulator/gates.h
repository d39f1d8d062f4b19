/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_GATES_H
#define SC_KERNELS_EMULATOR_GATES_H

#include "kernels/emulator/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Gates that are set in a block's shared memory, and what has come to them. An arrival for copies counts at once, or
 * late: when somebody waits for the phase and nothing else is missing. What such arrivals bring lands at the first wait
 * that passes after the phase. */

#define SC_GATES_BYTES  8
#define SC_GATES_FLIGHT UINT32_MAX /* in sc_memory.flights: the byte is a gate's */

/* An arrival for copies until they land. */
struct sc_gates_arrival {
    struct sc_gates_arrival *next; /* that came later */
    int32_t thread;
    uint32_t number; /* of the thread's arrivals for copies, from 1 */
    uintptr_t site;
    bool counted;
    int64_t phase; /* in which it counted */
};

struct sc_gates_gate {
    struct sc_gates_gate *next;
    size_t offset; /* in the shadowed buffer of shared memory */
    struct sc_fault_place set;
    int32_t arrivals, missing; /* of a phase; of the present one */
    int64_t phase;             /* the present one, from 0 */
    struct sc_gates_arrival *copies;
    uint32_t *over;    /* what was left until the last phase was over */
    uint32_t clocks[]; /* what is left until now; then those of `over` */
};

struct sc_emulator;

/* The gate that is set there; NULL: none. */
struct sc_gates_gate *sc_gates_find(const struct sc_emulator *emulator, size_t offset);
/* A gate there, to be filled in, where there is none. NULL: no memory. */
struct sc_gates_gate *sc_gates_add(struct sc_emulator *emulator, size_t offset);
/* Forgets a gate; copies that have not landed do. */
void sc_gates_remove(struct sc_emulator *emulator, struct sc_gates_gate *gate);
/* Forgets all. */
void sc_gates_clear(struct sc_emulator *emulator);

/* The next three are of the present thread.
 * It arrives. */
void sc_gates_arrive(struct sc_emulator *emulator, struct sc_gates_gate *gate);
/* It arrives for the copies of its arrival `number`. False: no memory. */
bool sc_gates_arrive_copies(struct sc_emulator *emulator, struct sc_gates_gate *gate,
                            uint32_t number, uintptr_t site);
/* It waits until the phase of that parity is over. */
void sc_gates_wait(struct sc_emulator *emulator, struct sc_gates_gate *gate, int32_t parity,
                   uintptr_t site);

#endif
