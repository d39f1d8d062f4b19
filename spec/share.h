/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_SHARE_H
#define SC_SPEC_SHARE_H

/* Linkage of the functions that the reference, the oracle and the kernels share: the header that
 * Frama-C proves is the one that the device compiler sees. In the
 * emulator they are inlined, so that the line of a fault is the kernel's. */
#if defined(__CUDACC__)
#define SC_SHARED static inline __host__ __device__
#elif defined(SC_EMULATED)
#define SC_SHARED static inline __attribute__((always_inline))
#else
#define SC_SHARED static inline
#endif

/* SC_EXPECT(name, condition): "requires name" of the function that it stands in. Callers in spec/
 * and reference/ are proved to keep it; kernels are not, so the emulator's build of them, with
 * SC_EMULATED, asks at run time. No other compiler, and not Frama-C, sees the condition. It overflows
 * for no arguments that the clauses before it allow, and takes no loop: of arrays it asks whether
 * they exist (the emulator checks each access) and what one sequence needs. */
#ifdef SC_EMULATED
/* Ends the launch with SC_FAULT_CONTRACT (kernels/emulator/fault.h); comes back where nothing is watched. */
void sc_expect_failed(const char *function, const char *name);
#define SC_EXPECT(name, condition) ((condition) ? (void)0 : sc_expect_failed(__func__, #name))
#else
#define SC_EXPECT(name, condition) ((void)0)
#endif

#endif
