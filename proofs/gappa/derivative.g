/* SPDX-License-Identifier: Apache-2.0 */
/* The fp64 derivative of the sigmoid, p (1 - p), from the two results of sc_fp64_sigmoid (sigmoid.g). */

@rnd = float<ieee_64, ne>;
p = rnd(p_);
complement = rnd(complement_);

derivative rnd= p * complement;
Derivative = P * Complement;

{ p in [1b-1011, 1] ->
  complement in [1b-1011, 1] ->
  p * complement >= 1b-1013 ->
  p -/ P in [-1b-50, 1b-50] ->
  complement -/ Complement in [-1b-50, 1b-50] ->
  derivative -/ Derivative in [-0x1.2p-49, 0x1.2p-49] }
