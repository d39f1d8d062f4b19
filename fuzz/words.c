/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct sc_words *words, size_t more)
{
    size_t room = words->room > 0 ? words->room : 1024;

    while (room - words->length <= more) {
        room *= 2;
    }
    if (room != words->room) {
        char *text = realloc(words->text, room);

        if (text == NULL) {
            return false;
        }
        words->text = text;
        words->room = room;
    }
    return true;
}

void sc_words_add(struct sc_words *words, const char *format, ...)
{
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    if (words->lost || length < 0 || !make_room(words, (size_t)length)) {
        words->lost = true;
    } else {
        words->length += (size_t)vsnprintf(words->text + words->length, words->room - words->length,
                                           format, again);
    }
    va_end(again);
    va_end(arguments);
}

char *sc_words_take(struct sc_words *words)
{
    char *text = words->text;

    if (words->lost || text == NULL) {
        free(text);
        text = words->lost ? NULL : calloc(1, 1);
    }
    memset(words, 0, sizeof *words);
    return text;
}

void sc_words_destroy(struct sc_words *words)
{
    free(words->text);
    memset(words, 0, sizeof *words);
}
