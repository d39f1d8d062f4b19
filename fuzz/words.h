/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_WORDS_H
#define SC_FUZZ_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* A text that grows. All zero is an empty one. Without memory it becomes none, and stays so. */
struct sc_words {
    char *text;
    size_t length, room;
    bool lost;
};

void sc_words_add(struct sc_words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The text, which the caller frees; NULL: there was no memory. Then the words are empty again. */
char *sc_words_take(struct sc_words *words);

/* Frees them. They are empty again. */
void sc_words_destroy(struct sc_words *words);

#endif
