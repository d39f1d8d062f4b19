/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_ROUNDED_SIGMOID_H
#define SC_REFERENCE_ORACLE_ROUNDED_SIGMOID_H

/* sigma(s) = 1 / (1 + e^-s), correctly rounded to fp32: to nearest, subnormal results included
 * (there are no ties: only sigma(0) is rational). sigma(-inf) = +0, sigma(inf) = 1; the quiet NaN
 * of a NaN. It never falls as s grows.
 *
 * The activation of a schedule (spec/schedule.h) where no other is known. No device has it: a GPU's
 * sigmoid is approximate and known by a measured error only. A prediction with this one says what
 * an ideal kernel of that schedule returns; a device returns the same where its own sigmoid happens
 * to round correctly.
 *
 * fp64 decides almost always, being trusted to 2^-40 only, else MPFR. Needs round to nearest and
 * subnormals (reference/oracle/environment.h). Leaves MPFR's flags and exponent range as they were;
 * a thread that ends calls mpfr_free_cache(). */
float sc_rounded_sigmoid(float s);

#endif
