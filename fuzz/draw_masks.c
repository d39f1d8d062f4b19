/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/draw_recipe.h"
#include "reference/constants.h"
#include "spec/format_value.h"

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

static int32_t within(int32_t x, int32_t most)
{
    return sc_mask_clamp(x, 0, most);
}

/* A length in [0, most], often at its ends or at a tile's. */
static int32_t part_of(struct sc_draw *draw, int32_t most)
{
    switch (sc_draw_int(draw, 0, 6)) {
    case 0:
        return 0;
    case 1:
        return most;
    case 2:
        return within(most - 1, most);
    case 3:
    case 4:
        return within(16 * sc_draw_int(draw, 1, most / 16 + 1) + sc_draw_int(draw, -1, 1), most);
    default:
        return sc_draw_int(draw, 0, most);
    }
}

static int32_t draw_side(struct sc_draw *draw, int32_t keys)
{
    switch (sc_draw_int(draw, 0, 6)) {
    case 0:
        return 0;
    case 1:
        return keys > 0 ? keys - 1 : 0;
    case 2:
        return keys + sc_draw_int(draw, 0, 1);
    case 3:
        return SC_MASK_UNBOUNDED;
    case 4:
        return 16 * sc_draw_int(draw, 1, 4) + sc_draw_int(draw, -1, 1);
    default:
        return sc_draw_int(draw, 0, keys);
    }
}

static void draw_band(struct sc_draw *draw, struct sc_recipe *r)
{
    const bool window = sc_draw_does(draw, SC_KERNEL_WINDOW);
    const bool causal = sc_draw_does(draw, SC_KERNEL_CAUSAL) || window;

    if (window && sc_draw_one_in(draw, 3)) {
        r->left = draw_side(draw, r->n_k);
        r->right = draw_side(draw, r->n_k);
    } else if (causal && sc_draw_one_in(draw, 3)) {
        r->right = 0;
    }
}

static int32_t listed(int32_t count)
{
    return count < SC_RECIPE_LIST ? count : SC_RECIPE_LIST;
}

static void draw_packed(struct sc_draw *draw, struct sc_recipe *r)
{
    int32_t rows = r->n_q, keys = r->n_k;

    r->packed_count = listed(r->batch);
    for (int32_t b = 0; b < r->packed_count; b++) {
        const bool last = b + 1 == r->batch;
        r->packed_q[b] = last ? rows : part_of(draw, rows);
        r->packed_k[b] = last ? keys : part_of(draw, keys);
        rows -= r->packed_q[b];
        keys -= r->packed_k[b];
    }
}

static void draw_lengths(struct sc_draw *draw, struct sc_recipe *r)
{
    r->lengths_count = listed(r->batch);
    for (int32_t b = 0; b < r->lengths_count; b++) {
        r->lengths[b] = part_of(draw, r->n_k);
    }
    if (sc_draw_one_in(draw, 4)) { /* all of them */
        for (int32_t b = 0; b < r->lengths_count; b++) {
            r->lengths[b] = r->n_k;
        }
    }
}

static void draw_plane(struct sc_draw *draw, struct sc_recipe *r)
{
    static const int32_t densities[] = {0, 1, 4, 8, 8, 12, 15, 16};

    r->block_rows = 1;
    r->block_keys = 1;
    switch (sc_draw_int(draw, 0, 2)) {
    case 0:
        r->block_rows = 16 << sc_draw_int(draw, 0, 3);
        r->block_keys = 16 << sc_draw_int(draw, 0, 3);
        break;
    case 1:
        r->block_rows = sc_draw_int(draw, 1, 9);
        r->block_keys = sc_draw_int(draw, 2, 70);
        break;
    default:
        break;
    }
    r->density = densities[sc_draw_int(draw, 0, LIST_SIZE(densities) - 1)];
    r->plane_shared = sc_draw_int(draw, 0, SC_SHARED_SEQUENCES | SC_SHARED_HEADS);
}

void sc_draw_masks(struct sc_draw *draw, struct sc_recipe *r)
{
    draw_band(draw, r);
    if (sc_draw_does(draw, SC_KERNEL_PACKED) && sc_draw_one_in(draw, 5)) {
        draw_packed(draw, r);
    }
    if (sc_draw_does(draw, SC_KERNEL_KEY_LENGTHS) && sc_draw_one_in(draw, 4)) {
        draw_lengths(draw, r);
    }
    if (sc_draw_does(draw, SC_KERNEL_PLANE) && sc_draw_one_in(draw, 5)) {
        draw_plane(draw, r);
    }
}

static void draw_slopes(struct sc_draw *draw, struct sc_recipe *r)
{
    const bool positive = sc_draw_one_in(draw, 2);

    r->slopes_count = listed(r->heads_q);
    for (int32_t h = 0; h < r->slopes_count; h++) {
        const float slope = (float)sc_format_pow2(-sc_draw_int(draw, 0, 8)) *
                            (1.0f + 0.125f * (float)sc_draw_int(draw, 0, 7));
        const int32_t sign = positive ? 1 : sc_draw_int(draw, -1, 1);
        r->slopes[h] = slope * (float)sign;
    }
}

/* A bias for the class of values: 2^24 tau for a score that it cancels, 0 or +-256 for exact ones. */
static float draw_bias(struct sc_draw *draw, const struct sc_recipe *r, int32_t kind, int32_t size)
{
    const float fraction = 1.0f + (float)sc_draw_int(draw, 0, 255) / 256.0f;

    if (r->values == SC_VALUES_BIAS) {
        return (kind % 2 == 0 ? -r->tau : r->tau) * (float)sc_format_pow2(size);
    }
    if (r->values == SC_VALUES_EXACT) {
        return kind < 3 ? 0.0f : 256.0f * (float)sc_draw_int(draw, -1, 1);
    }
    switch (kind) {
    case 0:
        return 0.0f;
    case 1:
        return -fraction * (float)sc_draw_int(draw, 1, 8);
    case 2:
        return fraction * (float)sc_draw_int(draw, 0, 8);
    default:
        return fraction * (float)(64 * sc_draw_int(draw, -2, 1));
    }
}

static void draw_biases(struct sc_draw *draw, struct sc_recipe *r)
{
    const bool fixed = r->values == SC_VALUES_BIAS || r->values == SC_VALUES_EXACT;
    const bool per_head = sc_draw_does(draw, SC_KERNEL_BIAS_PER_HEAD) && sc_draw_one_in(draw, 3);
    const int32_t kind = sc_draw_int(draw, 0, 3);
    const int32_t size = 2 * sc_draw_int(draw, 3, 12);
    int32_t count = 1;

    if (per_head) {
        r->bias_scope = SC_BIAS_PER_HEAD;
        count = listed(r->heads_q);
    } else if (sc_draw_does(draw, SC_KERNEL_BIAS_PER_SEQUENCE) && sc_draw_one_in(draw, 3)) {
        r->bias_scope = SC_BIAS_PER_SEQUENCE;
        count = listed(r->batch);
    }
    if (!fixed && sc_draw_one_in(draw, 3)) {
        r->biases = 0; /* -log n */
        return;
    }
    r->biases = count;
    for (int32_t x = 0; x < count; x++) {
        r->bias[x] = draw_bias(draw, r, kind, size);
    }
}

void sc_draw_scores(struct sc_draw *draw, struct sc_recipe *r)
{
    /* Ordinary and exact values see most. */
    const int32_t pick = sc_draw_int(draw, 0, SC_VALUES_CLASSES + 3);

    r->values =
        pick < SC_VALUES_CLASSES ? (enum sc_recipe_values)pick : (enum sc_recipe_values)(pick % 2);
    r->hidden = (enum sc_recipe_hidden)sc_draw_int(draw, 0, SC_HIDDEN_KINDS);
    if (r->hidden == SC_HIDDEN_KINDS) {
        r->hidden = SC_HIDDEN_NAN;
    }
    r->tau = sc_constants_scale(r->d);
    if (r->values == SC_VALUES_EXACT || r->values == SC_VALUES_BIAS || sc_draw_one_in(draw, 3)) {
        r->tau = (float)sc_format_pow2(-sc_draw_int(draw, 0, 4));
    }
    draw_biases(draw, r);
    if (r->values != SC_VALUES_EXACT && sc_draw_does(draw, SC_KERNEL_ALIBI) &&
        sc_draw_one_in(draw, 5)) {
        draw_slopes(draw, r);
    }
}
