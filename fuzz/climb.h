/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CLIMB_H
#define SC_FUZZ_CLIMB_H

#include "fuzz/examine.h"
#include "fuzz/recipe.h"

#include <stdbool.h>
#include <stdint.h>

/* Hill climbing on error over bound, from a case that has passed: worst values are hardly ever drawn.
 *
 * Each step changes one number of the inputs (fuzz/change.h) and runs the kernel. The change stays if the largest error
 * over its bound, of all elements of all results, has grown. What step n tries is a function of the recipe's seed, of n
 * and of where the climb stands, so a deterministic kernel is climbed the same way on every machine. A step is a recipe
 * of its own, with the elements that differ in `set`.
 *
 * Every step is judged as a case is; variants are run where the climb ends alone, since none of them is about the size
 * of an error. Numbers that a class of values promises are left alone: Q of `zero-q`, V of `one-hot`, and what is
 * hidden. Without a declared arithmetic there is no bound, and no climb. */
struct sc_climb {
    int32_t steps; /* that changed something; 0: it did not climb */
    int32_t runs;  /* of the kernel */
    double conforms
        [SC_RESULTS]; /* largest error over bound in any step, by result; NaN: none judged */
    bool failed;      /* a step failed a check, and the climb ended there */
    /* the step that failed, or else where the climb ended; does not climb itself, and states no hash */
    struct sc_recipe recipe;
    uint64_t hash;               /* of that step */
    struct sc_examination found; /* of the step that failed */
};

/* Climbs where the recipe says so.
 *   recipe  valid
 *   found   what the examination of that case found
 *   climb   receives what came of it
 * Statuses of sc_prepared_create and sc_examine. */
enum sc_status sc_climb(const struct sc_runner *runner, const struct sc_recipe *recipe,
                        const struct sc_examine_options *options,
                        const struct sc_examination *found, struct sc_climb *climb,
                        struct sc_error *error);

#endif
