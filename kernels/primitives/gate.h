/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_GATE_H
#define SC_KERNELS_PRIMITIVES_GATE_H

#include "kernels/primitives/machine.h"

/* Gates in shared memory, for threads of a block that do not wait where they arrive. A phase of a gate is over when as
 * many arrivals have come as it was set for, and the next one begins; phases have parities 0, 1, 0, ... What a thread
 * has done before it arrives is seen by whoever has waited for the phase. Source: PTX ISA, "mbarrier",
 * "cp.async.mbarrier.arrive". */
struct sc_gate {
    uint64_t state;
};

/* Sets a gate up for phases of `arrivals` arrivals, in [1, 2^20), where there is none; it is there for who meets
 * this thread at a barrier afterwards. One thread calls. */
SC_MACHINE void sc_gate_set(struct sc_gate *gate, int32_t arrivals);
/* Ends a gate that nobody waits for or arrives at any more: a barrier stands before. One thread calls. */
SC_MACHINE void sc_gate_end(struct sc_gate *gate);
/* This thread arrives. */
SC_MACHINE void sc_gate_arrive(struct sc_gate *gate);
/* This thread arrives when all copies that it has started have come, and goes on meanwhile. Who waits for the phase sees
 * what they brought, and of what else the thread has done nothing; for this thread, too, that is the wait. */
SC_MACHINE void sc_gate_arrive_copies(struct sc_gate *gate);
/* Waits until the phase of this parity is over; it is the present one or the one before it. Before the first one there
 * was one of parity 1. */
SC_MACHINE void sc_gate_wait(struct sc_gate *gate, int32_t parity);

#ifdef __CUDACC__
SC_MACHINE uint32_t sc_gate_address(const struct sc_gate *gate)
{
    return (uint32_t)__cvta_generic_to_shared(gate);
}

SC_MACHINE void sc_gate_set(struct sc_gate *gate, int32_t arrivals)
{
    asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(sc_gate_address(gate)), "r"(arrivals)
                 : "memory");
}

SC_MACHINE void sc_gate_end(struct sc_gate *gate)
{
    asm volatile("mbarrier.inval.shared.b64 [%0];" ::"r"(sc_gate_address(gate)) : "memory");
}

SC_MACHINE void sc_gate_arrive(struct sc_gate *gate)
{
    asm volatile(
        "{.reg .b64 state; mbarrier.arrive.shared.b64 state, [%0];}" ::"r"(sc_gate_address(gate))
        : "memory");
}

SC_MACHINE void sc_gate_arrive_copies(struct sc_gate *gate)
{
    asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(sc_gate_address(gate))
                 : "memory");
}

SC_MACHINE void sc_gate_wait(struct sc_gate *gate, int32_t parity)
{
    asm volatile("{.reg .pred over; wait%=: mbarrier.try_wait.parity.shared.b64 over, [%0], %1; "
                 "@!over bra wait%=;}" ::"r"(sc_gate_address(gate)),
                 "r"(parity)
                 : "memory");
}
#endif

#endif
