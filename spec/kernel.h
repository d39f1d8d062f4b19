/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_KERNEL_H
#define SC_SPEC_KERNEL_H

#include "spec/attention.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The interface of a kernel under test: what a shared library exports so that `sigmacert fuzz --library`
 * can run it. A kernel runs in a process of its own (tools/serve), never in that of oracle and judge; a
 * program in another language speaks fuzz/PROTOCOL.md instead.
 *
 * The interface is a C ABI. Numbers of an enumeration keep their meaning for good, and a field is added
 * only with another SC_KERNEL_VERSION. */
#define SC_KERNEL_VERSION 1

/* What a kernel can do beyond the forward pass of full attention with a scalar bias, heads_q = heads_kv,
 * d = d_v, and tensors as [batch][head][row][channel] without gaps: bits of sc_kernel_traits.features.
 * A kernel is tried on what it states, and on nothing else; it may still refuse a case. */
enum sc_kernel_feature {
    SC_KERNEL_BACKWARD = 1 << 0,                /* dQ, dK and dV */
    SC_KERNEL_BIAS_GRADIENT = 1 << 1,           /* db, with the backward pass */
    SC_KERNEL_CAUSAL = 1 << 2,                  /* left unbounded, right = 0 */
    SC_KERNEL_WINDOW = 1 << 3,                  /* any band */
    SC_KERNEL_KEY_LENGTHS = 1 << 4,             /* key_lengths */
    SC_KERNEL_PACKED = 1 << 5,                  /* starts_q and starts_k */
    SC_KERNEL_ALIBI = 1 << 6,                   /* slopes */
    SC_KERNEL_PLANE = 1 << 7,                   /* a mask of bytes */
    SC_KERNEL_BIAS_PER_HEAD = 1 << 8,           /* SC_BIAS_PER_HEAD */
    SC_KERNEL_BIAS_PER_SEQUENCE = 1 << 9,       /* SC_BIAS_PER_SEQUENCE */
    SC_KERNEL_GROUPED = 1 << 10,                /* heads_kv < heads_q */
    SC_KERNEL_VALUE_WIDTH = 1 << 11,            /* d_v != d */
    SC_KERNEL_STRIDES = 1 << 12,                /* any strides, 0 for inputs included */
    SC_KERNEL_MISALIGNED = 1 << 13,             /* bases that are multiples of the element alone */
    SC_KERNEL_EMPTY = 1 << 14,                  /* n_q = 0 or n_k = 0 */
    SC_KERNEL_DETERMINISTIC = 1 << 15,          /* two runs agree bit for bit, in O */
    SC_KERNEL_BACKWARD_DETERMINISTIC = 1 << 16, /* and in the gradients */
    SC_KERNEL_INVARIANT =
        1 << 17 /* a head's results depend on its own inputs alone, to the last bit:
                                     not on its place in batch and heads */
};
#define SC_KERNEL_FEATURES 18

/* Elements of a tensor, gaps of its strides included, from which on its gaps take no memory: rows alone are placed. */
#define SC_KERNEL_SPARSE ((int64_t)1 << 27)

struct sc_kernel_traits {
    uint32_t features;   /* enum sc_kernel_feature */
    uint32_t formats_in; /* bits 1 << enum sc_format; dO and the gradients have the input format */
    uint32_t formats_out;
    int32_t d_max, d_v_max; /* at least 1 */
    int32_t d_multiple;     /* d and d_v are multiples of it; at least 1 */
    /* What it does in a second or so, as on an emulator; 0: anything. Elements of the tensors of a call together, with
     * gaps of strides as far as they take memory; tiles of 64 rows and 64 keys, over all heads and sequences. */
    int64_t elements_max, tiles_max;
};

/* Where the tensors of a call are. All of the host's memory, or of the kernel's own (sc_kernel_memory). Element 0
 * of a layout is at the pointer, which without SC_KERNEL_MISALIGNED is a multiple of 64 bytes on the host and of 256
 * in the kernel's own memory. Outputs hold anything before the call. */
struct sc_kernel_buffers {
    const void *q, *k, *v; /* format_in, in the layouts of the problem */
    void *o;               /* format_out */
    /* with the backward pass, else NULL */
    const void *d_o; /* format_in, as are the gradients */
    void *d_q, *d_k, *d_v;
    float *d_b; /* [batch][heads_q]; NULL: not wanted */
    struct sc_layout d_o_layout, d_q_layout, d_k_layout, d_v_layout;
    /* Holds what the last call left in it, or anything. Aligned to 64 bytes. NULL: none was asked for. */
    void *workspace;
    size_t workspace_bytes; /* at least what sc_kernel.workspace said */
};

struct sc_kernel_call {
    const struct sc_problem *problem; /* its arrays can be read by the host */
    const struct sc_problem *placed;  /* the same with arrays in the kernel's memory */
    struct sc_kernel_buffers buffers;
    bool backward; /* the gradients too, from Q, K, V and dO; O is wanted as well */
};

enum sc_kernel_answer {
    SC_KERNEL_DONE = 0,
    SC_KERNEL_REFUSED = 1, /* a case that it does not do; nothing was written */
    SC_KERNEL_FAILED = 2,  /* it should have */
    SC_KERNEL_FAULT = 3    /* its machine saw it do what it must not, such as a race */
};

/* Memory of a device. Functions that answer 0 have failed. */
struct sc_kernel_memory {
    void *(*allocate)(size_t bytes); /* aligned to 256 bytes; NULL: none left */
    void (*release)(void *memory);
    int (*write)(void *memory, const void *source, size_t bytes);
    int (*read)(void *destination, const void *memory, size_t bytes);
    /* For a machine that watches; NULL otherwise. Fresh memory may not be touched by the kernel until it is
     * exposed; protected memory may only be read. */
    void (*expose)(void *memory, size_t bytes);
    void (*protect)(void *memory, size_t bytes);
    /* How many of the bytes nobody has written since they were exposed. NULL: not known. */
    size_t (*unwritten)(const void *memory, size_t bytes);
    /* Before the buffers of a call are allocated, and after they are released; NULL: not wanted. `seed` decides what
     * the machine leaves open, such as the order of threads. */
    int (*begin)(uint64_t seed, size_t bytes);
    void (*end)(void);
};

struct sc_kernel {
    uint32_t version; /* SC_KERNEL_VERSION */
    uint32_t bytes;   /* sizeof(struct sc_kernel) */
    const char *name; /* without blanks */
    struct sc_kernel_traits traits;
    /* The arithmetic model that it keeps, as a line of text (reference/judge/arithmetic_text.h), or
     * "unknown". */
    const char *arithmetic;
    const struct sc_kernel_memory *memory; /* NULL: the host's */
    /* Bytes of work space that a call needs; NULL: none. */
    size_t (*workspace)(const struct sc_problem *problem, bool backward);
    /* Runs a call to its end.
     *   text  receives why it is not DONE, a line of at most text_bytes - 1 characters
     * An int of enum sc_kernel_answer. */
    int (*run)(const struct sc_kernel_call *call, char *text, size_t text_bytes);
};

/* The one symbol that a library exports. NULL: no such version. */
#define SC_KERNEL_ENTRY "sc_kernel_entry"
typedef const struct sc_kernel *sc_kernel_entry_function(uint32_t version);

#endif
