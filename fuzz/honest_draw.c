/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest.h"
#include "reference/judge/activation.h"

const char *sc_honest_kind_name(enum sc_honest_kind kind)
{
    static const char *const names[SC_HONEST_KINDS] = {
        "declared", "fma",      "tiled",    "steps",    "preloaded", "parts", "heads",
        "flush",    "truncate", "products", "one-term", "two-terms", "mixed"};

    return names[kind];
}

static void draw_activation(struct sc_random *random, struct sc_honest *x)
{
    const struct sc_activation_error *const tables[] = {&sc_activation_limits, &sc_activation_h100,
                                                        &sc_activation_one_term_h100};

    x->activation = (enum sc_honest_activation)sc_random_int(random, 0, SC_HONEST_EX2_TWO);
    x->arithmetic.activation = tables[sc_random_int(random, 0, 2)];
    if (x->activation == SC_HONEST_EX2_ONE) {
        x->arithmetic.activation = &sc_activation_one_term;
    }
    if (x->activation == SC_HONEST_EX2_TWO) {
        x->arithmetic.activation = &sc_activation_limits;
    }
}

static void draw_core(enum sc_honest_kind kind, const struct sc_problem *problem,
                      struct sc_random *random, struct sc_kernel_arithmetic *a)
{
    const bool sixteen = problem->format_in != SC_FORMAT_FP32;
    const bool tensor = kind == SC_HONEST_TILED || kind == SC_HONEST_STEPS;

    a->schedule.core = SC_CORE_FMA;
    a->schedule.format_p = (enum sc_format)sc_random_int(random, 0, 2);
    if (kind != SC_HONEST_FMA && sixteen && (tensor || sc_random_int(random, 0, 2) > 0)) {
        a->schedule.core = sc_random_int(random, 0, 3) == 0 ? SC_CORE_A100 : SC_CORE_H100;
        a->schedule.format_p = problem->format_in;
    }
}

static void draw_order(enum sc_honest_kind kind, struct sc_random *random,
                       struct sc_kernel_arithmetic *a)
{
    const int32_t most = a->schedule.core == SC_CORE_H100 ? 16 : 8;
    const int32_t terms = sc_random_int(random, 0, most), tile = sc_random_int(random, 1, 48);

    a->order = kind == SC_HONEST_DECLARED ? SC_ORDER_DECLARED
               : kind == SC_HONEST_TILED  ? SC_ORDER_TILED
               : kind == SC_HONEST_STEPS || kind == SC_HONEST_FMA
                   ? SC_ORDER_ANY
                   : (enum sc_order)sc_random_int(random, 0, SC_ORDER_ANY);
    if (a->order == SC_ORDER_TILED) {
        a->tile = tile;
        a->terms = a->schedule.core == SC_CORE_FMA ? 0 : terms;
    }
}

static void draw_parts(enum sc_honest_kind kind, struct sc_random *random,
                       struct sc_kernel_arithmetic *a)
{
    const bool mixed = kind == SC_HONEST_MIXED;
    const int32_t split = 16 * sc_random_int(random, 0, 1), parts = sc_random_int(random, 2, 6);
    const enum sc_stored part = (enum sc_stored)sc_random_int(random, 0, 2),
                         group = (enum sc_stored)sc_random_int(random, 0, 2);

    a->schedule.split_keys = kind == SC_HONEST_DECLARED ? split : 0;
    if (kind == SC_HONEST_PARTS || (mixed && sc_random_int(random, 0, 1) == 0)) {
        a->parts = parts;
        a->part_format = part;
    }
    if (kind == SC_HONEST_HEADS || (mixed && sc_random_int(random, 0, 1) == 0)) {
        a->group = SC_GROUP_HEADS;
        a->group_format = group;
    }
}

void sc_honest_draw(enum sc_honest_kind kind, const struct sc_problem *problem,
                    struct sc_random *random, struct sc_honest *honest)
{
    const bool mixed = kind == SC_HONEST_MIXED;
    struct sc_honest x = {.seed = 0};
    struct sc_kernel_arithmetic *a = &x.arithmetic;

    draw_core(kind, problem, random, a);
    draw_order(kind, random, a);
    draw_parts(kind, random, a);
    a->schedule.score = kind == SC_HONEST_PRELOADED ? SC_SCORE_PRELOADED
                                                    : (enum sc_score)sc_random_int(random, 0, 2);
    a->spread = kind == SC_HONEST_PRODUCTS || (mixed && sc_random_int(random, 0, 1) == 0)
                    ? SC_SPREAD_PRODUCTS
                    : SC_SPREAD_FUSED;
    a->flush = kind == SC_HONEST_FLUSH || (mixed && sc_random_int(random, 0, 1) == 0);
    a->truncate = kind == SC_HONEST_TRUNCATE || (mixed && sc_random_int(random, 0, 1) == 0);
    draw_activation(random, &x);
    if (kind == SC_HONEST_ONE_TERM || kind == SC_HONEST_TWO_TERMS) {
        const bool one = kind == SC_HONEST_ONE_TERM;
        x.activation = one ? SC_HONEST_EX2_ONE : SC_HONEST_EX2_TWO;
        a->activation = one ? &sc_activation_one_term : &sc_activation_limits;
    }
    x.now_and_then = sc_random_int(random, 0, 2) == 0;
    x.scale_first = sc_random_int(random, 0, 1) == 0;
    x.seed = sc_random_bits(random);
    *honest = x;
}

void sc_honest_redraw(struct sc_random *random, struct sc_honest *honest)
{
    const bool own = honest->activation >= SC_HONEST_EX2_ONE;

    switch (sc_random_int(random, 0, 4)) {
    case 0:
        honest->activation =
            own ? honest->activation
                : (enum sc_honest_activation)sc_random_int(random, 0, SC_HONEST_EITHER);
        break;
    case 1:
        honest->now_and_then = !honest->now_and_then;
        break;
    case 2:
        honest->scale_first = !honest->scale_first;
        break;
    default:
        honest->seed = sc_random_bits(random);
        break;
    }
}
