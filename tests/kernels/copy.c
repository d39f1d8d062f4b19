/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/copy.h"
#include "kernels/primitives/barrier.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/shuffle.h"
#include "tests/kernels/faulty.h"

/* Asynchronous copies: in flight, overwritten early, forgotten. Threads 0 to 63 copy 4 values each. */

static float *shared(void)
{
    return (float *)(void *)sc_grid_shared();
}

SC_KERNEL(copy_missing_wait, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = shared(), *to = arguments->fresh + FAULTY_THREADS * sc_grid_block();

    if (thread < 64) {
        sc_copy_start(x + 4 * thread, arguments->in, 16); /* other: copy_missing_wait */
        sc_copy_group();
    }
    sc_barrier_block();
    to[thread] = x[thread]; /* here: copy_missing_wait */
    SC_COPY_WAIT(0);
}

/* Two groups, of which the first is waited for and the second read. */
SC_KERNEL(copy_wrong_group, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = shared() + 8 * thread;

    sc_copy_start(x, arguments->in, 16);
    sc_copy_group();
    sc_copy_start(x + 4, arguments->in, 16); /* other: copy_wrong_group */
    sc_copy_group();
    SC_COPY_WAIT(1);
    x[0] += (float)arguments->zero;
    x[1] += x[4]; /* here: copy_wrong_group */
    SC_COPY_WAIT(0);
}

SC_KERNEL(copy_written, struct faulty)
{
    float *x = shared() + 4 * sc_grid_thread();

    sc_copy_start(x, arguments->in, 4); /* other: copy_written */
    sc_copy_group();
    x[3] = 1.0f; /* here: copy_written */
    SC_COPY_WAIT(0);
}

/* After its wait a copy is seen by its own thread only. A shuffle has all lanes there, and orders nothing. */
SC_KERNEL(copy_missing_barrier, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = shared();

    x[4 * thread] = 0.0f;
    sc_barrier_block();
    sc_copy_start(x + 4 * thread, arguments->in, 16); /* here: copy_missing_barrier */
    sc_copy_group();
    SC_COPY_WAIT(0);
    (void)sc_shuffle_any(arguments->zero);
    const float y = x[4 * (thread ^ 1)]; /* other: copy_missing_barrier */
    sc_barrier_block();
    x[4 * thread] = y;
}

/* The barrier comes before the wait that it should follow. */
SC_KERNEL(copy_late_wait, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = shared();

    sc_copy_start(x + 4 * thread, arguments->in, 16); /* here: copy_late_wait */
    sc_copy_group();
    sc_barrier_block();
    SC_COPY_WAIT(0);
    (void)sc_shuffle_any(arguments->zero);
    const float y = x[4 * (thread ^ 1)]; /* other: copy_late_wait */
    sc_barrier_block();
    x[4 * thread] = y;
}

/* Warp 0 refills the stage that warp 1 may still read. */
SC_KERNEL(copy_early, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = shared();

    for (int32_t i = 0; i < 2; i++) {
        if (thread < 32) {
            sc_copy_start(x + 4 * thread, arguments->in + 4 * thread, 16); /* here: copy_early */
            sc_copy_group();
            SC_COPY_WAIT(0);
        }
        sc_barrier_block();
        x[128 + thread] = x[thread]; /* other: copy_early */
    }
}

SC_KERNEL(copy_never_waited, struct faulty)
{
    if (sc_grid_thread() == 9) {
        sc_copy_start(shared(), arguments->in, 16); /* here: copy_never_waited */
        sc_copy_group();
    }
}

SC_KERNEL(copy_never_grouped, struct faulty)
{
    if (sc_grid_thread() == 9) {
        sc_copy_start(shared(), arguments->in, 16); /* here: copy_never_grouped */
        SC_COPY_WAIT(0);
    }
}

SC_KERNEL(copy_source_race, struct faulty)
{
    if (sc_grid_block() == 0 && sc_grid_thread() == 9) {
        arguments->out[3] = 1.0f; /* here: copy_source_race */
    } else if (sc_grid_block() == 1 && sc_grid_thread() == 9) {
        sc_copy_start(shared(), arguments->out, 16); /* other: copy_source_race */
        sc_copy_group();
        SC_COPY_WAIT(0);
    }
}

SC_KERNEL(copy_source_misaligned, struct faulty)
{
    sc_copy_start(shared(), arguments->in + 1, 8); /* here: copy_source_misaligned */
}

SC_KERNEL(copy_destination_misaligned, struct faulty)
{
    sc_copy_start(shared() + 2, arguments->in, 8); /* here: copy_destination_misaligned */
}

SC_KERNEL(copy_source_overrun, struct faulty)
{
    const float *last = arguments->fresh + FAULTY_VALUES;

    sc_copy_start(shared(), last, 4); /* here: copy_source_overrun */
}

SC_KERNEL(copy_to_global, struct faulty)
{
    sc_copy_start(arguments->out, arguments->in, 16); /* here: copy_to_global */
}

SC_KERNEL(copy_too_long, struct faulty)
{
    sc_copy_start(shared(), arguments->in, 17); /* here: copy_too_long */
}

/* Sixteen tiles through two stages: out = the sum over tiles of what each thread's neighbour copied. */
SC_KERNEL(copy_clean, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *stages[2] = {shared(), shared() + 4 * FAULTY_THREADS};
    float sum = 0.0f;

    sc_copy_start(stages[0] + 4 * thread, arguments->in, 16);
    sc_copy_group();
    for (int32_t i = 0; i < 16; i++) {
        if (i < 15) {
            sc_copy_start(stages[(i + 1) % 2] + 4 * thread, arguments->in + 4 * (i + 1), 16);
        }
        sc_copy_group();
        SC_COPY_WAIT(1);
        sc_barrier_block();
        sum += stages[i % 2][4 * (thread ^ 1)];
        sc_barrier_block();
    }
    arguments->fresh[FAULTY_THREADS * sc_grid_block() + thread] = sum;
}

/* Copies of 0 to 16 bytes, the rest zero; of a copy of 0 bytes the source is nowhere. */
SC_KERNEL(copy_zero_fill, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = shared() + 4 * thread;

    if (thread < 17 && sc_grid_block() == 0) {
        sc_copy_start(x, thread == 0 ? arguments->null : arguments->in + 64, thread);
        sc_copy_group();
        SC_COPY_WAIT(0);
        for (int32_t i = 0; i < 4; i++) {
            arguments->out[4 * thread + i] = x[i];
        }
    }
}

/* What is there before the wait, read without a hook. */
__attribute__((noinline, no_sanitize_thread)) static float peeked(const float *x)
{
    return *x;
}

SC_KERNEL(copy_peek, struct faulty)
{
    float *x = shared() + 4 * sc_grid_thread();

    sc_copy_start(x, arguments->in + 4, 16);
    sc_copy_group();
    const float before = peeked(x);
    SC_COPY_WAIT(0);
    if (sc_grid_block() == 0) {
        arguments->fresh[sc_grid_thread()] = before;
    }
}
