/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/prepared.h"
#include "fuzz/shrink_step.h"

#include <stddef.h>
#include <string.h>

/* Features are put off one at a time, those first that hide the most behind them. */

static void no_plane(struct sc_recipe *r)
{
    const struct sc_recipe plain = sc_recipe_plain();

    r->block_rows = plain.block_rows;
    r->block_keys = plain.block_keys;
    r->density = plain.density;
    r->plane_shared = plain.plane_shared;
}

static void no_slopes(struct sc_recipe *r)
{
    r->slopes_count = 0;
}

static void no_lengths(struct sc_recipe *r)
{
    r->lengths_count = 0;
}

static void full(struct sc_recipe *r)
{
    r->left = SC_MASK_UNBOUNDED;
    r->right = SC_MASK_UNBOUNDED;
}

static void causal(struct sc_recipe *r)
{
    r->left = SC_MASK_UNBOUNDED;
    r->right = 0;
}

static void no_packing(struct sc_recipe *r)
{
    r->packed_count = 0;
    r->batch = 1;
}

static void no_climb(struct sc_recipe *r)
{
    r->climb = 0;
}

static void forward(struct sc_recipe *r)
{
    r->backward = false;
}

static void scalar_bias(struct sc_recipe *r)
{
    r->bias_scope = SC_BIAS_SCALAR;
    r->biases = r->biases > 0 ? 1 : 0;
}

static void one_group(struct sc_recipe *r)
{
    r->heads_q = r->heads_kv;
}

static void key_heads_repeated(struct sc_recipe *r)
{
    r->heads_kv = r->heads_q;
}

static void narrow_values(struct sc_recipe *r)
{
    r->d = r->d < r->d_v ? r->d : r->d_v;
    r->d_v = r->d;
}

static void wide_values(struct sc_recipe *r)
{
    r->d = r->d > r->d_v ? r->d : r->d_v;
    r->d_v = r->d;
}

static void compact(struct sc_recipe *r)
{
    memset(r->places, 0, sizeof r->places);
}

static void aligned(struct sc_recipe *r)
{
    for (size_t t = 0; t < SC_TENSORS; t++) {
        r->places[t].base = 0;
    }
}

/* One tensor at a time, its strides and its base. */
static void compact_singly(struct sc_shrinker *s)
{
    const struct sc_shrink_kept all = {0};

    for (size_t t = 0; t < SC_TENSORS; t++) {
        struct sc_recipe candidate = s->best;

        memset(&candidate.places[t], 0, sizeof candidate.places[t]);
        if (!sc_shrink_try(s, &candidate, &all)) {
            candidate = s->best;
            candidate.places[t].base = 0;
            if (!sc_shrink_try(s, &candidate, &all)) {
                candidate = s->best;
                memset(&candidate.places[t], 0, sizeof candidate.places[t]);
                candidate.places[t].base = s->best.places[t].base;
                (void)sc_shrink_try(s, &candidate, &all);
            }
        }
    }
}

void sc_shrink_off(struct sc_shrinker *s)
{
    static void (*const changes[])(struct sc_recipe *) = {
        no_climb,           forward,     no_plane,      no_packing,  no_lengths,
        no_slopes,          full,        causal,        scalar_bias, one_group,
        key_heads_repeated, wide_values, narrow_values, compact,     aligned,
    };
    const struct sc_shrink_kept all = {0};

    for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
        struct sc_recipe candidate = s->best;

        changes[c](&candidate);
        (void)sc_shrink_try(s, &candidate, &all);
    }
    compact_singly(s);
}
