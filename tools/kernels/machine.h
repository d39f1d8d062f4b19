/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_MACHINE_H
#define SC_TOOLS_KERNELS_MACHINE_H

#include "kernels/launch.h"
#include "kernels/products.h"
#include "reference/judge/kernel_bound.h"
#include "reference/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What runs our kernels: the emulator (emulated.c), or a device (device.c). A program is linked with one. */
struct sc_machine;
struct sc_serve_rows; /* tools/serve/serve.h */

/* What is known of it. */
struct sc_machine_traits {
    const char *name;
    bool emulated; /* it watches every access */
    /* The activation that the kernels were compiled with, to the last bit, on the machine created last by this
     * thread; NULL: not known. */
    float (*sigmoid)(float s);
    const struct sc_activation_error *activation; /* its error */
    const struct sc_serve_rows *rows;             /* how it copies rows; NULL: one by one */
};
extern const struct sc_machine_traits sc_machine_traits;

/* A machine with `bytes` of memory, guards included (sc_placed_bytes). What is left open goes by two seeds: on
 * the emulator how threads interleave and when copies land, and the errors of special functions within their
 * limits, which on a machine are the same in every run. SC_E_MEMORY. SC_E_UNAVAILABLE: there is no such device. */
enum sc_status sc_machine_create(uint64_t seed, uint64_t functions, size_t bytes,
                                 struct sc_machine **created, struct sc_error *error);

/* On the emulator alone: a machine that reports what ends a launch on a device, and nothing else, and whose
 * memory holds 0 where nobody wrote. */
enum sc_status sc_machine_create_unwatched(uint64_t seed, size_t bytes, struct sc_machine **created,
                                           struct sc_error *error);

/* What multiplies on it. */
enum sc_products sc_machine_products(const struct sc_machine *machine);

/* What a kernel did that it must not, in words. */
struct sc_machine_fault {
    char text[512];
};

/* Memory that every byte of is 0xFF; kernels may not touch it until it is exposed. On the emulator, of 256 MiB or more,
 * it takes memory as far as it is exposed.
 *   offset  in [0, 256): the address is 256 i + offset
 * NULL: none left. It lives as long as the machine. */
void *sc_machine_allocate(struct sc_machine *machine, size_t bytes, size_t offset);
/* Bytes that are there of the emulator's memory; 0 on a device. */
size_t sc_machine_taken(const struct sc_machine *machine);
/* Lets kernels read and write a part. A device has no such limit. */
void sc_machine_expose(struct sc_machine *machine, void *memory, size_t bytes);
/* Copies into exposed memory, and from any. */
enum sc_status sc_machine_write(struct sc_machine *machine, void *memory, const void *source,
                                size_t bytes, struct sc_error *error);
enum sc_status sc_machine_read(struct sc_machine *machine, void *destination, const void *memory,
                               size_t bytes, struct sc_error *error);
/* Kernels may no more write to it. A device cannot forbid that: compare the contents. */
void sc_machine_protect(struct sc_machine *machine, void *memory, size_t bytes);
/* Exposed bytes that nobody has written. 0 on a device, which does not know. */
size_t sc_machine_unwritten(const struct sc_machine *machine, const void *memory, size_t bytes);

/* Runs a kernel to its end, or to where it does what it must not: then `fault` says what, else it is empty.
 * SC_E_UNAVAILABLE: the machine does not work. */
enum sc_status sc_machine_launch(struct sc_machine *machine, const struct sc_launch *launch,
                                 struct sc_machine_fault *fault, struct sc_error *error);

/* Bytes of its memory that kernels read and wrote so far, added up. A device does not count: -1. */
int64_t sc_machine_traffic(const struct sc_machine *machine);

void sc_machine_destroy(struct sc_machine *machine);

#endif
