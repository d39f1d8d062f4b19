/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_MEASURE_H
#define SC_TOOLS_MEASURE_MEASURE_H

/* Programs that measure our kernels on a GPU, main() apart. Results on stdout, errors on stderr. Return an exit code
 * (tools/command/command.h): 1 if a check failed, 3 without a GPU. */
int sc_measure_speed(int argc, char **argv);
int sc_measure_memory(int argc, char **argv);

#endif
