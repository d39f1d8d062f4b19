/* SPDX-License-Identifier: Apache-2.0 */
/* sc_fp64_exp, its argument: k is an integer, and r is x - k log 2 but for a small error. */
#include "reference/oracle/fp64_constants.h"

@rnd = float<ieee_64, ne>;
x = rnd(x_);

shifted rnd= x * SC_FP64_LOG2E + SC_FP64_ROUNDER;
k rnd= shifted - SC_FP64_ROUNDER;
high rnd= k * SC_FP64_LOG2_HI;
first rnd= x - high;
low rnd= k * SC_FP64_LOG2_LO;
r rnd= first - low;

/* L is log 2: its distance from the constants is checked with MPFR (tests/fp64_sigmoid.c). */
I = 1 / L;
R = x - k * L;

{ x in [-700, 0] ->
  L - (SC_FP64_LOG2_HI + SC_FP64_LOG2_LO) in [-1b-93, 1b-93] ->
  SC_FP64_LOG2E - I in [-1b-53, 1b-53] ->
  L in [0.69, 0.7] ->
  @FIX(k, 0) /\ k in [-1011, 0] /\ R in [-0.3466, 0.3466]
  /\ r in [-0.3467, 0.3467] /\ r - R in [-1b-54, 1b-54] }

/* |k - x / log 2| <= 1/2 and a little */
k - x * I -> (k - (shifted - SC_FP64_ROUNDER)) + (shifted - (rnd(x * SC_FP64_LOG2E) + SC_FP64_ROUNDER)) +
  (rnd(x * SC_FP64_LOG2E) - x * SC_FP64_LOG2E) + x * (SC_FP64_LOG2E - I);
R -> -(k - x * I) * L { L <> 0 };
r - R -> (r - (first - low)) + (first - (x - high)) - (high - k * SC_FP64_LOG2_HI) -
  (low - k * SC_FP64_LOG2_LO) + k * (L - (SC_FP64_LOG2_HI + SC_FP64_LOG2_LO));
