/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/float_text.h"
#include "fuzz/prepared.h"
#include "fuzz/recipe_text.h"
#include "spec/format_value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char *const sc_recipe_formats[3] = {"bf16", "fp16", "fp32"};
const char *const sc_recipe_scopes[3] = {"scalar", "head", "sequence"};
const char *const sc_recipe_tensors[8] = {"q", "k", "v", "do", "o", "dq", "dk", "dv"};

/* A line in the making. The longest valid one fits. */
struct line {
    char *text;
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int bytes =
        vsnprintf(line->text + line->used, SC_RECIPE_TEXT_MAX - line->used, format, arguments);
    va_end(arguments);
    line->used += bytes > 0 ? (size_t)bytes : 0;
    if (line->used >= SC_RECIPE_TEXT_MAX) {
        line->used = SC_RECIPE_TEXT_MAX - 1;
    }
}

static void add_number(struct line *line, const char *name, int64_t value, int64_t plain)
{
    if (value != plain) {
        add(line, " %s=%" PRId64, name, value);
    }
}

static void add_integers(struct line *line, const char *before, const int32_t *values,
                         int32_t count)
{
    for (int32_t x = 0; x < count; x++) {
        add(line, "%s%" PRId32, x == 0 ? before : ",", values[x]);
    }
}

static void add_floats(struct line *line, const char *before, const float *values, int32_t count)
{
    for (int32_t x = 0; x < count; x++) {
        char number[SC_FLOAT_TEXT_MAX];
        (void)sc_float_text_print(values[x], number);
        add(line, "%s%s", x == 0 ? before : ",", number);
    }
}

static void add_shape(struct line *line, const struct sc_recipe *r, const struct sc_recipe *plain)
{
    add_number(line, "batch", r->batch, plain->batch);
    if (r->heads_q != 1) {
        add(line, r->heads_q == r->heads_kv ? " heads=%" PRId32 : " heads=%" PRId32 "/%" PRId32,
            r->heads_q, r->heads_kv);
    }
    add_number(line, "rows", r->n_q, plain->n_q);
    add_number(line, "keys", r->n_k, plain->n_k);
    add_number(line, "d", r->d, plain->d);
    add_number(line, "d_v", r->d_v, plain->d_v);
    if (r->format_in != plain->format_in) {
        add(line, " in=%s", sc_recipe_formats[r->format_in]);
    }
    if (r->format_out != plain->format_out) {
        add(line, " out=%s", sc_recipe_formats[r->format_out]);
    }
}

static void add_scores(struct line *line, const struct sc_recipe *r)
{
    char before[32];

    if (r->tau != 1.0f) {
        add_floats(line, " tau=", &r->tau, 1);
    }
    if (r->biases == 0) {
        add(line, " bias=%s:log", sc_recipe_scopes[r->bias_scope]);
    } else if (r->bias_scope != SC_BIAS_SCALAR || r->biases > 1 ||
               sc_format_to_bits((double)r->bias[0]) != 0) {
        (void)snprintf(before, sizeof before, " bias=%s:", sc_recipe_scopes[r->bias_scope]);
        add_floats(line, before, r->bias, r->biases);
    }
    add_floats(line, " alibi=", r->slopes, r->slopes_count);
}

static void add_masks(struct line *line, const struct sc_recipe *r)
{
    add_number(line, "left", r->left, SC_MASK_UNBOUNDED);
    add_number(line, "right", r->right, SC_MASK_UNBOUNDED);
    add_integers(line, " lengths=", r->lengths, r->lengths_count);
    add_integers(line, " packed=", r->packed_q, r->packed_count);
    add_integers(line, ":", r->packed_k, r->packed_count);
    if (r->block_rows > 0) {
        add(line, " plane=%" PRId32 "x%" PRId32 ":%" PRId32 "%s%s%s", r->block_rows, r->block_keys,
            r->density, r->plane_shared != 0 ? ":" : "",
            (r->plane_shared & SC_SHARED_SEQUENCES) != 0 ? "b" : "",
            (r->plane_shared & SC_SHARED_HEADS) != 0 ? "h" : "");
    }
}

static void add_places(struct line *line, const struct sc_recipe *r)
{
    for (int tensor = 0; tensor < SC_TENSORS; tensor++) {
        const struct sc_recipe_place *const place = &r->places[tensor];
        if (!place->strided && place->base == 0) {
            continue;
        }
        add(line, " %s=", sc_recipe_tensors[tensor]);
        if (place->strided) {
            add(line, "%" PRId64 ",%" PRId64 ",%" PRId64, place->batch, place->head, place->row);
        }
        if (place->base != 0) {
            add(line, "+%" PRId32, place->base);
        }
    }
}

size_t sc_recipe_print(const struct sc_recipe *recipe, char *text)
{
    struct line line = {text, 0};
    const struct sc_recipe plain = sc_recipe_plain();

    add(&line, "%s", SC_RECIPE_HEAD);
    add_shape(&line, recipe, &plain);
    add_scores(&line, recipe);
    add_masks(&line, recipe);
    if (recipe->values != plain.values) {
        add(&line, " values=%s", sc_recipe_values_name(recipe->values));
    }
    if (recipe->hidden != plain.hidden) {
        add(&line, " hidden=%s", sc_recipe_hidden_name(recipe->hidden));
    }
    if (recipe->seed != 0) {
        add(&line, " seed=%" PRIu64, recipe->seed);
    }
    add_number(&line, "backward", recipe->backward, 0);
    add_number(&line, "climb", recipe->climb, 0);
    add_places(&line, recipe);
    add_integers(&line, " row_ids=", recipe->rows, recipe->rows_count);
    add_integers(&line, " key_ids=", recipe->keys, recipe->keys_count);
    for (int32_t x = 0; x < recipe->patches_count; x++) {
        const struct sc_recipe_patch *const patch = &recipe->patches[x];
        add(&line, "%s%s@%" PRId64 ":%" PRIx32, x == 0 ? " set=" : ",",
            sc_recipe_tensors[patch->tensor], patch->element, patch->bits);
    }
    if (recipe->hashed) {
        add(&line, " hash=%016" PRIx64, recipe->hash);
    }
    return line.used;
}
