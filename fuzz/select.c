/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/select.h"

#include "fuzz/coverage.h"
#include "fuzz/draw_recipe.h"
#include "fuzz/prepared.h"

#include <stddef.h>

#define CANDIDATES 8

struct sc_select_limits sc_select_defaults(void)
{
    const struct sc_select_limits limits = {
        .elements_max = 1 << 21, .pairs_max = 1 << 22, .span_max = ((int64_t)1 << 31) + (1 << 24)};

    return limits;
}

void sc_select_recipe(uint64_t seed, const struct sc_kernel_traits *traits,
                      const struct sc_select_limits *limits, const struct sc_coverage *coverage,
                      struct sc_recipe *recipe)
{
    struct sc_random seeds = {seed};
    /* Not the seed itself: the streams of states that are near each other overlap. */
    struct sc_draw draw = {{sc_random_bits(&seeds)}, traits, limits};
    int32_t most = -1;

    for (int candidate = 0; candidate < (coverage != NULL ? CANDIDATES : 1); candidate++) {
        struct sc_recipe drawn = sc_recipe_plain();
        drawn.seed = sc_random_bits(&draw.random);
        sc_draw_shape(&draw, &drawn);
        sc_draw_masks(&draw, &drawn);
        sc_draw_scores(&draw, &drawn);
        sc_draw_places(&draw, &drawn);
        sc_draw_climb(&draw, &drawn);
        const int32_t pairs = coverage != NULL ? sc_coverage_new(coverage, &drawn) : 0;
        if (pairs > most) {
            most = pairs;
            *recipe = drawn;
        }
    }
}

static const char *shape_refusal(const struct sc_kernel_traits *t, const struct sc_recipe *r)
{
    const uint32_t does = t->features;

    if ((t->formats_in >> r->format_in & 1) == 0) {
        return "not its input format";
    }
    if ((t->formats_out >> r->format_out & 1) == 0) {
        return "not its output format";
    }
    if (r->d > t->d_max || r->d % t->d_multiple != 0) {
        return "not a width of Q and K that it does";
    }
    if (r->d_v > t->d_v_max || r->d_v % t->d_multiple != 0) {
        return "not a width of V that it does";
    }
    if (r->d_v != r->d && (does & SC_KERNEL_VALUE_WIDTH) == 0) {
        return "d_v is not d";
    }
    if (r->heads_kv != r->heads_q && (does & SC_KERNEL_GROUPED) == 0) {
        return "grouped heads";
    }
    if ((r->n_q == 0 || r->n_k == 0) && (does & SC_KERNEL_EMPTY) == 0) {
        return "no rows or no keys";
    }
    return sc_draw_slow(t, r) ? "more work than it does" : NULL;
}

static const char *mask_refusal(const struct sc_kernel_traits *t, const struct sc_recipe *r)
{
    const uint32_t does = t->features;
    const bool full = r->left == SC_MASK_UNBOUNDED && r->right == SC_MASK_UNBOUNDED;
    const bool causal = r->left == SC_MASK_UNBOUNDED && r->right == 0;

    if (!full && (does & SC_KERNEL_WINDOW) == 0 && !(causal && (does & SC_KERNEL_CAUSAL) != 0)) {
        return causal ? "a causal mask" : "a window";
    }
    if (r->lengths_count > 0 && (does & SC_KERNEL_KEY_LENGTHS) == 0) {
        return "key lengths";
    }
    if (r->packed_count > 0 && (does & SC_KERNEL_PACKED) == 0) {
        return "packed sequences";
    }
    if (r->block_rows > 0 && (does & SC_KERNEL_PLANE) == 0) {
        return "a mask of bytes";
    }
    if (r->slopes_count > 0 && (does & SC_KERNEL_ALIBI) == 0) {
        return "ALiBi";
    }
    if (r->bias_scope == SC_BIAS_PER_HEAD && (does & SC_KERNEL_BIAS_PER_HEAD) == 0) {
        return "a bias for each head";
    }
    if (r->bias_scope == SC_BIAS_PER_SEQUENCE && (does & SC_KERNEL_BIAS_PER_SEQUENCE) == 0) {
        return "a bias for each sequence";
    }
    return NULL;
}

const char *sc_select_refusal(const struct sc_kernel_traits *traits, const struct sc_recipe *recipe)
{
    const char *refusal = shape_refusal(traits, recipe);

    if (refusal == NULL) {
        refusal = mask_refusal(traits, recipe);
    }
    if (refusal == NULL && recipe->backward && (traits->features & SC_KERNEL_BACKWARD) == 0) {
        refusal = "a backward pass";
    }
    for (int tensor = 0; refusal == NULL && tensor < SC_TENSORS; tensor++) {
        const struct sc_recipe_place *const place = &recipe->places[tensor];
        if (place->strided && (traits->features & SC_KERNEL_STRIDES) == 0) {
            refusal = "strides";
        }
        if (place->base != 0 && (traits->features & SC_KERNEL_MISALIGNED) == 0) {
            refusal = "a base beside a boundary of 256 bytes";
        }
    }
    return refusal;
}
