/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/shrink_step.h"

#include <stddef.h>

/* Of how many elements each is looked at: more patches than that say less than a class of values does. */
#define ELEMENTS_MOST 16

static bool try(struct sc_shrinker *s, struct sc_recipe *candidate)
{
    return sc_shrink_try(s, candidate, NULL);
}

static void class(struct sc_shrinker *s)
{
    static const enum sc_recipe_values simpler[] = {SC_VALUES_EXACT, SC_VALUES_NORMAL,
                                                    SC_VALUES_ZERO_Q};

    for (size_t n = 0; n < sizeof simpler / sizeof simpler[0]; n++) {
        struct sc_recipe candidate = s->best;

        candidate.values = simpler[n];
        if (try(s, &candidate)) {
            return;
        }
    }
}

static void numbers(struct sc_shrinker *s)
{
    struct sc_recipe candidate = s->best;

    candidate.seed = 0;
    (void)try(s, &candidate);
    candidate = s->best;
    candidate.rows_count = 0;
    (void)try(s, &candidate);
    candidate = s->best;
    candidate.keys_count = 0;
    (void)try(s, &candidate);
}

/* The patch of an element; -1: none. */
static int32_t patch_of(const struct sc_recipe *r, int32_t tensor, int64_t element)
{
    for (int32_t n = 0; n < r->patches_count; n++) {
        if (r->patches[n].tensor == tensor && r->patches[n].element == element) {
            return n;
        }
    }
    return -1;
}

/* Sets an element, unless it is that or 0 already; whether there was room. */
static bool set(struct sc_recipe *r, int32_t tensor, int64_t element, uint32_t bits)
{
    int32_t n = patch_of(r, tensor, element);

    if (n >= 0 && (r->patches[n].bits == 0 || r->patches[n].bits == bits)) {
        return true;
    }
    if (n < 0) {
        if (r->patches_count == SC_RECIPE_LIST) {
            return false;
        }
        n = r->patches_count++;
    }
    r->patches[n].tensor = tensor;
    r->patches[n].element = element;
    r->patches[n].bits = bits;
    return true;
}

/* Elements `begin` to `end` - 1 of all inputs, one tensor after the other, to one value. */
static void set_range(struct sc_shrinker *s, int64_t begin, int64_t end, uint32_t bits)
{
    struct sc_recipe candidate = s->best;
    int64_t first = 0;

    for (int32_t t = SC_TENSOR_Q; t <= (candidate.backward ? SC_TENSOR_D_O : SC_TENSOR_V); t++) {
        const int64_t elements = sc_shrink_elements_of(&candidate, (enum sc_tensor)t);

        for (int64_t e = begin > first ? begin - first : 0; e < elements && first + e < end; e++) {
            if (!set(&candidate, t, e, bits)) {
                return;
            }
        }
        first += elements;
    }
    (void)try(s, &candidate);
}

/* Patches that are neither 0 nor 1 are taken away. */
static void unpatch(struct sc_shrinker *s)
{
    for (int32_t n = s->best.patches_count - 1; n >= 0; n--) {
        struct sc_recipe candidate = s->best;

        candidate.patches[n] = candidate.patches[candidate.patches_count - 1];
        candidate.patches_count--;
        (void)try(s, &candidate);
    }
}

void sc_shrink_values(struct sc_shrinker *s)
{
    const uint32_t simple[] = {0, sc_shrink_one(s->best.format_in)};

    class(s);
    numbers(s);
    unpatch(s);
    const int64_t elements = sc_shrink_elements(&s->best);
    if (elements > ELEMENTS_MOST || s->best.values == SC_VALUES_EXACT) {
        return;
    }
    for (size_t v = 0; v < 2; v++) {
        for (int64_t block = elements; block >= 1; block /= 2) {
            for (int64_t begin = 0; begin < elements && !s->over; begin += block) {
                set_range(s, begin, begin + block, simple[v]);
            }
        }
    }
}
