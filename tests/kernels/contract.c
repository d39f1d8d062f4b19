/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/grid.h"
#include "spec/attention.h"
#include "tests/kernels/faulty.h"

/* Calls of functions of spec/ that break a `requires`. */

#define ROWS 40

/* A problem of one sequence and one head, 8 channels, of which nothing but the bias has memory. */
static inline struct sc_problem problem(const struct faulty *arguments)
{
    const struct sc_layout layout = {0, 0, 8, (ROWS - 1) * 8 + 8};
    struct sc_problem p = {0};

    p.batch = p.heads_q = p.heads_kv = 1;
    p.n_q = p.n_k = ROWS;
    p.d = p.d_v = 8;
    p.tau = 1.0f;
    p.bias_scope = SC_BIAS_SCALAR;
    p.bias = arguments->in;
    p.left = p.right = SC_MASK_UNBOUNDED;
    p.q = p.k = p.v = p.o = layout;
    return p;
}

static void keep(const struct faulty *arguments, int64_t x)
{
    arguments->fresh[FAULTY_THREADS * sc_grid_block() + sc_grid_thread()] = (float)x;
}

SC_KERNEL(contract_cell, struct faulty)
{
    if (sc_grid_thread() == 5) {
        keep(arguments, sc_mask_cell(5, arguments->zero, 8)); /* here: contract_cell */
    }
}

SC_KERNEL(contract_step, struct faulty)
{
    const int32_t index = sc_grid_thread() + arguments->zero;

    keep(arguments, sc_step_offset(index, 8, ROWS, ROWS * 8)); /* here: contract_step */
}

SC_KERNEL(contract_tile, struct faulty)
{
    const int32_t first = arguments->zero - 1;

    if (sc_grid_thread() == 5) {
        keep(arguments, sc_mask_tile_full(0, 1, first, 1, 2, 2, 0, 0)); /* here: contract_tile */
    }
}

SC_KERNEL(contract_problem, struct faulty)
{
    struct sc_problem p = problem(arguments);

    p.q.size -= 1 - arguments->zero;
    keep(arguments, sc_problem_group_head(&p, 0));
    keep(arguments, sc_problem_q_row(&p, 0, 0, 0)); /* here: contract_problem */
}

/* The clean twin of all: the last of everything. */
SC_KERNEL(contract_clean, struct faulty)
{
    const struct sc_problem p = problem(arguments);
    const int32_t index = sc_mask_clamp(sc_grid_thread(), arguments->zero, ROWS - 1);

    keep(arguments, sc_mask_cell(ROWS - 1 + arguments->zero, 8, ROWS / 8) +
                        sc_step_offset(index, 8, ROWS, (ROWS - 1) * 8) +
                        sc_mask_tile_full(0, index, 0, index, ROWS, ROWS, 0, 0) +
                        sc_problem_visible(&p, 0, 0, index, ROWS - 1) +
                        sc_problem_q_row(&p, 0, 0, index));
}
