/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_SELECTION_H
#define SC_REFERENCE_ORACLE_SELECTION_H

#include "reference/status.h"
#include "spec/attention.h"

#include <stdint.h>

/* Which rows or keys of a long sequence are worth a look: always the first and the last, three tile
 * edges (the first, the last, where the tail begins, and one between) with their neighbours, the same for
 * the blocks of the mask, and both sides of every place where the visible range changes its kind (nothing
 * seen, cut off at the first key, cut off at the last); the rest is drawn uniformly. 300 drawn rows find a
 * fault that touches 1 % of the rows with 95 % probability (1 - 0.99^300). */

#define SC_SELECTION_TILE 64 /* edges of larger tiles are edges of these */

/* Selects rows of sequence b (_keys: keys).
 *   count     at least so many, if there are; 0: all
 *   seed      of what is drawn
 *   list      receives the selection, ascending; allocated (never NULL), the caller frees it
 *   selected  receives its length
 * SC_E_MEMORY. */
enum sc_status sc_selection_rows(const struct sc_problem *p, int32_t b, int32_t count,
                                 uint64_t seed, int32_t **list, int32_t *selected,
                                 struct sc_error *error);
enum sc_status sc_selection_keys(const struct sc_problem *p, int32_t b, int32_t count,
                                 uint64_t seed, int32_t **list, int32_t *selected,
                                 struct sc_error *error);

#endif
