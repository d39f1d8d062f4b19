/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/shrink_step.h"

#include <math.h>
#include <stddef.h>

static bool try(struct sc_shrinker *s, struct sc_recipe *candidate)
{
    const struct sc_shrink_kept all = {0};

    return sc_shrink_try(s, candidate, &all);
}

/* The power of two at or below a magnitude, with the sign. */
static float power_of_two(float value)
{
    int exponent = 0;

    if (value == 0.0f || frexpf(value, &exponent) == 0.0f) {
        return 0.0f;
    }
    return copysignf(ldexpf(1.0f, exponent - 1), value);
}

static void tau(struct sc_shrinker *s)
{
    const float simpler[] = {1.0f, power_of_two(s->best.tau)};

    for (size_t n = 0; n < 2; n++) {
        struct sc_recipe candidate = s->best;

        candidate.tau = simpler[n];
        if (try(s, &candidate)) {
            return;
        }
    }
}

static void bias(struct sc_shrinker *s)
{
    struct sc_recipe candidate = s->best;

    candidate.biases = 1;
    candidate.bias[0] = 0.0f;
    if (try(s, &candidate)) {
        return;
    }
    for (int32_t n = 0; n < s->best.biases && s->best.biases > 1; n++) {
        candidate.bias[0] = s->best.bias[n];
        (void)try(s, &candidate);
    }
    for (int32_t n = 0; n < s->best.biases; n++) {
        const float simpler[] = {0.0f, power_of_two(s->best.bias[n])};

        for (size_t v = 0; v < 2; v++) {
            candidate = s->best;
            candidate.bias[n] = simpler[v];
            (void)try(s, &candidate);
        }
    }
}

static void slopes(struct sc_shrinker *s)
{
    struct sc_recipe candidate = s->best;

    for (int32_t n = 0; n < s->best.slopes_count && s->best.slopes_count > 1; n++) {
        candidate.slopes_count = 1;
        candidate.slopes[0] = s->best.slopes[n];
        (void)try(s, &candidate);
    }
    for (int32_t n = 0; n < s->best.slopes_count; n++) {
        const float simpler[] = {1.0f, power_of_two(s->best.slopes[n])};

        for (size_t v = 0; v < 2; v++) {
            candidate = s->best;
            candidate.slopes[n] = simpler[v];
            (void)try(s, &candidate);
        }
    }
}

static void hidden(struct sc_shrinker *s)
{
    struct sc_recipe candidate = s->best;

    candidate.hidden = SC_HIDDEN_NAN;
    (void)try(s, &candidate);
}

static int32_t get_left(const struct sc_recipe *r)
{
    return r->left;
}

static void set_left(struct sc_recipe *r, int32_t value)
{
    r->left = value;
}

static int32_t get_right(const struct sc_recipe *r)
{
    return r->right;
}

static void set_right(struct sc_recipe *r, int32_t value)
{
    r->right = value;
}

/* A side without an end first, then fewer keys. An unbounded side counts 0 and stays. */
static void band(struct sc_shrinker *s)
{
    static const struct sc_shrink_number left = {get_left, set_left};
    static const struct sc_shrink_number right = {get_right, set_right};
    struct sc_recipe candidate = s->best;

    candidate.left = SC_MASK_UNBOUNDED;
    (void)try(s, &candidate);
    candidate = s->best;
    candidate.right = SC_MASK_UNBOUNDED;
    (void)try(s, &candidate);
    if (s->best.left != SC_MASK_UNBOUNDED) {
        sc_shrink_descend(s, &left, 0);
    }
    if (s->best.right != SC_MASK_UNBOUNDED) {
        sc_shrink_descend(s, &right, 0);
    }
}

static int32_t get_block_rows(const struct sc_recipe *r)
{
    return r->block_rows;
}

static void set_block_rows(struct sc_recipe *r, int32_t value)
{
    r->block_rows = value;
}

static int32_t get_block_keys(const struct sc_recipe *r)
{
    return r->block_keys;
}

static void set_block_keys(struct sc_recipe *r, int32_t value)
{
    r->block_keys = value;
}

static void cells(struct sc_shrinker *s)
{
    static const struct sc_shrink_number rows = {get_block_rows, set_block_rows};
    static const struct sc_shrink_number keys = {get_block_keys, set_block_keys};
    struct sc_recipe candidate = s->best;

    if (s->best.block_rows > 0) {
        candidate.density = 16;
        (void)try(s, &candidate);
        candidate = s->best;
        candidate.plane_shared = 0;
        (void)try(s, &candidate);
        sc_shrink_descend(s, &rows, 1);
        sc_shrink_descend(s, &keys, 1);
    }
}

/* An entry of a list of lengths down, by steps that halve. `entry` is of the member that `at` gives. */
static void lower(struct sc_shrinker *s, int32_t *(*at)(struct sc_recipe *, int32_t), int32_t entry)
{
    for (int32_t step = *at(&s->best, entry); step >= 1; step /= 2) {
        for (bool fell = true; fell && *at(&s->best, entry) >= step;) {
            struct sc_recipe candidate = s->best;

            *at(&candidate, entry) -= step;
            fell = try(s, &candidate);
        }
    }
}

static int32_t *length_at(struct sc_recipe *r, int32_t entry)
{
    return &r->lengths[entry];
}

static int32_t *packed_q_at(struct sc_recipe *r, int32_t entry)
{
    return &r->packed_q[entry];
}

static int32_t *packed_k_at(struct sc_recipe *r, int32_t entry)
{
    return &r->packed_k[entry];
}

/* At most four entries of a list are lowered one by one: more are alike as a rule. */
static void lengths(struct sc_shrinker *s)
{
    for (int32_t count = 1; count < s->best.lengths_count; count *= 2) {
        struct sc_recipe candidate = s->best;

        candidate.lengths_count = count;
        (void)try(s, &candidate);
    }
    for (int32_t n = 0; n < s->best.lengths_count && n < 4; n++) {
        lower(s, length_at, n);
    }
    for (int32_t n = 0; n < s->best.packed_count && n < 4; n++) {
        lower(s, packed_q_at, n);
        lower(s, packed_k_at, n);
    }
}

void sc_shrink_scalars(struct sc_shrinker *s)
{
    tau(s);
    bias(s);
    slopes(s);
    hidden(s);
    band(s);
    lengths(s);
    cells(s);
}
