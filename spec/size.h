/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_SIZE_H
#define SC_SPEC_SIZE_H

#include "spec/share.h"

#include <stdint.h>

/* The size arithmetic of file readers. Every function takes any numbers, those of a hostile file
 * included, and answers -1 where the mathematical result is not in [0, cap]. */

/* Dimensions of a tensor in a file. */
#define SC_SIZE_RANK_MAX 8

#include "spec/size.acsl"

/* a + b. Exact; -1 when an operand is negative or the sum exceeds `cap`. */
/*@ requires cap: 0 <= cap;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures sum: 0 <= a ==> 0 <= b ==> a + b <= cap ==> \result == a + b;
    ensures refused: a < 0 || b < 0 || cap < a + b ==> \result == -1; */
SC_SHARED int64_t sc_size_plus(int64_t a, int64_t b, int64_t cap)
{
    if (a < 0 || b < 0 || a > cap || b > cap - a) {
        return -1;
    }
    return a + b;
}

/* a * b. Exact; -1 when an operand is negative or the product exceeds `cap`. */
/*@ requires cap: 0 <= cap;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures product: 0 <= a ==> 0 <= b ==> a * b <= cap ==> \result == a * b;
    ensures refused: a < 0 || b < 0 || cap < a * b ==> \result == -1; */
SC_SHARED int64_t sc_size_times(int64_t a, int64_t b, int64_t cap)
{
    if (a < 0 || b < 0) {
        return -1;
    }
    if (a == 0) {
        return 0;
    }
    /*@ assert divides: b <= cap / a <==> a * b <= cap; */
    return b > cap / a ? -1 : a * b;
}

/* Bytes from `begin` up to `end` in a buffer of `cap` bytes. Exact; -1 unless
 * 0 <= begin <= end <= cap. */
/*@ requires cap: 0 <= cap;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures span: 0 <= begin <= end <= cap ==> \result == end - begin;
    ensures refused: !(0 <= begin <= end <= cap) ==> \result == -1; */
SC_SHARED int64_t sc_size_span(int64_t begin, int64_t end, int64_t cap)
{
    return begin < 0 || end < begin || cap < end ? -1 : end - begin;
}

/* 10 * value + digit: one step of reading a decimal number. Exact; -1 when it exceeds `cap`. */
/*@ requires cap: 0 <= cap;
    requires digit: 0 <= digit <= 9;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures number: 0 <= value ==> 10 * value + digit <= cap ==> \result == 10 * value + digit;
    ensures refused: value < 0 || cap < 10 * value + digit ==> \result == -1; */
SC_SHARED int64_t sc_size_digit(int64_t value, int32_t digit, int64_t cap)
{
    return sc_size_plus(sc_size_times(10, value, cap), digit, cap);
}

#endif
