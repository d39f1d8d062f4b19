/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_KERNEL_SUM_H
#define SC_REFERENCE_JUDGE_KERNEL_SUM_H

#include "spec/arithmetic.h"
#include "spec/bound.h"

#include <stdbool.h>
#include <stdint.h>

/* The error of a kernel's sums of products: steps, parts, what is stored between them. Formulas and the theorems
 * they are instances of: kernel_bound.h. */

#define SC_KERNEL_U     0x1p-24  /* unit roundoff of fp32 */
#define SC_KERNEL_T     0x1p-150 /* half its least subnormal */
#define SC_KERNEL_FLUSH 0x1p-126 /* what is flushed is less */
#define SC_KERNEL_LIMIT                                                                            \
    0x1p127 /* what is at most this does not overflow fp32, however it is rounded */

/* What a sum of n nonnegative products in plain arithmetic may be short of, added: a factor of
 * (1 + 2^-53)^(n + 3) for its roundings, 2^-1074 for each product that underflows. n >= 1. */
static inline double sc_kernel_sum_enlarge(double sum, int64_t n)
{
    const double factor = sc_upward_add(1.0, (double)(n + 4) * 0x1p-52);

    return sc_upward_add(sc_upward_multiply(sum, factor), (double)n * 0x1p-1073);
}

/* (1 + alpha)^m (1 + u)^k - 1 <= exp(x) - 1 <= x + x^2 for x = m alpha + k u <= 1, exact where it is called;
 * +Inf beyond. */
double sc_kernel_sum_growth(double x);

/* The sums of a core, over factors of one format. */
struct sc_kernel_core {
    double alpha, omega; /* of a step */
    double floor;        /* a factor that is not zero is charged at least this */
    int32_t terms;       /* of a step */
    enum sc_order order;
    int32_t tile, tile_steps; /* of SC_ORDER_TILED */
    bool flush;               /* fp32 operations flush */
    bool flush_factors;       /* and those of the products are of fp32 */
};

struct sc_kernel_core sc_kernel_core_of(const struct sc_kernel_arithmetic *arithmetic,
                                        enum sc_format format);

/* Where a product stands: its index in the sum, the declared step, the part. */
struct sc_kernel_place {
    int64_t index, step, part;
};

/* A sum, its products given in ascending order of places. Steps and parts of zero products alone are exact. */
struct sc_kernel_sum {
    double magnitude; /* of products and init; plain arithmetic */
    bool init;        /* it starts from something that is not zero */
    int64_t edges;    /* of SC_ORDER_TILED: tiles of a part that need not lie within its span */
    int64_t products; /* that are not zero */
    int64_t steps, longest, parts; /* of the parts that are closed; the longest is of one of them */
    struct sc_kernel_place last;   /* product; -1 before the first */
    int64_t part_first, part_products, part_steps; /* of the open part */
};

struct sc_kernel_sum sc_kernel_sum_from(double init, int64_t edges);

/* Closes the open part, if there is one. */
void sc_kernel_sum_close(const struct sc_kernel_core *core, struct sc_kernel_sum *sum);

/* One product that is not zero. Inline: it is what most of the time of a bound goes to. */
static inline void sc_kernel_sum_add(const struct sc_kernel_core *core, struct sc_kernel_sum *sum,
                                     double magnitude, const struct sc_kernel_place *place)
{
    if (place->part != sum->last.part) {
        sc_kernel_sum_close(core, sum);
        sum->part_first = place->index;
    }
    if (place->part != sum->last.part || place->step != sum->last.step) {
        sum->part_steps++;
    }
    sum->magnitude += magnitude;
    sum->products++;
    sum->part_products++;
    sum->last = *place;
}

/* How parts are stored and added. */
struct sc_kernel_merge {
    int64_t parts; /* at most, of unknown borders; 0 and 1: those that were seen */
    enum sc_stored format;
    bool truncate;
    double tau; /* by which a part may have been multiplied before it was stored */
};

/* Closes the sum. The error of its result: its own and `error`, that of its terms; +Inf if it may overflow.
 *   merge  NULL: the sum has one part, and error is 0
 *   size   >= sum of |x y|, exact products */
double sc_kernel_sum_error(const struct sc_kernel_core *core, struct sc_kernel_sum *sum,
                           const struct sc_kernel_merge *merge, double size, double error);

/* Rounding to a 16-bit format: |rounded - x| <= u |x| + eta.
 *   flush  subnormal fp32 operands may be taken as 0, which matters to bf16 */
struct sc_kernel_conversion {
    double u, eta;
};
struct sc_kernel_conversion sc_kernel_conversion_of(enum sc_format format, bool truncate,
                                                    bool flush);

#endif
