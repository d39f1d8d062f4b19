/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_ENTRY_H
#define SC_TOOLS_KERNELS_ENTRY_H

#include "spec/arithmetic.h"
#include "spec/kernel.h"

#include <stdbool.h>

/* Our kernels as a kernel under test, on the machine that the program is linked with (tools/kernels/machine.h). There is
 * one machine at a time in the process, from begin to end.
 *   fast        dQ in the fast mode, by atomic additions
 *   activation  the error of the sigmoid that the kernel declares; NULL: `limits` (reference/judge/activation.h)
 * What is returned lasts to the next call. */
const struct sc_kernel *sc_entry_kernel(bool fast, const struct sc_activation_error *activation);

#endif
