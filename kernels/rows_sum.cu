/* SPDX-License-Identifier: Apache-2.0 */
/* The two ends of the fast mode of dQ (kernels/fast_rows_body.h): sums that are 0, and dQ = tau times them. */
#include "kernels/arguments.h"
#include "kernels/instances.h"
#include "kernels/primitives/grid.h"
#include "kernels/store.h"

SC_KERNEL(sc_rows_clear, struct sc_backward_arguments)
{
    const int64_t step = (int64_t)arguments->row_blocks * SC_BLOCK_THREADS;

    for (int64_t n = (int64_t)sc_grid_block() * SC_BLOCK_THREADS + sc_grid_thread();
         n < arguments->d_q_sums_layout.size; n += step) {
        arguments->d_q_sums[n] = 0.0f;
    }
}

SC_KERNEL(sc_rows_finish, struct sc_backward_arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const int32_t entries = sc_problem_tensor_batch(p);
    const int64_t step = (int64_t)arguments->row_blocks * SC_BLOCK_THREADS;

    for (int64_t n = (int64_t)sc_grid_block() * SC_BLOCK_THREADS + sc_grid_thread();
         n < arguments->d_q_sums_layout.size; n += step) {
        const int32_t c = (int32_t)(n % p->d), i = (int32_t)(n / p->d % p->n_q);
        const int64_t head = n / p->d / p->n_q;
        const int32_t h = (int32_t)(head % p->heads_q), entry = (int32_t)(head / p->heads_q);
        const int64_t row =
            sc_layout_row(&arguments->d_q_layout, entry, h, i, entries, p->heads_q, p->n_q, p->d);
        sc_store(arguments->d_q, row + c, p->format_in, p->tau * arguments->d_q_sums[n]);
    }
}
