/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_HONEST_SUM_H
#define SC_FUZZ_HONEST_SUM_H

#include "fuzz/honest_operation.h"

/* One product of a sum: its index within a run (a head, or all), ascending in each run. */
struct sc_honest_term {
    float x, y;
    int32_t run, index, part;
};

/* init plus the sum of `count` terms, in an order that the arithmetic allows.
 *   format  of the factors
 *   tile    of SC_ORDER_TILED; 0: all indices are one, which is what channels are
 *   terms   at most SC_HONEST_TERMS_MAX; their order is not kept */
float sc_honest_sum(struct sc_honest_machine *m, enum sc_format format,
                    struct sc_honest_term *terms, int32_t count, int32_t tile, float init);

/* The sum of fp32 numbers by additions in an order that is drawn; `values` is not kept.
 *   declared   ascending, the first one as it is
 *   additions  receives those on the longest path, of an exact 0 left out; NULL: not wanted */
float sc_honest_add_all(struct sc_honest_machine *m, float *values, int32_t count, bool declared,
                        int32_t *additions);

#endif
