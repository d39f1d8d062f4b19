/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/kernel_sum.h"

#include "spec/format_value.h"

#include <stddef.h>

double sc_kernel_sum_growth(double x)
{
    return x <= 1.0 ? sc_upward_add(x, sc_upward_multiply(x, x)) : HUGE_VAL;
}

struct sc_kernel_core sc_kernel_core_of(const struct sc_kernel_arithmetic *arithmetic,
                                        enum sc_format format)
{
    const enum sc_core kind = arithmetic->schedule.core;
    struct sc_kernel_core core = {5 * 0x1p-23,
                                  5 * 0x1p-149,
                                  sc_format_pow2(sc_format_exponent_min(format)),
                                  kind == SC_CORE_H100 ? 16 : 8,
                                  arithmetic->order,
                                  arithmetic->tile,
                                  0,
                                  arithmetic->flush,
                                  false};

    if (kind == SC_CORE_FMA) {
        core.alpha = SC_KERNEL_U;
        core.omega = arithmetic->flush ? SC_KERNEL_FLUSH : SC_KERNEL_T;
        core.floor = 0.0;
        core.terms = 1;
        core.flush_factors = arithmetic->flush;
        core.order = arithmetic->order == SC_ORDER_TILED ? SC_ORDER_ANY : arithmetic->order;
    }
    if (core.order == SC_ORDER_TILED) {
        core.terms = arithmetic->terms > 0 ? arithmetic->terms : core.terms;
        core.tile_steps = (core.tile - 1) / core.terms + 1;
    }
    return core;
}

struct sc_kernel_sum sc_kernel_sum_from(double init, int64_t edges)
{
    return (struct sc_kernel_sum){
        .magnitude = init, .init = init != 0.0, .edges = edges, .last = {-1, -1, -1}};
}

/* At most span / tile tiles lie within the span. */
static int64_t tiled_steps(const struct sc_kernel_core *core, const struct sc_kernel_sum *sum)
{
    const int64_t span = sum->last.index - sum->part_first + 1;

    return core->tile_steps * (span / core->tile + sum->edges);
}

void sc_kernel_sum_close(const struct sc_kernel_core *core, struct sc_kernel_sum *sum)
{
    int64_t steps = sum->part_steps;

    if (sum->part_products == 0) {
        return;
    }
    if (core->order != SC_ORDER_DECLARED) {
        steps = sum->part_products;
    }
    if (core->order == SC_ORDER_TILED && tiled_steps(core, sum) < steps) {
        steps = tiled_steps(core, sum);
    }
    steps += core->order == SC_ORDER_ANY && sum->init ? 1 : 0;
    sum->longest = steps > sum->longest ? steps : sum->longest;
    sum->steps += steps;
    sum->parts++;
    sum->part_products = 0;
    sum->part_steps = 0;
}

struct sc_kernel_conversion sc_kernel_conversion_of(enum sc_format format, bool truncate,
                                                    bool flush)
{
    const double factor = truncate ? 1.0 : 0.5;
    struct sc_kernel_conversion x = {2.0 * factor * sc_format_unit_roundoff(format),
                                     factor * sc_format_ulp(format, 0.0)};

    if (format == SC_FORMAT_FP32) {
        x = (struct sc_kernel_conversion){0.0, 0.0};
    }
    if (flush && format != SC_FORMAT_FP16) {
        x.eta = SC_KERNEL_FLUSH; /* either it is rounded or it is flushed */
    }
    return x;
}

/* What `count` additions of fp32 may flush: each its result, and one operand that no addition made; the
 * first of them both. */
static double flushed(const struct sc_kernel_core *core, int64_t count)
{
    return core->flush && count > 0 ? (double)(2 * count + 1) * SC_KERNEL_FLUSH : 0.0;
}

/* Parts of together `size`, with errors of together `error`, are stored and added. */
static double merged(const struct sc_kernel_core *core, const struct sc_kernel_merge *merge,
                     int64_t parts, double size, double error)
{
    const enum sc_format format = merge->format == SC_STORED_BF16 ? SC_FORMAT_BF16 : SC_FORMAT_FP16;
    const struct sc_kernel_conversion x =
        sc_kernel_conversion_of(format, merge->truncate, core->flush);
    const double eta = merge->tau < 1.0 ? nextafter(x.eta / merge->tau, HUGE_VAL) : x.eta;
    const double largest = sc_upward_multiply(fmax(1.0, merge->tau), sc_upward_add(size, error));
    const double stored =
        sc_bound_rounded(x.u, sc_upward_multiply((double)parts, eta), size, error);
    const double kappa = sc_kernel_sum_growth((double)(parts - 1) * SC_KERNEL_U);
    const double flush = sc_upward_multiply(sc_upward_add(1.0, kappa), flushed(core, parts - 1));

    if (!(largest < sc_format_max(format))) {
        return HUGE_VAL;
    }
    return sc_upward_add(sc_upward_add(stored, flush),
                         sc_upward_multiply(kappa, sc_upward_add(size, stored)));
}

double sc_kernel_sum_error(const struct sc_kernel_core *core, struct sc_kernel_sum *sum,
                           const struct sc_kernel_merge *merge, double size, double error)
{
    sc_kernel_sum_close(core, sum);
    if (sum->products == 0) {
        return error;
    }
    const bool open = merge != NULL && merge->parts > 1;
    const int64_t most = open && merge->parts < sum->products ? merge->parts : sum->products;
    const int64_t parts = open ? most : sum->parts;
    const bool stored = merge != NULL && merge->format != SC_STORED_FP32;
    /* where any order is allowed, additions of parts are among those that were counted */
    const int64_t merges = stored || (open && core->order == SC_ORDER_ANY) ? 0 : parts - 1;
    const int64_t additions = core->order == SC_ORDER_ANY ? sum->products : merges;
    /* a border that is not known may cut a step in two */
    const int64_t steps = sum->steps + (open ? parts - 1 : 0);
    const double kappa =
        sc_kernel_sum_growth((double)sum->longest * core->alpha + (double)merges * SC_KERNEL_U);
    const double magnitude = sc_kernel_sum_enlarge(sum->magnitude, sum->products + 1);
    const double floor = sc_upward_multiply(
        sc_upward_add(1.0, kappa),
        sc_upward_add(sc_upward_multiply((double)steps, core->omega), flushed(core, additions)));
    const double own = sc_upward_add(sc_upward_multiply(kappa, magnitude), floor);

    if (!(sc_upward_add(magnitude, own) < SC_KERNEL_LIMIT)) {
        return HUGE_VAL;
    }
    const double all = error > 0.0 ? sc_upward_add(error, own) : own;
    return stored ? merged(core, merge, parts, size, all) : all;
}
