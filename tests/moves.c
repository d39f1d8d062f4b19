/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/moves.h"

#include "reference/regularity/ascent.h"
#include "tests/layer_head.h"
#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>

static void moves_create(const struct layer_head *x, double radius, struct sc_moves *moves)
{
    cr_assert_eq(
        sc_moves_create(&x->balls, 0, x->q, x->k, &x->rounded, &x->parts, radius, moves, NULL),
        SC_OK);
}

/* c <q_i, k_j> of head 0. Positions and biases of scores do not move. */
static double score(const struct sc_layer *l, const struct layer_head *x, int32_t i, int32_t j)
{
    double sum = 0.0;

    for (int32_t c = 0; c < l->d; c++) {
        sum += x->q[i * l->d + c] * x->k[j * l->d + c];
    }
    return l->scale * sum;
}

/* The scores of row i at two points, sigmoid: the largest ratio of their difference to the bound. Softmax: some number of
 * the row may be taken from all differences, so the range of (difference - bound) to (difference + bound) must not be
 * empty. Rounding of 1e-12. */
static void expect_row(const struct sc_layer *l, const struct layer_head *at,
                       const struct layer_head *to, const struct sc_moves *moves,
                       enum sc_moves_set set, int32_t i, uint64_t seed)
{
    double low = -HUGE_VAL, high = HUGE_VAL;

    for (int32_t j = 0; j < l->tokens; j++) {
        const double difference = score(l, to, i, j) - score(l, at, i, j);
        const double bound = sc_moves_score(moves, set, i, j) + 1e-12 * (1.0 + fabs(difference));
        low = fmax(low, difference - bound);
        high = fmin(high, difference + bound);
        cr_expect(l->kind == SC_LAYER_SOFTMAX || fabs(difference) <= bound,
                  "seed %d, score (%d, %d) moves by %g, bound %g", (int)seed, i, j, difference,
                  bound);
    }
    cr_expect(low <= high, "seed %d, row %d", (int)seed, i);
}

Test(moves, scores_stay_within_the_bound_for_layers_of_every_kind)
{
    static const double radii[] = {0.01, 0.3, 3.0};
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct sc_random random = {~seed * 7};
        const double radius = radii[seed % 3];
        struct layer_head at, to;
        struct sc_moves moves;
        layer_sample_make(&s, seed);
        layer_head_create(&at, &s.layer, s.x);
        moves_create(&at, radius, &moves);
        for (int32_t try = 0; try < 4; try++) {
            const struct sc_ascent_set set = {(enum sc_moves_set)(try % 2), s.x, radius};
            double x[LAYER_IN];
            for (int32_t n = 0; n < LAYER_IN; n++) {
                x[n] = s.x[n] + 10.0 * sc_random_normal(&random);
            }
            sc_ascent_project(&s.layer, &set, x);
            layer_head_create(&to, &s.layer, x);
            for (int32_t i = 0; i < s.layer.tokens; i++) {
                expect_row(&s.layer, &at, &to, &moves, set.kind, i, seed);
            }
            layer_head_destroy(&to);
        }
        sc_moves_destroy(&moves);
        layer_head_destroy(&at);
    }
}

/* Derivatives of queries and keys, and how far they are from those at the centre, by their Frobenius norm over sqrt(d). */
static void expect_derivative(const struct sc_layer *l, const double *at, const double *to,
                              double size, double turn, uint64_t seed)
{
    double from_0 = 0.0, from_centre = 0.0;
    const int32_t least = l->d < l->width ? l->d : l->width;

    for (int32_t n = 0; n < l->d * l->width; n++) {
        from_0 += to[n] * to[n];
        from_centre += (to[n] - at[n]) * (to[n] - at[n]);
    }
    cr_expect(sqrt(from_0 / least) <= size * (1.0 + 1e-12), "seed %d: %g, bound %g", (int)seed,
              sqrt(from_0 / least), size);
    cr_expect(sqrt(from_centre / least) <= turn + 1e-12, "seed %d: turns by %g, bound %g",
              (int)seed, sqrt(from_centre / least), turn);
}

Test(moves, derivatives_behind_a_norm_stay_within_the_bound)
{
    static const double radii[] = {0.01, 0.3, 3.0};
    struct layer_sample s;

    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct sc_random random = {seed * 11};
        const struct sc_ascent_set set = {SC_MOVES_EACH, s.x, radii[seed % 3]};
        double x[LAYER_IN];
        struct layer_head at, to;
        struct sc_moves moves;
        layer_sample_make(&s, seed);
        for (int32_t n = 0; n < LAYER_IN; n++) {
            x[n] = s.x[n] + 10.0 * sc_random_normal(&random);
        }
        sc_ascent_project(&s.layer, &set, x);
        layer_head_create(&at, &s.layer, s.x);
        layer_head_create(&to, &s.layer, x);
        moves_create(&at, set.radius, &moves);
        for (int32_t i = 0; i < (at.a.moving ? s.layer.tokens : 1); i++) {
            expect_derivative(&s.layer, at.a.q + i * at.a.step, to.a.q + i * at.a.step,
                              moves.size_q[i], moves.turn_q[i], seed);
            expect_derivative(&s.layer, at.a.k + i * at.a.step, to.a.k + i * at.a.step,
                              moves.size_k[i], moves.turn_k[i], seed);
        }
        sc_moves_destroy(&moves);
        layer_head_destroy(&at);
        layer_head_destroy(&to);
    }
}

/* Width 1, all weights 1: score (i, j) is c x_i x_j, and what it moves by at most is known. */
Test(moves, scores_of_one_channel_move_as_far_as_they_can)
{
    static const double one = 1.0, zero = 0.0, x[] = {2.0, 3.0};
    static const double c = 0.5, r = 0.25;
    const struct sc_layer layer = {.kind = SC_LAYER_SIGMOID,
                                   .tokens = 2,
                                   .width = 1,
                                   .heads = 1,
                                   .d = 1,
                                   .d_v = 1,
                                   .scale = c,
                                   .w_q = &one,
                                   .w_k = &one,
                                   .w_v = &one,
                                   .bias = &zero,
                                   .left = SC_MASK_UNBOUNDED,
                                   .right = SC_MASK_UNBOUNDED};
    const struct {
        const char *name;
        enum sc_moves_set set;
        int32_t i, j;
        double expected;
    } rows[] = {
        {"a token with itself", SC_MOVES_WHOLE, 0, 0, c * (2.25 * 2.25 - 4.0)},
        {"a token with itself", SC_MOVES_EACH, 1, 1, c * (3.25 * 3.25 - 9.0)},
        {"each", SC_MOVES_EACH, 0, 1, c * (2.25 * 3.25 - 6.0)},
        {"together", SC_MOVES_WHOLE, 0, 1, c * (sqrt(13.0) * r + r * r / 2.0)},
        {"together", SC_MOVES_WHOLE, 1, 0, c * (sqrt(13.0) * r + r * r / 2.0)},
    };
    struct layer_head at;
    struct sc_moves moves;

    layer_head_create(&at, &layer, x);
    moves_create(&at, r, &moves);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const double found = sc_moves_score(&moves, rows[n].set, rows[n].i, rows[n].j);
        cr_expect(found >= rows[n].expected * (1.0 - 1e-15) &&
                      found <= rows[n].expected * (1.0 + 1e-9),
                  "%s, (%d, %d): %.17g, expected %.17g", rows[n].name, rows[n].i, rows[n].j, found,
                  rows[n].expected);
    }
    sc_moves_destroy(&moves);
    layer_head_destroy(&at);
}

/* N(y) = y / sqrt(y^2 + epsilon) of one channel: N' = epsilon / s^3 and N'' = -3 y epsilon / s^5, largest in size near y =
 * sqrt(epsilon) / 2. */
Test(moves, a_norm_is_bounded_where_the_set_reaches_zero)
{
    static const double one = 1.0, zero = 0.0, x = 0.5;
    struct sc_layer layer = {.tokens = 1,
                             .width = 1,
                             .heads = 1,
                             .d = 1,
                             .d_v = 1,
                             .scale = 1.0,
                             .w_q = &one,
                             .w_k = &one,
                             .w_v = &one,
                             .bias = &zero,
                             .left = SC_MASK_UNBOUNDED,
                             .right = SC_MASK_UNBOUNDED,
                             .norm = SC_LAYER_RMS,
                             .epsilon = 0.01};
    struct layer_head at;
    struct sc_moves moves;

    layer_head_create(&at, &layer, &x);
    moves_create(&at, 1.0, &moves);
    cr_expect(moves.size_q[0] >= 10.0 * (1.0 - 1e-15) && moves.size_q[0] <= 10.0 * (1.0 + 1e-9),
              "N'(0) = 1 / sqrt(epsilon): %.17g", moves.size_q[0]);
    cr_expect(sc_moves_score(&moves, SC_MOVES_WHOLE, 0, 0) <= 2.0 * (1.0 + 1e-9), "q k <= 1: %.17g",
              sc_moves_score(&moves, SC_MOVES_WHOLE, 0, 0));
    sc_moves_destroy(&moves);
    layer_head_destroy(&at);
    layer.epsilon = 0.0;
    layer_head_create(&at, &layer, &x);
    moves_create(&at, 1.0, &moves);
    cr_expect(isinf(moves.size_q[0]) && isinf(moves.size_k[0]), "%g", moves.size_q[0]);
    sc_moves_destroy(&moves);
    layer_head_destroy(&at);
}
