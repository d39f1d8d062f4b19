/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/replay/describe.h"

#include "fuzz/prepared.h"

#include <stdbool.h>
#include <stddef.h>

#define LISTED 8 /* entries of a list that are named */

static const char *format_name(enum sc_format format)
{
    static const char *const names[] = {"bf16", "fp16", "fp32"};

    return names[format];
}

static void add_count(struct sc_words *words, int32_t count, const char *one, const char *many)
{
    sc_words_add(words, "%d %s", count, count == 1 ? one : many);
}

static void add_floats(struct sc_words *words, const float *list, int32_t count)
{
    for (int32_t n = 0; n < count && n < LISTED; n++) {
        sc_words_add(words, "%s%.9g", n > 0 ? ", " : "", (double)list[n]);
    }
    sc_words_add(words, "%s", count > LISTED ? ", ..." : "");
}

static void add_integers(struct sc_words *words, const int32_t *list, int32_t count)
{
    for (int32_t n = 0; n < count && n < LISTED; n++) {
        sc_words_add(words, "%s%d", n > 0 ? ", " : "", list[n]);
    }
    sc_words_add(words, "%s", count > LISTED ? ", ..." : "");
}

static void add_shape(struct sc_words *words, const struct sc_recipe *r)
{
    add_count(words, r->batch, r->packed_count > 0 ? "packed sequence" : "sequence",
              r->packed_count > 0 ? "packed sequences" : "sequences");
    sc_words_add(words, ", ");
    add_count(words, r->heads_q, "head", "heads");
    if (r->heads_kv != r->heads_q) {
        sc_words_add(words, " on ");
        add_count(words, r->heads_kv, "key head", "key heads");
    }
    sc_words_add(words, ", ");
    add_count(words, r->n_q, "row", "rows");
    sc_words_add(words, ", ");
    add_count(words, r->n_k, "key", "keys");
    sc_words_add(words, ", d = %d, d_v = %d, %s in, %s out, %s", r->d, r->d_v,
                 format_name(r->format_in), format_name(r->format_out),
                 r->backward ? "forward and backward" : "forward");
}

static void add_side(struct sc_words *words, int32_t extent, const char *where)
{
    if (extent == SC_MASK_UNBOUNDED) {
        sc_words_add(words, "all %s", where);
    } else {
        sc_words_add(words, "%d %s", extent, where);
    }
}

static void add_mask(struct sc_words *words, const struct sc_recipe *r)
{
    if (r->left == SC_MASK_UNBOUNDED && r->right == SC_MASK_UNBOUNDED) {
        sc_words_add(words, "every row sees every key");
    } else if (r->left == SC_MASK_UNBOUNDED && r->right == 0) {
        sc_words_add(words, "causal, aligned at the last key");
    } else {
        sc_words_add(words, "a window: ");
        add_side(words, r->left, "keys before");
        sc_words_add(words, " and ");
        add_side(words, r->right, "after a row's own place");
    }
    if (r->lengths_count > 0) {
        sc_words_add(words, "; key lengths ");
        add_integers(words, r->lengths, r->lengths_count);
    }
    if (r->packed_count > 0) {
        sc_words_add(words, "; packed as rows ");
        add_integers(words, r->packed_q, r->packed_count);
        sc_words_add(words, " with keys ");
        add_integers(words, r->packed_k, r->packed_count);
        sc_words_add(words, ", over and over, the last one with the rest");
    }
    if (r->block_rows > 0) {
        sc_words_add(words, "; a mask of bytes in cells of %d rows x %d keys, %d/16 visible%s%s",
                     r->block_rows, r->block_keys, r->density,
                     (r->plane_shared & SC_SHARED_SEQUENCES) != 0 ? ", shared by sequences" : "",
                     (r->plane_shared & SC_SHARED_HEADS) != 0 ? ", shared by heads" : "");
    }
}

static void add_scores(struct sc_words *words, const struct sc_recipe *r)
{
    static const char *const scopes[] = {"", " per head", " per sequence"};

    sc_words_add(words, "tau = %.9g, b%s = ", (double)r->tau, scopes[r->bias_scope]);
    if (r->biases == 0) {
        sc_words_add(words, "-log(%d)", r->n_k);
    } else {
        add_floats(words, r->bias, r->biases);
    }
    if (r->slopes_count > 0) {
        sc_words_add(words, ", ALiBi slopes ");
        add_floats(words, r->slopes, r->slopes_count);
    }
}

static void add_values(struct sc_words *words, const struct sc_recipe *r)
{
    sc_words_add(words, "%s values of seed %llu; hidden places: %s",
                 sc_recipe_values_name(r->values), (unsigned long long)r->seed,
                 sc_recipe_hidden_name(r->hidden));
    if (r->rows_count > 0) {
        sc_words_add(words, "; rows drawn as numbers ");
        add_integers(words, r->rows, r->rows_count);
    }
    if (r->keys_count > 0) {
        sc_words_add(words, "; keys drawn as numbers ");
        add_integers(words, r->keys, r->keys_count);
    }
    for (int32_t n = 0; n < r->patches_count && n < LISTED; n++) {
        const struct sc_recipe_patch *patch = &r->patches[n];
        sc_words_add(words, "; %s element %lld set to bits 0x%x",
                     sc_tensor_name((enum sc_tensor)patch->tensor), (long long)patch->element,
                     patch->bits);
    }
    if (r->patches_count > LISTED) {
        sc_words_add(words, "; %d more elements set", r->patches_count - LISTED);
    }
}

/* Whether there was anything to say. */
static bool add_places(struct sc_words *words, const struct sc_recipe *r)
{
    bool any = false;

    for (int32_t t = 0; t < SC_TENSORS; t++) {
        const struct sc_recipe_place *place = &r->places[t];

        if (!place->strided && place->base == 0) {
            continue;
        }
        sc_words_add(words, "%s%s", any ? "; " : "", sc_tensor_name((enum sc_tensor)t));
        if (place->strided) {
            sc_words_add(words, " with strides %lld, %lld, %lld", (long long)place->batch,
                         (long long)place->head, (long long)place->row);
        }
        if (place->base != 0) {
            sc_words_add(words, " %d elements past an alignment of 256 bytes", place->base);
        }
        any = true;
    }
    return any;
}

void sc_describe_recipe(const struct sc_recipe *recipe, const char *indent, struct sc_words *words)
{
    static void (*const parts[])(struct sc_words *, const struct sc_recipe *) = {
        add_shape, add_mask, add_scores, add_values};
    struct sc_words places = {0};

    for (size_t n = 0; n < sizeof parts / sizeof parts[0]; n++) {
        sc_words_add(words, "%s", indent);
        parts[n](words, recipe);
        sc_words_add(words, "\n");
    }
    const bool any = add_places(&places, recipe);
    if (any && !places.lost) {
        sc_words_add(words, "%s%s\n", indent, places.text);
    }
    words->lost = words->lost || places.lost;
    sc_words_destroy(&places);
}
