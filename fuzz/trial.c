/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/trial.h"

#include "fuzz/prepared.h"

#include <time.h>

#define ATTEMPTS 3

const struct sc_examination *sc_trial_found(const struct sc_trial *trial)
{
    return trial->climb.failed ? &trial->climb.found : &trial->found;
}

enum sc_status sc_trial_run(struct sc_worker *worker, const struct sc_examine_options *options,
                            const struct sc_recipe *recipe, struct sc_trial *trial,
                            struct sc_error *error)
{
    const struct sc_runner runner = sc_runner_of(worker);
    struct sc_prepared prepared;
    enum sc_status status = sc_prepared_create(recipe, &prepared, error);

    if (status != SC_OK) {
        return status;
    }
    trial->hash = prepared.hash;
    for (int attempt = 1;; attempt++) {
        const struct timespec pause = {0, 200000000};
        status = sc_examine(&runner, &prepared, options, &trial->found, error);
        if (status == SC_OK) {
            status = sc_climb(&runner, recipe, options, &trial->found, &trial->climb, error);
        }
        if (status != SC_E_UNAVAILABLE || attempt == ATTEMPTS) {
            break;
        }
        (void)nanosleep(&pause, NULL);
        sc_worker_restart(worker);
    }
    sc_prepared_destroy(&prepared);
    return status;
}

enum sc_status sc_trial_sequence(struct sc_worker *worker, const struct sc_examine_options *options,
                                 const struct sc_recipe *recipes, int32_t count,
                                 struct sc_trial *trial, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    sc_worker_restart(worker);
    for (int32_t n = 0; n < count && status == SC_OK; n++) {
        status = sc_trial_run(worker, options, &recipes[n], trial, error);
    }
    return status;
}
