/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/shrink_step.h"

#include <stddef.h>
#include <string.h>

/* Rows or keys of a recipe. */
struct lines {
    int32_t *count;   /* n_q or n_k */
    int32_t *entries; /* of the list of their numbers */
    int32_t *list;
};

static struct lines lines_of(struct sc_recipe *r, bool keys)
{
    const struct lines rows = {&r->n_q, &r->rows_count, r->rows};
    const struct lines columns = {&r->n_k, &r->keys_count, r->keys};

    return keys ? columns : rows;
}

/* Keeps `count` lines, those that were at the given places. */
static bool keep(struct sc_shrinker *s, bool keys, const int32_t *places, int32_t count)
{
    struct sc_recipe candidate = s->best;
    struct lines old = lines_of(&s->best, keys), next = lines_of(&candidate, keys);
    const struct sc_shrink_kept kept = {.q_rows = keys ? NULL : places,
                                        .k_rows = keys ? places : NULL};
    bool natural = true;

    for (int32_t n = 0; n < count; n++) {
        next.list[n] = *old.entries > 0 ? old.list[places[n]] : places[n];
        natural = natural && next.list[n] == n;
    }
    *next.count = count;
    *next.entries = natural ? 0 : count;
    return sc_shrink_try(s, &candidate, &kept);
}

/* Delta debugging: takes away blocks of lines, from the last to the first, of half of them down to one. */
static void remove_blocks(struct sc_shrinker *s, bool keys)
{
    int32_t count = *lines_of(&s->best, keys).count;

    for (int32_t block = (count + 1) / 2; block >= 1 && count > 0 && count <= SC_RECIPE_LIST;
         block /= 2) {
        for (int32_t end = count; end > 0 && !s->over; end -= block) {
            const int32_t begin = end > block ? end - block : 0;
            int32_t places[SC_RECIPE_LIST], left = 0;

            for (int32_t n = 0; n < count; n++) {
                if (n < begin || n >= end) {
                    places[left++] = n;
                }
            }
            if (keep(s, keys, places, left)) {
                count = left;
            }
        }
    }
}

/* Of a long case, SC_RECIPE_LIST lines in a row: they keep their values, and blocks can be taken from them. */
static void keep_stretch(struct sc_shrinker *s, bool keys)
{
    const int32_t count = *lines_of(&s->best, keys).count;

    for (int32_t n = 0; n < 16 && count > SC_RECIPE_LIST; n++) {
        const int64_t first =
            n < 15 ? (int64_t)n * SC_RECIPE_LIST : (int64_t)count - SC_RECIPE_LIST;
        int32_t places[SC_RECIPE_LIST];

        for (int32_t p = 0; p < SC_RECIPE_LIST; p++) {
            places[p] = (int32_t)first + p;
        }
        if (first + SC_RECIPE_LIST <= count && keep(s, keys, places, SC_RECIPE_LIST)) {
            return;
        }
    }
}

static int32_t get_rows(const struct sc_recipe *r)
{
    return r->n_q;
}

static int32_t get_keys(const struct sc_recipe *r)
{
    return r->n_k;
}

static int32_t get_lines(const struct sc_recipe *r)
{
    return r->n_q < r->n_k ? r->n_q : r->n_k;
}

/* A list that is longer than the lines is cut; one that is left out stays out. */
static void set_rows(struct sc_recipe *r, int32_t value)
{
    r->n_q = value;
    r->rows_count = r->rows_count > value ? value : r->rows_count;
}

static void set_keys(struct sc_recipe *r, int32_t value)
{
    r->n_k = value;
    r->keys_count = r->keys_count > value ? value : r->keys_count;
}

/* Keeps the difference of rows and keys, and so the place of a diagonal. */
static void set_lines(struct sc_recipe *r, int32_t value)
{
    const int32_t fall = get_lines(r) - value;

    set_rows(r, r->n_q - fall);
    set_keys(r, r->n_k - fall);
}

void sc_shrink_lines(struct sc_shrinker *s)
{
    static const struct sc_shrink_number both = {get_lines, set_lines};
    static const struct sc_shrink_number rows = {get_rows, set_rows}, keys = {get_keys, set_keys};

    sc_shrink_descend(s, &both, 0);
    sc_shrink_descend(s, &rows, 0);
    sc_shrink_descend(s, &keys, 0);
    for (int32_t k = 0; k < 2; k++) {
        keep_stretch(s, k == 1);
        remove_blocks(s, k == 1);
    }
}
