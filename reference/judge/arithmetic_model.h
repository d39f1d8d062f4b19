/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_ARITHMETIC_MODEL_H
#define SC_REFERENCE_JUDGE_ARITHMETIC_MODEL_H

#include "reference/judge/arithmetic_text.h"

/* The best arithmetic of a problem's formats, which the verdict "accurate" goes by: H100 tensor cores for 16-bit
 * inputs, fp32 fma in any order for fp32 inputs; scores fused, sums of a group joint, the accurate activation. */
struct sc_kernel_arithmetic sc_arithmetic_best(const struct sc_problem *problem);

/* Arithmetics to try for a kernel that declares none, from narrow to wide: each line is one that
 * sc_arithmetic_parse accepts and sc_arithmetic_resolve too, for a problem of this input format. Kernels in use:
 * tensor cores in tiles, sums of heads apart, one term of log2 e, an approximate tanh; then plain fp32 code.
 * Returns the list, which ends with NULL. */
const char *const *sc_arithmetic_candidates(const struct sc_problem *problem);

#endif
