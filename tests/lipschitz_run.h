/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_LIPSCHITZ_RUN_H
#define SC_TESTS_LIPSCHITZ_RUN_H

#include "tests/layer_command.h"
#include "tools/command/command.h"

/* Runs `lipschitz` in the directory, output and errors in files there. */
static inline int run(const char *directory, const char *const *words)
{
    return layer_command(sc_command_lipschitz, directory, words);
}

#endif
