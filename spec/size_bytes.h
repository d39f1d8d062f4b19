/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_SIZE_BYTES_H
#define SC_SPEC_SIZE_BYTES_H

#include "spec/share.h"
#include "spec/size.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of a tensor in C order: the item size times the product of its dimensions. Exact.
 *   shape  `rank` dimensions, any numbers
 *   item   bytes of one element, >= 1
 *   cap    the largest size that the caller can hold
 * -1 when a dimension is negative, or when the dimensions that are not 0 already give more than
 * `cap`: a 0 elsewhere makes a tensor empty, but does not excuse the other dimensions. */
/*@ requires shape: 0 <= rank && \valid_read(shape + (0 .. rank - 1));
    requires item: 1 <= item;
    requires cap: 0 <= cap;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures bytes: sc_shape_counts(shape, rank) ==> sc_shape_extent(shape, item, rank) <= cap ==>
      \result == sc_shape_bytes(shape, item, rank);
    ensures refused: !sc_shape_counts(shape, rank) || cap < sc_shape_extent(shape, item, rank) ==>
      \result == -1; */
SC_SHARED int64_t sc_size_bytes(const int64_t *shape, int32_t rank, int64_t item, int64_t cap)
{
    int64_t extent = item <= cap ? item : -1; /* of the dimensions that are not 0 */
    int64_t factor = 1;                       /* 0 once a dimension is */

    /*@ loop invariant index: 0 <= i <= rank;
        loop invariant range: -1 <= extent <= cap && 0 <= factor <= 1;
        loop invariant least: sc_shape_counts(shape, i) ==> 1 <= sc_shape_extent(shape, item, i);
        loop invariant extent: sc_shape_counts(shape, i) ==>
          sc_shape_extent(shape, item, i) <= cap ==> extent == sc_shape_extent(shape, item, i);
        loop invariant empty: sc_shape_counts(shape, i) ==> factor == 0 ==>
          sc_shape_bytes(shape, item, i) == 0;
        loop invariant full: sc_shape_counts(shape, i) ==> factor == 1 ==>
          sc_shape_bytes(shape, item, i) == sc_shape_extent(shape, item, i);
        loop invariant negative: !sc_shape_counts(shape, i) ==> extent == -1;
        loop invariant too_much: sc_shape_counts(shape, i) ==>
          cap < sc_shape_extent(shape, item, i) ==> extent == -1;
        loop assigns i, extent, factor;
        loop variant rank - i; */
    for (int32_t i = 0; i < rank; i++) {
        if (shape[i] == 0) {
            factor = 0;
        } else {
            /*@ assert counts: sc_shape_counts(shape, i + 1) ==>
                  sc_shape_counts(shape, i) && 1 <= shape[i]; */
            /*@ assert least: sc_shape_counts(shape, i + 1) ==>
                  1 <= sc_shape_extent(shape, item, i); */
            /*@ assert grows: sc_shape_counts(shape, i + 1) ==>
                  sc_shape_extent(shape, item, i) <=
                    sc_shape_extent(shape, item, i) * shape[i]; */
            /*@ assert held: sc_shape_counts(shape, i + 1) ==>
                  extent == sc_shape_extent(shape, item, i) ||
                  (extent == -1 && cap < sc_shape_extent(shape, item, i)); */
            /*@ assert next_extent: sc_shape_extent(shape, item, i + 1) ==
                  sc_shape_extent(shape, item, i) * shape[i]; */
            /*@ assert next_empty: sc_shape_counts(shape, i + 1) ==> factor == 0 ==>
                  sc_shape_bytes(shape, item, i + 1) == 0; */
            /*@ assert next_full: sc_shape_counts(shape, i + 1) ==> factor == 1 ==>
                  sc_shape_bytes(shape, item, i + 1) == sc_shape_extent(shape, item, i + 1); */
            /*@ assert within: sc_shape_counts(shape, i + 1) ==>
                  sc_shape_extent(shape, item, i) * shape[i] <= cap ==>
                  0 <= extent && extent * shape[i] == sc_shape_extent(shape, item, i) * shape[i]; */
            extent = sc_size_times(extent, shape[i], cap);
            /*@ assert product: sc_shape_counts(shape, i + 1) ==>
                  sc_shape_extent(shape, item, i) * shape[i] <= cap ==>
                  extent == sc_shape_extent(shape, item, i) * shape[i]; */
            /*@ assert over: sc_shape_counts(shape, i + 1) ==>
                  cap < sc_shape_extent(shape, item, i) * shape[i] ==> extent == -1; */
        }
    }
    return extent < 0 || factor == 1 ? extent : 0;
}

#endif
