/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/group.h"
#include "kernels/primitives/barrier.h"
#include "kernels/primitives/copy.h"
#include "kernels/primitives/grid.h"
#include "tests/kernels/faulty.h"

/* Products of one warpgroup, with n = 32: A is at the start of shared memory, B 8192 bytes on. Blocks of
 * FAULTY_GROUP_THREADS threads and FAULTY_GROUP_SHARED bytes, which A and B fill. */

#define N 32

static uint16_t *tile(void)
{
    return (uint16_t *)(void *)sc_grid_shared();
}

static struct sc_group_matrix rows_a(void)
{
    return sc_group_rows(tile());
}

static struct sc_group_matrix rows_b(void)
{
    return sc_group_rows(tile() + FAULTY_GROUP_B);
}

/* All of A and B, published. */
static void stage(const struct faulty *arguments)
{
    for (int32_t i = sc_grid_thread(); i < FAULTY_GROUP_SHARED / 2; i += FAULTY_GROUP_THREADS) {
        tile()[i] = arguments->a[i % 256];
    }
    sc_group_publish();
    sc_barrier_block();
}

static void keep(const struct faulty *arguments, const float *d)
{
    float *to = arguments->fresh + 128 * sc_grid_block();

    to[sc_grid_thread()] = d[sc_grid_thread() % 16];
}

SC_KERNEL(group_missing_publish, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float d[16];

    stage(arguments);
    tile()[64 * (thread / 2) + thread % 2] = 0; /* other: group_missing_publish */
    sc_barrier_block();
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_missing_publish */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

/* The barrier comes before the publication that it should follow, and who multiplies does not publish. */
SC_KERNEL(group_publish_late, struct faulty)
{
    float d[16];

    stage(arguments);
    if (sc_grid_thread() == 77) {
        tile()[FAULTY_GROUP_B + 70] = 0; /* other: group_publish_late */
    }
    sc_barrier_block();
    if (sc_grid_thread() == 77) {
        sc_group_publish();
    }
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_publish_late */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_copy_missing_publish, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_copy_start(tile() + 8 * sc_grid_thread(), /* other: group_copy_missing_publish */
                  arguments->in, 16);
    sc_copy_group();
    SC_COPY_WAIT(0);
    sc_barrier_block();
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_copy_missing_publish */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

/* Published before the copy has arrived. */
SC_KERNEL(group_copy_publish_early, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_copy_start(tile() + 8 * sc_grid_thread(), /* other: group_copy_publish_early */
                  arguments->in, 16);
    sc_copy_group();
    sc_group_publish();
    SC_COPY_WAIT(0);
    sc_barrier_block();
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_copy_publish_early */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_copy_in_flight, struct faulty)
{
    float d[16];

    stage(arguments);
    if (sc_grid_thread() == 0) {
        sc_copy_start(tile(), arguments->in, 16); /* other: group_copy_in_flight */
    }
    sc_copy_group();
    sc_group_publish();
    sc_barrier_block();
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_copy_in_flight */
    sc_group_commit();
    SC_GROUP_WAIT(0);
    SC_COPY_WAIT(0);
}

SC_KERNEL(group_missing_begin, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_missing_begin */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_begin_once, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false);
    sc_group_commit();
    SC_GROUP_WAIT(0);
    d[3] += 1.0f;
    sc_group_product_bf16(d, N, rows_a(), rows_b(), true); /* here: group_begin_once */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_d_written, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* other: group_d_written */
    sc_group_commit();
    if (sc_grid_thread() == 33) {
        d[15] = 1.0f;
    }
    SC_GROUP_WAIT(0); /* here: group_d_written */
    keep(arguments, d);
}

SC_KERNEL(group_a_written, struct faulty)
{
    const struct sc_group_matrix b = sc_group_columns(tile() + FAULTY_GROUP_B, 0);
    float d[16] = {0.0f};
    uint32_t a[4] = {0};

    stage(arguments);
    sc_group_begin();
    sc_group_add_bf16(d, N, a, b); /* other: group_a_written */
    a[3] = 1;
    sc_group_commit();
    SC_GROUP_WAIT(0); /* here: group_a_written */
    keep(arguments, d);
}

/* Of two products into one D the second is not of the same shape. */
SC_KERNEL(group_shapes, struct faulty)
{
    const struct sc_group_matrix b = sc_group_columns(tile() + FAULTY_GROUP_B, 0);
    const uint32_t a[4] = {0};
    float d[32] = {0.0f};

    stage(arguments);
    sc_group_begin();
    sc_group_add_bf16(d, 64, a, b); /* other: group_shapes */
    sc_group_add_bf16(d, 32, a, b); /* here: group_shapes */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

/* The sum of one product is a factor of the next. */
SC_KERNEL(group_fed, struct faulty)
{
    const struct sc_group_matrix b = sc_group_columns(tile() + FAULTY_GROUP_B, 0);
    union {
        float d[32];
        uint32_t a[32];
    } x = {{0.0f}};
    float d[16] = {0.0f};

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(x.d, N, rows_a(), rows_b(), true); /* other: group_fed */
    sc_group_add_bf16(d, N, x.a + 4, b);                     /* here: group_fed */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

/* A barrier does not say that a product is done. */
SC_KERNEL(group_overwritten, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false);
    sc_group_commit();
    sc_barrier_block();
    if (sc_grid_thread() == 0) {
        tile()[FAULTY_GROUP_B + 64] = 0; /* other: group_overwritten */
    }
    sc_barrier_block();
    SC_GROUP_WAIT(0); /* here: group_overwritten */
}

/* A thread's own wait does not say that other warps have read. */
SC_KERNEL(group_missing_barrier, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false);
    sc_group_commit();
    SC_GROUP_WAIT(0); /* other: group_missing_barrier */
    if (sc_grid_thread() == 0) {
        tile()[FAULTY_GROUP_B + 64] = 0; /* here: group_missing_barrier */
    }
}

SC_KERNEL(group_unordered, struct faulty)
{
    float d[16];

    stage(arguments);
    if (sc_grid_thread() == 9) {
        tile()[64 * 16] = 0; /* here: group_unordered */
    }
    sc_group_publish();
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* other: group_unordered */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_unwritten, struct faulty)
{
    float d[16];

    (void)arguments;
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_unwritten */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_never_waited, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_never_waited */
    sc_group_commit();
    SC_GROUP_WAIT(1);
}

SC_KERNEL(group_never_committed, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_never_committed */
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_half, struct faulty)
{
    float d[16];

    stage(arguments);
    if (sc_grid_thread() < 64) {
        sc_group_begin(); /* here: group_half */
        sc_group_product_bf16(d, N, rows_a(), rows_b(), false);
        sc_group_commit();
        SC_GROUP_WAIT(0);
    }
}

SC_KERNEL(group_sites, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_begin();
    if (sc_grid_thread() < 64) {
        sc_group_product_bf16(d, N, rows_a(), rows_b(), false); /* here: group_sites */
    } else {
        sc_group_product_fp16(d, N, rows_a(), rows_b(), false); /* other: group_sites */
    }
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_differ, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float d[16];

    stage(arguments);
    const struct sc_group_matrix a = rows_a(), b = sc_group_step(rows_b(), thread == 77 ? 32 : 0);
    sc_group_begin();
    sc_group_product_bf16(d, N, a, b, false); /* here: group_differ */ /* other: group_differ */
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

SC_KERNEL(group_misaligned, struct faulty)
{
    (void)arguments;
    (void)sc_group_rows(tile() + 8); /* here: group_misaligned */
}

SC_KERNEL(group_columns_misaligned, struct faulty)
{
    (void)arguments;
    (void)sc_group_columns(tile() + 64, 0); /* here: group_columns_misaligned */
}

SC_KERNEL(group_apart, struct faulty)
{
    (void)arguments;
    (void)sc_group_columns(tile(), 512); /* here: group_apart */
}

SC_KERNEL(group_step_misaligned, struct faulty)
{
    (void)arguments;
    (void)sc_group_step(rows_a(), 8); /* here: group_step_misaligned */
}

SC_KERNEL(group_global, struct faulty)
{
    (void)sc_group_rows(arguments->in); /* here: group_global */
}

SC_KERNEL(group_beyond, struct faulty)
{
    float d[16];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), sc_group_step(rows_b(), 1024), /* here: group_beyond */
                          false);
}

SC_KERNEL(group_mixed, struct faulty)
{
    const struct sc_group_matrix b = sc_group_columns(tile() + FAULTY_GROUP_B, 0);
    float d[16];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), b, false); /* here: group_mixed */
}

SC_KERNEL(group_n, struct faulty)
{
    float d[24];

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, 48, rows_a(), rows_b(), false); /* here: group_n */
}

SC_KERNEL(group_wait_negative, struct faulty)
{
    (void)arguments;
    SC_GROUP_WAIT(-1); /* here: group_wait_negative */
}

SC_KERNEL(group_clean, struct faulty)
{
    float d[16];

    stage(arguments);
    for (int32_t i = 0; i < 3; i++) {
        sc_group_begin();
        for (int32_t k = 0; k < 4; k++) {
            sc_group_product_bf16(d, N, sc_group_step(rows_a(), 32 * k),
                                  sc_group_step(rows_b(), 32 * k), i + k > 0);
        }
        sc_group_commit();
        SC_GROUP_WAIT(0);
        sc_barrier_block();
        tile()[64 * (sc_grid_thread() / 2) + sc_grid_thread() % 2] = 0;
        sc_group_publish();
        sc_barrier_block();
    }
    keep(arguments, d);
}

/* What is in D before the wait: 0 or the sum where the product was early, else no number. */
SC_KERNEL(group_peek, struct faulty)
{
    float d[16], before;

    stage(arguments);
    sc_group_begin();
    sc_group_product_bf16(d, N, rows_a(), rows_b(), false);
    sc_group_commit();
    before = d[15];
    SC_GROUP_WAIT(0);
    if (sc_grid_block() == 0) {
        arguments->out[sc_grid_thread()] = before;
        arguments->out[128 + sc_grid_thread()] = d[15];
    }
}
