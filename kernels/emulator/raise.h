/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_RAISE_H
#define SC_KERNELS_EMULATOR_RAISE_H

#include "kernels/emulator/fault.h"

#include <stddef.h>
#include <stdint.h>

struct sc_emulator;

/* A place of a thread of the present block. */
struct sc_fault_place sc_raise_place(const struct sc_emulator *emulator, int32_t thread,
                                     uintptr_t site);

/* Records a fault if it is the first of the launch. Its address, of `bytes` bytes, is put in words where
 * bytes is not 0. */
void sc_raise_record(struct sc_emulator *emulator, enum sc_fault_kind kind,
                     const struct sc_fault_place *here, const struct sc_fault_place *other,
                     const void *address, size_t bytes);

/* The same for the present thread at `site`; then the launch ends. `other` may be NULL. */
_Noreturn void sc_raise(struct sc_emulator *emulator, enum sc_fault_kind kind, uintptr_t site,
                        const struct sc_fault_place *other, const void *address, size_t bytes);

#endif
