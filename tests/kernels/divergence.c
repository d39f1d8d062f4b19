/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/barrier.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/shuffle.h"
#include "tests/kernels/faulty.h"

#include <stdbool.h>

/* Threads that wait where others do not come. */

SC_KERNEL(barrier_sites, struct faulty)
{
    if (sc_grid_thread() + arguments->zero < 32) {
        sc_barrier_block(); /* here: barrier_sites */
    } else {
        sc_barrier_block(); /* other: barrier_sites */
        arguments->out[sc_grid_thread()] = 1.0f;
    }
}

SC_KERNEL(barrier_exited, struct faulty)
{
    if (sc_grid_thread() == 70 + arguments->zero) {
        return;
    }
    sc_barrier_block(); /* here: barrier_exited */
}

SC_KERNEL(barrier_kinds, struct faulty)
{
    if (sc_grid_thread() + arguments->zero < 32) {
        sc_barrier_block(); /* here: barrier_kinds */
    } else {
        (void)sc_barrier_any(1); /* other: barrier_kinds */
    }
}

SC_KERNEL(barrier_and_shuffle, struct faulty)
{
    if (sc_grid_thread() == 40) {
        arguments->out[0] = sc_shuffle_xor(1.0f, 1); /* other: barrier_and_shuffle */
    } else {
        sc_barrier_block(); /* here: barrier_and_shuffle */
    }
}

SC_KERNEL(warp_barrier_half, struct faulty)
{
    if (sc_grid_thread() % 32 < 16 + arguments->zero) {
        sc_barrier_warp(); /* here: warp_barrier_half */
    }
}

SC_KERNEL(collective_sites, struct faulty)
{
    float x = 1.0f;

    if (sc_grid_thread() % 32 < 16 + arguments->zero) {
        x = sc_shuffle_xor(x, 1); /* here: collective_sites */
    } else {
        x = 2.0f * sc_shuffle_xor(x, 1); /* other: collective_sites */
    }
    sc_barrier_block();
    sc_grid_shared()[sc_grid_thread()] = (unsigned char)x;
}

SC_KERNEL(collective_kinds, struct faulty)
{
    if (sc_grid_thread() % 32 < 16 + arguments->zero) {
        (void)sc_shuffle_any(1); /* here: collective_kinds */
    } else {
        sc_barrier_warp(); /* other: collective_kinds */
    }
}

SC_KERNEL(collective_exited, struct faulty)
{
    if (sc_grid_thread() == 33 + arguments->zero) {
        return;
    }
    (void)sc_shuffle_any(1); /* here: collective_exited */
}

SC_KERNEL(deadlock, struct faulty)
{
    if (sc_grid_thread() < 32 + arguments->zero) {
        sc_barrier_some(1, 64); /* here: deadlock */
        sc_barrier_some(2, 64);
    } else if (sc_grid_thread() < 64) {
        sc_barrier_some(2, 64); /* other: deadlock */
        sc_barrier_some(1, 64);
    }
}

SC_KERNEL(named_counts, struct faulty)
{
    if (sc_grid_thread() < 32 + arguments->zero) {
        sc_barrier_some(1, 64); /* here: named_counts */
    } else {
        sc_barrier_some(1, 96); /* other: named_counts */
    }
}

SC_KERNEL(named_parts, struct faulty)
{
    if (sc_grid_thread() % 32 < 16 + arguments->zero) {
        sc_barrier_some(1, 32); /* here: named_parts */ /* other: named_parts */
    }
}

SC_KERNEL(named_zero, struct faulty)
{
    sc_barrier_some(arguments->zero, 96); /* here: named_zero */
}

SC_KERNEL(shuffle_mask, struct faulty)
{
    arguments->out[0] = sc_shuffle_xor(1.0f, 32); /* here: shuffle_mask */
}

SC_KERNEL(shuffle_lane, struct faulty)
{
    arguments->out[0] = sc_shuffle_from(1.0f, -1); /* here: shuffle_lane */
}

SC_KERNEL(shuffle_differs, struct faulty)
{
    arguments->out[0] =
        (float)sc_shuffle_same(sc_grid_thread() % 32 / 31); /* here: shuffle_differs */
}

SC_KERNEL(endless, struct faulty)
{
    const volatile int32_t *zero = &arguments->zero;

    while (*zero == 0) { /* here: endless */
    }
}

/* Producers and consumers with a barrier each way, warps at different places of the program. */
SC_KERNEL(divergence_clean, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = (float *)(void *)sc_grid_shared();

    for (int32_t i = 0; i < 4; i++) {
        if (thread < 32) {
            x[thread] = (float)i;
            sc_barrier_some(1, 64);
            sc_barrier_some(2, 64);
        } else if (thread < 64) {
            sc_barrier_some(1, 64);
            x[thread] = sc_shuffle_xor(x[thread - 32], 5);
            sc_barrier_some(2, 64);
        }
    }
    sc_barrier_block();
    if (sc_shuffle_any(thread == 64 + arguments->zero) != (thread >= 64)) {
        arguments->out[sc_grid_block()] = 1.0f;
    }
}

/* The compiler knows after the barrier which way a thread came, and could give each way a barrier of its
 * own (-fthread-jumps): one place of the source is then two of the program. */
SC_KERNEL(divergence_duplicated, struct faulty)
{
    float *x = (float *)(void *)sc_grid_shared() + sc_grid_thread();
    const bool odd = (sc_grid_thread() + arguments->zero) % 2 != 0;
    float y = 1.0f;

    if (odd) {
        y = *x = 2.0f;
    }
    sc_barrier_block();
    if (odd) {
        y += *x;
    }
    *x = y;
}
