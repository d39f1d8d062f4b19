/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_SHARE_H
#define SC_SPEC_SHARE_H

/* Linkage of the functions that the reference, the oracle and the kernels share: the header that
 * Frama-C proves is the one that the device compiler sees. */
#ifdef __CUDACC__
#define SC_SHARED static inline __host__ __device__
#else
#define SC_SHARED static inline
#endif

#endif
