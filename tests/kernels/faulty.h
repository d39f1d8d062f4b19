/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_KERNELS_FAULTY_H
#define SC_TESTS_KERNELS_FAULTY_H

#include <stdint.h>

/* Small kernels for tests/emulator*.c: each has one fault, or none. The line at which the emulator must
 * see the fault of kernel `x` ends in the comment "here: x", and the other line in "other: x". They run
 * with 2 blocks of 96 threads, of which most kernels use the first 64, and FAULTY_SHARED
 * bytes; those of tests/kernels/group.c and gate.c with more. */

#define FAULTY_BLOCKS  2
#define FAULTY_THREADS 96
#define FAULTY_SHARED  4096
#define FAULTY_VALUES  256

#define FAULTY_GROUP_THREADS 128
#define FAULTY_GROUP_SHARED  12288
#define FAULTY_GROUP_B       4096 /* element of shared memory where B starts */

#define FAULTY_GATE_TAKERS  128
#define FAULTY_GATE_THREADS (FAULTY_GATE_TAKERS + 32)
#define FAULTY_GATE_AT      FAULTY_GROUP_SHARED /* bytes of shared memory before the first gate */
#define FAULTY_GATE_SHARED  (FAULTY_GATE_AT + 64)
#define FAULTY_GATE_TURNS   7

struct faulty {
    float *out;      /* FAULTY_VALUES, written: zeros; then 64 hidden bytes, and as many again */
    const float *in; /* FAULTY_VALUES, written, read only: 0, 1, 2 and so on */
    float *fresh;    /* FAULTY_VALUES, unwritten */
    float *null;     /* NULL */
    uint16_t *a, *b; /* a[16][16], b[16][8] */
    float *c;        /* c[16][8] */
    int32_t zero;    /* 0, which the compiler does not know; the arguments end here */
};

#endif
