/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/memory.h"

#include "kernels/emulator/emulator.h"

#include <stdlib.h>
#include <string.h>

bool sc_memory_create(struct sc_memory *memory, size_t size, bool blocks)
{
    void *bytes = NULL;

    memset(memory, 0, sizeof *memory);
    if (posix_memalign(&bytes, SC_EMULATOR_GUARD, size) != 0) {
        return false;
    }
    memory->bytes = bytes;
    memory->size = size;
    memory->unwritten = SC_MEMORY_POISON;
    memory->flags = calloc(size, 1);
    memory->cells = calloc(size, sizeof memory->cells[0]);
    if (blocks) {
        memory->across = calloc(size, sizeof memory->across[0]);
    } else {
        memory->flights = calloc(size, sizeof memory->flights[0]);
    }
    return memory->flags != NULL && memory->cells != NULL &&
           (memory->across != NULL || memory->flights != NULL);
}

void sc_memory_release(struct sc_memory *memory)
{
    free(memory->bytes);
    free(memory->flags);
    free(memory->cells);
    free(memory->across);
    free(memory->flights);
    free(memory->parts);
}

static bool add_part(struct sc_memory *memory, size_t start, size_t bytes)
{
    if (memory->parts_count == memory->parts_room) {
        const int32_t room = 2 * memory->parts_room + 8;
        void *parts = realloc(memory->parts, (size_t)room * sizeof memory->parts[0]);
        if (parts == NULL) {
            return false;
        }
        memory->parts = parts;
        memory->parts_room = room;
    }
    const struct sc_memory_part part = {start, bytes};
    memory->parts[memory->parts_count++] = part;
    return true;
}

unsigned char *sc_memory_allocate(struct sc_memory *memory, size_t bytes, size_t offset)
{
    const size_t guard = SC_EMULATOR_GUARD;
    const size_t start = (memory->used + guard - 1) / guard * guard + guard + offset;

    if (offset >= guard || start > memory->size || bytes > memory->size - start ||
        memory->size - start - bytes < guard || !add_part(memory, start, bytes)) {
        return NULL;
    }
    memset(memory->bytes + memory->used, memory->unwritten, start + bytes + guard - memory->used);
    memory->used = start + bytes + guard;
    sc_memory_expose(memory, start, bytes, true);
    return memory->bytes + start;
}

void sc_memory_clear(struct sc_memory *memory)
{
    memset(memory->flags, 0, memory->used);
    memory->used = 0;
    memory->parts_count = 0;
}

bool sc_memory_within(const struct sc_memory *memory, const void *start, size_t bytes)
{
    const uintptr_t address = (uintptr_t)start, base = (uintptr_t)memory->bytes;

    if (address < base || address - base >= memory->used || memory->parts_count == 0) {
        return false;
    }
    const size_t offset = address - base;
    const struct sc_memory_part *part = &memory->parts[sc_memory_part_of(memory, offset)];
    return offset >= part->start && offset - part->start <= part->bytes &&
           bytes <= part->bytes - (offset - part->start);
}

int32_t sc_memory_part_of(const struct sc_memory *memory, size_t offset)
{
    int32_t part = 0;

    while (part + 1 < memory->parts_count && memory->parts[part + 1].start <= offset) {
        part++;
    }
    return part;
}

void sc_memory_expose(struct sc_memory *memory, size_t start, size_t bytes, bool yes)
{
    memset(memory->bytes + start, memory->unwritten, bytes);
    memset(memory->flags + start, yes ? (int)SC_MEMORY_EXPOSED : 0, bytes);
}

bool sc_memory_intact(const struct sc_memory *memory, size_t *at)
{
    const unsigned both = SC_MEMORY_EXPOSED | SC_MEMORY_WRITTEN;

    for (size_t i = 0; i < memory->used; i++) {
        if ((memory->flags[i] & both) != both && memory->bytes[i] != memory->unwritten) {
            *at = i;
            return false;
        }
    }
    return true;
}

size_t sc_memory_first(const struct sc_memory *memory, size_t start, size_t bytes, unsigned wanted,
                       unsigned unwanted)
{
    for (size_t i = 0; i < bytes; i++) {
        if ((memory->flags[start + i] & (wanted | unwanted)) != wanted) {
            return i;
        }
    }
    return bytes;
}

void sc_memory_mark(struct sc_memory *memory, size_t start, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        memory->flags[start + i] |= SC_MEMORY_WRITTEN;
    }
}
