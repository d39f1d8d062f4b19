/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PRIMITIVES_GROUP_H
#define SC_KERNELS_PRIMITIVES_GROUP_H

#include "kernels/primitives/machine.h"

#include <stdbool.h>

/* Products of a warpgroup: four warps of which the first has a number that is a multiple of four. It multiplies a
 * 64 x 16 matrix A with a 16 x n matrix B, n one of 32, 64, 128, into a 64 x n matrix D of fp32, beside whatever its
 * threads do in the meantime. Warp w of the four has the rows 16 w to 16 w + 15 of A and of D, and holds of them what
 * kernels/primitives/matrix.h says: d[4 i + e] is its c[e] of columns 8 i to 8 i + 7. Rounding is that of
 * sc_matrix_add_*. All threads of the warpgroup call together. For compute capability 9.0a alone.
 * Source: PTX ISA, "wgmma.mma_async", "Asynchronous Warpgroup Level Matrix Shared Memory Layout".
 *
 * In shared memory a matrix is made of panels: rows of 64 elements, 128 bytes, one behind the other from a multiple of
 * 1024 on. The eight pieces of 16 bytes of row r change places: piece c is where piece c ^ (r % 8) would be, so that
 * neither rows nor columns of a matrix share a bank.
 *
 * Order. A product reads A, B and D, and writes D, at any time between its start and the end of the wait for its
 * group; until then nobody writes what it reads, and nobody reads D. What a thread has written to shared memory, and
 * what its copies have brought, a product sees where a barrier or a gate stands between, and before it that thread, or
 * behind it those of the product, have published it; what it has in registers where sc_group_begin stands between.
 * Products of one warpgroup are done in order. */

#define SC_GROUP_THREADS 128
#define SC_GROUP_PANEL   64   /* elements of a row of a panel */
#define SC_GROUP_ALIGNED 1024 /* bytes */

/* A matrix in shared memory, as products take it: the low half of its descriptor. The high half, rows eight by eight
 * 1024 bytes apart and pieces that change places, is that of all. */
struct sc_group_matrix {
    uint32_t low;
};

/* Rows whose 16 elements are summed over: A, or the transpose of B.
 *   first  piece 0 or a later one of a row that is a multiple of 8, in a panel, as if no piece had changed places: a
 *          multiple of 32 bytes from the row's start */
SC_MACHINE struct sc_group_matrix sc_group_rows(const void *first);
/* 16 rows that are summed over: B, of as many columns as n.
 *   first  a row that is a multiple of 8, of a panel
 *   apart  bytes from a panel to the next, a multiple of 1024 below 2^18 */
SC_MACHINE struct sc_group_matrix sc_group_columns(const void *first, int32_t apart);
/* The same, from a place `bytes` behind it, a multiple of 16. */
SC_MACHINE struct sc_group_matrix sc_group_step(struct sc_group_matrix matrix, int32_t bytes);

/* Before the first product, after each wait, and after anything else that touched d or a. */
SC_MACHINE void sc_group_begin(void);
/* D = A B, or D + A B; A and B from shared memory, A rows and B rows. */
SC_MACHINE void sc_group_product_bf16(float *d, int32_t n, struct sc_group_matrix a,
                                      struct sc_group_matrix b, bool add);
SC_MACHINE void sc_group_product_fp16(float *d, int32_t n, struct sc_group_matrix a,
                                      struct sc_group_matrix b, bool add);
/* The same, A from registers. */
SC_MACHINE void sc_group_product_kept_bf16(float *d, int32_t n, const uint32_t a[4],
                                           struct sc_group_matrix b, bool add);
SC_MACHINE void sc_group_product_kept_fp16(float *d, int32_t n, const uint32_t a[4],
                                           struct sc_group_matrix b, bool add);
/* D = D + A B; A from registers, B columns. */
SC_MACHINE void sc_group_add_bf16(float *d, int32_t n, const uint32_t a[4],
                                  struct sc_group_matrix b);
SC_MACHINE void sc_group_add_fp16(float *d, int32_t n, const uint32_t a[4],
                                  struct sc_group_matrix b);
/* Makes a group of the products started since the last group; it may be empty. */
SC_MACHINE void sc_group_commit(void);
/* Waits until at most `pending` groups, the latest ones, are unfinished. */
#define SC_GROUP_WAIT(pending) SC_GROUP_WAIT_(pending)
/* What this thread wrote to shared memory or knows of by a barrier or gate, and the copies it has waited for, are there
 * for products. */
SC_MACHINE void sc_group_publish(void);

#ifdef __CUDACC__
SC_MACHINE struct sc_group_matrix sc_group_rows(const void *first)
{
    const struct sc_group_matrix matrix = {(uint32_t)__cvta_generic_to_shared(first) >> 4 |
                                           1u << 16};

    return matrix;
}

SC_MACHINE struct sc_group_matrix sc_group_columns(const void *first, int32_t apart)
{
    const struct sc_group_matrix matrix = {(uint32_t)__cvta_generic_to_shared(first) >> 4 |
                                           (uint32_t)apart >> 4 << 16};

    return matrix;
}

SC_MACHINE struct sc_group_matrix sc_group_step(struct sc_group_matrix matrix, int32_t bytes)
{
    matrix.low += (uint32_t)bytes >> 4;
    return matrix;
}

SC_MACHINE void sc_group_begin(void)
{
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

SC_MACHINE void sc_group_commit(void)
{
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/* The count is part of the instruction. */
#define SC_GROUP_WAIT_(pending)                                                                    \
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory")

SC_MACHINE void sc_group_publish(void)
{
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

#define SC_GROUP_HIGH     "0x40000040"
#define SC_GROUP_NAMES_16 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15"
#define SC_GROUP_NAMES_32                                                                          \
    SC_GROUP_NAMES_16                                                                              \
    ",%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define SC_GROUP_NAMES_64                                                                          \
    SC_GROUP_NAMES_32                                                                              \
    ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47"                             \
    ",%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define SC_GROUP_D_4(d, i)  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SC_GROUP_D_8(d, i)  SC_GROUP_D_4(d, i), SC_GROUP_D_4(d, i + 4)
#define SC_GROUP_D_16(d, i) SC_GROUP_D_8(d, i), SC_GROUP_D_8(d, i + 8)
#define SC_GROUP_D_32(d, i) SC_GROUP_D_16(d, i), SC_GROUP_D_16(d, i + 16)
#define SC_GROUP_D_64(d, i) SC_GROUP_D_32(d, i), SC_GROUP_D_32(d, i + 32)

/* The instruction for n columns, d in `count` registers: number n0 is the operand after them. */
#define SC_GROUP_PRODUCT_OF(type, n, count, n0, n1, n2)                                            \
    asm volatile("{.reg .pred add; .reg .b64 a, b; setp.ne.b32 add, %" #n2 ", 0; "                 \
                 "mov.b64 a, {%" #n0 ", " SC_GROUP_HIGH "}; "                                      \
                 "mov.b64 b, {%" #n1 ", " SC_GROUP_HIGH "}; "                                      \
                 "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." type "." type                   \
                 " {" SC_GROUP_NAMES_##count "}, a, b, add, 1, 1, 0, 0;}"                          \
                 : SC_GROUP_D_##count(d, 0)                                                        \
                 : "r"(a.low), "r"(b.low), "r"((int32_t)add)                                       \
                 : "memory")
/* A in registers; columns: 1 where B is. */
#define SC_GROUP_KEPT_OF(type, n, count, columns, n0, n1, n2, n3, n4, n5)                          \
    asm volatile("{.reg .pred add; .reg .b64 b; setp.ne.b32 add, %" #n5 ", 0; "                    \
                 "mov.b64 b, {%" #n4 ", " SC_GROUP_HIGH "}; "                                      \
                 "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." type "." type                   \
                 " {" SC_GROUP_NAMES_##count "}, {%" #n0 ",%" #n1 ",%" #n2 ",%" #n3 "}, b, "       \
                                             "add, 1, 1, " #columns ";}"                           \
                 : SC_GROUP_D_##count(d, 0)                                                        \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.low), "r"((int32_t)add)       \
                 : "memory")

/* n is a constant where these are called, and one branch is left of three. */
#define SC_GROUP_KEPT_ANY(type, columns)                                                           \
    if (n == 32) {                                                                                 \
        SC_GROUP_KEPT_OF(type, 32, 16, columns, 16, 17, 18, 19, 20, 21);                           \
    } else if (n == 64) {                                                                          \
        SC_GROUP_KEPT_OF(type, 64, 32, columns, 32, 33, 34, 35, 36, 37);                           \
    } else {                                                                                       \
        SC_GROUP_KEPT_OF(type, 128, 64, columns, 64, 65, 66, 67, 68, 69);                          \
    }
#define SC_GROUP_OF(format, type)                                                                  \
    SC_MACHINE void sc_group_product_##format(float *d, int32_t n, struct sc_group_matrix a,       \
                                              struct sc_group_matrix b, bool add)                  \
    {                                                                                              \
        if (n == 32) {                                                                             \
            SC_GROUP_PRODUCT_OF(type, 32, 16, 16, 17, 18);                                         \
        } else if (n == 64) {                                                                      \
            SC_GROUP_PRODUCT_OF(type, 64, 32, 32, 33, 34);                                         \
        } else {                                                                                   \
            SC_GROUP_PRODUCT_OF(type, 128, 64, 64, 65, 66);                                        \
        }                                                                                          \
    }                                                                                              \
    SC_MACHINE void sc_group_product_kept_##format(float *d, int32_t n, const uint32_t a[4],       \
                                                   struct sc_group_matrix b,                       \
                                                   bool add){SC_GROUP_KEPT_ANY(                    \
        type, 0)} SC_MACHINE void sc_group_add_##format(float *d, int32_t n, const uint32_t a[4],  \
                                                        struct sc_group_matrix b)                  \
    {                                                                                              \
        const bool add = true;                                                                     \
        SC_GROUP_KEPT_ANY(type, 1)                                                                 \
    }
SC_GROUP_OF(bf16, "bf16")
SC_GROUP_OF(fp16, "f16")
#else
void sc_group_wait(int32_t pending);
#define SC_GROUP_WAIT_(pending) sc_group_wait(pending)
#endif

#endif
