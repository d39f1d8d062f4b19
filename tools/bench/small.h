/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_BENCH_SMALL_H
#define SC_TOOLS_BENCH_SMALL_H

#include "fuzz/outcome.h"
#include "fuzz/prepared.h"
#include "fuzz/select.h"

/* Small cases as a campaign draws them, every class of values, mask and placement among them: at most 16 rows and keys
 * in the tensors, widths of at most 16, at most 4 heads over all sequences, and tensors that span at most 65,536 elements
 * with their gaps. */
#define SC_BENCH_LENGTH 16
#define SC_BENCH_WIDTH  16
#define SC_BENCH_SPAN   65536

struct sc_bench_small {
    struct sc_kernel_traits traits; /* of the kernel; its widths are cut to SC_BENCH_WIDTH */
    int32_t heads;                  /* at most, over all sequences; up to 4 */
    struct sc_coverage *coverage;
    uint64_t seed;
};

/* Begins a sequence of cases, the same every time. SC_E_MEMORY. sc_bench_small_end frees what it holds. */
enum sc_status sc_bench_small_begin(const struct sc_kernel_traits *traits, int32_t heads,
                                    struct sc_bench_small *small, struct sc_error *error);
void sc_bench_small_end(struct sc_bench_small *small);

/* The next case: draws until one is small, which is part of what a case takes. */
void sc_bench_small_next(struct sc_bench_small *small, struct sc_recipe *recipe);

/* Every result of a small case, with db where the case has gradients, rounded once: the middle of the enclosure of the
 * oracle's first tier. It is what an accurate kernel leaves; padding is 0, and what is not defined NaN.
 *   outcome  receives it; sc_outcome_destroy frees what it holds
 * Statuses of the oracle. Then *outcome holds nothing. */
enum sc_status sc_bench_small_results(const struct sc_prepared *prepared,
                                      struct sc_outcome *outcome, struct sc_error *error);

#endif
