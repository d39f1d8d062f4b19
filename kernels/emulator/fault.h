/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_FAULT_H
#define SC_KERNELS_EMULATOR_FAULT_H

#include <stddef.h>
#include <stdint.h>

/* What a kernel can do wrong. "Other" is the second place of a fault: see struct sc_fault. */
enum sc_fault_kind {
    SC_FAULT_NONE = 0,
    SC_FAULT_LAUNCH,               /* arguments of the launch out of range, or no memory for it */
    SC_FAULT_ARGUMENT,             /* an argument of a primitive out of its range */
    SC_FAULT_CONTRACT,             /* a `requires` of a function of spec/ (SC_EXPECT) */
    SC_FAULT_BOUNDS,               /* an access to no memory of the kernel; other: none */
    SC_FAULT_STACK,                /* an access to the stack of another thread, which is `other` */
    SC_FAULT_ALIGNMENT,            /* an address that is no multiple of the size of the access */
    SC_FAULT_UNWRITTEN,            /* a read of memory that nobody wrote */
    SC_FAULT_READ_ONLY,            /* a write to an input, an argument or a constant */
    SC_FAULT_RACE,                 /* two accesses that nothing orders; other: the earlier one */
    SC_FAULT_IN_FLIGHT,            /* use of what a copy, product or gate has; other: its start */
    SC_FAULT_NEVER_WAITED,         /* a copy or product never waited for; here: its start */
    SC_FAULT_UNPUBLISHED,          /* shared memory that a product reads; other: who wrote it */
    SC_FAULT_UNORDERED,            /* a product without sc_group_begin since the last wait */
    SC_FAULT_DIVERGENT_BARRIER,    /* threads of a block or warp at two places; other: the second */
    SC_FAULT_DIVERGENT_COLLECTIVE, /* lanes of a warp or group at two places; other: the second */
    SC_FAULT_DEADLOCK,             /* all wait, each for others; other: a second place */
    SC_FAULT_WATCHDOG,             /* more steps than options.steps_max */
    SC_FAULT_RED_ZONE              /* memory changed that no access seen by the emulator wrote */
};

/* Where an address is. */
enum sc_fault_space {
    SC_FAULT_NOWHERE,   /* no memory that the emulator knows; offset: the address */
    SC_FAULT_SHARED,    /* offset from sc_grid_shared(), negative before it */
    SC_FAULT_GLOBAL,    /* offset from the start of the nearest allocation at or below it */
    SC_FAULT_ARGUMENTS, /* offset in the kernel's arguments */
    SC_FAULT_STACKS,    /* the stack of thread `allocation`; offset from its lower end */
    SC_FAULT_PROGRAM    /* data of the program; offset from its start */
};

/* An access, a copy's start, or a wait, by one thread. */
struct sc_fault_place {
    int32_t block, thread; /* -1: not known, or no thread */
    uintptr_t site; /* the return address of the call that reported it; 0: it has exited, or none */
};

/* The first fault of a launch. Source lines are looked up on demand: sc_fault_source. */
struct sc_fault {
    enum sc_fault_kind kind;
    struct sc_fault_place here, other; /* other.site == 0: there is none */
    enum sc_fault_space space;
    int32_t allocation; /* number of the allocation, from 0; or of the thread, in SC_FAULT_STACKS */
    int64_t offset;     /* bytes */
    int64_t bytes;      /* size of the access; 0: the fault has no address */
    const char *function, *clause; /* of SC_FAULT_CONTRACT: which `requires`; else NULL */
};

/* The name of a kind: "data race". */
const char *sc_fault_name(enum sc_fault_kind kind);

/* The source line of a site, where functions are inlined the innermost that is not in spec/: these are proved,
 * so what goes wrong in one is its caller's doing.
 *   site  of a struct sc_fault_place
 *   file  path as compiled, relative where it lies below the working directory; cut to `size` bytes
 *   size  >= 2
 * 0 where it is not known; `file` is then "?". Runs addr2line: tens of milliseconds. */
int32_t sc_fault_source(uintptr_t site, char *file, size_t size);

/* One line for a person: kind, block and thread, address, both source lines. No newline.
 *   text, size  where it goes, cut to `size` bytes and always terminated; size >= 1 */
void sc_fault_describe(const struct sc_fault *fault, char *text, size_t size);

#endif
