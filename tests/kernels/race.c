/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/atomic.h"
#include "kernels/primitives/barrier.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/shuffle.h"
#include "tests/kernels/faulty.h"

/* Accesses that nothing orders, and twins in which something does. Shared memory is written first, so
 * that a reader who comes early reads something. */

static float *shared(void)
{
    return (float *)(void *)sc_grid_shared();
}

static float *filled(void)
{
    shared()[sc_grid_thread()] = 1.0f;
    sc_barrier_block();
    return shared();
}

SC_KERNEL(race_shared, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    x[thread] = 2.0f;                                       /* here: race_shared */
    const float y = x[(thread + 1 + arguments->zero) % 64]; /* other: race_shared */
    sc_barrier_block();
    x[thread] = y;
}

SC_KERNEL(race_shared_clean, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    for (int32_t i = 0; i < 4; i++) {
        x[thread] = (float)i;
        sc_barrier_block();
        const float y = x[(thread + 1 + arguments->zero) % 64];
        (void)sc_barrier_any(i);
        x[thread] = y;
    }
}

SC_KERNEL(race_writes, struct faulty)
{
    float *x = filled();

    if (sc_grid_thread() % 32 == 3) {
        x[arguments->zero] = 2.0f; /* here: race_writes */ /* other: race_writes */
    }
}

/* A barrier of the warp does not order warps. */
SC_KERNEL(race_warps, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    x[thread] = 2.0f; /* here: race_warps */
    sc_barrier_warp();
    const float y = x[(thread + 32) % 96]; /* other: race_warps */
    sc_barrier_block();
    x[thread] = y + (float)arguments->zero;
}

/* A barrier orders what came before it, not what comes after. */
SC_KERNEL(race_after_warp, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    sc_barrier_warp();
    x[thread] = 2.0f;              /* here: race_after_warp */
    const float y = x[thread ^ 1]; /* other: race_after_warp */
    sc_barrier_block();
    x[thread] = y + (float)arguments->zero;
}

SC_KERNEL(race_warps_clean, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    x[thread] = 2.0f;
    sc_barrier_warp();
    const float y = x[thread ^ 31];
    sc_barrier_warp();
    x[thread] = y + (float)arguments->zero;
}

/* Warps 0 and 1 meet at a named barrier; warp 2 reads without having met them. */
SC_KERNEL(race_named, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    if (thread < 64) {
        x[thread] = 2.0f; /* here: race_named */
        sc_barrier_some(1, 64);
        arguments->out[64 * sc_grid_block() + thread] = x[63 - thread];
    } else {
        arguments->fresh[64 * sc_grid_block() + thread] = x[thread - 64]; /* other: race_named */
    }
}

SC_KERNEL(race_named_clean, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    if (thread < 64) {
        x[thread] = 2.0f;
        sc_barrier_some(1, 64);
        arguments->out[64 * sc_grid_block() + thread] = x[63 - thread];
    } else {
        x[thread] = 3.0f;
    }
}

/* A shuffle has all lanes there, and orders nothing. */
SC_KERNEL(race_shuffle, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    x[thread] = 2.0f; /* here: race_shuffle */
    const float z = sc_shuffle_xor((float)arguments->zero, 1);
    const float y = x[thread ^ 1]; /* other: race_shuffle */
    sc_barrier_block();
    x[thread] = y + z;
}

SC_KERNEL(race_bytes_clean, struct faulty)
{
    unsigned char *bytes = sc_grid_shared();

    bytes[sc_grid_thread()] = (unsigned char)arguments->zero;
    bytes[sc_grid_thread()]++;
}

/* One byte of four. */
SC_KERNEL(race_part, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();
    unsigned char *bytes = sc_grid_shared();

    if (thread == 0) {
        x[1] = (float)arguments->zero; /* here: race_part */
    } else if (thread == 40) {
        bytes[7] = 1; /* other: race_part */
    }
}

SC_KERNEL(race_blocks, struct faulty)
{
    if (sc_grid_thread() == 7) {
        arguments->out[3] = 1.0f; /* here: race_blocks */ /* other: race_blocks */
    }
}

SC_KERNEL(race_blocks_read, struct faulty)
{
    if (sc_grid_thread() != 7) {
        return;
    }
    if (sc_grid_block() == 0) {
        arguments->out[3] = 1.0f; /* here: race_blocks_read */
    } else {
        arguments->out[4] = arguments->out[3]; /* other: race_blocks_read */
    }
}

/* Both blocks read what the next launch writes. */
SC_KERNEL(race_blocks_reads, struct faulty)
{
    if (sc_grid_thread() == 7) {
        arguments->out[sc_grid_block()] = arguments->out[3];
    }
}

SC_KERNEL(race_blocks_clean, struct faulty)
{
    const int32_t i = 64 * sc_grid_block() + sc_grid_thread();

    if (sc_grid_thread() < 64) {
        arguments->out[i] += arguments->in[i] + arguments->out[200];
    }
}

SC_KERNEL(atomic_clean, struct faulty)
{
    float *x = filled();

    sc_atomic_add(&arguments->out[0], 1.0f);
    sc_atomic_add(&x[5], 1.0f);
    sc_barrier_block();
    if (x[5] != 1.0f + FAULTY_THREADS) {
        sc_atomic_add(&arguments->out[1], 1.0f);
    }
}

SC_KERNEL(atomic_mixed, struct faulty)
{
    if (sc_grid_thread() == 7) {
        if (sc_grid_block() == 0) {
            arguments->out[3] = 1.0f; /* here: atomic_mixed */
        } else {
            sc_atomic_add(&arguments->out[3], 1.0f); /* other: atomic_mixed */
        }
    }
}

SC_KERNEL(atomic_blocks_read, struct faulty)
{
    if (sc_grid_thread() == 7) {
        if (sc_grid_block() == 0) {
            arguments->fresh[0] = arguments->out[3]; /* here: atomic_blocks_read */
        } else {
            sc_atomic_add(&arguments->out[3], 1.0f); /* other: atomic_blocks_read */
        }
    }
}

/* The reader is ordered after one of the adding warps, not after the other. */
SC_KERNEL(atomic_read, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float *x = filled();

    if (thread >= 64) {
        return;
    }
    sc_atomic_add(&x[80], 1.0f); /* here: atomic_read */
    if (thread < 32) {
        sc_barrier_warp();
        arguments->fresh[64 * sc_grid_block() + thread] = x[80]; /* other: atomic_read */
    }
}

/* Two million reads by each warp, without a barrier of the block: more than are kept one by one. */
static void read_long(const float *x, const struct faulty *arguments)
{
    float sum = 0.0f;

    for (int32_t i = 0; i < 4000; i++) {
        for (int32_t j = 0; j < 16; j++) {
            sum += x[j + arguments->zero];
        }
        sc_barrier_warp();
    }
    arguments->fresh[FAULTY_THREADS * sc_grid_block() + sc_grid_thread()] = sum;
}

SC_KERNEL(race_long, struct faulty)
{
    float *x = filled();

    if (sc_grid_block() == 1) {
        return;
    }
    if (sc_grid_thread() < 32) {
        read_long(x, arguments);
        sc_barrier_some(1, 64);
    } else if (sc_grid_thread() < 64) {
        sc_barrier_some(1, 64);
        x[sc_grid_thread() - 32] = 2.0f; /* here: race_long */
    } else {
        arguments->fresh[sc_grid_thread()] = x[sc_grid_thread() % 16]; /* other: race_long */
    }
}

SC_KERNEL(race_long_clean, struct faulty)
{
    float *x = filled();

    read_long(x, arguments);
    if (sc_grid_thread() < 32) {
        sc_barrier_some(1, 96);
        x[sc_grid_thread()] = 2.0f;
    } else {
        sc_barrier_some(1, 96);
    }
}

/* out[0] depends on the order of the additions. Subnormal numbers are added to both memories: 2^-149 to
 * fresh[0], which flushes it, and to shared memory, which does not. */
SC_KERNEL(atomic_order, struct faulty)
{
    float *x = filled();
    const float tiny = arguments->fresh[FAULTY_VALUES - 1];

    sc_atomic_add(&arguments->out[0], 1.0f / (float)(3 + sc_grid_thread()));
    sc_barrier_block();
    x[sc_grid_thread()] = 0.0f;
    sc_barrier_block();
    sc_atomic_add(&x[0], tiny);
    sc_atomic_add(&arguments->out[1], tiny);
    sc_barrier_block();
    if (sc_grid_block() == 0) {
        arguments->fresh[sc_grid_thread()] = x[0];
    }
}

/* Kept by the run itself, without hooks: how often another thread went on, and which block began. */
int32_t race_switches, race_first_block;
static int32_t last_thread;

__attribute__((noinline, no_sanitize_thread)) static void note(int32_t thread, int32_t block)
{
    race_switches += thread != last_thread;
    race_first_block = race_first_block < 0 ? block : race_first_block;
    last_thread = thread;
}

SC_KERNEL(race_interleaved, struct faulty)
{
    float *x = (float *)(void *)sc_grid_shared() + sc_grid_thread();

    *x = 0.0f;
    for (int32_t i = 0; i < 100; i++) {
        *(volatile float *)x += (float)arguments->zero;
        note(sc_grid_thread(), sc_grid_block());
    }
}
