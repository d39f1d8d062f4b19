/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/parsers/parser.h"
#include "fuzz/traits.h"

#include <string.h>

/* The line in which a kernel says what it is, and its arithmetic for each format. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sc_worker_kernel kernel, again;
    static char line[SC_TRAITS_TEXT_MAX], second[SC_TRAITS_TEXT_MAX];
    static char part[sizeof kernel.arithmetic];

    if (sc_traits_parse((const char *)data, size, &kernel, NULL) != SC_OK) {
        return 0;
    }
    const size_t bytes = sc_traits_print(&kernel, line);
    sc_parser_expect(sc_traits_parse(line, bytes, &again, NULL) == SC_OK);
    sc_parser_expect(sc_traits_print(&again, second) == bytes && memcmp(line, second, bytes) == 0);
    for (int32_t format = SC_FORMAT_BF16; format <= SC_FORMAT_FP32; format++) {
        (void)sc_traits_arithmetic(kernel.arithmetic, (enum sc_format)format, part, sizeof part);
    }
    return 0;
}
