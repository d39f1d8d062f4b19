/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_MMA_COMMAND_H
#define SC_TOOLS_MEASURE_MMA_COMMAND_H

#include "tools/measure/mma.h"

/* The program `tensor`: a machine's tensor core held against its model, as evidence of the stage gpu-tensor, or
 * gpu-tensor-wgmma.
 *   open, close  make the machine, when the command line is right, and destroy it; after a failed `open` too
 * Returns an exit code (tools/command/command.h). */
struct sc_mma_opener {
    enum sc_status (*open)(int32_t slots, enum sc_products products, struct sc_mma_machine *machine,
                           struct sc_error *error);
    void (*close)(struct sc_mma_machine *machine);
};
int sc_mma_command(int argc, char **argv, const struct sc_mma_opener *opener);

#endif
