/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/picture.h"

#include "fuzz/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_COLUMNS 64
#define TEXT_ROWS    32

enum sc_status sc_picture_create(const char *title, const char *row_name, const char *column_name,
                                 int32_t rows, int32_t columns, struct sc_picture *picture,
                                 struct sc_error *error)
{
    memset(picture, 0, sizeof *picture);
    if (rows < 1 || columns < 1 || (int64_t)rows * columns > SC_PICTURE_CELLS_MAX) {
        return sc_fail(error, SC_E_INPUT, "picture: %d x %d cells, expected 1 to %d", rows, columns,
                       SC_PICTURE_CELLS_MAX);
    }
    const size_t cells = (size_t)rows * (size_t)columns;
    picture->flags = calloc(cells, sizeof *picture->flags);
    picture->ratios = calloc(cells, sizeof *picture->ratios);
    if (picture->flags == NULL || picture->ratios == NULL) {
        sc_picture_destroy(picture);
        return sc_fail(error, SC_E_MEMORY, "picture: no memory for %zu cells", cells);
    }
    (void)snprintf(picture->title, sizeof picture->title, "%s", title);
    (void)snprintf(picture->row_name, sizeof picture->row_name, "%s", row_name);
    (void)snprintf(picture->column_name, sizeof picture->column_name, "%s", column_name);
    picture->rows = rows;
    picture->columns = columns;
    return SC_OK;
}

void sc_picture_destroy(struct sc_picture *picture)
{
    free(picture->flags);
    free(picture->ratios);
    picture->flags = NULL;
    picture->ratios = NULL;
}

static size_t cell(const struct sc_picture *picture, int32_t row, int32_t column)
{
    return (size_t)row * (size_t)picture->columns + (size_t)column;
}

void sc_picture_set(struct sc_picture *picture, int32_t row, int32_t column, uint32_t flags,
                    double ratio)
{
    picture->flags[cell(picture, row, column)] = (uint8_t)flags;
    picture->ratios[cell(picture, row, column)] = ratio;
}

int64_t sc_picture_wrong(const struct sc_picture *picture)
{
    int64_t wrong = 0;

    for (size_t n = 0; n < (size_t)picture->rows * (size_t)picture->columns; n++) {
        wrong += (picture->flags[n] & SC_PICTURE_WRONG) != 0 ? 1 : 0;
    }
    return wrong;
}

/* How bad a cell is. */
static int badness(uint32_t flags)
{
    const bool visible = (flags & SC_PICTURE_VISIBLE) != 0;

    if ((flags & SC_PICTURE_WRONG) != 0) {
        return visible ? 3 : 4;
    }
    if ((flags & SC_PICTURE_KNOWN) == 0) {
        return 0;
    }
    return visible ? 2 : 1;
}

struct sc_picture_block sc_picture_block(const struct sc_picture *picture, int32_t row,
                                         int32_t row_end, int32_t column, int32_t column_end)
{
    struct sc_picture_block block = {.flags = picture->flags[cell(picture, row, column)],
                                     .ratio = 0.0};

    for (int32_t i = row; i < row_end; i++) {
        for (int32_t j = column; j < column_end; j++) {
            const uint32_t flags = picture->flags[cell(picture, i, j)];
            const double ratio = picture->ratios[cell(picture, i, j)];
            const bool wrong = (flags & SC_PICTURE_WRONG) != 0;

            if (wrong && (block.flags & SC_PICTURE_WRONG) == 0) {
                block.ratio = ratio;
            } else if (wrong || (block.flags & SC_PICTURE_WRONG) == 0) {
                block.ratio = ratio > block.ratio ? ratio : block.ratio;
            }
            block.flags = badness(flags) > badness(block.flags) ? flags : block.flags;
        }
    }
    return block;
}

static char letter(uint32_t flags)
{
    static const char letters[] = {'?', ' ', '.', '#', '!'};

    return letters[badness(flags)];
}

/* Numbers of columns over the columns they are of, one every ten characters. */
static void add_ruler(struct sc_words *words, int32_t step, int32_t width)
{
    sc_words_add(words, "%10s ", "");
    for (int32_t x = 0; x < width; x += 10) {
        sc_words_add(words, x + 10 < width ? "%-10d" : "%d", x * step);
    }
    sc_words_add(words, "\n");
}

char *sc_picture_text(const struct sc_picture *picture)
{
    const int32_t across = (picture->columns - 1) / TEXT_COLUMNS + 1;
    const int32_t down = (picture->rows - 1) / TEXT_ROWS + 1;
    const int32_t width = (picture->columns - 1) / across + 1;
    struct sc_words words = {0};

    sc_words_add(&words, "%s\n", picture->title);
    if (across > 1 || down > 1) {
        sc_words_add(&words, "%11sone character: %d %s%s x %d %s%s\n", "", down, picture->row_name,
                     down > 1 ? "s" : "", across, picture->column_name, across > 1 ? "s" : "");
    }
    sc_words_add(&words, "%11s%s\n", "", picture->column_name);
    add_ruler(&words, across, width);
    for (int32_t i = 0; i < picture->rows; i += down) {
        const int32_t row_end = i + down < picture->rows ? i + down : picture->rows;

        if (i / down % 4 == 0) {
            sc_words_add(&words, "%s%*d|", i == 0 ? picture->row_name : "",
                         i == 0 ? 10 - (int)strlen(picture->row_name) : 10, i);
        } else {
            sc_words_add(&words, "%10s|", "");
        }
        for (int32_t j = 0; j < picture->columns; j += across) {
            const int32_t end = j + across < picture->columns ? j + across : picture->columns;
            sc_words_add(&words, "%c", letter(sc_picture_block(picture, i, row_end, j, end).flags));
        }
        sc_words_add(&words, "|\n");
    }
    sc_words_add(&words,
                 "%11s' ' hidden, '.' visible: right; '#' wrong, '!' wrong where hidden, "
                 "'?' not judged\n",
                 "");
    return sc_words_take(&words);
}
