/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/format.h"

/* The powers that the formats' constants are. */
/*@ lemma sc_two_1: sc_two(0) == 1 && sc_two(1) == 2; */
/*@ lemma sc_two_7: sc_two(6) == 0x40 && sc_two(7) == 0x80; */
/*@ lemma sc_two_10: sc_two(9) == 0x200 && sc_two(10) == 0x400; */
/*@ lemma sc_two_23: sc_two(22) == 0x400000 && sc_two(23) == 0x800000; */
/*@ lemma sc_two_29: sc_two(29) == 0x20000000; */
/*@ lemma sc_two_45: sc_two(42) == 0x40000000000 && sc_two(45) == 0x200000000000; */
/*@ lemma sc_two_55: sc_two(55) == 0x80000000000000; */

/*@ lemma sc_hidden_power: \forall integer format;
      sc_two(sc_precision(format) - 1) == sc_hidden(format); */
/*@ lemma sc_place_power: \forall integer format;
      sc_two(53 - sc_precision(format)) == sc_place(format); */

/* A significand of 53 bits becomes one of at most p bits, and a carry. */
/*@ lemma sc_below: \forall integer m, unit, n;
      0 <= m < n * unit ==> 1 <= unit ==> m / unit < n; */
/*@ lemma sc_room: \forall integer format, unit;
      sc_place(format) <= unit ==> 0x20000000000000 <= 2 * sc_hidden(format) * unit; */
/*@ lemma sc_quotient_most: \forall integer format, m, unit;
      0 <= m < 0x20000000000000 ==> sc_place(format) <= unit ==>
      m / unit < 2 * sc_hidden(format); */
/*@ lemma sc_nearest_most: \forall integer format, m, unit;
      0 <= m < 0x20000000000000 ==> sc_place(format) <= unit ==>
      sc_nearest(m, unit) <= 2 * sc_hidden(format); */
/*@ lemma sc_nearest_least: \forall integer format, m;
      0x10000000000000 <= m ==> sc_hidden(format) <= sc_nearest(m, sc_place(format)); */

/* The encoding of `units` in the last place of the binade that is n above the least. */
/*@ lemma sc_fields_fp32: \forall integer n, units;
      0 <= n ==> 0x800000 <= units < 0x1000000 ==>
      (n * 0x800000 + units) / 0x800000 == n + 1 &&
      (n * 0x800000 + units) % 0x800000 == units - 0x800000; */
/*@ lemma sc_fields_fp16: \forall integer n, units;
      0 <= n ==> 0x400 <= units < 0x800 ==>
      (n * 0x400 + units) / 0x400 == n + 1 &&
      (n * 0x400 + units) % 0x400 == units - 0x400; */
/*@ lemma sc_fields_bf16: \forall integer n, units;
      0 <= n ==> 0x80 <= units < 0x100 ==>
      (n * 0x80 + units) / 0x80 == n + 1 &&
      (n * 0x80 + units) % 0x80 == units - 0x80; */
/*@ lemma sc_cases: \forall integer format, n;
      (sc_hidden(format) == 0x800000 && sc_steps(format, n) == n * 0x800000) ||
      (sc_hidden(format) == 0x400 && sc_steps(format, n) == n * 0x400) ||
      (sc_hidden(format) == 0x80 && sc_steps(format, n) == n * 0x80); */
/*@ lemma sc_steps_room: \forall integer format, n;
      0 <= n <= 253 ==> 0 <= sc_steps(format, n) <= 0x7e800000; */
/*@ lemma sc_fields: \forall integer format, n, units;
      0 <= n ==> sc_hidden(format) <= units < 2 * sc_hidden(format) ==>
      sc_joined(format, n, units) / sc_hidden(format) == n + 1; */
/*@ lemma sc_fractions: \forall integer format, n, units;
      0 <= n ==> sc_hidden(format) <= units < 2 * sc_hidden(format) ==>
      sc_joined(format, n, units) % sc_hidden(format) == units - sc_hidden(format); */
/*@ lemma sc_significand_low: \forall integer format, units;
      0 <= units < sc_hidden(format) ==>
      sc_significand(format, sc_joined(format, 0, units)) == units &&
      sc_exponent(format, sc_joined(format, 0, units)) ==
        sc_last(format, sc_exponent_min(format)); */
/*@ lemma sc_significand_normal: \forall integer format, n, units;
      0 <= n ==> sc_hidden(format) <= units < 2 * sc_hidden(format) ==>
      sc_significand(format, sc_joined(format, n, units)) == units; */
/*@ lemma sc_exponent_normal: \forall integer format, n, units;
      0 <= n ==> sc_hidden(format) <= units < 2 * sc_hidden(format) ==>
      sc_exponent(format, sc_joined(format, n, units)) ==
        sc_last(format, sc_exponent_min(format) + n); */
/*@ lemma sc_carry_field: \forall integer format, n, units;
      0 <= n ==> units == 2 * sc_hidden(format) ==>
      sc_joined(format, n, units) / sc_hidden(format) == n + 2; */
/*@ lemma sc_carry_fraction: \forall integer format, n, units;
      0 <= n ==> units == 2 * sc_hidden(format) ==>
      sc_joined(format, n, units) % sc_hidden(format) == 0; */
/*@ lemma sc_significand_carry: \forall integer format, n, units;
      0 <= n ==> units == 2 * sc_hidden(format) ==>
      sc_significand(format, sc_joined(format, n, units)) == sc_hidden(format); */
/*@ lemma sc_exponent_carry: \forall integer format, n, units;
      0 <= n ==> units == 2 * sc_hidden(format) ==>
      sc_exponent(format, sc_joined(format, n, units)) ==
        sc_last(format, sc_exponent_min(format) + n) + 1; */
/*@ lemma sc_equal_same: \forall integer m, e; sc_equal(m, e, m, e); */
/*@ lemma sc_equal_next: \forall integer m, e; sc_equal(2 * m, e, m, e + 1); */
/*@ lemma sc_encoding_low: \forall integer format, n, units;
      n == 0 ==> 0 <= units < sc_hidden(format) ==>
      sc_equal(units, sc_last(format, sc_exponent_min(format) + n),
               sc_significand(format, sc_joined(format, n, units)),
               sc_exponent(format, sc_joined(format, n, units))); */
/*@ lemma sc_encoding_normal: \forall integer format, n, units;
      0 <= n ==> sc_hidden(format) <= units < 2 * sc_hidden(format) ==>
      sc_equal(units, sc_last(format, sc_exponent_min(format) + n),
               sc_significand(format, sc_joined(format, n, units)),
               sc_exponent(format, sc_joined(format, n, units))); */
/*@ lemma sc_encoding_carry: \forall integer format, n, units;
      0 <= n ==> units == 2 * sc_hidden(format) ==>
      sc_equal(units, sc_last(format, sc_exponent_min(format) + n),
               sc_significand(format, sc_joined(format, n, units)),
               sc_exponent(format, sc_joined(format, n, units))); */
/*@ lemma sc_encoding: \forall integer format, n, units;
      0 <= n ==> 0 <= units <= 2 * sc_hidden(format) ==>
      (0 < n ==> sc_hidden(format) <= units) ==>
      sc_equal(units, sc_last(format, sc_exponent_min(format) + n),
               sc_significand(format, sc_joined(format, n, units)),
               sc_exponent(format, sc_joined(format, n, units))); */
/*@ lemma sc_encoding_finite: \forall integer format, n, units;
      0 <= n ==> 0 <= units <= 2 * sc_hidden(format) ==>
      (0 < n ==> sc_hidden(format) <= units) ==>
      (sc_joined(format, n, units) < sc_infinity(format) <==>
       (sc_exponent_min(format) + n < sc_exponent_max(format) ||
        (sc_exponent_min(format) + n == sc_exponent_max(format) &&
         units < 2 * sc_hidden(format)))); */

/* The sign is a digit of its own. */
/*@ lemma sc_sign_set: \forall integer format, x;
      sc_sign(format) <= x < 2 * sc_sign(format) ==> x / sc_sign(format) == 1; */
/*@ lemma sc_sign_rest: \forall integer format, x;
      sc_sign(format) <= x < 2 * sc_sign(format) ==>
      x % sc_sign(format) == x - sc_sign(format); */

/* Decoding: the last binade, payloads, and significands made longer. */
/*@ lemma sc_field_most: \forall integer format, x;
      0 <= x < sc_infinity(format) ==>
      sc_exponent_min(format) + x / sc_hidden(format) - 1 <= sc_exponent_max(format); */
/*@ lemma sc_payload_room: \forall integer format, x;
      sc_infinity(format) <= x < sc_sign(format) ==>
      0 <= sc_payload(format, x) < 0x10000000000000; */
/*@ lemma sc_widened_twice: \forall integer format, m;
      sc_widened(format, 2 * m) == 2 * sc_widened(format, m); */
/*@ lemma sc_widened_most: \forall integer format, m;
      0 <= m < 2 * sc_hidden(format) ==> 0 <= sc_widened(format, m) < 0x20000000000000; */
/*@ lemma sc_widened_least: \forall integer format, m;
      sc_hidden(format) <= m ==> 0x10000000000000 <= sc_widened(format, m); */
/*@ lemma sc_scaled_next: \forall integer m, n;
      0 <= n ==> sc_scaled(m, n + 1) == 2 * sc_scaled(m, n); */
/*@ lemma sc_scaled_place: \forall integer format, m;
      sc_scaled(m, 53 - sc_precision(format)) == sc_widened(format, m); */
/*@ lemma sc_equal_scaled: \forall integer m, e, n, f;
      e <= f ==> m == sc_scaled(n, f - e) ==> sc_equal(m, e, n, f); */
/*@ lemma sc_decodes_zero: \forall integer format; sc_decodes(format, 0, 0); */
