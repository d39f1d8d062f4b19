/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_RUN_H
#define SC_TOOLS_KERNELS_RUN_H

#include "tools/kernels/check.h"
#include "tools/kernels/twin.h"

#include <stdbool.h>
#include <stdint.h>

/* Our kernels on drawn cases, on the machine that the program is linked with. */
struct sc_kernels_options {
    int32_t cases, seed;
    bool first; /* end at the first case that fails */
    const struct sc_activation_error
        *activation; /* of the sigmoid, measured; NULL: that of the machine */
    /* Files of twin.h, at most one of them; then the cases are sharpened, and dQ is never in the fast mode. */
    const char *digests; /* to write; NULL: none */
    const char *against; /* to compare with; NULL: none */
};

struct sc_kernels_run {
    const struct sc_kernels_options *options;
    struct sc_check_tally tally;
    struct sc_twin_list digests;
    int64_t compared,
        different; /* cases that the other machine has, and that it has with other bits */
};

/* Whether the cases are those whose bits do not depend on the machine. */
bool sc_kernels_twins(const struct sc_kernels_options *options);

/* Runs them, with progress on a terminal, and fills *run. Statuses of the machine, of the oracle and of twin.h. */
enum sc_status sc_kernels_run(const struct sc_kernels_options *options, struct sc_kernels_run *run,
                              struct sc_error *error);

#endif
