/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/layout.h"

#include <criterion/criterion.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))
#define EXTENT          3 /* largest in the exhaustive tests */
#define STRIDE          6
#define ROOM            64 /* elements: more than the largest offset and width of these tests */

/* A tensor [batch][heads][rows][width] and its layout. */
struct tensor {
    struct sc_layout layout;
    int32_t batch, heads, rows, width;
};

static bool is_empty(const struct tensor *x)
{
    return x->batch == 0 || x->heads == 0 || x->rows == 0;
}

/* One past the last element of the tensor: the largest sum of steps and width. */
static int64_t end_by_definition(const struct tensor *x)
{
    int64_t end = 0;

    for (int32_t b = 0; b < x->batch; b++) {
        for (int32_t h = 0; h < x->heads; h++) {
            for (int32_t row = 0; row < x->rows; row++) {
                const int64_t last = b * x->layout.stride_batch + h * x->layout.stride_head +
                                     row * x->layout.stride_row + x->width;
                end = last > end ? last : end;
            }
        }
    }
    return end;
}

/* Whether no element of a buffer belongs to two rows, by marking them. Requires ends up to ROOM. */
static bool apart_by_definition(const struct tensor *x)
{
    bool taken[ROOM] = {false};

    for (int32_t row = 0; row < x->batch * x->heads * x->rows; row++) {
        const int32_t b = row / (x->heads * x->rows);
        const int32_t h = row / x->rows % x->heads;
        for (int32_t c = 0; c < x->width; c++) {
            const int64_t place = b * x->layout.stride_batch + h * x->layout.stride_head +
                                  row % x->rows * x->layout.stride_row + c;
            if (taken[place]) {
                return false;
            }
            taken[place] = true;
        }
    }
    return true;
}

static bool fits(const struct tensor *x)
{
    return sc_layout_fits(&x->layout, x->batch, x->heads, x->rows, x->width);
}

static bool separates(const struct tensor *x)
{
    return sc_layout_separates(&x->layout, x->batch, x->heads, x->rows, x->width);
}

static void fail(const struct tensor *x, const char *what)
{
    cr_expect_fail("[%d][%d][%d][%d], strides (%lld, %lld, %lld), %lld elements: %s", x->batch,
                   x->heads, x->rows, x->width, (long long)x->layout.stride_batch,
                   (long long)x->layout.stride_head, (long long)x->layout.stride_row,
                   (long long)x->layout.size, what);
}

/* Calls `check` for all extents of 0 to EXTENT, and strides of `least` to STRIDE. */
static void for_all_tensors(int32_t least, void (*check)(struct tensor *))
{
    const int32_t strides = STRIDE - least + 1;

    for (int32_t stride = 0; stride < strides * strides * strides; stride++) {
        for (int32_t extent = 0; extent < 256; extent++) {
            struct tensor x = {.batch = extent % 4,
                               .heads = extent / 4 % 4,
                               .rows = extent / 16 % 4,
                               .width = extent / 64};
            x.layout.stride_batch = least + stride % strides;
            x.layout.stride_head = least + stride / strides % strides;
            x.layout.stride_row = least + stride / (strides * strides);
            check(&x);
        }
    }
}

/* At the sizes that hold the tensor just so, one element less, none, and a negative one. */
static void check_fits(struct tensor *x)
{
    const bool negative =
        x->layout.stride_batch < 0 || x->layout.stride_head < 0 || x->layout.stride_row < 0;
    const int64_t end = negative ? 10 : end_by_definition(x);
    const int64_t sizes[] = {end, end - 1, end + 1, 0, -1};

    for (int32_t n = 0; n < LIST_SIZE(sizes); n++) {
        x->layout.size = sizes[n];
        const bool expected = !negative && sizes[n] >= 0 && (is_empty(x) || end <= sizes[n]);
        if (fits(x) != expected) {
            fail(x, expected ? "refused" : "accepted");
        }
    }
}

static void check_offsets(struct tensor *x)
{
    x->layout.size = end_by_definition(x);
    for (int32_t place = 0; place < x->batch * x->heads * x->rows; place++) {
        const int32_t b = place / (x->heads * x->rows);
        const int32_t h = place / x->rows % x->heads;
        const int32_t row = place % x->rows;
        int64_t expected = 0;
        for (int32_t step = 0; step < b; step++) {
            expected += x->layout.stride_batch;
        }
        for (int32_t step = 0; step < h; step++) {
            expected += x->layout.stride_head;
        }
        for (int32_t step = 0; step < row; step++) {
            expected += x->layout.stride_row;
        }
        if (sc_layout_row(&x->layout, b, h, row, x->batch, x->heads, x->rows, x->width) !=
            expected) {
            fail(x, "wrong offset");
        }
    }
}

static void check_separates(struct tensor *x)
{
    x->layout.size = end_by_definition(x);
    if (separates(x) && !apart_by_definition(x)) {
        fail(x, "rows share an element, expected to be refused");
    }
    if (is_empty(x) && !separates(x)) {
        fail(x, "an empty tensor is refused");
    }
}

Test(layout, offsets_are_the_sum_of_the_steps)
{
    for_all_tensors(0, check_offsets);
}

Test(layout, a_tensor_fits_exactly_when_its_last_row_does)
{
    for_all_tensors(-1, check_fits);
}

Test(layout, separated_rows_share_no_element)
{
    for_all_tensors(0, check_separates);
}

/* Dimensions 0 batch, 1 head, 2 row; the stride of each in turn jumps over what lies below it, with
 * gaps of 0 to 2 elements. */
Test(layout, every_order_of_nesting_is_separate)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (int32_t shape = 0; shape < 6 * 27 * 27 * 3; shape++) {
        const int *const order = orders[shape % 6];
        const int32_t extents[3] = {shape / 6 % 3 + 1, shape / 18 % 3 + 1, shape / 54 % 3 + 1};
        const int32_t gaps[3] = {shape / 162 % 3, shape / 486 % 3, shape / 1458 % 3};
        int64_t strides[3];
        struct tensor x = {.batch = extents[0],
                           .heads = extents[1],
                           .rows = extents[2],
                           .width = shape / 4374 + 1};
        int64_t span = x.width;
        for (int n = 2; n >= 0; n--) {
            strides[order[n]] = span + gaps[n];
            span += (extents[order[n]] - 1) * strides[order[n]];
        }
        x.layout = (struct sc_layout){strides[0], strides[1], strides[2], span};
        if (!fits(&x) || !separates(&x)) {
            fail(&x, "refused");
        }
        x.layout.size = span - 1;
        if (fits(&x)) {
            fail(&x, "accepted in one element less");
        }
    }
}

Test(layout, separation_of_named_layouts)
{
    static const struct {
        const char *name;
        struct tensor x;
        bool expected;
    } rows[] = {
        {"contiguous", {{24, 12, 4, 48}, 2, 2, 3, 4}, true},
        {"rows before heads", {{24, 4, 8, 48}, 2, 2, 3, 4}, true},
        {"batch innermost", {{4, 24, 8, 48}, 2, 2, 3, 4}, true},
        {"stride 0 of a single head", {{12, 0, 4, 24}, 2, 1, 3, 4}, true},
        {"stride 0 of two heads", {{12, 0, 4, 24}, 2, 2, 3, 4}, false},
        {"stride 0 of two rows", {{24, 12, 0, 48}, 2, 2, 2, 4}, false},
        {"rows one element short", {{24, 12, 3, 48}, 2, 2, 3, 4}, false},
        {"heads one element short", {{24, 11, 4, 48}, 2, 2, 3, 4}, false},
        {"batches one element short", {{23, 12, 4, 48}, 2, 2, 3, 4}, false},
        {"interleaved without nesting: apart, but refused", {{0, 3, 2, 8}, 1, 2, 3, 1}, false},
        {"no rows", {{0, 0, 0, 0}, 2, 2, 0, 4}, true},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        cr_assert(fits(&rows[r].x), "%s: does not fit", rows[r].name);
        cr_expect_eq(separates(&rows[r].x), rows[r].expected, "%s: expected %d", rows[r].name,
                     rows[r].expected);
    }
}

/* What a hostile caller may give. UBSan watches the arithmetic. */
Test(layout, hostile_numbers_are_refused_without_overflow)
{
    enum { MAX = INT32_MAX };
    static const struct {
        const char *name;
        struct tensor x;
        bool expected;
    } rows[] = {
        {"largest stride of a batch", {{INT64_MAX, 1, 1, 8}, 2, 1, 1, 1}, false},
        {"largest stride of heads", {{1, INT64_MAX, 1, 8}, 1, 2, 1, 1}, false},
        {"largest stride of rows", {{1, 1, INT64_MAX, 8}, 1, 1, 2, 1}, false},
        {"largest strides, not used", {{INT64_MAX, INT64_MAX, INT64_MAX, 8}, 1, 1, 1, 8}, true},
        {"largest strides and extents",
         {{INT64_MAX, INT64_MAX, INT64_MAX, SC_LAYOUT_SIZE_MAX}, MAX, MAX, MAX, MAX},
         false},
        {"product that wraps to 0", {{INT64_C(1) << 62, 0, 0, 8}, 5, 1, 1, 1}, false},
        {"sum that wraps", {{INT64_C(1) << 62, INT64_C(1) << 62, 1, 8}, 2, 2, 1, 1}, false},
        {"least stride of a batch", {{INT64_MIN, 1, 1, 8}, 1, 1, 1, 1}, false},
        {"least stride of heads", {{1, INT64_MIN, 1, 8}, 1, 1, 1, 1}, false},
        {"least stride of rows", {{1, 1, INT64_MIN, 8}, 1, 1, 1, 1}, false},
        {"negative stride of an empty tensor", {{1, 1, -1, 8}, 0, 0, 0, 1}, false},
        {"largest size", {{1, 1, 1, SC_LAYOUT_SIZE_MAX}, 1, 1, 1, 1}, true},
        {"size above the largest", {{1, 1, 1, SC_LAYOUT_SIZE_MAX + 1}, 1, 1, 1, 1}, false},
        {"size INT64_MAX", {{1, 1, 1, INT64_MAX}, 1, 1, 1, 1}, false},
        {"size INT64_MIN", {{1, 1, 1, INT64_MIN}, 1, 1, 1, 1}, false},
        {"negative size of an empty tensor", {{1, 1, 1, -1}, 0, 1, 1, 1}, false},
        {"row wider than the buffer", {{0, 0, 0, 8}, 1, 1, 1, MAX}, false},
        {"the largest buffer, filled",
         {{SC_LAYOUT_SIZE_MAX / 2, 0, 0, SC_LAYOUT_SIZE_MAX}, 2, 1, 1, 8},
         true},
        {"the largest buffer, one element over",
         {{SC_LAYOUT_SIZE_MAX - 7, 0, 0, SC_LAYOUT_SIZE_MAX}, 2, 1, 1, 8},
         false},
        {"broadcast over the most sequences", {{0, 0, 0, 8}, MAX, MAX, MAX, 8}, true},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        cr_expect_eq(fits(&rows[r].x), rows[r].expected, "%s: expected %d", rows[r].name,
                     rows[r].expected);
        if (rows[r].expected) {
            (void)separates(&rows[r].x);
        }
    }
}

Test(layout, room_is_what_is_left_after_the_steps)
{
    for (int64_t room = -1; room <= 30; room++) {
        for (int64_t stride = -2; stride <= 12; stride++) {
            for (int32_t count = 1; count <= 8; count++) {
                const int64_t left = room - (count - 1) * stride;
                const int64_t expected = room < 0 || stride < 0 || left < 0 ? -1 : left;
                cr_expect_eq(sc_step_room(room, stride, count), expected,
                             "%lld less %d steps of %lld", (long long)room, count - 1,
                             (long long)stride);
            }
        }
    }
    cr_expect_eq(sc_step_room(SC_LAYOUT_SIZE_MAX, INT64_MAX, INT32_MAX), -1);
    cr_expect_eq(sc_step_room(SC_LAYOUT_SIZE_MAX, INT64_MIN, INT32_MAX), -1);
    cr_expect_eq(sc_step_room(SC_LAYOUT_SIZE_MAX, 0, INT32_MAX), SC_LAYOUT_SIZE_MAX);
}
