/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_PICTURE_H
#define SC_FUZZ_PICTURE_H

#include "reference/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where an output is wrong: a plane of cells, each an element with its error in units of its bound, drawn as text or
 * as SVG. A large plane is drawn in blocks, each as bad as the worst of its cells. */

enum sc_picture_flag {
    SC_PICTURE_VISIBLE =
        1, /* the row sees the key, or something of what the channel sums; else hidden */
    SC_PICTURE_WRONG = 2, /* a check says so */
    SC_PICTURE_KNOWN = 4  /* was judged; else nothing is known of the cell */
};

struct sc_picture {
    char title[192];                    /* a line */
    char row_name[24], column_name[24]; /* "row", "key", "channel" */
    int32_t rows, columns;              /* at least 1 */
    uint8_t *flags;                     /* [rows][columns], enum sc_picture_flag */
    double *
        ratios; /* [rows][columns] |out - exact| / bound, of known cells; +Inf where the bound is 0 */
};

#define SC_PICTURE_CELLS_MAX (1 << 24)

/* Makes a picture of cells of which nothing is known; sc_picture_destroy frees what it holds.
 *   title, row_name, column_name  printable; cut at the room there is
 * SC_E_INPUT: no cells, or more than SC_PICTURE_CELLS_MAX. SC_E_MEMORY. Then *picture holds nothing. */
enum sc_status sc_picture_create(const char *title, const char *row_name, const char *column_name,
                                 int32_t rows, int32_t columns, struct sc_picture *picture,
                                 struct sc_error *error);
void sc_picture_destroy(struct sc_picture *picture);

/* Sets a cell. */
void sc_picture_set(struct sc_picture *picture, int32_t row, int32_t column, uint32_t flags,
                    double ratio);

int64_t sc_picture_wrong(const struct sc_picture *picture); /* cells */

/* A block of cells: rows row .. row_end - 1 by columns column .. column_end - 1. */
struct sc_picture_block {
    uint32_t flags; /* of the worst cell: wrong and hidden, wrong, visible, hidden, unknown */
    double ratio;   /* largest of a wrong cell, or else of all */
};
struct sc_picture_block sc_picture_block(const struct sc_picture *picture, int32_t row,
                                         int32_t row_end, int32_t column, int32_t column_end);

/* Text of at most 64 x 32 characters with axes, each line ended by a newline: ' ' hidden and right, '.' visible and
 * right, '#' wrong, '!' wrong where hidden, '?' not judged. The caller frees it. NULL: no memory. */
char *sc_picture_text(const struct sc_picture *picture);

/* What is wrong, as ranges, in a line: "rows 64-127: every channel", "rows 3-5: keys 4-6, in 3 of these 9 places, all at
 * key = row + 1, hidden". Empty where
 * nothing is. At most 6 ranges are named on each axis, and how many others there are.
 *   text  receives it, at most room - 1 bytes */
void sc_picture_ranges(const struct sc_picture *picture, char *text, size_t room);

/* Pictures one above the other as one SVG 1.1 document: axes in rows, keys and channels, a logarithmic scale of
 * error / bound, the border of what is visible. The caller frees it. NULL: no memory.
 *   caption  a line over them; cut where it would not fit */
char *sc_picture_svg(const char *caption, const struct sc_picture *pictures, int32_t count);

#endif
