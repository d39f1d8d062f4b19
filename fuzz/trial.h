/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_TRIAL_H
#define SC_FUZZ_TRIAL_H

#include "fuzz/examine.h"
#include "fuzz/recipe.h"
#include "fuzz/worker.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes a recipe real and examines it. A worker that cannot be started is tried three times.
 *   hash  receives that of problem and inputs; may be NULL
 * Statuses of sc_prepared_create and sc_examine. */
enum sc_status sc_trial_run(struct sc_worker *worker, const struct sc_examine_options *options,
                            const struct sc_recipe *recipe, struct sc_examination *found,
                            uint64_t *hash, struct sc_error *error);

/* The same for cases one after another, the first in a fresh process: what the last one shows. */
enum sc_status sc_trial_sequence(struct sc_worker *worker, const struct sc_examine_options *options,
                                 const struct sc_recipe *recipes, int32_t count,
                                 struct sc_examination *found, uint64_t *hash,
                                 struct sc_error *error);

#endif
