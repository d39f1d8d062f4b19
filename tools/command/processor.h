/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_COMMAND_PROCESSOR_H
#define SC_TOOLS_COMMAND_PROCESSOR_H

/* OpenBLAS chooses its code by the model of the processor when it is loaded; one that is newer than it gets code for the
 * processors of 2004, which is several times slower. Starts this program again, with code that the processor can run
 * asked for in OPENBLAS_CORETYPE, where that happened and the caller has asked for nothing. Returns if there is nothing
 * to do, and if the program cannot be started again. No result rests on which code it is: the bounds hold for any order
 * of summation, fused or not.
 *   argv  of main */
void sc_processor_use(char **argv);

#endif
