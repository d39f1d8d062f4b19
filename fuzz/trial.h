/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_TRIAL_H
#define SC_FUZZ_TRIAL_H

#include "fuzz/climb.h"
#include "fuzz/examine.h"
#include "fuzz/recipe.h"
#include "fuzz/worker.h"

#include <stdbool.h>
#include <stdint.h>

/* What a case showed. */
struct sc_trial {
    struct sc_examination found; /* of the case itself */
    uint64_t hash;               /* of its problem and inputs */
    struct sc_climb climb;       /* from it, where it passed and its recipe climbs */
};

/* What failed: a step of the climb, or the case itself if that did, or neither. */
const struct sc_examination *sc_trial_found(const struct sc_trial *trial);

/* Makes a recipe real, examines it, and climbs. A worker that cannot be started is tried three times.
 * Statuses of sc_prepared_create and sc_examine. */
enum sc_status sc_trial_run(struct sc_worker *worker, const struct sc_examine_options *options,
                            const struct sc_recipe *recipe, struct sc_trial *trial,
                            struct sc_error *error);

/* The same for cases one after another, the first in a fresh process: what the last one shows. */
enum sc_status sc_trial_sequence(struct sc_worker *worker, const struct sc_examine_options *options,
                                 const struct sc_recipe *recipes, int32_t count,
                                 struct sc_trial *trial, struct sc_error *error);

#endif
