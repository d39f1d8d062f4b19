/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/state.h"

#include <string.h>

/* Global memory, from the side of the host. */

void *sc_emulator_allocate(struct sc_emulator *emulator, size_t bytes, size_t offset)
{
    return offset < SC_EMULATOR_GUARD ? sc_memory_allocate(&emulator->global, bytes, offset) : NULL;
}

void *sc_emulator_reserve(struct sc_emulator *emulator, size_t bytes, size_t offset)
{
    return offset < SC_EMULATOR_GUARD ? sc_memory_reserve(&emulator->global, bytes, offset) : NULL;
}

size_t sc_emulator_taken(const struct sc_emulator *emulator)
{
    return emulator->global.taken;
}

static size_t offset_of(const struct sc_emulator *emulator, const void *memory)
{
    return (uintptr_t)memory - (uintptr_t)emulator->global.bytes;
}

static bool expose(struct sc_emulator *emulator, const void *memory, size_t bytes, bool yes)
{
    if (!sc_memory_within(&emulator->global, memory, bytes)) {
        return false;
    }
    sc_memory_expose(&emulator->global, offset_of(emulator, memory), bytes, yes);
    return true;
}

bool sc_emulator_hide(struct sc_emulator *emulator, void *memory, size_t bytes)
{
    return expose(emulator, memory, bytes, false);
}

bool sc_emulator_expose(struct sc_emulator *emulator, void *memory, size_t bytes)
{
    return expose(emulator, memory, bytes, true);
}

bool sc_emulator_write(struct sc_emulator *emulator, void *memory, const void *source, size_t bytes)
{
    const size_t start = offset_of(emulator, memory);

    if (!sc_memory_within(&emulator->global, memory, bytes)) {
        return false;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (emulator->global.flags[start + i] & SC_MEMORY_EXPOSED) {
            emulator->global.bytes[start + i] = ((const unsigned char *)source)[i];
            emulator->global.flags[start + i] |= SC_MEMORY_WRITTEN;
        }
    }
    return true;
}

bool sc_emulator_protect(struct sc_emulator *emulator, void *memory, size_t bytes, bool yes)
{
    if (!sc_memory_within(&emulator->global, memory, bytes)) {
        return false;
    }
    sc_memory_protect(&emulator->global, offset_of(emulator, memory), bytes, yes);
    return true;
}

size_t sc_emulator_unwritten(const struct sc_emulator *emulator, const void *memory, size_t bytes)
{
    const size_t start = offset_of(emulator, memory);
    size_t count = 0;

    if (!sc_memory_within(&emulator->global, memory, bytes)) {
        return bytes;
    }
    for (size_t i = 0; i < bytes; i++) {
        const unsigned both = SC_MEMORY_EXPOSED | SC_MEMORY_WRITTEN;
        count += (emulator->global.flags[start + i] & both) == SC_MEMORY_EXPOSED;
    }
    return count;
}
