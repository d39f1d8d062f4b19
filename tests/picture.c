/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/picture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEEN  (SC_PICTURE_KNOWN | SC_PICTURE_VISIBLE)
#define WRONG SC_PICTURE_WRONG

static struct sc_picture made(int32_t rows, int32_t columns, const char *title)
{
    struct sc_picture picture;

    cr_assert_eq(sc_picture_create(title, "row", "key", rows, columns, &picture, NULL), SC_OK);
    return picture;
}

/* Causal, with a wrong visible cell, a wrong hidden one, one that is not judged. */
static struct sc_picture small(void)
{
    struct sc_picture picture = made(6, 12, "P of sequence 0, head 1");

    for (int32_t i = 0; i < 6; i++) {
        for (int32_t j = 0; j < 12; j++) {
            sc_picture_set(&picture, i, j, j <= i + 6 ? SEEN : SC_PICTURE_KNOWN, 0.05);
        }
    }
    sc_picture_set(&picture, 4, 9, SEEN | WRONG, 3.0);
    sc_picture_set(&picture, 4, 11, SC_PICTURE_KNOWN | WRONG, HUGE_VAL);
    sc_picture_set(&picture, 5, 0, 0, 0.0);
    return picture;
}

static void expect_text(const struct sc_picture *picture, const char *expected)
{
    char *text = sc_picture_text(picture);

    cr_assert_not_null(text);
    cr_expect_str_eq(text, expected, "%s\nexpected\n%s", text, expected);
    free(text);
}

Test(picture, a_plane_is_drawn_cell_by_cell)
{
    struct sc_picture picture = small();

    expect_text(&picture,
                "P of sequence 0, head 1\n"
                "           key\n"
                "           0         10\n"
                "row      0|.......     |\n"
                "          |........    |\n"
                "          |.........   |\n"
                "          |..........  |\n"
                "         4|.........#.!|\n"
                "          |?...........|\n"
                "           ' ' hidden, '.' visible: right; '#' wrong, '!' wrong where hidden, "
                "'?' not judged\n");
    sc_picture_destroy(&picture);
}

Test(picture, a_block_is_as_bad_as_the_worst_of_its_cells)
{
    struct sc_picture picture = made(65, 130, "t");
    int32_t letters[2] = {0, 0};

    for (int32_t i = 0; i < 65; i++) {
        for (int32_t j = 0; j < 130; j++) {
            sc_picture_set(&picture, i, j, SEEN, 0.5);
        }
    }
    sc_picture_set(&picture, 64, 129, SEEN | WRONG, 2.0);
    sc_picture_set(&picture, 2, 5, SC_PICTURE_KNOWN | WRONG, 7.0);
    char *text = sc_picture_text(&picture);
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, "one character: 3 rows x 3 keys"), "%s", text);
    cr_expect_not_null(strstr(text, "row      0|.!......"), "%s", text);
    cr_expect_not_null(strstr(text, ".......#|\n"), "%s", text);
    for (const char *c = strchr(text, '|'); c != NULL && *c != '\''; c++) {
        letters[0] += *c == '#' ? 1 : 0;
        letters[1] += *c == '!' ? 1 : 0;
    }
    cr_expect(letters[0] == 1 && letters[1] == 1, "%d and %d", letters[0], letters[1]);
    free(text);

    const struct sc_picture_block block = sc_picture_block(&picture, 0, 65, 0, 130);
    cr_expect_eq(block.flags, SC_PICTURE_KNOWN | WRONG, "the hidden one is the worst");
    cr_expect_eq(block.ratio, 7.0, "%g", block.ratio);
    const struct sc_picture_block rest = sc_picture_block(&picture, 3, 5, 0, 130);
    cr_expect(rest.flags == SEEN && rest.ratio == 0.5);
    sc_picture_destroy(&picture);
}

Test(picture, a_wrong_cell_of_a_small_ratio_is_not_passed_over_for_a_right_one)
{
    struct sc_picture picture = made(1, 2, "t");

    sc_picture_set(&picture, 0, 0, SEEN, 0.9);
    sc_picture_set(&picture, 0, 1, SEEN | WRONG, 0.0);
    const struct sc_picture_block block = sc_picture_block(&picture, 0, 1, 0, 2);
    cr_expect(block.flags == (SEEN | WRONG) && block.ratio == 0.0, "ratio %g", block.ratio);
    cr_expect_eq(sc_picture_wrong(&picture), 1);
    sc_picture_destroy(&picture);
}

Test(picture, ranges_say_what_is_wrong)
{
    static const struct {
        const char *name;
        int32_t rows[2], keys[2]; /* of each of two blocks, first and last; -1: none */
        int32_t more_rows[2], more_keys[2];
        const char *expected;
    } rows[] = {
        {"nothing", {0, -1}, {0, -1}, {0, -1}, {0, -1}, ""},
        {"rows alone", {64, 127}, {0, 9}, {0, -1}, {0, -1}, "rows 64-127: every key"},
        {"one place", {3, 3}, {5, 5}, {0, -1}, {0, -1}, "row 3: key 5"},
        {"all", {0, 127}, {0, 9}, {0, -1}, {0, -1}, "every row: every key"},
        {"two blocks", {0, 1}, {2, 3}, {9, 9}, {2, 3}, "rows 0-1, 9: keys 2-3"},
        {"not a product",
         {0, 1},
         {2, 3},
         {9, 9},
         {7, 7},
         "rows 0-1, 9: keys 2-3, 7, in 5 of these 9 places"},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_picture picture = made(128, 10, "t");
        char text[200];

        for (int32_t i = rows[r].rows[0]; i <= rows[r].rows[1]; i++) {
            for (int32_t j = rows[r].keys[0]; j <= rows[r].keys[1]; j++) {
                sc_picture_set(&picture, i, j, SEEN | WRONG, 2.0);
            }
        }
        for (int32_t i = rows[r].more_rows[0]; i <= rows[r].more_rows[1]; i++) {
            for (int32_t j = rows[r].more_keys[0]; j <= rows[r].more_keys[1]; j++) {
                sc_picture_set(&picture, i, j, SEEN | WRONG, 2.0);
            }
        }
        sc_picture_ranges(&picture, text, sizeof text);
        cr_expect_str_eq(text, rows[r].expected, "%s: '%s', expected '%s'", rows[r].name, text,
                         rows[r].expected);
        sc_picture_destroy(&picture);
    }
}

Test(picture, many_ranges_are_counted_and_hidden_ones_told)
{
    struct sc_picture picture = made(40, 2, "t");
    char text[200], cut[12];

    for (int32_t i = 0; i < 40; i += 2) {
        sc_picture_set(&picture, i, 1, SC_PICTURE_KNOWN | WRONG, 2.0);
    }
    sc_picture_ranges(&picture, text, sizeof text);
    cr_expect_str_eq(text, "rows 0, 2, 4, 6, 8, 10 and 14 more ranges: key 1, hidden", "%s", text);
    for (int32_t i = 0; i < 40; i++) {
        sc_picture_set(&picture, i, 0, SEEN, 0.0);
        sc_picture_set(&picture, i, 1, SEEN, 0.0);
    }
    sc_picture_set(&picture, 7, 0, SEEN | WRONG, 2.0);
    sc_picture_set(&picture, 8, 1, SEEN | WRONG, 2.0);
    sc_picture_ranges(&picture, text, sizeof text);
    cr_expect_str_eq(text, "rows 7-8: every key, in 2 of these 4 places, all at key = row - 7");
    sc_picture_ranges(&picture, cut, sizeof cut);
    cr_expect_str_eq(cut, "rows 7-8: e");
    sc_picture_destroy(&picture);
}

static int32_t count(const char *text, const char *what)
{
    int32_t found = 0;

    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        found++;
    }
    return found;
}

Test(picture, svg_shows_the_wrong_cells_the_border_and_the_axes)
{
    struct sc_picture pictures[2] = {small(), made(300, 200, "a <b> & \x01\xff")};
    char *svg = sc_picture_svg("k < 5", pictures, 2);

    cr_assert_not_null(svg);
    /* Once in the plot and once in the legend, but for the shade of hidden ones, which is there twice. */
    cr_expect_eq(count(svg, "fill=\"#fdb45c\""), 2);
    cr_expect_eq(count(svg, "fill=\"#4d0008\""), 2);
    cr_expect_eq(count(svg, "fill=\"url(#hidden)\""), 2);
    /* Cell (4, 9): 18 pixels a cell, the plot at (84, 68). */
    cr_expect_not_null(strstr(svg, "<rect x=\"246.00\" y=\"140.00\" width=\"18.00\" "
                                   "height=\"18.00\" fill=\"#fdb45c\"/>"));
    /* The border between key 6 and 7 in row 0. */
    cr_expect_not_null(strstr(svg, "M210.00 68.00V86.00"));
    cr_expect_eq(count(svg, ">key (number)<"), 2);
    cr_expect_eq(count(svg, ">row (number)<"), 2);
    cr_expect_eq(count(svg, ">250<"), 1, "a tick of 300 rows");
    cr_expect_eq(count(svg, "a &lt;b&gt; &amp; ?\?<"), 1);
    cr_expect_eq(count(svg, ">k &lt; 5</text>"), 1);
    cr_expect_eq(count(svg, "<text"), count(svg, "</text>"));
    cr_expect(strlen(svg) < 40000, "%zu bytes", strlen(svg));
    cr_expect_str_eq(svg + strlen(svg) - 7, "</svg>\n");
    free(svg);
    sc_picture_destroy(&pictures[0]);
    sc_picture_destroy(&pictures[1]);
}

Test(picture, a_plane_without_cells_or_with_too_many_is_refused)
{
    static const int32_t shapes[][2] = {{0, 5}, {5, 0}, {-1, 4}, {1 << 13, 1 << 12}};
    struct sc_picture picture;

    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        cr_expect_eq(
            sc_picture_create("t", "row", "key", shapes[s][0], shapes[s][1], &picture, NULL),
            SC_E_INPUT);
        cr_expect_null(picture.flags);
    }
}
