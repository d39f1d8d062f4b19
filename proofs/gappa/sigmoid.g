/* SPDX-License-Identifier: Apache-2.0 */
/* sc_fp64_sigmoid from e (exp_polynomial.g), for scores of up to 700 in size: e^-700 > 2^-1011. */

@rnd = float<ieee_64, ne>;
e = rnd(e_);

sum rnd= 1 + e;
large rnd= 1 / sum;
small rnd= e * large;

/* without rounding, from the computed e; and from the exact E */
middle_large = 1 / (1 + e);
middle_small = e * middle_large;
Large = 1 / (1 + E);
Small = E * Large;

{ e in [1b-1011, 1.000001] ->
  E in [1b-1012, 1] ->
  e -/ E in [-1b-51, 1b-51] ->
  large -/ Large in [-1b-50, 1b-50]
  /\ small -/ Small in [-1b-50, 1b-50] }

(middle_large - Large) / Large -> -((e - E) / E) * (E * middle_large) { E <> 0, 1 + e <> 0, 1 + E <> 0 };
(middle_small - Small) / Small -> ((e - E) / E) * middle_large { E <> 0, 1 + e <> 0, 1 + E <> 0 };
