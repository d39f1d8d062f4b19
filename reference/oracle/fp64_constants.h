/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FP64_CONSTANTS_H
#define SC_REFERENCE_ORACLE_FP64_CONSTANTS_H

/* The numbers of reference/oracle/fp64_sigmoid.h, apart, because proofs/gappa/ includes them too: what is
 * proved is what is compiled. tests/fp64_sigmoid.c recomputes each with MPFR. */

#define SC_FP64_LIMIT   700.0 /* e^-700 is far from underflow; a score beyond is cut there */
#define SC_FP64_LOG2E   0x1.71547652b82fep+0  /* 1 / log 2, to nearest */
#define SC_FP64_LOG2_HI 0x1.62e42fefa0000p-1  /* log 2 cut to 42 bits: k times it is exact */
#define SC_FP64_LOG2_LO 0x1.cf79abc9e3b3ap-40 /* log 2 - LOG2_HI, to nearest */
#define SC_FP64_ROUNDER                                                                            \
    0x1.8p+52 /* x + ROUNDER rounds |x| < 2^51 to an integer, kept in the low bits */

/* 1 / n!, to nearest */
#define SC_FP64_C2  0x1p-1
#define SC_FP64_C3  0x1.5555555555555p-3
#define SC_FP64_C4  0x1.5555555555555p-5
#define SC_FP64_C5  0x1.1111111111111p-7
#define SC_FP64_C6  0x1.6c16c16c16c17p-10
#define SC_FP64_C7  0x1.a01a01a01a01ap-13
#define SC_FP64_C8  0x1.a01a01a01a01ap-16
#define SC_FP64_C9  0x1.71de3a556c734p-19
#define SC_FP64_C10 0x1.27e4fb7789f5cp-22
#define SC_FP64_C11 0x1.ae64567f544e4p-26
#define SC_FP64_C12 0x1.1eed8eff8d898p-29
#define SC_FP64_C13 0x1.6124613a86d09p-33

#endif
