/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fp64_sum.h"

#include "reference/oracle/clones.h"
#include "reference/oracle/fp64_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum sc_status sc_fp64_sum_create(struct sc_fp64_sum *sum, int64_t size, struct sc_error *error)
{
    double *const memory = calloc(5 * (size_t)size + 1, sizeof *memory);

    *sum = (struct sc_fp64_sum){.size = size};
    if (memory == NULL) {
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory for %lld sums", (long long)size);
    }
    sum->high = memory;
    sum->low = memory + size;
    sum->radius = memory + 2 * size;
    sum->term = memory + 3 * size;
    sum->term_radius = memory + 4 * size;
    return SC_OK;
}

void sc_fp64_sum_destroy(struct sc_fp64_sum *sum)
{
    free(sum->high);
    sum->high = NULL;
}

void sc_fp64_sum_clear(struct sc_fp64_sum *sum)
{
    memset(sum->high, 0, 3 * (size_t)sum->size * sizeof *sum->high);
    sum->additions = 0;
}

SC_CLONES void sc_fp64_sum_add(struct sc_fp64_sum *sum, int64_t count)
{
    double *restrict high = sum->high, *restrict low = sum->low, *restrict radius = sum->radius;
    const double *restrict term = sum->term, *restrict term_radius = sum->term_radius;

    for (int64_t n = 0; n < count; n++) {
        const double next = high[n] + term[n];
        const double back = next - high[n];
        low[n] += (high[n] - (next - back)) + (term[n] - back);
        high[n] = next;
        radius[n] += term_radius[n];
    }
    sum->additions++;
}

struct sc_enclosure sc_fp64_enclosure(double value, double radius)
{
    const double lo = nextafter(value - radius, -HUGE_VAL);
    const double hi = nextafter(value + radius, HUGE_VAL);

    return (struct sc_enclosure){lo == 0.0 ? 0.0 : lo, hi == 0.0 ? 0.0 : hi};
}

struct sc_enclosure sc_fp64_sum_enclosure(const struct sc_fp64_sum *sum, int64_t n, double scale,
                                          int64_t terms)
{
    const double value = scale * (sum->high[n] + sum->low[n]);
    /* What `low` lost: additions^2 u^2 of the sum of sizes, of which the radius holds 2^-46 at least. */
    const double lost = (double)sum->additions * (double)sum->additions * 0x1p-60;
    const double radius = sum->radius[n] * (SC_FP64_SLACK + lost) + 4.0 * (double)terms * 0x1p-1074;

    return sc_fp64_enclosure(
        value, (scale * radius + 4.0 * SC_FP64_ROUNDOFF * fabs(value)) * SC_FP64_SLACK + 0x1p-1073);
}
