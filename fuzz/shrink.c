/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/shrink.h"

#include "fuzz/clock.h"
#include "fuzz/shrink_step.h"

#include <stddef.h>
#include <stdlib.h>

/* FNV-1a of the line, never 0. */
static uint64_t hash_of(const struct sc_recipe *recipe)
{
    char line[SC_RECIPE_TEXT_MAX];
    const size_t length = sc_recipe_print(recipe, line);
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t n = 0; n < length; n++) {
        hash = (hash ^ (uint8_t)line[n]) * 0x100000001b3u;
    }
    return hash == 0 ? 1 : hash;
}

/* A key length is at most the keys that are left, and the hash is of another case. */
static void fit(struct sc_recipe *r)
{
    r->hashed = false;
    r->hash = 0;
    for (int32_t n = 0; n < r->lengths_count; n++) {
        r->lengths[n] = r->lengths[n] > r->n_k ? r->n_k : r->lengths[n];
    }
}

bool sc_shrink_try(struct sc_shrinker *s, struct sc_recipe *candidate,
                   const struct sc_shrink_kept *kept)
{
    bool fails = false;

    if (s->over) {
        return false;
    }
    if (kept != NULL) {
        sc_shrink_patches(&s->best, kept, candidate);
    }
    fit(candidate);
    const struct sc_shrink_size size = sc_shrink_size(candidate);
    if (sc_shrink_compare(&size, &s->size) >= 0 || sc_recipe_check(candidate, NULL) != SC_OK) {
        return false;
    }
    const uint64_t hash = hash_of(candidate);
    uint64_t *seen = &s->seen[hash % SC_SHRINK_SEEN];
    if (*seen == hash) {
        return false;
    }
    if (s->tries >= s->limits.tries || (s->end > 0.0 && sc_clock_now() >= s->end)) {
        s->over = true;
        return false;
    }
    s->tries++;
    s->status = s->fails(s->context, candidate, &fails, s->error);
    if (s->status != SC_OK) {
        s->over = true;
        return false;
    }
    if (!fails) {
        *seen = hash;
        return false;
    }
    s->best = *candidate;
    s->size = size;
    return true;
}

void sc_shrink_descend(struct sc_shrinker *s, const struct sc_shrink_number *number, int32_t least)
{
    static const int32_t plain[] = {0, 1, 2, 3, 4, 8, 16, 32, 64, 128, 256};
    const struct sc_shrink_kept first = {0};

    for (size_t n = 0; n < sizeof plain / sizeof plain[0]; n++) {
        struct sc_recipe candidate = s->best;

        if (plain[n] >= least && plain[n] < number->get(&s->best)) {
            number->set(&candidate, plain[n]);
            if (sc_shrink_try(s, &candidate, &first)) {
                break;
            }
        }
    }
    for (int32_t step = (number->get(&s->best) - least + 1) / 2; step >= 1; step /= 2) {
        for (bool fell = true; fell && number->get(&s->best) - step >= least;) {
            struct sc_recipe candidate = s->best;

            number->set(&candidate, number->get(&s->best) - step);
            fell = sc_shrink_try(s, &candidate, &first);
        }
    }
}

enum sc_status sc_shrink(const struct sc_recipe *failing, sc_shrink_fails *fails, void *context,
                         const struct sc_shrink_limits *limits, struct sc_recipe *smallest,
                         int32_t *tries, struct sc_error *error)
{
    static void (*const passes[])(struct sc_shrinker *) = {
        sc_shrink_off,      sc_shrink_sequences, sc_shrink_heads,  sc_shrink_lines,
        sc_shrink_channels, sc_shrink_scalars,   sc_shrink_values,
    };
    struct sc_shrinker *s = calloc(1, sizeof *s);

    *smallest = *failing;
    smallest->hashed = false;
    smallest->hash = 0;
    *tries = 0;
    if (s == NULL) {
        return sc_fail(error, SC_E_MEMORY, "shrink: no memory for %zu bytes", sizeof *s);
    }
    s->best = *smallest;
    s->size = sc_shrink_size(&s->best);
    s->fails = fails;
    s->context = context;
    s->limits = *limits;
    s->end = limits->seconds > 0.0 ? sc_clock_now() + limits->seconds : 0.0;
    s->error = error;
    for (bool fell = true; fell && !s->over;) {
        const struct sc_shrink_size before = s->size;

        for (size_t n = 0; n < sizeof passes / sizeof passes[0] && !s->over; n++) {
            passes[n](s);
        }
        fell = sc_shrink_compare(&s->size, &before) < 0;
    }
    *smallest = s->best;
    *tries = s->tries;
    const enum sc_status status = s->status;
    free(s);
    return status;
}
