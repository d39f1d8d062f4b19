/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/footprint.h"

bool sc_footprint_linear(const struct sc_footprint *points, int32_t count, int64_t slack,
                         int32_t *at)
{
    for (*at = 1; *at < count; ++*at) {
        const struct sc_footprint *const half = &points[*at - 1], *const whole = &points[*at];
        if (half->n < 1 || whole->n != 2 * half->n || half->bytes < 0 ||
            whole->bytes - slack > 2 * half->bytes) {
            return false;
        }
    }
    return count >= 2;
}

double sc_footprint_per_token(const struct sc_footprint *points, int32_t count)
{
    const struct sc_footprint *const last = &points[count - 1];

    return (double)(last->bytes - points[0].bytes) / (double)(last->n - points[0].n);
}
