/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_BLOCKS_H
#define SC_REFERENCE_ORACLE_BLOCKS_H

#include "spec/attention.h"

#include <stdint.h>

#define SC_BLOCKS_MAX 256

/* What is done with a block of `count` consecutive keys, or rows of query head h. */
typedef void sc_blocks_visit(void *context, int32_t h, const int32_t *block, int32_t count);

/* Visits, in blocks of at most `size` <= SC_BLOCKS_MAX, the keys that lie in the band of some row of
 * `rows`; or the rows, query head by query head of the group of key head g, whose band holds some key of
 * `keys`. Every pair that is visible is in a visited block; the plane of the mask is not looked at. */
void sc_blocks_of_rows(const struct sc_problem *p, int32_t b, int32_t h, const int32_t *rows,
                       int32_t count, int32_t size, sc_blocks_visit *visit, void *context);
void sc_blocks_of_keys(const struct sc_problem *p, int32_t b, int32_t g, const int32_t *keys,
                       int32_t count, int32_t size, sc_blocks_visit *visit, void *context);

#endif
