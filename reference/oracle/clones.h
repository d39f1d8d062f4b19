/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_CLONES_H
#define SC_REFERENCE_ORACLE_CLONES_H

/* Before a function whose loops are worth compiling for AVX2 too, chosen when the program starts. The
 * bits of the results are the same: no operation is fused (-ffp-contract=off) or reordered. The address
 * sanitizer is not ready when the choice is made, and only GCC takes the attribute together with
 * -fno-trapping-math, without which the loops stay scalar. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__AVX2__)
#define SC_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SC_CLONES
#endif

#endif
