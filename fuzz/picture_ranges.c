/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/picture.h"

#include "fuzz/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGES_MAX 6

/* Numbers whose bytes are not 0, as "0-15, 40 and 3 more ranges"; all of them as "every NAME". */
static void add_ranges(struct sc_words *words, const char *name, const uint8_t *in, int32_t count)
{
    int32_t ranges = 0, of = 0;

    for (int32_t n = 0; n < count; n++) {
        of += in[n] != 0 ? 1 : 0;
    }
    if (of == count) {
        sc_words_add(words, count == 1 ? "the %s" : "every %s", name);
        return;
    }
    sc_words_add(words, of == 1 ? "%s " : "%ss ", name);
    for (int32_t begin = 0; begin < count; begin++) {
        int32_t end = begin;

        while (end < count && in[end] != 0) {
            end++;
        }
        if (end > begin) {
            if (ranges < RANGES_MAX) {
                sc_words_add(words, end == begin + 1 ? "%s%d" : "%s%d-%d", ranges > 0 ? ", " : "",
                             begin, end - 1);
            }
            ranges++;
            begin = end;
        }
    }
    if (ranges > RANGES_MAX) {
        sc_words_add(words, " and %d more ranges", ranges - RANGES_MAX);
    }
}

void sc_picture_ranges(const struct sc_picture *picture, char *text, size_t room)
{
    uint8_t *rows = calloc((size_t)picture->rows, 1);
    uint8_t *columns = calloc((size_t)picture->columns, 1);
    int64_t wrong = 0, hidden = 0, wrong_rows = 0, wrong_columns = 0;
    int32_t least = INT32_MAX, most = INT32_MIN; /* column less row, of wrong cells */
    struct sc_words words = {0};
    char *built = NULL;

    text[0] = '\0';
    if (rows == NULL || columns == NULL) {
        goto done;
    }
    for (int32_t i = 0; i < picture->rows; i++) {
        for (int32_t j = 0; j < picture->columns; j++) {
            const uint32_t flags = picture->flags[(size_t)i * (size_t)picture->columns + (size_t)j];

            if ((flags & SC_PICTURE_WRONG) != 0) {
                wrong++;
                least = j - i < least ? j - i : least;
                most = j - i > most ? j - i : most;
                hidden += (flags & SC_PICTURE_VISIBLE) == 0 ? 1 : 0;
                wrong_rows += rows[i] == 0 ? 1 : 0;
                wrong_columns += columns[j] == 0 ? 1 : 0;
                rows[i] = 1;
                columns[j] = 1;
            }
        }
    }
    if (wrong == 0) {
        goto done;
    }
    add_ranges(&words, picture->row_name, rows, picture->rows);
    sc_words_add(&words, ": ");
    add_ranges(&words, picture->column_name, columns, picture->columns);
    if (wrong < wrong_rows * wrong_columns) {
        sc_words_add(&words, ", in %lld of these %lld places", (long long)wrong,
                     (long long)(wrong_rows * wrong_columns));
    }
    if (wrong > 1 && least == most) {
        sc_words_add(&words, ", all at %s = %s %c %d", picture->column_name, picture->row_name,
                     least < 0 ? '-' : '+', least < 0 ? -least : least);
    }
    if (hidden > 0) {
        sc_words_add(&words, hidden == wrong ? ", hidden" : ", %lld of them hidden",
                     (long long)hidden);
    }
    built = sc_words_take(&words);
    if (built != NULL) {
        (void)snprintf(text, room, "%s", built);
    }
done:
    free(built);
    free(columns);
    free(rows);
}
