/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_COVERAGE_H
#define SC_FUZZ_COVERAGE_H

#include "fuzz/feature.h"

#include <stdbool.h>
#include <stdint.h>

struct sc_coverage; /* fuzz/select.h */

/* Pairs of a recipe that were not tried yet. */
int32_t sc_coverage_new(const struct sc_coverage *coverage, const struct sc_recipe *recipe);

/* Whether two values of different subjects were tried together. */
bool sc_coverage_tried(const struct sc_coverage *coverage, enum sc_feature_subject a,
                       int32_t value_a, enum sc_feature_subject b, int32_t value_b);

#endif
