/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */
#include "kernels/emulator/memory.h"

#include "kernels/emulator/emulator.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Memory of zeros that is there from its first touch on; NULL: no such room. */
static void *reserve(size_t bytes)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);

    if (memory == MAP_FAILED) {
        return NULL;
    }
    if (bytes >= SC_MEMORY_WIDE) {
        (void)madvise(memory, bytes, MADV_NOHUGEPAGE); /* a page is a page; else only more memory */
    }
    return memory;
}

static void release(void *memory, size_t bytes)
{
    if (memory != NULL) {
        (void)munmap(memory, bytes);
    }
}

static size_t pages_of(size_t size)
{
    return size / SC_MEMORY_PAGE + 1;
}

bool sc_memory_create(struct sc_memory *memory, size_t size, bool blocks)
{
    memset(memory, 0, sizeof *memory);
    memory->size = size;
    memory->unwritten = SC_MEMORY_POISON;
    memory->bytes = reserve(size);
    memory->pages = reserve(pages_of(size));
    memory->flags = reserve(size);
    memory->cells = reserve(size * sizeof memory->cells[0]);
    if (blocks) {
        memory->across = reserve(size * sizeof memory->across[0]);
    } else {
        memory->flights = reserve(size * sizeof memory->flights[0]);
        memory->writers = reserve(size * sizeof memory->writers[0]);
    }
    return memory->bytes != NULL && memory->pages != NULL && memory->flags != NULL &&
           memory->cells != NULL &&
           (blocks ? memory->across != NULL : memory->flights != NULL && memory->writers != NULL);
}

void sc_memory_release(struct sc_memory *memory)
{
    release(memory->bytes, memory->size);
    release(memory->pages, pages_of(memory->size));
    release(memory->flags, memory->size);
    release(memory->cells, memory->size * sizeof memory->cells[0]);
    release(memory->across, memory->size * sizeof memory->across[0]);
    release(memory->flights, memory->size * sizeof memory->flights[0]);
    release(memory->writers, memory->size * sizeof memory->writers[0]);
    free(memory->parts);
}

/* Brings the pages of a range into being; those that are new hold `unwritten`. */
static void take_pages(struct sc_memory *memory, size_t start, size_t bytes)
{
    for (size_t page = start / SC_MEMORY_PAGE; page * SC_MEMORY_PAGE < start + bytes; page++) {
        const size_t from = page * SC_MEMORY_PAGE, left = memory->size - from;
        if (memory->pages[page] == 0) {
            memory->pages[page] = 1;
            memory->taken += SC_MEMORY_PAGE;
            memset(memory->bytes + from, memory->unwritten,
                   left < SC_MEMORY_PAGE ? left : SC_MEMORY_PAGE);
        }
    }
}

bool sc_memory_run(const struct sc_memory *memory, size_t *from, size_t *to, size_t end)
{
    size_t at = *from;

    while (at < end && memory->pages[at / SC_MEMORY_PAGE] == 0) {
        at = (at / SC_MEMORY_PAGE + 1) * SC_MEMORY_PAGE;
    }
    *from = at;
    while (at < end && memory->pages[at / SC_MEMORY_PAGE] != 0) {
        at = (at / SC_MEMORY_PAGE + 1) * SC_MEMORY_PAGE;
    }
    *to = at < end ? at : end;
    return *from < end;
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

unsigned char *sc_memory_reserve(struct sc_memory *memory, size_t bytes, size_t offset)
{
    const size_t guard = SC_EMULATOR_GUARD;
    const size_t start = (memory->used + guard - 1) / guard * guard + guard + offset;

    if (start > memory->size || bytes > memory->size - start ||
        memory->size - start - bytes < guard || !add_part(memory, start, bytes)) {
        return NULL;
    }
    const size_t end = start + bytes + guard;
    if (bytes < SC_MEMORY_WIDE) {
        take_pages(memory, memory->used, end - memory->used);
        memset(memory->bytes + memory->used, memory->unwritten, end - memory->used);
    }
    memory->used = end;
    return memory->bytes + start;
}

unsigned char *sc_memory_allocate(struct sc_memory *memory, size_t bytes, size_t offset)
{
    unsigned char *const at = sc_memory_reserve(memory, bytes, offset);

    if (at != NULL) {
        sc_memory_expose(memory, (size_t)(at - memory->bytes), bytes, true);
    }
    return at;
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
    const int flags = yes ? (int)SC_MEMORY_EXPOSED : 0;

    if (yes) {
        take_pages(memory, start, bytes);
    }
    for (size_t from = start, to; sc_memory_run(memory, &from, &to, start + bytes); from = to) {
        memset(memory->bytes + from, memory->unwritten, to - from);
        memset(memory->flags + from, flags, to - from);
    }
}

void sc_memory_protect(struct sc_memory *memory, size_t start, size_t bytes, bool yes)
{
    for (size_t from = start, to; sc_memory_run(memory, &from, &to, start + bytes); from = to) {
        for (size_t i = from; i < to; i++) {
            memory->flags[i] = (unsigned char)(yes ? memory->flags[i] | SC_MEMORY_READ_ONLY
                                                   : memory->flags[i] & ~SC_MEMORY_READ_ONLY);
        }
    }
}

bool sc_memory_intact(const struct sc_memory *memory, size_t *at)
{
    const unsigned both = SC_MEMORY_EXPOSED | SC_MEMORY_WRITTEN;

    for (size_t from = 0, to; sc_memory_run(memory, &from, &to, memory->used); from = to) {
        for (size_t i = from; i < to; i++) {
            if ((memory->flags[i] & both) != both && memory->bytes[i] != memory->unwritten) {
                *at = i;
                return false;
            }
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
