/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_BINADE_COMMAND_H
#define SC_TOOLS_MEASURE_BINADE_COMMAND_H

#include "tools/measure/binade_table.h"

/* The program `activation`: the errors of the activations on a machine, as evidence of the stage gpu-activation and as a
 * table; or a table as a word of an arithmetic model.
 *   open, close  make the machine, when one is needed, and destroy it; after a failed `open` too
 *   describe     fills gpu, driver, cuda and flags of a table; after `open`
 * Returns an exit code (tools/command/command.h). */
struct sc_binade_opener {
    enum sc_status (*open)(struct sc_binade_machine *machine, struct sc_error *error);
    void (*close)(struct sc_binade_machine *machine);
    void (*describe)(struct sc_binade_table *table);
};
int sc_binade_command(int argc, char **argv, const struct sc_binade_opener *opener);

#endif
