/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/raise.h"

#include "kernels/emulator/access.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/state.h"

struct sc_fault_place sc_raise_place(const struct sc_emulator *emulator, int32_t thread,
                                     uintptr_t site)
{
    const struct sc_fault_place place = {emulator->block, thread, site};

    return place;
}

/* Offset from the start of an allocation. */
static void describe_part(const struct sc_memory *memory, const void *address,
                          struct sc_fault *fault)
{
    const size_t offset = (uintptr_t)address - (uintptr_t)memory->bytes;

    fault->offset = (int64_t)offset;
    if (memory->parts_count > 0) {
        fault->allocation = sc_memory_part_of(memory, offset);
        fault->offset -= (int64_t)memory->parts[fault->allocation].start;
    }
}

static void describe_address(const struct sc_emulator *emulator, const void *address,
                             struct sc_fault *fault)
{
    fault->space = sc_access_space(emulator, address);
    switch (fault->space) {
    case SC_FAULT_SHARED:
        describe_part(&emulator->shared, address, fault);
        break;
    case SC_FAULT_GLOBAL:
        describe_part(&emulator->global, address, fault);
        break;
    case SC_FAULT_ARGUMENTS:
        fault->offset = (const unsigned char *)address - emulator->arguments;
        break;
    case SC_FAULT_STACKS:
        fault->offset = ((const unsigned char *)address - emulator->stacks) % SC_FIBER_STACK_BYTES;
        fault->allocation =
            (int32_t)(((const unsigned char *)address - emulator->stacks) / SC_FIBER_STACK_BYTES);
        break;
    case SC_FAULT_PROGRAM:
        fault->offset = (int64_t)sc_access_program_offset(address);
        break;
    case SC_FAULT_NOWHERE:
        fault->offset = (int64_t)(uintptr_t)address;
        break;
    }
}

void sc_raise_record(struct sc_emulator *emulator, enum sc_fault_kind kind,
                     const struct sc_fault_place *here, const struct sc_fault_place *other,
                     const void *address, size_t bytes)
{
    struct sc_fault fault = {0};

    if (emulator->fault.kind != SC_FAULT_NONE) {
        return;
    }
    fault.kind = kind;
    fault.here = *here;
    fault.other = other != NULL ? *other : sc_raise_place(emulator, -1, 0);
    fault.bytes = (int64_t)bytes;
    if (bytes != 0) {
        describe_address(emulator, address, &fault);
    }
    emulator->fault = fault;
}

void sc_raise(struct sc_emulator *emulator, enum sc_fault_kind kind, uintptr_t site,
              const struct sc_fault_place *other, const void *address, size_t bytes)
{
    const struct sc_fault_place here = sc_raise_place(emulator, emulator->current, site);

    sc_raise_record(emulator, kind, &here, other, address, bytes);
    sc_schedule_stop(emulator);
}
