/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_SCHEDULE_H
#define SC_KERNELS_EMULATOR_SCHEDULE_H

#include <stdint.h>

struct sc_emulator;

/* Runs the threads of emulator->block from their start, one at a time, the next one drawn among those
 * that can run, until all have exited or there is a fault. */
void sc_schedule_block(struct sc_emulator *emulator);

/* The rest is called on a thread of the kernel. */

/* Counts a step; now and then another thread runs meanwhile. */
void sc_schedule_step(struct sc_emulator *emulator, uintptr_t site);
/* The present thread waits until it is woken. */
void sc_schedule_wait(struct sc_emulator *emulator);
void sc_schedule_wake(struct sc_emulator *emulator, int32_t thread);
/* Ends the launch. */
_Noreturn void sc_schedule_stop(struct sc_emulator *emulator);

#endif
