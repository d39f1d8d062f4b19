/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_FIBER_H
#define SC_KERNELS_EMULATOR_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function with a stack of its own that stops and goes on where it says. Switches are announced to
 * AddressSanitizer where it is on. */

#define SC_FIBER_STACK_BYTES (128 * 1024)
#define SC_FIBER_GUARD_BYTES                                                                       \
    4096 /* the lowest of them: no access, so that an overflow is a signal */

struct sc_fiber {
    unsigned char *stack; /* SC_FIBER_STACK_BYTES of sc_fiber_stacks */
    void (*entry)(void *argument);
    void *argument;
    void *context, *caller; /* where the one that does not run goes on */
    void *fake_stack;       /* AddressSanitizer's; so are the next two */
    const void *caller_stack;
    size_t caller_bytes;
};

/* `count` stacks, one after the other. NULL: no memory. */
unsigned char *sc_fiber_stacks(int32_t count);
void sc_fiber_release(unsigned char *stacks, int32_t count);

/* Makes *fiber ready to run entry(argument) on `stack`; what ran there before is forgotten. `entry` ends
 * by sc_fiber_leave(fiber, true), and does not return. */
void sc_fiber_prepare(struct sc_fiber *fiber, unsigned char *stack, void (*entry)(void *argument),
                      void *argument);
/* Runs a fiber until it leaves. */
void sc_fiber_enter(struct sc_fiber *fiber);
/* Called on the fiber: goes on after sc_fiber_enter. `forever`: it is never entered again. */
void sc_fiber_leave(struct sc_fiber *fiber, bool forever);

#endif
