/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/picture.h"

#include "fuzz/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Lengths in pixels of a document that is 760 wide. */
#define WIDTH        760
#define LEFT         84 /* of the plot */
#define TOP          44 /* in a panel */
#define PLOT_WIDTH   480
#define PLOT_HEIGHT  360
#define CELL_MAX     18
#define BELOW        52 /* for the axis under the plot */
#define LEGEND_LEFT  600
#define LEGEND_ENTRY 18
#define CAPTION      24  /* its height */
#define CAPTION_MAX  104 /* characters */

#define BLOCKS_ACROSS 120
#define BLOCKS_DOWN   90

/* A panel: a picture in blocks of `across` x `down` cells, each `cell_width` x `cell_height` pixels. */
struct panel {
    const struct sc_picture *picture;
    int32_t across, down, columns, rows; /* blocks */
    double cell_width, cell_height;
    int32_t top; /* of the plot in the document */
};

/* Shades fall in lightness from right to wrong, so that a print without colours keeps their order. */
struct shade {
    double below; /* error / bound */
    const char *colour, *name;
};

static const struct shade right[] = {{1e-2, "#f0f6fc", "below 0.01"},
                                     {1e-1, "#d6e6f4", "0.01 to 0.1"},
                                     {HUGE_VAL, "#b3d0e8", "0.1 to 1"}};
static const struct shade wrong[] = {{1e1, "#fdb45c", "1 to 10"},
                                     {1e2, "#f08122", "10 to 100"},
                                     {1e3, "#d6491a", "100 to 1000"},
                                     {1e6, "#a11212", "1e3 to 1e6"},
                                     {HUGE_VAL, "#4d0008", "1e6 and more"}};

static const char *colour_of(struct sc_picture_block block)
{
    const struct shade *shade = (block.flags & SC_PICTURE_WRONG) != 0 ? wrong : right;

    if ((block.flags & (SC_PICTURE_WRONG | SC_PICTURE_KNOWN)) == 0) {
        return "url(#unknown)";
    }
    if ((block.flags & (SC_PICTURE_WRONG | SC_PICTURE_VISIBLE)) == 0) {
        return "#ffffff";
    }
    while (block.ratio >= shade->below && shade->below < HUGE_VAL) {
        shade++;
    }
    return shade->colour;
}

/* At most `most` characters. */
static void add_escaped(struct sc_words *words, const char *text, size_t most)
{
    for (; *text != '\0' && most > 0; text++, most--) {
        const unsigned char byte = (unsigned char)*text;

        switch (*text) {
        case '<':
            sc_words_add(words, "&lt;");
            break;
        case '>':
            sc_words_add(words, "&gt;");
            break;
        case '&':
            sc_words_add(words, "&amp;");
            break;
        default:
            sc_words_add(words, "%c", byte < 0x20 || byte >= 0x7f ? '?' : *text);
            break;
        }
    }
}

static struct sc_picture_block block_at(const struct panel *panel, int32_t row, int32_t column)
{
    const struct sc_picture *picture = panel->picture;
    const int32_t i = row * panel->down, j = column * panel->across;

    return sc_picture_block(
        picture, i, i + panel->down < picture->rows ? i + panel->down : picture->rows, j,
        j + panel->across < picture->columns ? j + panel->across : picture->columns);
}

/* Whether a cell of a block is visible; what is outside is not. */
static bool visible(const struct panel *panel, int32_t row, int32_t column)
{
    const struct sc_picture *picture = panel->picture;

    if (row < 0 || row >= panel->rows || column < 0 || column >= panel->columns) {
        return false;
    }
    for (int32_t i = row * panel->down; i < (row + 1) * panel->down && i < picture->rows; i++) {
        for (int32_t j = column * panel->across;
             j < (column + 1) * panel->across && j < picture->columns; j++) {
            if ((picture->flags[(size_t)i * (size_t)picture->columns + (size_t)j] &
                 SC_PICTURE_VISIBLE) != 0) {
                return true;
            }
        }
    }
    return false;
}

static double x_of(const struct panel *panel, int32_t column)
{
    return LEFT + column * panel->cell_width;
}

static double y_of(const struct panel *panel, int32_t row)
{
    return panel->top + row * panel->cell_height;
}

static bool alike(struct sc_picture_block a, struct sc_picture_block b)
{
    return strcmp(colour_of(a), colour_of(b)) == 0 &&
           ((a.flags ^ b.flags) & SC_PICTURE_VISIBLE) == 0;
}

/* Runs of like blocks as rectangles. */
static void add_cells(struct sc_words *words, const struct panel *panel)
{
    for (int32_t row = 0; row < panel->rows; row++) {
        for (int32_t column = 0; column < panel->columns;) {
            const struct sc_picture_block block = block_at(panel, row, column);
            int32_t end = column + 1;

            while (end < panel->columns && alike(block, block_at(panel, row, end))) {
                end++;
            }
            const double x = x_of(panel, column), width = x_of(panel, end) - x;
            const char *colour = colour_of(block);
            if (strcmp(colour, "#ffffff") != 0) {
                sc_words_add(words,
                             "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
                             "fill=\"%s\"/>\n",
                             x, y_of(panel, row), width, panel->cell_height, colour);
            }
            if ((block.flags & SC_PICTURE_WRONG) != 0 && (block.flags & SC_PICTURE_VISIBLE) == 0) {
                sc_words_add(words,
                             "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
                             "fill=\"url(#hidden)\"/>\n",
                             x, y_of(panel, row), width, panel->cell_height);
            }
            column = end;
        }
    }
}

/* The border of what is visible, as one path. */
static void add_border(struct sc_words *words, const struct panel *panel)
{
    sc_words_add(words, "<path fill=\"none\" stroke=\"#000000\" stroke-width=\"1.2\" d=\"");
    for (int32_t row = 0; row <= panel->rows; row++) {
        for (int32_t column = 0; column < panel->columns; column++) {
            int32_t end = column;

            while (end < panel->columns &&
                   visible(panel, row - 1, end) != visible(panel, row, end)) {
                end++;
            }
            if (end > column) {
                sc_words_add(words, "M%.2f %.2fH%.2f", x_of(panel, column), y_of(panel, row),
                             x_of(panel, end));
                column = end;
            }
        }
    }
    for (int32_t column = 0; column <= panel->columns; column++) {
        for (int32_t row = 0; row < panel->rows; row++) {
            int32_t end = row;

            while (end < panel->rows &&
                   visible(panel, end, column - 1) != visible(panel, end, column)) {
                end++;
            }
            if (end > row) {
                sc_words_add(words, "M%.2f %.2fV%.2f", x_of(panel, column), y_of(panel, row),
                             y_of(panel, end));
                row = end;
            }
        }
    }
    sc_words_add(words, "\"/>\n");
}

/* The least of 1, 2, 5, 10, 20, ... that has at most eight ticks. */
static int32_t tick_step(int32_t count)
{
    static const int32_t factors[] = {1, 2, 5};

    for (int32_t power = 1;; power *= 10) {
        for (size_t f = 0; f < 3; f++) {
            if ((count - 1) / (factors[f] * power) < 8) {
                return factors[f] * power;
            }
        }
    }
}

/* A tick is at the middle of its row or column. */
static void add_axes(struct sc_words *words, const struct panel *panel)
{
    const struct sc_picture *picture = panel->picture;
    const double right_x = x_of(panel, panel->columns), bottom = y_of(panel, panel->rows);
    const double cell_width = panel->cell_width / panel->across;
    const double cell_height = panel->cell_height / panel->down;

    sc_words_add(words,
                 "<rect x=\"%d\" y=\"%d\" width=\"%.2f\" height=\"%.2f\" fill=\"none\" "
                 "stroke=\"#777777\"/>\n",
                 LEFT, panel->top, right_x - LEFT, bottom - panel->top);
    for (int32_t j = 0; j < picture->columns; j += tick_step(picture->columns)) {
        const double x = LEFT + (j + 0.5) * cell_width;
        sc_words_add(words,
                     "<path stroke=\"#000000\" d=\"M%.2f %.2fv5\"/>"
                     "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\">%d</text>\n",
                     x, bottom, x, bottom + 18, j);
    }
    for (int32_t i = 0; i < picture->rows; i += tick_step(picture->rows)) {
        const double y = panel->top + (i + 0.5) * cell_height;
        sc_words_add(words,
                     "<path stroke=\"#000000\" d=\"M%d %.2fh-5\"/>"
                     "<text x=\"%d\" y=\"%.2f\" text-anchor=\"end\">%d</text>\n",
                     LEFT, y, LEFT - 8, y + 4, i);
    }
    sc_words_add(words, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"middle\">", (LEFT + right_x) / 2,
                 bottom + 38);
    add_escaped(words, picture->column_name, SIZE_MAX);
    sc_words_add(words,
                 " (number)</text>\n<text transform=\"translate(22 %.2f) rotate(-90)\" "
                 "text-anchor=\"middle\">",
                 (panel->top + bottom) / 2);
    add_escaped(words, picture->row_name, SIZE_MAX);
    sc_words_add(words, " (number)</text>\n");
}

static int32_t add_entry(struct sc_words *words, int32_t y, const char *colour, const char *over,
                         const char *name)
{
    sc_words_add(words,
                 "<rect x=\"%d\" y=\"%d\" width=\"16\" height=\"14\" fill=\"%s\" "
                 "stroke=\"#777777\"/>\n",
                 LEGEND_LEFT, y, colour);
    if (over != NULL) {
        sc_words_add(words, "<rect x=\"%d\" y=\"%d\" width=\"16\" height=\"14\" fill=\"%s\"/>\n",
                     LEGEND_LEFT, y, over);
    }
    sc_words_add(words, "<text x=\"%d\" y=\"%d\">%s</text>\n", LEGEND_LEFT + 22, y + 12, name);
    return y + LEGEND_ENTRY;
}

static void add_legend(struct sc_words *words, int32_t top)
{
    int32_t y = top + 8;

    sc_words_add(words, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">error / bound</text>\n",
                 LEGEND_LEFT, top);
    for (size_t n = 0; n < sizeof right / sizeof right[0]; n++) {
        y = add_entry(words, y, right[n].colour, NULL, right[n].name);
    }
    sc_words_add(words, "<text x=\"%d\" y=\"%d\">wrong:</text>\n", LEGEND_LEFT, y + 12);
    y += LEGEND_ENTRY;
    for (size_t n = 0; n < sizeof wrong / sizeof wrong[0]; n++) {
        y = add_entry(words, y, wrong[n].colour, NULL, wrong[n].name);
    }
    y = add_entry(words, y, wrong[1].colour, "url(#hidden)", "wrong where hidden");
    y = add_entry(words, y, "#ffffff", NULL, "hidden and right");
    y = add_entry(words, y, "url(#unknown)", NULL, "not judged");
    sc_words_add(words,
                 "<path stroke=\"#000000\" stroke-width=\"1.2\" d=\"M%d %dh16\"/>"
                 "<text x=\"%d\" y=\"%d\">border of the visible</text>\n",
                 LEGEND_LEFT, y + 8, LEGEND_LEFT + 22, y + 12);
}

static struct panel panel_of(const struct sc_picture *picture, int32_t top)
{
    struct panel panel = {
        .picture = picture,
        .across = (picture->columns - 1) / BLOCKS_ACROSS + 1,
        .down = (picture->rows - 1) / BLOCKS_DOWN + 1,
        .top = top + TOP,
    };

    panel.columns = (picture->columns - 1) / panel.across + 1;
    panel.rows = (picture->rows - 1) / panel.down + 1;
    panel.cell_width = fmin(CELL_MAX, (double)PLOT_WIDTH / panel.columns);
    panel.cell_height = fmin(CELL_MAX, (double)PLOT_HEIGHT / panel.rows);
    return panel;
}

/* Height of a panel; that of the first has room for the legend. */
static int32_t height_of(const struct panel *panel, bool first)
{
    const int32_t plot = (int32_t)ceil(panel->rows * panel->cell_height) + TOP + BELOW;

    return first && plot < 300 ? 300 : plot;
}

char *sc_picture_svg(const char *caption, const struct sc_picture *pictures, int32_t count)
{
    struct sc_words words = {0};
    int32_t height = CAPTION, top = CAPTION;

    for (int32_t n = 0; n < count; n++) {
        const struct panel panel = panel_of(&pictures[n], 0);
        height += height_of(&panel, n == 0);
    }
    sc_words_add(&words,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" "
                 "height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"Helvetica, Arial, sans-serif\" "
                 "font-size=\"12\">\n"
                 "<defs><pattern id=\"unknown\" width=\"6\" height=\"6\" "
                 "patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" "
                 "fill=\"#eeeeee\"/><path stroke=\"#999999\" d=\"M0 6L6 0\"/></pattern>\n"
                 "<pattern id=\"hidden\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
                 "<path stroke=\"#ffffff\" stroke-width=\"3\" d=\"M0 0L5 5\"/>"
                 "<path stroke=\"#000000\" stroke-width=\"1.2\" d=\"M0 0L5 5\"/></pattern></defs>\n"
                 "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
                 WIDTH, height, WIDTH, height);
    sc_words_add(&words, "<text x=\"12\" y=\"20\">");
    add_escaped(&words, caption, CAPTION_MAX);
    sc_words_add(&words, "</text>\n");
    for (int32_t n = 0; n < count; n++) {
        const struct panel panel = panel_of(&pictures[n], top);

        sc_words_add(&words, "<text x=\"%d\" y=\"%d\" font-size=\"14\" font-weight=\"bold\">", LEFT,
                     top + 26);
        add_escaped(&words, pictures[n].title, SIZE_MAX);
        sc_words_add(&words, "</text>\n");
        add_cells(&words, &panel);
        add_axes(&words, &panel);
        add_border(&words, &panel);
        if (n == 0) {
            add_legend(&words, panel.top);
        }
        top += height_of(&panel, n == 0);
    }
    sc_words_add(&words, "</svg>\n");
    return sc_words_take(&words);
}
