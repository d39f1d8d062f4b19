/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_MATRIX_H
#define SC_KERNELS_PRIMITIVES_MATRIX_H

#include "kernels/primitives/machine.h"

/* Tensor cores: a warp multiplies a 16 x 16 matrix A with a 16 x 8 matrix B and adds a 16 x 8 matrix C
 * of fp32. Each lane holds a part of each. With g = lane / 4 and t = 2 (lane % 4), a register of two
 * elements having the first in its low half,
 *   a[0] = A[g][t, t+1]     a[1] = A[g+8][t, t+1]   a[2] = A[g][t+8, t+9]   a[3] = A[g+8][t+8, t+9]
 *   b[0] = B[t, t+1][g]     b[1] = B[t+8, t+9][g]
 *   c[0], c[1] = C[g][t, t+1]                       c[2], c[3] = C[g+8][t, t+1]
 * Source: PTX ISA, "mma.m16n8k16", "ldmatrix". All lanes of the warp call together. */

/* C = C + A B, elements of A and B in bf16 or fp16. Rounding: reference/oracle/tensorcore.h. */
SC_MACHINE void sc_matrix_add_bf16(float c[4], const uint32_t a[4], const uint32_t b[2]);
SC_MACHINE void sc_matrix_add_fp16(float c[4], const uint32_t a[4], const uint32_t b[2]);

/* Four 8 x 8 matrices of 16-bit elements from shared memory: lane l gives the address of row l % 8 of
 * matrix l / 8, 16 bytes, a multiple of 16. Register m receives the elements [g][t, t+1] of matrix m, or
 * of its transpose. */
SC_MACHINE void sc_matrix_load(uint32_t matrices[4], const void *row);
SC_MACHINE void sc_matrix_load_transposed(uint32_t matrices[4], const void *row);

#ifdef __CUDACC__
SC_MACHINE void sc_matrix_add_bf16(float c[4], const uint32_t a[4], const uint32_t b[2])
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                 "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

SC_MACHINE void sc_matrix_add_fp16(float c[4], const uint32_t a[4], const uint32_t b[2])
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                 "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

SC_MACHINE void sc_matrix_load(uint32_t matrices[4], const void *row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
                 : "r"((uint32_t)__cvta_generic_to_shared(row))
                 : "memory");
}

SC_MACHINE void sc_matrix_load_transposed(uint32_t matrices[4], const void *row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
                 : "r"((uint32_t)__cvta_generic_to_shared(row))
                 : "memory");
}
#endif

#endif
