/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/matrix.h"
#include "kernels/primitives/barrier.h"
#include "kernels/primitives/grid.h"
#include "kernels/primitives/number.h"
#include "kernels/primitives/shuffle.h"
#include "kernels/primitives/special.h"
#include "tests/kernels/faulty.h"

/* One warp of each block multiplies a[16][16] by b[16][8] and adds to c[16][8]: by loads of matrices,
 * whose layouts the manual gives apart from those of the multiplication, and by the formulas of
 * kernels/primitives/matrix.h. */

static void store(float *out, const float c[4], int32_t lane)
{
    const int32_t g = lane / 4, t = 2 * (lane % 4);

    out[8 * g + t] = c[0];
    out[8 * g + t + 1] = c[1];
    out[8 * (g + 8) + t] = c[2];
    out[8 * (g + 8) + t + 1] = c[3];
}

static void fetch(float c[4], const float *from, int32_t lane)
{
    const int32_t g = lane / 4, t = 2 * (lane % 4);

    c[0] = from[8 * g + t];
    c[1] = from[8 * g + t + 1];
    c[2] = from[8 * (g + 8) + t];
    c[3] = from[8 * (g + 8) + t + 1];
}

/* a in shared memory from 0, b from 512. */
static uint16_t *staged(const struct faulty *arguments)
{
    uint16_t *x = (uint16_t *)(void *)sc_grid_shared();

    for (int32_t i = sc_grid_thread(); i < 256; i += FAULTY_THREADS) {
        x[i] = arguments->a[i];
        x[256 + i] = i < 128 ? arguments->b[i] : 0;
    }
    sc_barrier_block();
    return x;
}

SC_KERNEL(matrix_loaded, struct faulty)
{
    const uint16_t *x = staged(arguments);
    const int32_t lane = sc_grid_thread();
    uint32_t a[4], b[4];
    float c[4];

    if (lane < SC_WARP) {
        fetch(c, arguments->c, lane);
        sc_matrix_load(a, x + 16 * (lane % 16) + 8 * (lane / 16));
        sc_matrix_load_transposed(b, x + 256 + 8 * (lane % 16));
        sc_matrix_add_bf16(c, a, b);
        store(arguments->out + 128 * sc_grid_block(), c, lane);
    }
}

static uint32_t pair(uint16_t low, uint16_t high)
{
    return low | (uint32_t)high << 16;
}

SC_KERNEL(matrix_formulas, struct faulty)
{
    const uint16_t *a = arguments->a, *b = arguments->b;
    const int32_t lane = sc_grid_thread(), g = lane / 4, t = 2 * (lane % 4);
    uint32_t of_a[4], of_b[2];
    float c[4];

    if (lane < SC_WARP) {
        for (int32_t r = 0; r < 4; r++) {
            const uint16_t *at = a + 16 * (g + 8 * (r % 2)) + t + 8 * (r / 2);
            of_a[r] = pair(at[0], at[1]);
        }
        for (int32_t r = 0; r < 2; r++) {
            of_b[r] = pair(b[8 * (t + 8 * r) + g], b[8 * (t + 8 * r + 1) + g]);
        }
        fetch(c, arguments->c, lane);
        sc_matrix_add_fp16(c, of_a, of_b);
        store(arguments->out + 128 * sc_grid_block(), c, lane);
    }
}

SC_KERNEL(matrix_row_misaligned, struct faulty)
{
    const uint16_t *x = staged(arguments);
    uint32_t a[4];

    sc_matrix_load(a, x + 4); /* here: matrix_row_misaligned */
}

SC_KERNEL(matrix_row_global, struct faulty)
{
    uint32_t a[4];

    sc_matrix_load(a, arguments->a); /* here: matrix_row_global */
}

/* The lane whose address it was has read the row, without a barrier after it was written. */
SC_KERNEL(matrix_row_race, struct faulty)
{
    uint16_t *x = staged(arguments);
    uint32_t a[4];

    if (sc_grid_thread() < SC_WARP) {
        sc_matrix_load(a, x + 8 * sc_grid_thread()); /* here: matrix_row_race */
    } else if (sc_grid_thread() == 40) {
        x[20] = 1; /* other: matrix_row_race */
    }
}

/* Results of special functions of thread numbers, and of conversions. */
SC_KERNEL(matrix_special, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    const float x = 0.37f * (float)(thread - 40);

    if (sc_grid_block() == 0 && thread < 64) {
        arguments->out[thread] = sc_special_exp2(x);
        arguments->out[64 + thread] = sc_special_reciprocal(x);
        arguments->out[128 + thread] = sc_special_tanh(x);
        arguments->out[192 + thread] =
            sc_number_from_bits(sc_number_pack_bf16(x, sc_special_fma(x, x, 1.0f)));
    }
}

/* Thread numbers through shuffles with each mask, and from each lane's third successor, in a sum that tells
 * them apart; whether the warp, and the block, has thread 40. */
SC_KERNEL(matrix_shuffled, struct faulty)
{
    const int32_t thread = sc_grid_thread();
    float sum = 0.0f;

    for (int32_t mask = 0; mask < SC_WARP; mask++) {
        sum = 0.5f * sum + sc_shuffle_xor((float)thread, mask);
    }
    sum = 0.5f * sum + sc_shuffle_from((float)thread, (thread + 3) % SC_WARP);
    const int32_t any = sc_shuffle_any(thread == 40 ? 256 : 0);
    if (sc_grid_block() == 0) {
        arguments->out[thread] = sum;
        arguments->out[FAULTY_THREADS + thread] = any != 0 ? 1.0f : 0.0f;
    }
    if (sc_barrier_any(thread == 40 ? 256 : 0) != 1 || sc_barrier_any(arguments->zero) != 0) {
        arguments->out[0] = -1.0f;
    }
}
