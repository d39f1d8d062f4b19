/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_SHRINK_H
#define SC_FUZZ_SHRINK_H

#include "fuzz/recipe.h"
#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

/* From a recipe that fails to a small one that fails in the same way. */

/* Runs a candidate, which sc_recipe_check accepts.
 *   fails  receives whether the check in question still fails; a case that is refused, or that fails otherwise, does not
 * A status that is not SC_OK ends the shrinking. */
typedef enum sc_status sc_shrink_fails(void *context, const struct sc_recipe *candidate,
                                       bool *fails, struct sc_error *error);

struct sc_shrink_limits {
    int32_t tries; /* calls of sc_shrink_fails; > 0 */
    double
        seconds; /* none is begun after that; 0: no limit, and the result does not depend on the clock */
};

/* Shrinks by one change at a time - features off, then sequences, heads, rows, keys and channels away, then simpler
 * values - until none of them helps or a limit is reached. Each step falls in the order of fuzz/shrink_size.h, so it
 * ends. Formats are kept. The values of rows and keys that are left stay what they were (sc_recipe.rows, keys).
 *   failing   fails; not run again
 *   smallest  receives the smallest that was seen to fail, without a hash; `failing` itself where nothing helps; also
 *             when a call of `fails` ended it
 *   tries     receives the calls made
 * Statuses of `fails`. */
enum sc_status sc_shrink(const struct sc_recipe *failing, sc_shrink_fails *fails, void *context,
                         const struct sc_shrink_limits *limits, struct sc_recipe *smallest,
                         int32_t *tries, struct sc_error *error);

#endif
