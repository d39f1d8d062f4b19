/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_VISIBLE_H
#define SC_REFERENCE_ORACLE_VISIBLE_H

#include "spec/attention.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether row i of (sequence b, query head h) sees any key: else its results are exactly 0. */
bool sc_visible_row(const struct sc_problem *p, int32_t b, int32_t h, int32_t i);

/* Whether any row of the query heads of key head g sees key j. */
bool sc_visible_key(const struct sc_problem *p, int32_t b, int32_t g, int32_t j);

/* Whether any pair of (sequence b, query head h) is visible. */
bool sc_visible_head(const struct sc_problem *p, int32_t b, int32_t h);

#endif
