/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_EXP_H
#define SC_REFERENCE_EXP_H

#include "spec/sigma.acsl"

/* e^x of the C library, the one function that the proofs of reference/ take on trust (proofs/STATUS.md):
 * over the reals it is the exponential; in floating point glibc documents an error of at most 1 ulp
 * for both formats on x86-64 and AArch64 (GNU C Library manual, "Known Maximum Errors in Math
 * Functions"), which reference/judge/bound.c charges. */

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures exponential: \result == sc_exp(x); */
double sc_exp_f64(double x);

/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures exponential: \result == sc_exp(x); */
float sc_exp_f32(float x);

#endif
