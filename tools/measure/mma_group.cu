/* SPDX-License-Identifier: Apache-2.0 */
/* The same as mma.cu by products of a warpgroup. Four tiles make one: A has their rows one behind the other, and B their
 * columns, so that D has the four tiles along its diagonal; what stands beside it is nobody's. The three ways in which
 * kernels give A and B take turns. */
#include "tools/measure/mma.h"

#include "kernels/primitives/barrier.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/group.h"

#define COLUMNS (SC_MMA_WARPS * SC_MMA_COLUMNS)
#define ROW     SC_GROUP_PANEL /* elements of a row in shared memory */

/* What a step has of a tile; NULL where there is no such tile: then of zeros. */
struct factors {
    const uint16_t *a, *b;
};

SC_DEVICE uint16_t element(const uint16_t *matrix, int32_t row, int32_t term)
{
    return matrix != NULL ? matrix[row * SC_MMA_TERMS + term] : (uint16_t)0;
}

SC_DEVICE uint32_t pair(const uint16_t *matrix, int32_t row, int32_t term)
{
    return (uint32_t)element(matrix, row, term) | (uint32_t)element(matrix, row, term + 1) << 16;
}

/* Where an element of a panel is: kernels/primitives/group.h. */
SC_DEVICE int32_t place(int32_t row, int32_t column)
{
    return row * ROW + (column / 8 ^ row % 8) * 8 + column % 8;
}

/* The warp's tile into shared memory: rows of A, columns of B as rows, and as columns. */
SC_DEVICE void put(uint16_t *shared, const struct factors *of)
{
    const int32_t warp = sc_grid_thread() / SC_WARP, lane = sc_grid_thread() % SC_WARP;
    uint16_t *b_rows = shared + SC_GROUP_THREADS / 2 * ROW, *b_columns = b_rows + COLUMNS * ROW;

    for (int32_t n = lane; n < SC_MMA_A; n += SC_WARP) {
        const int32_t row = n / SC_MMA_TERMS, term = n % SC_MMA_TERMS;
        shared[place(warp * SC_MMA_ROWS + row, term)] = element(of->a, row, term);
    }
    for (int32_t n = lane; n < SC_MMA_B; n += SC_WARP) {
        const int32_t column = n / SC_MMA_TERMS, term = n % SC_MMA_TERMS;
        const int32_t in_all = warp * SC_MMA_COLUMNS + column;
        b_rows[place(in_all, term)] = element(of->b, column, term);
        b_columns[place(term, in_all)] = element(of->b, column, term);
    }
}

SC_DEVICE void multiply(float *d, const uint16_t *shared, const uint32_t rows[4], int32_t way,
                        bool bf16)
{
    const uint16_t *at_b = shared + SC_GROUP_THREADS / 2 * ROW;
    const struct sc_group_matrix a = sc_group_rows(shared), b_rows = sc_group_rows(at_b);
    const struct sc_group_matrix b_columns =
        sc_group_columns(at_b + COLUMNS * ROW, SC_GROUP_ALIGNED);

    sc_group_begin();
    if (way == 0 && bf16) {
        sc_group_product_bf16(d, COLUMNS, a, b_rows, true);
    } else if (way == 0) {
        sc_group_product_fp16(d, COLUMNS, a, b_rows, true);
    } else if (way == 1 && bf16) {
        sc_group_product_kept_bf16(d, COLUMNS, rows, b_rows, true);
    } else if (way == 1) {
        sc_group_product_kept_fp16(d, COLUMNS, rows, b_rows, true);
    } else if (bf16) {
        sc_group_add_bf16(d, COLUMNS, rows, b_columns);
    } else {
        sc_group_add_fp16(d, COLUMNS, rows, b_columns);
    }
    sc_group_commit();
    SC_GROUP_WAIT(0);
}

/* The warp's tile of D: into memory, or out of it. */
SC_DEVICE void take(float *d, const float *c)
{
    const int32_t lane = sc_grid_thread() % SC_WARP;
    const int32_t top = lane / 4 * SC_MMA_COLUMNS + 2 * (lane % 4);

    SC_UNROLL
    for (int32_t n = 0; n < SC_MMA_WARPS; n++) {
        const bool mine = c != NULL && n == sc_grid_thread() / SC_WARP;
        SC_UNROLL
        for (int32_t e = 0; e < 4; e++) {
            d[4 * n + e] = mine ? c[top + e / 2 * 8 * SC_MMA_COLUMNS + e % 2] : 0.0f;
        }
    }
}

SC_DEVICE void give(const float *d, float *c)
{
    const int32_t lane = sc_grid_thread() % SC_WARP;
    const int32_t top = lane / 4 * SC_MMA_COLUMNS + 2 * (lane % 4);

    SC_UNROLL
    for (int32_t n = 0; n < SC_MMA_WARPS; n++) {
        SC_UNROLL
        for (int32_t e = 0; e < 4; e++) {
            if (n == sc_grid_thread() / SC_WARP) {
                c[top + e / 2 * 8 * SC_MMA_COLUMNS + e % 2] = d[4 * n + e];
            }
        }
    }
}

SC_KERNEL(sc_mma_multiply_group, struct sc_mma_arguments)
{
    uint16_t *shared = (uint16_t *)(void *)sc_grid_shared();
    const int32_t lane = sc_grid_thread() % SC_WARP, g = lane / 4, t = 2 * (lane % 4);
    const int32_t tile = sc_grid_block() * SC_MMA_WARPS + sc_grid_thread() / SC_WARP;
    const bool exists = tile < arguments->tiles;
    float d[SC_MMA_WARPS * 4];

    take(d, exists ? arguments->c + (int64_t)tile * SC_MMA_C : NULL);
    for (int32_t step = 0; step < arguments->steps; step++) {
        const int64_t at = (int64_t)tile * arguments->steps + step;
        const struct factors of = {exists ? arguments->a + at * SC_MMA_A : NULL,
                                   exists ? arguments->b + at * SC_MMA_B : NULL};
        const uint32_t rows[4] = {pair(of.a, g, t), pair(of.a, g + 8, t), pair(of.a, g, t + 8),
                                  pair(of.a, g + 8, t + 8)};
        put(shared, &of);
        sc_group_publish();
        sc_barrier_block();
        multiply(d, shared, rows, (sc_grid_block() + step) % 3, arguments->bf16 != 0);
        sc_barrier_block(); /* all have read */
        if (exists) {
            give(d, arguments->d + at * SC_MMA_C);
        }
    }
}
