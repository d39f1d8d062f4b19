/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/barrier.h"
#include "kernels/primitives/grid.h"
#include "tests/kernels/faulty.h"

/* Accesses out of place, misaligned, to memory not written or not to be written. */

static const float table[4] = {1.0f, 2.0f, 3.0f, 4.0f};
static float variable = 1.0f;

static float *shared(void)
{
    return (float *)(void *)sc_grid_shared();
}

SC_KERNEL(shared_overrun, struct faulty)
{
    if (sc_grid_thread() == 5) {
        shared()[FAULTY_SHARED / 4 + arguments->zero] = 1.0f; /* here: shared_overrun */
    }
}

SC_KERNEL(shared_underrun, struct faulty)
{
    if (sc_grid_thread() == 5) {
        arguments->out[0] = shared()[arguments->zero - 1]; /* here: shared_underrun */
    }
}

SC_KERNEL(global_overrun, struct faulty)
{
    if (sc_grid_thread() == 5) {
        shared()[0] = arguments->fresh[FAULTY_VALUES]; /* here: global_overrun */
    }
}

SC_KERNEL(global_underrun, struct faulty)
{
    if (sc_grid_thread() == 5) {
        arguments->out[arguments->zero - 1] = 1.0f; /* here: global_underrun */
    }
}

SC_KERNEL(gap_written, struct faulty)
{
    if (sc_grid_thread() == 5) {
        arguments->out[FAULTY_VALUES + 3] = 1.0f; /* here: gap_written */
    }
}

SC_KERNEL(null_read, struct faulty)
{
    shared()[0] = *arguments->null; /* here: null_read */
}

SC_KERNEL(arguments_overrun, struct faulty)
{
    const int32_t *zero = &arguments->zero;

    shared()[0] = (float)zero[2 + *zero]; /* here: arguments_overrun */
}

SC_KERNEL(arguments_crossed, struct faulty)
{
    const int64_t *wide = (const void *)&arguments->zero;

    shared()[0] = (float)*wide; /* here: arguments_crossed */
}

SC_KERNEL(misaligned, struct faulty)
{
    unsigned char *bytes = sc_grid_shared();
    uint32_t *word = (void *)(bytes + 2 + arguments->zero);

    *word = 1; /* here: misaligned */
}

SC_KERNEL(unwritten_shared, struct faulty)
{
    float *x = shared();

    x[2 * sc_grid_thread()] = 1.0f;
    arguments->out[0] = x[2 * sc_grid_thread() + 1]; /* here: unwritten_shared */
}

SC_KERNEL(unwritten_global, struct faulty)
{
    shared()[sc_grid_thread()] = arguments->fresh[7]; /* here: unwritten_global */
}

SC_KERNEL(input_written, struct faulty)
{
    float *in = (float *)(uintptr_t)arguments->in;

    in[sc_grid_thread()] = 1.0f; /* here: input_written */
}

SC_KERNEL(arguments_written, struct faulty)
{
    struct faulty *own = (struct faulty *)(uintptr_t)arguments;

    own->zero = 1; /* here: arguments_written */
}

SC_KERNEL(variable_written, struct faulty)
{
    variable = shared()[arguments->zero] = 1.0f; /* here: variable_written */
}

SC_KERNEL(foreign_stack, struct faulty)
{
    float **pointer = (float **)(void *)sc_grid_shared();
    float mine = 1.0f + (float)arguments->zero;

    if (sc_grid_thread() == 0) {
        *pointer = &mine;
    }
    sc_barrier_block();
    if (sc_grid_thread() == 1) {
        **pointer = 2.0f; /* here: foreign_stack */
    }
    sc_barrier_block();
    shared()[8 + sc_grid_thread()] = mine;
}

/* As libc writes: without a hook. */
__attribute__((noinline, no_sanitize_thread)) static void escaped(float *where)
{
    *where = 1.0f;
}

SC_KERNEL(escape, struct faulty)
{
    if (sc_grid_thread() == 0) {
        escaped(arguments->out + FAULTY_VALUES + 1);
    }
}

/* The clean twin of all: every space at both of its ends. */
SC_KERNEL(bounds_clean, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = shared();
    float *own = arguments->fresh + FAULTY_THREADS * sc_grid_block();

    for (int32_t i = thread; i < FAULTY_SHARED / 4; i += FAULTY_THREADS) {
        x[i] = arguments->in[i % FAULTY_VALUES] + table[i % 4] + variable;
    }
    own[thread] = x[thread] + arguments->in[FAULTY_VALUES - 1 - thread];
    if (thread == 0 && sc_grid_block() == 0) {
        arguments->out[0] = own[0];
        arguments->out[FAULTY_VALUES - 1] = own[0];
        arguments->out[FAULTY_VALUES + 16] = own[0]; /* behind the gap */
    }
}
