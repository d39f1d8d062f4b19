/* SPDX-License-Identifier: Apache-2.0 */
/* sc_fp64_exp, its polynomial: the rounded Horner scheme against e^R, R = x - k log 2. */
#include "reference/oracle/fp64_constants.h"

@rnd = float<ieee_64, ne>;
r = rnd(r_);

y12 rnd= SC_FP64_C13 * r + SC_FP64_C12;
y11 rnd= y12 * r + SC_FP64_C11;
y10 rnd= y11 * r + SC_FP64_C10;
y9 rnd= y10 * r + SC_FP64_C9;
y8 rnd= y9 * r + SC_FP64_C8;
y7 rnd= y8 * r + SC_FP64_C7;
y6 rnd= y7 * r + SC_FP64_C6;
y5 rnd= y6 * r + SC_FP64_C5;
y4 rnd= y5 * r + SC_FP64_C4;
y3 rnd= y4 * r + SC_FP64_C3;
y2 rnd= y3 * r + SC_FP64_C2;
y1 rnd= y2 * r + 1;
y rnd= y1 * r + 1;

/* the same over the reals */
Y12 = SC_FP64_C13 * r + SC_FP64_C12;
Y11 = Y12 * r + SC_FP64_C11;
Y10 = Y11 * r + SC_FP64_C10;
Y9 = Y10 * r + SC_FP64_C9;
Y8 = Y9 * r + SC_FP64_C8;
Y7 = Y8 * r + SC_FP64_C7;
Y6 = Y7 * r + SC_FP64_C6;
Y5 = Y6 * r + SC_FP64_C5;
Y4 = Y5 * r + SC_FP64_C4;
Y3 = Y4 * r + SC_FP64_C3;
Y2 = Y3 * r + SC_FP64_C2;
Y1 = Y2 * r + 1;
Y = Y1 * r + 1;

/* Er = e^r and E = e^R. |Y - e^r| <= 2^-57 e^r is checked with Arb (tests/fp64_sigmoid.c);
 * |e^r - e^R| <= 1.07 2^-54 e^R follows from |r - R| <= 2^-54 (exp_reduction.g) and e^h - 1 <= h + h^2. */
{ r in [-0.3467, 0.3467] ->
  Y in [0.707, 1.4145] ->
  Y -/ Er in [-1b-57, 1b-57] ->
  Er -/ E in [-0x1.1p-54, 0x1.1p-54] ->
  y -/ E in [-1b-51, 1b-51] }

$ r in 32;
