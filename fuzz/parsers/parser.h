/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_PARSERS_PARSER_H
#define SC_FUZZ_PARSERS_PARSER_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The entry point of a libFuzzer program: one input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold of whatever a reader accepts. */
static inline void sc_parser_expect(int holds)
{
    if (!holds) {
        abort();
    }
}

#endif
