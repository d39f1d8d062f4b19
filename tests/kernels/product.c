/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/kernels/product.h"
#include "kernels/primitives/barrier.h"
#include "kernels/primitives/copy.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/group.h"

#include <stdbool.h>

/* A device can be asked too: the text is that of a kernel. Shared memory: B, at most 128 rows of 128 bytes; then A of
 * each warpgroup. */

#define STEPS   (PRODUCT_K / 16)
#define PANEL   (64 * 128) /* bytes of 64 rows */
#define A_START (2 * PANEL)

/* Where piece c of row r of a panel is: kernels/primitives/group.h. */
SC_DEVICE unsigned char *piece_of(unsigned char *panel, int32_t r, int32_t c)
{
    return panel + 128 * r + 16 * (c ^ (r % 8));
}

/* `rows` rows of 64 elements, from rows that are `stride` elements apart: by copies, or by stores. */
SC_DEVICE void fill(unsigned char *panel, const uint16_t *from, int32_t rows, int32_t stride,
                    bool copies, int32_t threads)
{
    for (int32_t i = sc_grid_thread(); i < rows * 8; i += threads) {
        const uint16_t *source = from + i / 8 * stride + i % 8 * 8;
        unsigned char *to = piece_of(panel, i / 8, i % 8);
        if (copies) {
            sc_copy_start(to, source, 16);
        }
        for (int32_t e = 0; e < 8 && !copies; e++) {
            ((uint16_t *)(void *)to)[e] = source[e];
        }
    }
}

/* A by copies and B by stores; all is there for products. */
SC_DEVICE void stage(const struct product *x, bool columns)
{
    unsigned char *shared = sc_grid_shared();

    fill(shared + A_START, x->a, x->threads / 2, PRODUCT_K, true, x->threads);
    sc_copy_group();
    for (int32_t panel = 0; panel < (columns ? x->n / 64 : 1); panel++) {
        fill(shared + panel * PANEL, x->b + 64 * panel, columns ? PRODUCT_K : x->n,
             columns ? x->n : PRODUCT_K, false, x->threads);
    }
    SC_COPY_WAIT(0);
    sc_group_publish();
    sc_barrier_block();
}

SC_DEVICE void store(const struct product *x, const float *d)
{
    const int32_t thread = sc_grid_thread(), row = thread / 32 * 16 + thread % 32 / 4;

    for (int32_t i = 0; i < x->n / 2; i++) {
        const int32_t column = i / 4 * 8 + 2 * (thread % 4) + i % 2;
        x->out[(row + 8 * (i / 2 % 2)) * x->n + column] = d[i];
    }
}

SC_DEVICE void halve(const struct product *x, float *d)
{
    for (int32_t i = 0; i < x->n / 2; i++) {
        d[i] *= 0.5f;
    }
}

SC_DEVICE void multiply_rows(const struct product *x, float *d, bool add, bool fp16)
{
    unsigned char *shared = sc_grid_shared();
    const struct sc_group_matrix a =
        sc_group_rows(shared + A_START + sc_grid_thread() / SC_GROUP_THREADS * PANEL);
    const struct sc_group_matrix b = sc_group_rows(shared);

    sc_group_begin();
    for (int32_t k = 0; k < STEPS; k++) {
        const struct sc_group_matrix ak = sc_group_step(a, 32 * k), bk = sc_group_step(b, 32 * k);
        if (fp16) {
            sc_group_product_fp16(d, x->n, ak, bk, add || k > 0);
        } else {
            sc_group_product_bf16(d, x->n, ak, bk, add || k > 0);
        }
    }
    sc_group_commit();
}

SC_DEVICE void rows(const struct product *x, bool fp16)
{
    float d[64];

    stage(x, false);
    multiply_rows(x, d, false, fp16);
    SC_GROUP_WAIT(0);
    halve(x, d);
    multiply_rows(x, d, true, fp16);
    SC_GROUP_WAIT(0);
    store(x, d);
}

SC_KERNEL(product_rows_bf16, struct product)
{
    rows(arguments, false);
}

SC_KERNEL(product_rows_fp16, struct product)
{
    rows(arguments, true);
}

/* The registers of A by the formulas of kernels/primitives/matrix.h, all steps beside each other. */
SC_DEVICE void fetch_a(const struct product *x, uint32_t a[STEPS][4])
{
    const int32_t thread = sc_grid_thread(), t = 2 * (thread % 4);
    const int32_t row = thread / 32 * 16 + thread % 32 / 4;

    for (int32_t i = 0; i < 4 * STEPS; i++) {
        const uint16_t *pair =
            x->a + (row + 8 * (i % 2)) * PRODUCT_K + 16 * (i / 4) + t + 8 * (i / 2 % 2);
        a[i / 4][i % 4] = pair[0] | (uint32_t)pair[1] << 16;
    }
}

/* Each step is a group; the first ones are waited for while the last one is on its way. */
SC_DEVICE void add_columns(const struct product *x, float *d, uint32_t a[STEPS][4], bool fp16)
{
    const struct sc_group_matrix b = sc_group_columns(sc_grid_shared(), PANEL);

    sc_group_begin();
    for (int32_t k = 0; k < STEPS; k++) {
        const struct sc_group_matrix bk = sc_group_step(b, 16 * 128 * k);
        if (fp16) {
            sc_group_add_fp16(d, x->n, a[k], bk);
        } else {
            sc_group_add_bf16(d, x->n, a[k], bk);
        }
        sc_group_commit();
    }
    SC_GROUP_WAIT(2);
    SC_GROUP_WAIT(1);
    SC_GROUP_WAIT(0);
}

SC_DEVICE void columns(const struct product *x, bool fp16)
{
    uint32_t a[STEPS][4];
    float d[64] = {0.0f};

    stage(x, true);
    fetch_a(x, a);
    add_columns(x, d, a, fp16);
    halve(x, d);
    add_columns(x, d, a, fp16);
    store(x, d);
}

SC_KERNEL(product_columns_bf16, struct product)
{
    columns(arguments, false);
}

SC_KERNEL(product_columns_fp16, struct product)
{
    columns(arguments, true);
}

/* Two D at once: rows into one, columns into another, n = 64 (b is square). The second starts before the wait for the
 * first, which it outlives. */
SC_KERNEL(product_overlapped, struct product)
{
    uint32_t a[STEPS][4];
    float d[32], e[32] = {0.0f};

    stage(arguments, false);
    fetch_a(arguments, a);
    multiply_rows(arguments, d, false, false);
    const struct sc_group_matrix b = sc_group_columns(sc_grid_shared(), 0);
    for (int32_t k = 0; k < STEPS; k++) {
        sc_group_add_bf16(e, 64, a[k], sc_group_step(b, 16 * 128 * k));
    }
    sc_group_commit();
    SC_GROUP_WAIT(1);
    halve(arguments, d);
    SC_GROUP_WAIT(0);
    for (int32_t i = 0; i < 32; i++) {
        d[i] += e[i];
    }
    store(arguments, d);
}
