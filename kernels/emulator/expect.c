/* SPDX-License-Identifier: Apache-2.0 */
#define SC_EMULATED
#include "kernels/emulator/raise.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"
#include "spec/share.h"

#include <stdlib.h>

/* Outside of a launch no caller is left that could be told. */
void sc_expect_failed(const char *function, const char *name)
{
    struct sc_emulator *emulator = sc_state_running;

    if (emulator == NULL) {
        abort();
    }
    const struct sc_fault_place here =
        sc_raise_place(emulator, emulator->current, (uintptr_t)__builtin_return_address(0));

    if (emulator->options.unwatched) {
        return;
    }
    sc_raise_record(emulator, SC_FAULT_CONTRACT, &here, NULL, NULL, 0);
    emulator->fault.function = function;
    emulator->fault.clause = name;
    sc_schedule_stop(emulator);
}
