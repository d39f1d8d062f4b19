/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_FP64_SIGMOID_H
#define SC_REFERENCE_ORACLE_FP64_SIGMOID_H

#include "reference/oracle/fp64_constants.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The fp64 sigmoid of the oracle, without branch, fused operation or call, so that a loop over it becomes
 * vector code with the same bits on every machine. Round to nearest and subnormals are required. */

/* Relative error of sc_fp64_exp, and of both results of sc_fp64_sigmoid up to SC_FP64_LIMIT. Proved by
 * proofs/coq/fp64_sigmoid.v with the certificates of proofs/gappa. */
#define SC_FP64_EXP_ERROR     0x1p-51
#define SC_FP64_SIGMOID_ERROR 0x1p-50

/* Beyond SC_FP64_LIMIT the smaller of sigma and 1 - sigma is cut off at e^-700 < 2^-1009. */
#define SC_FP64_SIGMOID_FLOOR 0x1p-1009

/* e^x for x in [-SC_FP64_LIMIT, 0], relative error below SC_FP64_EXP_ERROR. With k = x / log 2 rounded to
 * an integer and r = x - k log 2: e^x = 2^k e^r, |r| < 0.3467, e^r by its Taylor polynomial. */
static inline double sc_fp64_exp(double x)
{
    const double shifted = x * SC_FP64_LOG2E + SC_FP64_ROUNDER;
    const double k = shifted - SC_FP64_ROUNDER;
    const double r = (x - k * SC_FP64_LOG2_HI) - k * SC_FP64_LOG2_LO;
    double y = SC_FP64_C13;
    uint64_t exponent, bits;

    y = y * r + SC_FP64_C12;
    y = y * r + SC_FP64_C11;
    y = y * r + SC_FP64_C10;
    y = y * r + SC_FP64_C9;
    y = y * r + SC_FP64_C8;
    y = y * r + SC_FP64_C7;
    y = y * r + SC_FP64_C6;
    y = y * r + SC_FP64_C5;
    y = y * r + SC_FP64_C4;
    y = y * r + SC_FP64_C3;
    y = y * r + SC_FP64_C2;
    y = y * r + 1.0;
    y = y * r + 1.0;
    /* The low bits of `shifted` are k: added to the exponent field they scale by 2^k. */
    memcpy(&exponent, &shifted, sizeof exponent);
    memcpy(&bits, &y, sizeof bits);
    bits += exponent << 52;
    memcpy(&y, &bits, sizeof y);
    return y;
}

/* p of sigma(x) and complement of 1 - sigma(x), x finite: with a relative error below
 * SC_FP64_SIGMOID_ERROR for |x| <= SC_FP64_LIMIT, beyond it of an absolute one below
 * SC_FP64_SIGMOID_FLOOR more. Both lie in (0, 1]. With e = e^-|x| the larger one is 1 / (1 + e), the
 * smaller e / (1 + e): nothing is subtracted, so both tails keep their digits. */
static inline void sc_fp64_sigmoid(double x, double *p, double *complement)
{
    const double size = fabs(x);
    const double e = sc_fp64_exp(size < SC_FP64_LIMIT ? -size : -SC_FP64_LIMIT);
    const double large = 1.0 / (1.0 + e);
    const double small = e * large;

    *p = x < 0.0 ? small : large;
    *complement = x < 0.0 ? large : small;
}

#endif
