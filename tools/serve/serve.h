/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_SERVE_SERVE_H
#define SC_TOOLS_SERVE_SERVE_H

#include "fuzz/call.h"
#include "reference/status.h"
#include "spec/kernel.h"

#include <stddef.h>

/* A kernel of spec/kernel.h behind the protocol of fuzz/PROTOCOL.md, in this process: the side of the worker. */

/* The kernel of a shared library, which stays loaded.
 * SC_E_INPUT: no such library, no symbol, or a kernel that does not say what spec/kernel.h asks. */
enum sc_status sc_serve_library(const char *path, const struct sc_kernel **kernel,
                                struct sc_error *error);

/* Copies rows that lie apart, for a machine that has a quicker way than one by one: `count` rows of `bytes`, `stride`
 * from one to the next on both sides, bytes <= stride <= INT32_MAX. As write and read of sc_kernel_memory otherwise. */
struct sc_serve_rows {
    int (*write)(void *memory, const void *source, size_t bytes, size_t stride, size_t count);
    int (*read)(void *destination, const void *memory, size_t bytes, size_t stride, size_t count);
};

/* Answers requests on standard input until its end. What the kernel writes to standard output goes to standard
 * error.
 *   rows  NULL: the kernel's memory has no such way
 * SC_E_INPUT: what the kernel says of itself is no line of the protocol. SC_E_IO: standard output is closed, or this is
 * not run by a fuzzer. SC_E_MEMORY. */
enum sc_status sc_serve(const struct sc_kernel *kernel, const struct sc_serve_rows *rows,
                        struct sc_error *error);

/* How a call went: the word of the answer, and why. */
struct sc_serve_answer {
    int word; /* enum sc_kernel_answer, or what else the kernel answered */
    char why[400];
};

/* Memory in which a kernel of the host runs: tensors lie against pages without access, inputs cannot be written. */
struct sc_serve_host;
enum sc_status sc_serve_host_create(struct sc_serve_host **created, struct sc_error *error);
void sc_serve_host_destroy(struct sc_serve_host *host);

/* Runs a call on the host.
 *   memory  the shared memory, of call->memory bytes */
void sc_serve_host_run(struct sc_serve_host *host, const struct sc_kernel *kernel,
                       const struct sc_call *call, unsigned char *memory,
                       struct sc_serve_answer *answer);

/* The same in the kernel's own memory.
 *   space  what the last call left in the work space; kept by the caller, first all 0 */
struct sc_serve_space {
    unsigned char *bytes;
    size_t count;
};
void sc_serve_device_run(const struct sc_kernel *kernel, const struct sc_serve_rows *rows,
                         const struct sc_call *call, unsigned char *memory,
                         struct sc_serve_space *space, struct sc_serve_answer *answer);

/* What both have in common. Buffers of a call: the arrays, the tensors, db. */
#define SC_SERVE_BUFFERS (SC_CALL_ARRAYS + SC_TENSORS + 1)
struct sc_serve_buffer {
    int64_t offset, bytes; /* in the shared memory; SC_CALL_NONE: not there */
    bool written;          /* by the kernel */
};
struct sc_serve_buffer sc_serve_buffer(const struct sc_call *call, int32_t n);

/* Runs the kernel, on buffers at these pointers; the problem's arrays for the host are in the shared memory, or, where
 * the pointers are the host's, there. */
void sc_serve_launch(const struct sc_kernel *kernel, const struct sc_call *call,
                     const struct sc_problem *problem, void *const at[SC_SERVE_BUFFERS],
                     void *workspace, size_t workspace_bytes, struct sc_serve_answer *answer);

/* Says that nothing can be run. */
void sc_serve_stop(struct sc_serve_answer *answer, int word, const char *why);

#endif
