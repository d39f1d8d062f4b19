/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/access.h"

#include "kernels/emulator/raise.h"
#include "kernels/emulator/state.h"

/* The program from its start to the end of its data: the linker's symbols. */
extern const unsigned char __executable_start[], _end[];

struct touch {
    const void *address;
    size_t bytes;
    enum sc_race_kind kind;
    uintptr_t site;
};

/* Whether an address is one of `bytes` from `start`. */
static bool in(const void *address, const void *start, size_t bytes)
{
    return (uintptr_t)address - (uintptr_t)start < bytes;
}

static size_t stacks_bytes(const struct sc_emulator *emulator)
{
    return (size_t)emulator->threads_count * SC_FIBER_STACK_BYTES;
}

enum sc_fault_space sc_access_space(const struct sc_emulator *emulator, const void *address)
{
    if (in(address, emulator->shared.bytes, emulator->shared.size)) {
        return SC_FAULT_SHARED;
    }
    if (in(address, emulator->global.bytes, emulator->global.size)) {
        return SC_FAULT_GLOBAL;
    }
    if (in(address, emulator->stacks, stacks_bytes(emulator))) {
        return SC_FAULT_STACKS;
    }
    if (in(address, emulator->arguments, emulator->arguments_bytes)) {
        return SC_FAULT_ARGUMENTS;
    }
    if (in(address, __executable_start, sc_access_program_offset(_end))) {
        return SC_FAULT_PROGRAM;
    }
    return SC_FAULT_NOWHERE;
}

size_t sc_access_program_offset(const void *address)
{
    return (uintptr_t)address - (uintptr_t)__executable_start;
}

static void raise_touch(struct sc_emulator *emulator, const struct touch *touch,
                        enum sc_fault_kind kind, const struct sc_fault_place *other)
{
    sc_raise(emulator, kind, touch->site, other, touch->address, touch->bytes);
}

static void check_flags(struct sc_emulator *emulator, const struct sc_memory *memory, size_t start,
                        const struct touch *touch)
{
    const size_t n = touch->bytes;

    if (sc_memory_first(memory, start, n, SC_MEMORY_EXPOSED, 0) < n) {
        raise_touch(emulator, touch, SC_FAULT_BOUNDS, NULL);
    }
    if (touch->kind != SC_RACE_READ &&
        sc_memory_first(memory, start, n, 0, SC_MEMORY_READ_ONLY) < n) {
        raise_touch(emulator, touch, SC_FAULT_READ_ONLY, NULL);
    }
}

/* Who has a byte of shared memory. */
static struct sc_fault_place owner(const struct sc_emulator *emulator, size_t at)
{
    const uint32_t flight = emulator->shared.flights[at];

    if (flight == SC_GATES_FLIGHT) {
        return sc_gates_find(emulator, at / SC_GATES_BYTES * SC_GATES_BYTES)->set;
    }
    const struct sc_copies_copy *copy = &emulator->copies.copies[flight];
    return sc_raise_place(emulator, copy->thread, copy->site);
}

static void check_flights(struct sc_emulator *emulator, size_t start, const struct touch *touch)
{
    for (size_t i = 0; i < touch->bytes; i++) {
        if (emulator->shared.flights[start + i] != 0) {
            const struct sc_fault_place other = owner(emulator, start + i);
            raise_touch(emulator, touch, SC_FAULT_IN_FLIGHT, &other);
        }
    }
}

/* For the thread that started a copy, it is on its way until that thread has waited. */
static void check_race(struct sc_emulator *emulator, struct sc_memory *memory, size_t start,
                       const struct touch *touch)
{
    struct sc_memory *const memories[2] = {&emulator->shared, &emulator->global};
    struct sc_race_who who;
    size_t at;

    if (!sc_race_reserve(&emulator->race, memories, touch->bytes)) {
        raise_touch(emulator, touch, SC_FAULT_LAUNCH, NULL);
    }
    if (sc_race_access(&emulator->race, memory, start, touch->bytes, touch->kind, emulator->current,
                       touch->site, &who, &at)) {
        const struct sc_fault_place other = {emulator->order[who.era - emulator->race.era_first],
                                             sc_race_thread(who.mark), sc_race_site(who.mark)};
        const bool own =
            (who.mark & SC_RACE_COPIES) != 0 && sc_race_thread(who.mark) == emulator->current;
        raise_touch(emulator, touch, own ? SC_FAULT_IN_FLIGHT : SC_FAULT_RACE, &other);
    }
}

static void note_writer(struct sc_emulator *emulator, struct sc_memory *memory, size_t start,
                        size_t bytes)
{
    const uint32_t writer = sc_state_writer(emulator, emulator->current);

    for (size_t i = start; i < start + bytes && memory->writers != NULL; i++) {
        memory->writers[i] = writer;
    }
}

/* A race is told before the read of nothing that comes from it. */
static void check_memory(struct sc_emulator *emulator, struct sc_memory *memory,
                         const struct touch *touch)
{
    const size_t start = (uintptr_t)touch->address - (uintptr_t)memory->bytes;
    const size_t n = touch->bytes;

    if (n > memory->size - start) {
        raise_touch(emulator, touch, SC_FAULT_BOUNDS, NULL);
    }
    if (emulator->options.unwatched) {
        return;
    }
    check_flags(emulator, memory, start, touch);
    if (memory->flights != NULL) {
        check_flights(emulator, start, touch);
    }
    if (sc_memory_first(memory, start, n, SC_MEMORY_READ_ONLY, 0) < n) {
        check_race(emulator, memory, start, touch);
    }
    if (touch->kind != SC_RACE_WRITE &&
        sc_memory_first(memory, start, n, SC_MEMORY_WRITTEN, 0) < n) {
        raise_touch(emulator, touch, SC_FAULT_UNWRITTEN, NULL);
    }
    if (touch->kind != SC_RACE_READ) {
        sc_memory_mark(memory, start, n);
        note_writer(emulator, memory, start, n);
    }
}

/* Memory that all threads may read, and whose end is at `end`. */
static void check_constant(struct sc_emulator *emulator, const void *end, const struct touch *touch)
{
    if (touch->bytes > (uintptr_t)end - (uintptr_t)touch->address) {
        raise_touch(emulator, touch, SC_FAULT_BOUNDS, NULL);
    }
    if (touch->kind != SC_RACE_READ) {
        raise_touch(emulator, touch, SC_FAULT_READ_ONLY, NULL);
    }
}

static void check_stack(struct sc_emulator *emulator, const struct touch *touch)
{
    const size_t at = (size_t)((const unsigned char *)touch->address - emulator->stacks);
    const struct sc_fault_place other =
        sc_raise_place(emulator, (int32_t)(at / SC_FIBER_STACK_BYTES), 0);

    raise_touch(emulator, touch, SC_FAULT_STACK, &other);
}

static void check_space(struct sc_emulator *emulator, const struct touch *touch)
{
    switch (sc_access_space(emulator, touch->address)) {
    case SC_FAULT_SHARED:
        check_memory(emulator, &emulator->shared, touch);
        break;
    case SC_FAULT_GLOBAL:
        check_memory(emulator, &emulator->global, touch);
        emulator->bytes_read += touch->kind != SC_RACE_WRITE ? (int64_t)touch->bytes : 0;
        emulator->bytes_written += touch->kind != SC_RACE_READ ? (int64_t)touch->bytes : 0;
        break;
    case SC_FAULT_ARGUMENTS:
        check_constant(emulator, emulator->arguments + emulator->arguments_bytes, touch);
        break;
    case SC_FAULT_PROGRAM:
        check_constant(emulator, _end, touch);
        break;
    case SC_FAULT_STACKS:
        check_stack(emulator, touch);
        break;
    case SC_FAULT_NOWHERE:
        raise_touch(emulator, touch, SC_FAULT_BOUNDS, NULL);
        break;
    }
}

void sc_access(struct sc_emulator *emulator, const void *address, size_t bytes, size_t alignment,
               enum sc_race_kind kind, uintptr_t site)
{
    const struct touch touch = {address, bytes, kind, site};
    const unsigned char *own = sc_state_current(emulator)->fiber.stack;

    if (((uintptr_t)address & (alignment - 1)) != 0) {
        raise_touch(emulator, &touch, SC_FAULT_ALIGNMENT, NULL);
    }
    if (!in(address, own, SC_FIBER_STACK_BYTES) && bytes != 0) {
        check_space(emulator, &touch);
    }
}

void sc_access_in(struct sc_emulator *emulator, enum sc_fault_space space, const void *address,
                  size_t bytes, size_t alignment, enum sc_race_kind kind, uintptr_t site)
{
    if (sc_access_space(emulator, address) != space) {
        sc_raise(emulator, SC_FAULT_BOUNDS, site, NULL, address, bytes);
    }
    sc_access(emulator, address, bytes, alignment, kind, site);
}
