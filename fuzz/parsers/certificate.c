/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/parsers/parser.h"
#include "tools/certificate/stored.h"

#include <math.h>

/* The file of a certificate. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sc_stored stored;

    if (sc_stored_read("input", (const char *)data, size, &stored, NULL) == SC_OK) {
        sc_parser_expect(stored.samples_count >= 1);
        for (int32_t n = 0; n < stored.samples_count; n++) {
            const struct sc_stored_sample *s = &stored.samples[n];
            sc_parser_expect(s->count >= 1 && (s->claims[0] != NULL || s->claims[1] != NULL));
            for (int32_t k = 0; k < 2; k++) {
                sc_parser_expect(s->claims[k] == NULL ||
                                 (s->claims[k]->low >= 0.0 && isfinite(s->claims[k]->high) &&
                                  s->claims[k]->shift >= 0.0));
            }
        }
    }
    sc_stored_destroy(&stored);
    return 0;
}
