/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/call.h"
#include "fuzz/parsers/parser.h"

#include <string.h>

/* A line that asks for a call: what is accepted prints as a line that reads as the same call. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sc_call call, again;
    char line[SC_CALL_TEXT_MAX], second[SC_CALL_TEXT_MAX];

    if (sc_call_parse((const char *)data, size, &call, NULL) != SC_OK) {
        return 0;
    }
    const size_t bytes = sc_call_print(&call, line);
    sc_parser_expect(sc_call_parse(line, bytes, &again, NULL) == SC_OK);
    sc_parser_expect(sc_call_print(&again, second) == bytes && memcmp(line, second, bytes) == 0);
    return 0;
}
