/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_FOOTPRINT_H
#define SC_TOOLS_MEASURE_FOOTPRINT_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes that a pass takes at a length. */
struct sc_footprint {
    int64_t n, bytes;
};

/* Whether memory grows at most as the length does: bytes(2n) <= 2 bytes(n) + slack for each point and the next.
 *   points  at least two, each of twice the length before; lengths and bytes in [0, 2^61)
 *   slack   >= 0: what an allocator rounds up to. Memory that grows as n^2 passes only below slack / 2.
 *   at      receives the first point that is too large or not of twice the length; count if there is none
 * False too for fewer points than two. */
bool sc_footprint_linear(const struct sc_footprint *points, int32_t count, int64_t slack,
                         int32_t *at);

/* Bytes that one more token takes, from the first point to the last; the points are as above. */
double sc_footprint_per_token(const struct sc_footprint *points, int32_t count);

#endif
