/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_ACCESS_H
#define SC_KERNELS_EMULATOR_ACCESS_H

#include "kernels/emulator/fault.h"
#include "kernels/emulator/race.h"

#include <stddef.h>
#include <stdint.h>

struct sc_emulator;

/* Where an address is. */
enum sc_fault_space sc_access_space(const struct sc_emulator *emulator, const void *address);
/* Offset from the start of the program. */
size_t sc_access_program_offset(const void *address);

/* The present thread is about to touch `bytes` bytes: a mistake in it ends the launch, else its shadow
 * becomes that of after it. Not a step.
 *   alignment  a power of two that the address must be a multiple of
 *   site       return address of the call that reports it */
void sc_access(struct sc_emulator *emulator, const void *address, size_t bytes, size_t alignment,
               enum sc_race_kind kind, uintptr_t site);

/* The same, and it must be in one space. */
void sc_access_in(struct sc_emulator *emulator, enum sc_fault_space space, const void *address,
                  size_t bytes, size_t alignment, enum sc_race_kind kind, uintptr_t site);

#endif
