/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CALL_H
#define SC_FUZZ_CALL_H

#include "fuzz/prepared.h"
#include "reference/status.h"
#include "spec/kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The `run` line of fuzz/PROTOCOL.md: how both sides print and read it. What is read is held against the size of the
 * memory, so that whoever has a struct sc_call from here may touch every element that it speaks of. */

#define SC_CALL_TEXT_MAX 4096               /* bytes of a line, its end included */
#define SC_CALL_NONE     (-1)               /* in the place of an offset */
#define SC_CALL_MEMORY   ((int64_t)1 << 46) /* bytes of the memory, at most */

/* Where a tensor is: element 0 is `offset` bytes from the start of the memory. */
struct sc_call_tensor {
    int64_t offset;
    struct sc_layout layout;
};

/* Arrays of a problem, in the order of the fields. */
enum sc_call_array {
    SC_CALL_BIAS,
    SC_CALL_SLOPES,
    SC_CALL_KEY_LENGTHS,
    SC_CALL_STARTS_Q,
    SC_CALL_STARTS_K,
    SC_CALL_PLANE,
    SC_CALL_ARRAYS
};

struct sc_call {
    uint64_t id, seed;
    int64_t memory; /* bytes */
    bool backward;
    bool
        fresh; /* a work space is poisoned before the call; else it holds what the last call left */
    /* Its arrays are NULL, whatever is there; its layouts, and that of the plane, are those below. */
    struct sc_problem problem;
    int64_t arrays[SC_CALL_ARRAYS];            /* offsets; SC_CALL_NONE: not there */
    struct sc_call_tensor tensors[SC_TENSORS]; /* those of the backward pass only with it */
    int64_t d_b;                               /* offset; SC_CALL_NONE: not wanted */
};

/* Prints the line, without a newline.
 *   line  room for SC_CALL_TEXT_MAX
 * Its length. */
size_t sc_call_print(const struct sc_call *call, char *line);

/* Reads a line, whatever its bytes are. Of what it accepts: shapes are in the range of spec/attention.h; every tensor
 * and array lies in the memory, at a multiple of its element, and the rows of an output share no element; outputs lie
 * apart from each other and from all that is read.
 *   line, bytes  with or without a newline at its end
 * SC_E_INPUT: the text says what is wrong. The contents of arrays are not looked at: sc_problem_check does. */
enum sc_status sc_call_parse(const char *line, size_t bytes, struct sc_call *call,
                             struct sc_error *error);

/* The problem with its arrays in a memory that starts at `memory`: what sc_problem_check may be asked of. */
struct sc_problem sc_call_problem(const struct sc_call *call, const void *memory);

/* Bytes of an array, of a tensor from its element 0, and of db. */
int64_t sc_call_array_bytes(const struct sc_problem *problem, enum sc_call_array array);
int64_t sc_call_tensor_bytes(const struct sc_call *call, enum sc_tensor tensor);
int64_t sc_call_bias_bytes(const struct sc_problem *problem);

/* Whether a tensor takes part in a call. */
bool sc_call_has(const struct sc_call *call, enum sc_tensor tensor);

#endif
