/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_RUNNER_H
#define SC_FUZZ_RUNNER_H

#include "fuzz/worker.h"

/* Whatever runs a kernel on a case. */
struct sc_runner {
    const struct sc_worker_kernel *kernel;
    /* As sc_worker_run. */
    enum sc_status (*run)(void *self, const struct sc_prepared *prepared,
                          const struct sc_worker_call *call, struct sc_outcome *outcome,
                          struct sc_error *error);
    void *self;
};

/* A worker process. Borrowed and kept. */
struct sc_runner sc_runner_of(struct sc_worker *worker);

#endif
