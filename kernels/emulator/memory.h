/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_MEMORY_H
#define SC_KERNELS_EMULATOR_MEMORY_H

#include "kernels/emulator/race.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A space of memory with a shadow of each byte. Bytes without SC_MEMORY_EXPOSED or without
 * SC_MEMORY_WRITTEN hold `unwritten`, SC_MEMORY_POISON at first.
 *
 * An allocation of SC_MEMORY_WIDE bytes or more, as of rows that are far apart, comes into being by pages, each when a
 * byte on it is exposed for the first time. Before that a page takes no memory, holds 0, and nobody looks whether it
 * still does. No access to it is allowed, as to any hidden byte. */

#define SC_MEMORY_POISON 0xff
#define SC_MEMORY_WIDE   ((size_t)256 << 20)
#define SC_MEMORY_PAGE   4096

/* Flags of a byte. */
#define SC_MEMORY_EXPOSED   1u
#define SC_MEMORY_WRITTEN   2u
#define SC_MEMORY_READ_ONLY 4u

/* An allocation; shared memory has one. */
struct sc_memory_part {
    size_t start, bytes;
};

struct sc_memory {
    unsigned char *bytes; /* a multiple of SC_MEMORY_PAGE */
    size_t size, used;    /* nothing was ever exposed from `used` on */
    size_t taken;         /* bytes of the pages that are there */
    unsigned char unwritten;
    unsigned char *pages; /* of each page: whether it is there */
    unsigned char *flags;
    struct sc_race_cell *cells;
    struct sc_race_across *across; /* NULL: no other block comes here */
    uint32_t *flights;             /* the copy in flight to a byte, or SC_GATES_FLIGHT; or NULL */
    uint32_t *writers;             /* sc_state_writer of the last write to a byte; or NULL */
    struct sc_memory_part *parts;
    int32_t parts_count, parts_room;
};

/* False: no memory; what there is of it is released by sc_memory_release, as ever.
 *   blocks  whether several blocks come here; else copies may fly to it */
bool sc_memory_create(struct sc_memory *memory, size_t size, bool blocks);
void sc_memory_release(struct sc_memory *memory);

/* Takes `bytes` more, hidden, at an address 256 i + offset, behind a gap of 256. NULL: it is full. */
unsigned char *sc_memory_reserve(struct sc_memory *memory, size_t bytes, size_t offset);
/* The same, exposed. */
unsigned char *sc_memory_allocate(struct sc_memory *memory, size_t bytes, size_t offset);
/* Takes all allocations back. */
void sc_memory_clear(struct sc_memory *memory);

/* Whether the range lies within one allocation. */
bool sc_memory_within(const struct sc_memory *memory, const void *start, size_t bytes);
/* Number of the last allocation that starts at or before an offset; 0 where there is none. */
int32_t sc_memory_part_of(const struct sc_memory *memory, size_t offset);

/* Exposes a range, unwritten, or hides it. */
void sc_memory_expose(struct sc_memory *memory, size_t start, size_t bytes, bool yes);
/* Adds SC_MEMORY_READ_ONLY to a range, or takes it away. Pages that are not there have no flags. */
void sc_memory_protect(struct sc_memory *memory, size_t start, size_t bytes, bool yes);
/* The next bytes from *from on, and before `end`, that are on pages that are there: [*from, *to). False: there are none. */
bool sc_memory_run(const struct sc_memory *memory, size_t *from, size_t *to, size_t end);
/* Whether each byte in use which nobody may have written still holds `unwritten`; else *at is the first
 * that does not. */
bool sc_memory_intact(const struct sc_memory *memory, size_t *at);

/* First byte of a range that has not all of the flags `wanted`, or has one of `unwanted`; `bytes` where
 * there is none. */
size_t sc_memory_first(const struct sc_memory *memory, size_t start, size_t bytes, unsigned wanted,
                       unsigned unwanted);
/* Adds SC_MEMORY_WRITTEN to a range. */
void sc_memory_mark(struct sc_memory *memory, size_t start, size_t bytes);

#endif
