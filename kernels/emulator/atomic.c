/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/atomic.h"

#include "kernels/emulator/access.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"

#include <float.h>
#include <math.h>

static float flush(float x)
{
    return fabsf(x) < FLT_MIN ? copysignf(0.0f, x) : x;
}

/* In global memory subnormal arguments and results are flushed, in shared memory they are kept: PTX ISA,
 * "atom", on .add of .f32. */
void sc_atomic_add(float *sum, float x)
{
    struct sc_emulator *emulator = sc_state_running;
    const uintptr_t site = (uintptr_t)__builtin_return_address(0);

    sc_schedule_step(emulator, site);
    sc_access(emulator, sum, sizeof *sum, sizeof *sum, SC_RACE_ATOMIC, site);
    if (sc_access_space(emulator, sum) == SC_FAULT_GLOBAL) {
        *sum = flush(flush(*sum) + flush(x));
    } else {
        *sum += x;
    }
}
