/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/parsers/parser.h"
#include "reference/judge/arithmetic_text.h"

#include <string.h>

/* A declared arithmetic: what is accepted prints as a line that reads as the same one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sc_arithmetic_text parsed, again;
    static char line[SC_ARITHMETIC_TEXT_BYTES], second[SC_ARITHMETIC_TEXT_BYTES];
    char *const text = malloc(size + 1);

    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (sc_arithmetic_parse(text, &parsed, NULL) == SC_OK) {
        sc_arithmetic_print(&parsed, line);
        sc_parser_expect(sc_arithmetic_parse(line, &again, NULL) == SC_OK);
        sc_arithmetic_print(&again, second);
        sc_parser_expect(strcmp(line, second) == 0);
    }
    free(text);
    return 0;
}
