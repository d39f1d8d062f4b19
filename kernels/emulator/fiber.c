/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "kernels/emulator/fiber.h"

#include <sys/mman.h>

#ifndef __has_feature
#define __has_feature(feature) 0 /* clang's way to say it; gcc defines a macro */
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

/* Boost.Context's own interface, which is C: boost/context/detail/fcontext.hpp. */
struct transfer {
    void *context;
    void *data;
};
struct transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *stack_end, size_t bytes, void (*entry)(struct transfer));

static void switch_begins(void **fake_stack, const void *stack, size_t bytes)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_start_switch_fiber(fake_stack, stack, bytes);
#else
    (void)fake_stack, (void)stack, (void)bytes;
#endif
}

static void switch_ended(void *fake_stack, const void **stack, size_t *bytes)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(fake_stack, stack, bytes);
#else
    (void)fake_stack, (void)stack, (void)bytes;
#endif
}

/* Frames that a fiber left behind are marks in AddressSanitizer's shadow. */
static void forget_frames(const unsigned char *stack)
{
#ifdef ADDRESS_SANITIZER
    __asan_unpoison_memory_region(stack, SC_FIBER_STACK_BYTES);
#else
    (void)stack;
#endif
}

unsigned char *sc_fiber_stacks(int32_t count)
{
    const size_t bytes = (size_t)count * SC_FIBER_STACK_BYTES;
    unsigned char *stacks = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (stacks == MAP_FAILED) {
        return NULL;
    }
    for (int32_t i = 0; i < count; i++) {
        if (mprotect(stacks + (size_t)i * SC_FIBER_STACK_BYTES, SC_FIBER_GUARD_BYTES, PROT_NONE) !=
            0) {
            sc_fiber_release(stacks, count);
            return NULL;
        }
    }
    return stacks;
}

void sc_fiber_release(unsigned char *stacks, int32_t count)
{
    if (stacks != NULL) {
        for (int32_t i = 0; i < count; i++) {
            forget_frames(stacks + (size_t)i * SC_FIBER_STACK_BYTES);
        }
        (void)munmap(stacks, (size_t)count * SC_FIBER_STACK_BYTES);
    }
}

static void begin(struct transfer from)
{
    struct sc_fiber *fiber = from.data;

    fiber->caller = from.context;
    switch_ended(NULL, &fiber->caller_stack, &fiber->caller_bytes);
    fiber->entry(fiber->argument);
}

void sc_fiber_prepare(struct sc_fiber *fiber, unsigned char *stack, void (*entry)(void *argument),
                      void *argument)
{
    const size_t bytes = SC_FIBER_STACK_BYTES - SC_FIBER_GUARD_BYTES;

    forget_frames(stack);
    fiber->stack = stack;
    fiber->entry = entry;
    fiber->argument = argument;
    fiber->fake_stack = NULL;
    fiber->context = make_fcontext(stack + SC_FIBER_STACK_BYTES, bytes, begin);
}

void sc_fiber_enter(struct sc_fiber *fiber)
{
    const size_t bytes = SC_FIBER_STACK_BYTES - SC_FIBER_GUARD_BYTES;
    void *fake_stack = NULL;

    switch_begins(&fake_stack, fiber->stack + SC_FIBER_GUARD_BYTES, bytes);
    fiber->context = jump_fcontext(fiber->context, fiber).context;
    switch_ended(fake_stack, NULL, NULL);
}

void sc_fiber_leave(struct sc_fiber *fiber, bool forever)
{
    switch_begins(forever ? NULL : &fiber->fake_stack, fiber->caller_stack, fiber->caller_bytes);
    fiber->caller = jump_fcontext(fiber->caller, NULL).context;
    switch_ended(fiber->fake_stack, &fiber->caller_stack, &fiber->caller_bytes);
}
