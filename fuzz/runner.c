/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/runner.h"

static enum sc_status run(void *self, const struct sc_prepared *prepared,
                          const struct sc_worker_call *call, struct sc_outcome *outcome,
                          struct sc_error *error)
{
    return sc_worker_run(self, prepared, call, outcome, error);
}

struct sc_runner sc_runner_of(struct sc_worker *worker)
{
    return (struct sc_runner){sc_worker_kernel(worker), run, worker};
}
