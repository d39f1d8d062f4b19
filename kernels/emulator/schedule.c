/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/schedule.h"

#include "kernels/emulator/draw.h"
#include "kernels/emulator/meeting.h"
#include "kernels/emulator/raise.h"
#include "kernels/emulator/state.h"

#include <stdlib.h>

static void draw_switch(struct sc_emulator *emulator)
{
    const int32_t every = emulator->options.switch_every;

    emulator->steps_to_switch =
        every > 0 ? 1 + sc_draw_below(&emulator->draws, every < INT32_MAX / 2 ? 2 * every : every)
                  : INT64_MAX;
}

void sc_schedule_step(struct sc_emulator *emulator, uintptr_t site)
{
    if (++emulator->steps > emulator->options.steps_max) {
        sc_raise(emulator, SC_FAULT_WATCHDOG, site, NULL, NULL, 0);
    }
    if (--emulator->steps_to_switch == 0) {
        sc_schedule_wake(emulator, emulator->current);
        sc_schedule_wait(emulator);
    }
}

void sc_schedule_wait(struct sc_emulator *emulator)
{
    sc_fiber_leave(&sc_state_current(emulator)->fiber, false);
}

void sc_schedule_wake(struct sc_emulator *emulator, int32_t thread)
{
    emulator->ready[emulator->ready_count++] = thread;
}

void sc_schedule_stop(struct sc_emulator *emulator)
{
    sc_fiber_leave(&sc_state_current(emulator)->fiber, true);
    abort(); /* nothing enters it again */
}

static void run_thread(void *argument)
{
    struct sc_emulator *emulator = argument;

    emulator->kernel(emulator->arguments);
    sc_copies_exit(emulator);
    sc_product_exit(emulator);
    sc_state_current(emulator)->exited = true;
    sc_schedule_stop(emulator);
}

static void prepare(struct sc_emulator *emulator)
{
    emulator->ready_count = 0;
    for (int32_t t = 0; t < emulator->threads_count; t++) {
        struct sc_state_thread *thread = &emulator->threads[t];
        const struct sc_copies_queue none = {0, 0, 0, 0, 0, 0};
        thread->exited = false;
        thread->meeting = NULL;
        thread->gate = NULL;
        thread->copies = none;
        thread->begun = false;
        thread->publications = 0;
        thread->published_when = 0;
        thread->published_copies = 0;
        sc_fiber_prepare(&thread->fiber, emulator->stacks + (size_t)t * SC_FIBER_STACK_BYTES,
                         run_thread, emulator);
        sc_schedule_wake(emulator, t);
    }
}

static int32_t take_ready(struct sc_emulator *emulator)
{
    const int32_t i = sc_draw_below(&emulator->draws, emulator->ready_count);
    const int32_t thread = emulator->ready[i];

    emulator->ready[i] = emulator->ready[--emulator->ready_count];
    return thread;
}

void sc_schedule_block(struct sc_emulator *emulator)
{
    prepare(emulator);
    while (emulator->ready_count > 0 && emulator->fault.kind == SC_FAULT_NONE) {
        emulator->current = take_ready(emulator);
        draw_switch(emulator);
        sc_fiber_enter(&sc_state_current(emulator)->fiber);
    }
    if (emulator->fault.kind == SC_FAULT_NONE) {
        sc_meeting_check_all_exited(emulator);
        sc_copies_end(emulator);
    }
}
