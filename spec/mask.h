/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_MASK_H
#define SC_SPEC_MASK_H

#include "spec/share.h"

#include <stdbool.h>
#include <stdint.h>

/* Rows or keys of one head. Sums of three lengths fit int32_t. */
#define SC_LENGTH_MAX (1 << 24)

/* A side of the band without limit: no special case, since a band this wide reaches every key. */
#define SC_MASK_UNBOUNDED SC_LENGTH_MAX

#include "spec/mask.acsl"

/* Band masks as integer arithmetic, exact. Source: shared definitions in spec/README.md, masks.
 *
 * Arguments, everywhere:
 *   i            in [0, n_q)                query row
 *   j            in [0, n_k)                key
 *   n_q, n_k     in [0, SC_LENGTH_MAX]      rows and keys of this sequence, not of the padded tensor
 *   left, right  in [0, SC_MASK_UNBOUNDED]  keys seen before and after the row's own position
 *   tile         in [1, SC_LENGTH_MAX]      keys (or rows) per tile, tiles starting at 0
 *
 *   full    left = right = SC_MASK_UNBOUNDED
 *   causal  left = SC_MASK_UNBOUNDED, right = 0 */

#ifdef SC_EMULATED
/* The predicate, for SC_EXPECT. */
static inline bool sc_mask_lengths(int32_t n_q, int32_t n_k, int32_t left, int32_t right)
{
    return 0 <= n_q && n_q <= SC_LENGTH_MAX && 0 <= n_k && n_k <= SC_LENGTH_MAX && 0 <= left &&
           left <= SC_LENGTH_MAX && 0 <= right && right <= SC_LENGTH_MAX;
}
#endif

/* Brings x into [low, high]. Exact. Requires low <= high. */
/*@ requires order: low <= high;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures clamp: \result == sc_clamp(x, low, high); */
SC_SHARED int32_t sc_mask_clamp(int32_t x, int32_t low, int32_t high)
{
    SC_EXPECT(order, low <= high);

    if (x < low) {
        return low;
    }
    return x > high ? high : x;
}

/* Cell of width `block` that index x lies in, x / block, below `cells` when these cover x. Exact. */
/*@ requires block: 1 <= block <= SC_LENGTH_MAX;
    requires covered: 0 <= x < cells * block;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures cell: \result == x / block;
    ensures range: 0 <= \result < cells; */
SC_SHARED int32_t sc_mask_cell(int32_t x, int32_t block, int32_t cells)
{
    SC_EXPECT(block, 1 <= block && block <= SC_LENGTH_MAX);
    SC_EXPECT(covered, 0 <= x && x < (int64_t)cells * block);
    (void)cells;
    return x / block;
}

/* Whether row i sees key j. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires row: 0 <= i < n_q;
    requires key: 0 <= j < n_k;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures sees: \result == true <==> sc_sees(i, j, n_q, n_k, left, right); */
SC_SHARED bool sc_mask_sees(int32_t i, int32_t j, int32_t n_q, int32_t n_k, int32_t left,
                            int32_t right)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(row, 0 <= i && i < n_q);
    SC_EXPECT(key, 0 <= j && j < n_k);

    const int32_t position = i + (n_k - n_q);

    return position - left <= j && j <= position + right;
}

/* |i + n_k - n_q - j|, the distance that ALiBi multiplies by its slope. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, 0, 0);
    requires row: 0 <= i < n_q;
    requires key: 0 <= j < n_k;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures distance: \result == sc_distance(i, j, n_q, n_k); */
SC_SHARED int32_t sc_mask_distance(int32_t i, int32_t j, int32_t n_q, int32_t n_k)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, 0, 0));
    SC_EXPECT(row, 0 <= i && i < n_q);
    SC_EXPECT(key, 0 <= j && j < n_k);

    const int32_t difference = i + (n_k - n_q) - j;

    return difference < 0 ? -difference : difference;
}

/* First key that row i sees; with sc_mask_key_end, exactly the keys [begin, end). Equal when none. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires row: 0 <= i < n_q;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures begin: \result == sc_clamp(i + (n_k - n_q) - left, 0, n_k);
    ensures not_before: \forall integer j; sc_sees(i, j, n_q, n_k, left, right) ==> \result <= j; */
SC_SHARED int32_t sc_mask_key_begin(int32_t i, int32_t n_q, int32_t n_k, int32_t left,
                                    int32_t right)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(row, 0 <= i && i < n_q);
    (void)right;
    return sc_mask_clamp(i + (n_k - n_q) - left, 0, n_k);
}

/* One past the last key that row i sees. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires row: 0 <= i < n_q;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures end: \result == sc_clamp(i + (n_k - n_q) + right + 1, 0, n_k);
    ensures exact: \forall integer j; sc_sees(i, j, n_q, n_k, left, right) <==>
      sc_clamp(i + (n_k - n_q) - left, 0, n_k) <= j < \result; */
SC_SHARED int32_t sc_mask_key_end(int32_t i, int32_t n_q, int32_t n_k, int32_t left, int32_t right)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(row, 0 <= i && i < n_q);
    (void)left;
    return sc_mask_clamp(i + (n_k - n_q) + right + 1, 0, n_k);
}

/* First row that sees key j; with sc_mask_row_end, exactly the rows [begin, end). Equal when none. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires key: 0 <= j < n_k;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures begin: \result == sc_clamp(j - (n_k - n_q) - right, 0, n_q);
    ensures not_before: \forall integer i; sc_sees(i, j, n_q, n_k, left, right) ==> \result <= i; */
SC_SHARED int32_t sc_mask_row_begin(int32_t j, int32_t n_q, int32_t n_k, int32_t left,
                                    int32_t right)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(key, 0 <= j && j < n_k);
    (void)left;
    return sc_mask_clamp(j - (n_k - n_q) - right, 0, n_q);
}

/* One past the last row that sees key j. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires key: 0 <= j < n_k;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures end: \result == sc_clamp(j - (n_k - n_q) + left + 1, 0, n_q);
    ensures exact: \forall integer i; sc_sees(i, j, n_q, n_k, left, right) <==>
      sc_clamp(j - (n_k - n_q) - right, 0, n_q) <= i < \result; */
SC_SHARED int32_t sc_mask_row_end(int32_t j, int32_t n_q, int32_t n_k, int32_t left, int32_t right)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(key, 0 <= j && j < n_k);
    (void)right;
    return sc_mask_clamp(j - (n_k - n_q) + left + 1, 0, n_q);
}

/* First tile of keys that rows first_row..last_row visit. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires rows: 0 <= first_row <= last_row < n_q;
    requires tile: 1 <= tile <= SC_LENGTH_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures begin: \result == sc_key_tile_begin(first_row, n_q, n_k, left, tile);
    ensures cover: \forall integer i, j; first_row <= i <= last_row ==>
      sc_sees(i, j, n_q, n_k, left, right) ==> \result * tile <= j; */
SC_SHARED int32_t sc_mask_key_tile_begin(int32_t first_row, int32_t last_row, int32_t n_q,
                                         int32_t n_k, int32_t left, int32_t right, int32_t tile)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(rows, 0 <= first_row && first_row <= last_row && last_row < n_q);
    SC_EXPECT(tile, 1 <= tile && tile <= SC_LENGTH_MAX);
    (void)last_row;
    return sc_mask_key_begin(first_row, n_q, n_k, left, right) / tile;
}

/* One past the last tile of keys that rows first_row..last_row visit. Every visible pair lies in a
 * tile of [begin, end), and every such tile holds a visible pair; begin >= end when there is none. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires rows: 0 <= first_row <= last_row < n_q;
    requires tile: 1 <= tile <= SC_LENGTH_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures end: \result ==
      sc_key_tile_end(first_row, last_row, n_q, n_k, left, right, tile);
    ensures range: 0 <= \result <= n_k;
    ensures cover: \forall integer i, j; first_row <= i <= last_row ==>
      sc_sees(i, j, n_q, n_k, left, right) ==> j < \result * tile;
    ensures no_more: \let begin = sc_clamp(first_row + (n_k - n_q) - left, 0, n_k);
      \forall integer t; begin / tile <= t < \result ==>
      \let j = \max(begin, t * tile);
      j < (t + 1) * tile &&
      sc_witness_row(j, first_row, n_q, n_k, right) <= last_row &&
      sc_sees(sc_witness_row(j, first_row, n_q, n_k, right), j, n_q, n_k, left, right); */
SC_SHARED int32_t sc_mask_key_tile_end(int32_t first_row, int32_t last_row, int32_t n_q,
                                       int32_t n_k, int32_t left, int32_t right, int32_t tile)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(rows, 0 <= first_row && first_row <= last_row && last_row < n_q);
    SC_EXPECT(tile, 1 <= tile && tile <= SC_LENGTH_MAX);

    const int32_t begin = sc_mask_key_begin(first_row, n_q, n_k, left, right);
    const int32_t end = sc_mask_key_end(last_row, n_q, n_k, left, right);

    return end <= begin ? 0 : (end - 1) / tile + 1;
}

/* First tile of rows that keys first_key..last_key are seen by: the reverse of
 * sc_mask_key_tile_begin, for kernels that walk the key tiles. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires keys: 0 <= first_key <= last_key < n_k;
    requires tile: 1 <= tile <= SC_LENGTH_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures begin: \result == sc_row_tile_begin(first_key, n_q, n_k, right, tile);
    ensures cover: \forall integer i, j; first_key <= j <= last_key ==>
      sc_sees(i, j, n_q, n_k, left, right) ==> \result * tile <= i; */
SC_SHARED int32_t sc_mask_row_tile_begin(int32_t first_key, int32_t last_key, int32_t n_q,
                                         int32_t n_k, int32_t left, int32_t right, int32_t tile)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(keys, 0 <= first_key && first_key <= last_key && last_key < n_k);
    SC_EXPECT(tile, 1 <= tile && tile <= SC_LENGTH_MAX);
    (void)last_key;
    return sc_mask_row_begin(first_key, n_q, n_k, left, right) / tile;
}

/* One past the last tile of rows that keys first_key..last_key are seen by. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires keys: 0 <= first_key <= last_key < n_k;
    requires tile: 1 <= tile <= SC_LENGTH_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures end: \result ==
      sc_row_tile_end(first_key, last_key, n_q, n_k, left, right, tile);
    ensures range: 0 <= \result <= n_q;
    ensures cover: \forall integer i, j; first_key <= j <= last_key ==>
      sc_sees(i, j, n_q, n_k, left, right) ==> i < \result * tile;
    ensures no_more: \let begin = sc_clamp(first_key - (n_k - n_q) - right, 0, n_q);
      \forall integer t; begin / tile <= t < \result ==>
      \let i = \max(begin, t * tile);
      i < (t + 1) * tile &&
      sc_witness_key(i, first_key, n_q, n_k, left) <= last_key &&
      sc_sees(i, sc_witness_key(i, first_key, n_q, n_k, left), n_q, n_k, left, right); */
SC_SHARED int32_t sc_mask_row_tile_end(int32_t first_key, int32_t last_key, int32_t n_q,
                                       int32_t n_k, int32_t left, int32_t right, int32_t tile)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(keys, 0 <= first_key && first_key <= last_key && last_key < n_k);
    SC_EXPECT(tile, 1 <= tile && tile <= SC_LENGTH_MAX);

    const int32_t begin = sc_mask_row_begin(first_key, n_q, n_k, left, right);
    const int32_t end = sc_mask_row_end(last_key, n_q, n_k, left, right);

    return end <= begin ? 0 : (end - 1) / tile + 1;
}

/* Whether every row of first_row..last_row sees every key of first_key..last_key, so that a kernel
 * may leave the mask out for this tile. */
/*@ requires lengths: sc_mask_lengths(n_q, n_k, left, right);
    requires rows: 0 <= first_row <= last_row < n_q;
    requires keys: 0 <= first_key <= last_key < n_k;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures full: \result == true <==>
      (\forall integer i, j; first_row <= i <= last_row ==> first_key <= j <= last_key ==>
       sc_sees(i, j, n_q, n_k, left, right)); */
SC_SHARED bool sc_mask_tile_full(int32_t first_row, int32_t last_row, int32_t first_key,
                                 int32_t last_key, int32_t n_q, int32_t n_k, int32_t left,
                                 int32_t right)
{
    SC_EXPECT(lengths, sc_mask_lengths(n_q, n_k, left, right));
    SC_EXPECT(rows, 0 <= first_row && first_row <= last_row && last_row < n_q);
    SC_EXPECT(keys, 0 <= first_key && first_key <= last_key && last_key < n_k);

    return sc_mask_sees(first_row, last_key, n_q, n_k, left, right) &&
           sc_mask_sees(last_row, first_key, n_q, n_k, left, right);
}

#endif
