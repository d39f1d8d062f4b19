/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/normal.h"

#include "fuzz/philox.h"
#include "spec/format_value.h"

void sc_normal_bf16(uint64_t seed, uint16_t *bits, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        const struct sc_philox counter = {{(uint32_t)n, (uint32_t)((uint64_t)n >> 32), 0, 0}};
        const struct sc_philox drawn = sc_philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
        bits[n] = (uint16_t)sc_format_encode(SC_FORMAT_BF16, sc_philox_normal(drawn.word));
    }
}
