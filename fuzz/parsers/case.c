/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/parsers/parser.h"
#include "fuzz/recipe.h"

#include <string.h>

/* A case line: what is accepted is a recipe, and prints as a line that reads as the same one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sc_recipe recipe, again;
    char line[SC_RECIPE_TEXT_MAX], second[SC_RECIPE_TEXT_MAX];

    if (sc_recipe_parse((const char *)data, size, &recipe, NULL) != SC_OK) {
        return 0;
    }
    sc_parser_expect(sc_recipe_check(&recipe, NULL) == SC_OK);
    const size_t bytes = sc_recipe_print(&recipe, line);
    sc_parser_expect(sc_recipe_parse(line, bytes, &again, NULL) == SC_OK);
    sc_parser_expect(sc_recipe_print(&again, second) == bytes && memcmp(line, second, bytes) == 0);
    return 0;
}
