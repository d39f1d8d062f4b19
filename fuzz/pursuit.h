/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_PURSUIT_H
#define SC_FUZZ_PURSUIT_H

#include "fuzz/confirm.h"
#include "fuzz/examine.h"
#include "fuzz/recipe.h"
#include "fuzz/worker.h"

#include <stdint.h>

/* A failure, pursued: confirmed in fresh processes (fuzz/confirm.h), then shrunk (fuzz/shrink.h). */
struct sc_pursuit_task {
    const struct sc_recipe
        *recipes; /* what the process had run since its start; the case that failed last */
    int32_t count;
    enum sc_check check; /* that failed */
};

struct sc_pursuit {
    struct sc_confirmed confirmed;
    struct sc_recipe *
        recipes; /* confirmed.count of them, to be run in this order in one process, with their hashes */
    int32_t tries;  /* of shrinking */
    char text[512]; /* what the smallest showed; "": it was not seen again */
};

/* Is told once the failure is confirmed, before it is shrunk. */
typedef enum sc_status sc_pursuit_confirmed(void *context, const struct sc_confirmed *confirmed,
                                            struct sc_error *error);

/* Pursues a failure. One that was never seen again, or takes more than four cases, is not shrunk; of up to four each is.
 *   pursuit  receives what came out; sc_pursuit_destroy frees what it holds
 * Statuses of sc_trial_run, and of `told`. */
enum sc_status sc_pursue(struct sc_worker *worker, const struct sc_examine_options *options,
                         const struct sc_pursuit_task *task, sc_pursuit_confirmed *told,
                         void *context, struct sc_pursuit *pursuit, struct sc_error *error);
void sc_pursuit_destroy(struct sc_pursuit *pursuit);

#endif
