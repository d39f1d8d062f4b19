/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_MMA_RUN_H
#define SC_TOOLS_MEASURE_MMA_RUN_H

#include "tools/measure/mma_compare.h"

#include <stddef.h>

/* A group is a category in a format; groups are numbered 2 category + (bf16 ? 1 : 0). */
#define SC_MMA_GROUPS (2 * SC_MMA_CATEGORIES)
enum sc_mma_category sc_mma_group_category(int32_t group);
enum sc_format sc_mma_group_format(int32_t group);

/* Tiles of a group that are recorded, spread evenly over it; a step of a chained tile is a tile of the record. */
#define SC_MMA_RECORDED 16

struct sc_mma_plan {
    uint64_t seed;
    int64_t tiles;             /* of each group, in [SC_MMA_RECORDED, 2^30] */
    int32_t threads;           /* >= 1 */
    bool progress;             /* on standard error */
    enum sc_products products; /* what multiplies, for the record */
};

/* Tallies of all groups, and the record of what the machine answered in the format of tests/samples/h100/README.md. */
struct sc_mma_result {
    struct sc_mma_tally groups[SC_MMA_GROUPS];
    unsigned char *record;
    size_t record_bytes;
};

/* Draws, asks the machine and compares. The result does not depend on the number of threads.
 *   result  released by sc_mma_result_destroy; empty on failure
 * Statuses of the machine; SC_E_MEMORY. */
enum sc_status sc_mma_run(const struct sc_mma_plan *plan, const struct sc_mma_machine *machine,
                          struct sc_mma_result *result, struct sc_error *error);
void sc_mma_result_destroy(struct sc_mma_result *result);

#endif
