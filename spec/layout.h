/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_LAYOUT_H
#define SC_SPEC_LAYOUT_H

#include "spec/mask.h"
#include "spec/share.h"
#include "spec/step.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the rows of a tensor [batch][head][row][channel] lie. Channels are contiguous. All in
 * elements; a stride may be 0 (a broadcast input). */
struct sc_layout {
    int64_t stride_batch;
    int64_t stride_head;
    int64_t stride_row;
    int64_t size; /* elements from the first one to the end of the buffer */
};

#include "spec/layout.acsl"

/* Whether all rows of the tensor lie inside its buffer and no stride is negative. Any numbers are
 * allowed in `layout`. */
/*@ requires layout: \valid_read(layout);
    requires extents: 0 <= batch && 0 <= heads && 0 <= rows && 0 <= width;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures inside: \result == true <==> sc_layout_inside(layout, batch, heads, rows, width); */
SC_SHARED bool sc_layout_fits(const struct sc_layout *layout, int32_t batch, int32_t heads,
                              int32_t rows, int32_t width)
{
    SC_EXPECT(layout, layout != NULL);
    SC_EXPECT(extents, 0 <= batch && 0 <= heads && 0 <= rows && 0 <= width);

    if (layout->stride_batch < 0 || layout->stride_head < 0 || layout->stride_row < 0 ||
        layout->size < 0 || layout->size > SC_LAYOUT_SIZE_MAX) {
        return false;
    }
    if (batch == 0 || heads == 0 || rows == 0) {
        return true;
    }
    if (width > layout->size) {
        return false;
    }
    /*@ assert batch_last: 0 <= (batch - 1) * layout->stride_batch; */
    /*@ assert head_last: 0 <= (heads - 1) * layout->stride_head; */
    /*@ assert row_last: 0 <= (rows - 1) * layout->stride_row; */
    const int64_t rows_room = sc_step_room(layout->size - width, layout->stride_row, rows);
    const int64_t heads_room = sc_step_room(rows_room, layout->stride_head, heads);

    return sc_step_room(heads_room, layout->stride_batch, batch) >= 0;
}

/* Offset of row (b, h, row), in elements from the buffer's start. Exact; the whole row of `width`
 * elements lies inside the buffer. */
/*@ requires layout: \valid_read(layout);
    requires extents: 0 <= b < batch && 0 <= h < heads && 0 <= row < rows && 0 <= width;
    requires inside: sc_layout_inside(layout, batch, heads, rows, width);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures offset: \result == sc_offset(layout->stride_batch, layout->stride_head,
                                         layout->stride_row, b, h, row);
    ensures inside: 0 <= \result && \result + width <= layout->size; */
SC_SHARED int64_t sc_layout_row(const struct sc_layout *layout, int32_t b, int32_t h, int32_t row,
                                int32_t batch, int32_t heads, int32_t rows, int32_t width)
{
    SC_EXPECT(layout, layout != NULL);
    SC_EXPECT(extents,
              0 <= b && b < batch && 0 <= h && h < heads && 0 <= row && row < rows && 0 <= width);
    SC_EXPECT(inside, sc_layout_fits(layout, batch, heads, rows, width));
    (void)width;
    /*@ assert batch_last: 0 <= (batch - 1) * layout->stride_batch; */
    /*@ assert head_last: 0 <= (heads - 1) * layout->stride_head; */
    /*@ assert row_last: 0 <= (rows - 1) * layout->stride_row; */
    return sc_step_offset(b, layout->stride_batch, batch, layout->size) +
           (sc_step_offset(h, layout->stride_head, heads, layout->size) +
            sc_step_offset(row, layout->stride_row, rows, layout->size));
}

/* Whether three dimensions nest in the order given: a step of one jumps over all below it. The
 * products must stay in range, as they do in a tensor that fits its buffer. */
/*@ requires extents: 1 <= inner_extent && 1 <= middle_extent && 0 <= width;
    requires strides: 0 <= inner_stride && 0 <= middle_stride && 0 <= outer_stride;
    requires range: (middle_extent - 1) * middle_stride +
      ((inner_extent - 1) * inner_stride + width) <= SC_LAYOUT_SIZE_MAX;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures nested: \result == true <==> sc_nested(inner_stride, inner_extent, middle_stride,
                                                   middle_extent, outer_stride, outer_extent,
                                                   width); */
SC_SHARED bool sc_layout_nested(int64_t inner_stride, int32_t inner_extent, int64_t middle_stride,
                                int32_t middle_extent, int64_t outer_stride, int32_t outer_extent,
                                int32_t width)
{
    SC_EXPECT(extents, 1 <= inner_extent && 1 <= middle_extent && 0 <= width);
    SC_EXPECT(strides, 0 <= inner_stride && 0 <= middle_stride && 0 <= outer_stride);
    SC_EXPECT(range, 0 <= sc_step_room(
                              sc_step_room(SC_LAYOUT_SIZE_MAX - width, inner_stride, inner_extent),
                              middle_stride, middle_extent));

    /*@ assert inner_last: 0 <= (inner_extent - 1) * inner_stride; */
    /*@ assert middle_last: 0 <= (middle_extent - 1) * middle_stride; */
    const int64_t inner_span = (inner_extent - 1) * inner_stride + width;
    const int64_t middle_span = (middle_extent - 1) * middle_stride + inner_span;

    return (inner_extent <= 1 || width <= inner_stride) &&
           (middle_extent <= 1 || inner_span <= middle_stride) &&
           (outer_extent <= 1 || middle_span <= outer_stride);
}

/* Whether the dimensions of a tensor that fits its buffer nest in some order, so that no two rows
 * share an element. An output must; a layout whose rows interleave in another way is refused. */
/*@ requires layout: \valid_read(layout);
    requires extents: 0 <= batch && 0 <= heads && 0 <= rows && 0 <= width;
    requires inside: sc_layout_inside(layout, batch, heads, rows, width);
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures nests: \result == true <==> sc_layout_nests(layout, batch, heads, rows, width);
    ensures apart: \result == true ==> sc_layout_apart(layout, batch, heads, rows, width); */
SC_SHARED bool sc_layout_separates(const struct sc_layout *layout, int32_t batch, int32_t heads,
                                   int32_t rows, int32_t width)
{
    SC_EXPECT(layout, layout != NULL);
    SC_EXPECT(extents, 0 <= batch && 0 <= heads && 0 <= rows && 0 <= width);
    SC_EXPECT(inside, sc_layout_fits(layout, batch, heads, rows, width));

    const int64_t sb = layout->stride_batch;
    const int64_t sh = layout->stride_head;
    const int64_t sr = layout->stride_row;

    if (batch == 0 || heads == 0 || rows == 0) {
        return true;
    }
    /*@ assert batch_last: 0 <= (batch - 1) * sb; */
    /*@ assert head_last: 0 <= (heads - 1) * sh; */
    /*@ assert row_last: 0 <= (rows - 1) * sr; */
    return sc_layout_nested(sr, rows, sh, heads, sb, batch, width) ||
           sc_layout_nested(sh, heads, sr, rows, sb, batch, width) ||
           sc_layout_nested(sr, rows, sb, batch, sh, heads, width) ||
           sc_layout_nested(sb, batch, sr, rows, sh, heads, width) ||
           sc_layout_nested(sh, heads, sb, batch, sr, rows, width) ||
           sc_layout_nested(sb, batch, sh, heads, sr, rows, width);
}

#endif
