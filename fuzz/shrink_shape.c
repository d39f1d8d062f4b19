/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/shrink_step.h"

#include <stddef.h>
#include <string.h>

static int32_t get_batch(const struct sc_recipe *r)
{
    return r->batch;
}

static void set_batch(struct sc_recipe *r, int32_t value)
{
    r->batch = value;
}

static int32_t get_heads_kv(const struct sc_recipe *r)
{
    return r->heads_kv;
}

/* Keeps the group. */
static void set_heads_kv(struct sc_recipe *r, int32_t value)
{
    r->heads_q = r->heads_q / r->heads_kv * value;
    r->heads_kv = value;
}

static int32_t get_group(const struct sc_recipe *r)
{
    return r->heads_q / r->heads_kv;
}

static void set_group(struct sc_recipe *r, int32_t value)
{
    r->heads_q = r->heads_kv * value;
}

static int32_t get_d(const struct sc_recipe *r)
{
    return r->d;
}

static void set_d(struct sc_recipe *r, int32_t value)
{
    r->d = value;
}

static int32_t get_d_v(const struct sc_recipe *r)
{
    return r->d_v;
}

static void set_d_v(struct sc_recipe *r, int32_t value)
{
    r->d_v = value;
}

static int32_t get_widths(const struct sc_recipe *r)
{
    return r->d < r->d_v ? r->d : r->d_v;
}

static void set_widths(struct sc_recipe *r, int32_t value)
{
    r->d = value;
    r->d_v = value;
}

void sc_shrink_heads(struct sc_shrinker *s)
{
    static const struct sc_shrink_number kv = {get_heads_kv, set_heads_kv};
    static const struct sc_shrink_number group = {get_group, set_group};

    sc_shrink_descend(s, &kv, 1);
    sc_shrink_descend(s, &group, 1);
}

void sc_shrink_channels(struct sc_shrinker *s)
{
    static const struct sc_shrink_number both = {get_widths, set_widths};
    static const struct sc_shrink_number d = {get_d, set_d}, d_v = {get_d_v, set_d_v};

    sc_shrink_descend(s, &both, 1);
    sc_shrink_descend(s, &d, 1);
    sc_shrink_descend(s, &d_v, 1);
}

/* Lines from `first` on, `count` of them, of a list of numbers. A list that says 0, 1, 2, ... or that is too long is
 * left out; whether what is left out was 0, 1, 2, ... does not matter: the candidate is tried. */
static void cut(int32_t *list, int32_t *entries, int32_t first, int32_t count)
{
    bool natural = true;
    int32_t next[SC_RECIPE_LIST];

    if (count > SC_RECIPE_LIST || first + count > (*entries > 0 ? *entries : INT32_MAX)) {
        *entries = 0;
        return;
    }
    for (int32_t n = 0; n < count; n++) {
        next[n] = *entries > 0 ? list[first + n] : first + n;
        natural = natural && next[n] == n;
    }
    memcpy(list, next, (size_t)count * sizeof *next);
    *entries = natural ? 0 : count;
}

/* Rows and keys that packed sequence `wanted` starts at and has. */
static void packed_at(const struct sc_recipe *r, int32_t wanted, int32_t first[2],
                      int32_t length[2])
{
    first[0] = first[1] = 0;
    for (int32_t b = 0; b <= wanted; b++) {
        const int32_t left_q = r->n_q - first[0], left_k = r->n_k - first[1];
        const int32_t q = r->packed_q[b % r->packed_count], k = r->packed_k[b % r->packed_count];
        const bool last = b == r->batch - 1;

        length[0] = last || q > left_q ? left_q : q;
        length[1] = last || k > left_k ? left_k : k;
        if (b < wanted) {
            first[0] += length[0];
            first[1] += length[1];
        }
    }
}

static void rotate(int32_t *list, int32_t count, int32_t sequence)
{
    if (count > 0) {
        list[0] = list[sequence % count];
    }
}

/* One sequence alone, as if it were the only one. */
static bool only(struct sc_shrinker *s, int32_t sequence)
{
    struct sc_recipe candidate = s->best;
    struct sc_shrink_kept kept = {.entry = sequence};
    int32_t first[2], length[2], rows[SC_RECIPE_LIST], keys[SC_RECIPE_LIST];

    candidate.batch = 1;
    rotate(candidate.lengths, candidate.lengths_count, sequence);
    candidate.lengths_count = candidate.lengths_count > 0 ? 1 : 0;
    if (candidate.bias_scope == SC_BIAS_PER_SEQUENCE && candidate.biases > 0) {
        candidate.bias[0] = candidate.bias[sequence % candidate.biases];
        candidate.biases = 1;
    }
    if (candidate.packed_count > 0) {
        packed_at(&s->best, sequence, first, length);
        candidate.packed_count = 0;
        candidate.n_q = length[0];
        candidate.n_k = length[1];
        cut(candidate.rows, &candidate.rows_count, first[0], length[0]);
        cut(candidate.keys, &candidate.keys_count, first[1], length[1]);
        kept.entry = 0;
        for (int32_t n = 0; n < SC_RECIPE_LIST; n++) {
            rows[n] = first[0] + n;
            keys[n] = first[1] + n;
        }
        kept.q_rows = length[0] <= SC_RECIPE_LIST ? rows : NULL;
        kept.k_rows = length[1] <= SC_RECIPE_LIST ? keys : NULL;
    }
    return sc_shrink_try(s, &candidate, &kept);
}

/* The packed sequences from `first` on, `count` of them. */
static bool packed_range(struct sc_shrinker *s, int32_t first, int32_t count)
{
    struct sc_recipe candidate = s->best;
    struct sc_shrink_kept kept = {0};
    int32_t begin[2], end[2], length[2], rows[SC_RECIPE_LIST], keys[SC_RECIPE_LIST];

    packed_at(&s->best, first, begin, length);
    packed_at(&s->best, first + count - 1, end, length);
    end[0] += length[0];
    end[1] += length[1];
    candidate.batch = count;
    candidate.n_q = end[0] - begin[0];
    candidate.n_k = end[1] - begin[1];
    cut(candidate.rows, &candidate.rows_count, begin[0], candidate.n_q);
    cut(candidate.keys, &candidate.keys_count, begin[1], candidate.n_k);
    for (int32_t n = 0; n < s->best.packed_count; n++) {
        candidate.packed_q[n] = s->best.packed_q[(first + n) % s->best.packed_count];
        candidate.packed_k[n] = s->best.packed_k[(first + n) % s->best.packed_count];
    }
    for (int32_t n = 0; n < candidate.lengths_count; n++) {
        candidate.lengths[n] = s->best.lengths[(first + n) % s->best.lengths_count];
    }
    for (int32_t n = 0; n < SC_RECIPE_LIST; n++) {
        rows[n] = begin[0] + n;
        keys[n] = begin[1] + n;
    }
    kept.q_rows = candidate.n_q <= SC_RECIPE_LIST ? rows : NULL;
    kept.k_rows = candidate.n_k <= SC_RECIPE_LIST ? keys : NULL;
    candidate.packed_count = count < candidate.packed_count ? count : candidate.packed_count;
    return sc_shrink_try(s, &candidate, &kept);
}

/* Drops packed sequences from the end and from the front, by steps that halve. */
static void packed_fewer(struct sc_shrinker *s)
{
    for (int32_t step = s->best.batch / 2; step >= 1; step /= 2) {
        while (!s->over && s->best.packed_count > 0 && s->best.batch > step &&
               (packed_range(s, 0, s->best.batch - step) ||
                packed_range(s, step, s->best.batch - step))) {
        }
    }
}

void sc_shrink_sequences(struct sc_shrinker *s)
{
    static const struct sc_shrink_number batch = {get_batch, set_batch};

    for (int32_t b = 0; b < s->best.batch && b < 8 && s->best.batch > 1; b++) {
        if (only(s, b)) {
            return;
        }
    }
    if (s->best.batch > 8 && only(s, s->best.batch - 1)) {
        return;
    }
    if (s->best.packed_count > 0) {
        packed_fewer(s);
        if (s->best.batch == 1) {
            (void)only(s, 0);
        }
    }
    sc_shrink_descend(s, &batch, 1);
}
