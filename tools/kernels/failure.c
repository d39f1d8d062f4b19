/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/failure.h"

#include "spec/format_value.h"

#include <stdio.h>

void sc_failure_note(const struct sc_outputs *outputs, struct sc_check_tally *tally,
                     const char *what)
{
    const struct sc_case *c = outputs->c;

    if (tally->first[0] == '\0') {
        (void)snprintf(tally->first, sizeof tally->first, "case %llu (%s, %s): %s",
                       (unsigned long long)c->seed, sc_generate_mask_name(c->mask),
                       sc_generate_values_name(c->values), what);
    }
}

void sc_failure_element(const struct sc_outputs *outputs, struct sc_check_tally *tally,
                        enum sc_outputs_kind kind, const struct sc_oracle_element *at,
                        const char *what, double value)
{
    const int64_t first = sc_outputs_row(outputs, kind, at->b, at->head, at->index);
    const uint32_t bits = sc_outputs_bits(outputs, kind, first + at->channel);
    char text[192];

    (void)snprintf(text, sizeof text, "%s[%d][%d][%d][%d] is %a, %s %a", sc_outputs_name(kind),
                   at->b, at->head, at->index, at->channel,
                   sc_format_decode(sc_outputs_format(outputs, kind), bits), what, value);
    sc_failure_note(outputs, tally, text);
}
