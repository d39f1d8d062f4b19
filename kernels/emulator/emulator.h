/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_EMULATOR_H
#define SC_KERNELS_EMULATOR_EMULATOR_H

#include "kernels/emulator/fault.h"
#include "kernels/emulator/special.h"
#include "spec/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs kernels on the host and watches every access that they make. A kernel is a C file compiled with
 * -fsanitize=thread, but linked without that sanitizer's library: the calls which the compiler puts before
 * each load and store come here. It needs -O1 -fno-thread-jumps: a barrier's place in the source must be
 * one place in the program, as compilers for devices keep it. Memory that a kernel may touch: what
 * sc_emulator_allocate gave, the block's shared memory, its arguments, the thread's own stack, and (reads)
 * static data of the program.
 *
 * Not seen: accesses inside of libc (a call of memcpy that the compiler keeps; writes out of place show
 * later as SC_FAULT_RED_ZONE), and a loop without any access or primitive, which no watchdog stops.
 *
 * A launch is a function of the options, the memory and the arguments: the same seed gives the same run.
 * One launch at a time in a thread of the host; emulators are independent of each other. */

#define SC_EMULATOR_THREADS_MAX 1024         /* of a block */
#define SC_EMULATOR_SHARED_MAX  (227 * 1024) /* bytes, of a block: compute capability 9.0 */
#define SC_EMULATOR_GUARD       256 /* bytes without access around each allocation, at least */

/* When the data of an asynchronous copy arrive, and when a product of a warpgroup is done. A product behind one that
 * is not done is not done either. */
enum sc_emulator_landing {
    SC_EMULATOR_LANDING_DRAWN,    /* either, by seed */
    SC_EMULATOR_LANDING_EARLIEST, /* when it starts */
    SC_EMULATOR_LANDING_LATEST    /* when it is waited for */
};

/* In which order the blocks of a launch run, one at a time. */
enum sc_emulator_order { SC_EMULATOR_SHUFFLED, SC_EMULATOR_ASCENDING };

struct sc_emulator_options {
    uint64_t seed;       /* of every draw but those of `special` */
    size_t global_bytes; /* global memory in all, guards included */
    int64_t steps_max;   /* accesses and primitives of one launch; then SC_FAULT_WATCHDOG */
    int32_t
        switch_every; /* another thread runs after so many accesses, on average; 0: at waits only */
    enum sc_emulator_order order;
    enum sc_emulator_landing landing;
    /* As on a device, which watches nothing: only what would end a launch there is a fault (no memory of the
     * kernel, a misaligned address, threads that cannot meet), and memory that nobody wrote holds 0. Set it when
     * the emulator is created. */
    bool unwatched;
    struct sc_emulator_special special;
    /* c = c + a b for sc_matrix_add_* and sc_group_*: a[row][k], b[column][k], c[row][column]; NULL: a kernel that
     * multiplies has SC_FAULT_ARGUMENT. It runs on the stack of a thread: 64 KiB. */
    void (*matrix_add)(enum sc_format format, const uint16_t a[16][16], const uint16_t b[8][16],
                       float c[16][8]);
};

struct sc_emulator;

/* Seed 1, 16 MiB, 2^40 steps, a switch every 64 accesses, shuffled, drawn, nearest, no matrix_add. */
struct sc_emulator_options sc_emulator_defaults(void);

/* NULL: no memory. The caller destroys it; NULL may be destroyed. */
struct sc_emulator *sc_emulator_create(const struct sc_emulator_options *options);
void sc_emulator_destroy(struct sc_emulator *emulator);

/* Other options from the next launch on; global_bytes stays what it was. */
void sc_emulator_set(struct sc_emulator *emulator, const struct sc_emulator_options *options);

/* Global memory, unwritten (it holds 0xFF bytes) and writable, until the emulator is destroyed.
 *   bytes   >= 0
 *   offset  in [0, 256): the address is 256 i + offset, so that a base can be misaligned on purpose
 * NULL: global_bytes are used up. Allocations are numbered from 0. */
void *sc_emulator_allocate(struct sc_emulator *emulator, size_t bytes, size_t offset);
/* The same, hidden. Of 256 MiB or more, pages where nothing was exposed take no memory and hold 0, not 0xFF: rows may be
 * gigabytes apart. A write there that comes from inside of libc is not seen. */
void *sc_emulator_reserve(struct sc_emulator *emulator, size_t bytes, size_t offset);

/* Bytes of global memory that are there. */
size_t sc_emulator_taken(const struct sc_emulator *emulator);

/* The next four change a range within one allocation; anything else is a mistake of the caller's, and
 * changes nothing and returns false; else true.
 *
 * Hides bytes (the gap of a stride): no access is allowed, they hold 0xFF. Exposes them again, unwritten. */
bool sc_emulator_hide(struct sc_emulator *emulator, void *memory, size_t bytes);
bool sc_emulator_expose(struct sc_emulator *emulator, void *memory, size_t bytes);
/* Copies from the host: those bytes are written. Hidden bytes stay hidden, and stay as they are. */
bool sc_emulator_write(struct sc_emulator *emulator, void *memory, const void *source,
                       size_t bytes);
/* From now on kernels may only read; the host may still write. `yes` false: they may write again. */
bool sc_emulator_protect(struct sc_emulator *emulator, void *memory, size_t bytes, bool yes);

/* How many of the bytes are exposed and written by nobody. The host may read all of global memory
 * through its pointers between launches; a range outside counts as unwritten. */
size_t sc_emulator_unwritten(const struct sc_emulator *emulator, const void *memory, size_t bytes);

/* Hooked accesses and calls of primitives in the last launch. */
int64_t sc_emulator_steps(const struct sc_emulator *emulator);

/* Bytes of global memory that the threads of all launches read and wrote, each access counted as often as it is made
 * (there is no cache); an atomic operation does both. */
int64_t sc_emulator_bytes_read(const struct sc_emulator *emulator);
int64_t sc_emulator_bytes_written(const struct sc_emulator *emulator);

/* Runs a kernel to its end, or to its first fault.
 *   kernel        as SC_KERNEL defines it
 *   arguments     `size` bytes, copied; a kernel that writes to them has SC_FAULT_READ_ONLY
 *   blocks        >= 1
 *   threads       of a block: a multiple of 32 in [32, SC_EMULATOR_THREADS_MAX]
 *   shared_bytes  in [0, SC_EMULATOR_SHARED_MAX]
 *   fault         filled in; may be NULL
 * Returns fault->kind. After a fault global memory is as the kernel left it. */
enum sc_fault_kind sc_emulator_launch(struct sc_emulator *emulator,
                                      void (*kernel)(const void *arguments), const void *arguments,
                                      size_t size, int32_t blocks, int32_t threads,
                                      size_t shared_bytes, struct sc_fault *fault);

#endif
