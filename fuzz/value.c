/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/value.h"

#include "fuzz/philox.h"
#include "fuzz/place.h"
#include "reference/constants.h"
#include "spec/format_value.h"

/* Parts of a counter's last word: a tensor of the call, or another subject. */
#define SUBJECT_PLANE     SC_TENSORS
#define SUBJECT_ROWS      (SC_TENSORS + 1) /* what a row has in common, 8 tensors from here */
#define SUBJECT_ADDRESS   (2 * SC_TENSORS + 1)
#define SUBJECT_SHIFT     24
#define SPOILED_ROWS      128 /* one in so many rows of Q and dO; half as many of K and V */
#define SUBNORMAL_HIGHEST (-10)

#define INFINITY_BITS 0x7ff0000000000000u
#define NAN_BITS      0x7ff8000000000000u /* quiet */

static struct sc_philox random_of(const struct sc_value_source *source, uint32_t subject,
                                  int32_t entry, int32_t head, int32_t index, int32_t channel)
{
    const uint64_t seed = source->recipe->seed;
    const struct sc_philox counter = {{(uint32_t)channel, (uint32_t)index, (uint32_t)head,
                                       subject << SUBJECT_SHIFT | (uint32_t)entry}};

    return sc_philox(counter, (uint32_t)seed, (uint32_t)(seed >> 32));
}

static int32_t exponent_of(float x)
{
    return (int32_t)(sc_format_to_bits((double)x) / 0x10000000000000u % 2048) - 1023;
}

static int32_t clamp(int32_t x, int32_t low, int32_t high)
{
    return sc_mask_clamp(x, low, high);
}

struct sc_value_source sc_value_source(const struct sc_recipe *recipe)
{
    struct sc_value_source source = {.recipe = recipe};
    const int32_t most = recipe->format_in == SC_FORMAT_FP16 ? 14 : 62;

    for (int tensor = SC_TENSOR_Q; tensor <= SC_TENSOR_D_O; tensor++) {
        source.extents[tensor] = sc_place_extent(recipe, (enum sc_tensor)tensor);
    }
    if (recipe->values == SC_VALUES_EXACT) {
        source.exact = sc_exact_of(recipe);
    }
    if (recipe->values == SC_VALUES_BIAS) {
        const float bias =
            recipe->biases > 0 ? recipe->bias[0] : sc_constants_minus_log(recipe->n_k);
        const int32_t product = bias == 0.0f ? 0 : exponent_of(bias) - exponent_of(recipe->tau);
        source.q_exponent = clamp(product / 2, -most, most);
        source.k_exponent = clamp(product - source.q_exponent, -most, most);
    }
    return source;
}

static double either(double size, uint32_t word)
{
    return word % 2 == 0 ? size : -size;
}

/* Whether the seed has chosen a tensor; at least one is. */
static bool chosen(uint64_t seed, enum sc_tensor tensor)
{
    return seed % 8 == 0 ? tensor == SC_TENSOR_V : (seed >> tensor) % 2 == 1 || seed % 8 == 7;
}

static bool of_score(enum sc_tensor tensor)
{
    return tensor == SC_TENSOR_Q || tensor == SC_TENSOR_K;
}

/* b and the product of the first channels have opposite signs, as far as the first bias says. */
static double cancelled(const struct sc_value_source *source, enum sc_tensor tensor)
{
    const struct sc_recipe *const r = source->recipe;
    const bool positive = r->biases > 0 && r->bias[0] > 0.0f;

    if (tensor == SC_TENSOR_Q) {
        return sc_format_pow2(source->q_exponent);
    }
    return positive ? -sc_format_pow2(source->k_exponent) : sc_format_pow2(source->k_exponent);
}

/* An element of the classes that do not go by rows. */
static double draw(const struct sc_value_source *source, enum sc_tensor tensor, bool first,
                   const uint32_t word[4])
{
    const struct sc_recipe *const r = source->recipe;
    const double x = sc_philox_normal(word);
    const bool narrow = r->format_in == SC_FORMAT_FP16;
    const int32_t least =
        sc_format_exponent_min(r->format_in) - (sc_format_precision(r->format_in) - 1);
    const int32_t top = narrow ? 15 : 127;

    switch (r->values) {
    case SC_VALUES_CANCELLING:
        return of_score(tensor) ? either(64.0, word[3]) + x : x;
    case SC_VALUES_BIAS:
        return of_score(tensor) && first ? cancelled(source, tensor) : x;
    case SC_VALUES_SUBNORMAL: {
        const uint32_t binades = (uint32_t)(SUBNORMAL_HIGHEST - least + 1);
        return chosen(r->seed, tensor) ? x * sc_format_pow2(least + (int32_t)(word[3] % binades))
                                       : x;
    }
    case SC_VALUES_SATURATED:
        return of_score(tensor) ? x * 32.0 : x;
    case SC_VALUES_HUGE: /* |x| < 2^3 */
        return chosen(r->seed, tensor) ? x * sc_format_pow2(top - 3 - (int32_t)(word[3] % 4)) : x;
    case SC_VALUES_WIDE:
        return x * sc_format_pow2(-20 + (int32_t)(word[3] % (narrow ? 31u : 41u)));
    case SC_VALUES_SPARSE:
        return word[3] % 4 == 0 ? x : 0.0;
    case SC_VALUES_ZERO_Q:
        return tensor == SC_TENSOR_Q ? either(0.0, word[3]) : x;
    case SC_VALUES_NORMAL:
    case SC_VALUES_EXACT:
    case SC_VALUES_ONE_HOT:
    case SC_VALUES_SPOILED:
    case SC_VALUES_CLASSES:
        break;
    }
    return x;
}

static float rounded(enum sc_format format, double x)
{
    return (float)sc_format_decode(format, sc_format_encode(format, x));
}

static void spoil(const struct sc_value_source *source, enum sc_tensor tensor,
                  const struct sc_philox *shared, float *row)
{
    const bool keys = tensor == SC_TENSOR_K || tensor == SC_TENSOR_V;
    const uint32_t rows = keys ? 2 * SPOILED_ROWS : SPOILED_ROWS;
    static const uint64_t values[3] = {NAN_BITS, INFINITY_BITS,
                                       0x8000000000000000u + INFINITY_BITS};

    if (shared->word[0] % rows == 0) {
        const uint32_t channel = shared->word[1] % (uint32_t)source->extents[tensor].width;
        row[channel] = (float)sc_format_from_bits(values[shared->word[2] % 3]);
    }
}

/* The number that a row or key is drawn for. */
static int32_t drawn_for(const struct sc_recipe *r, enum sc_tensor tensor, int32_t index)
{
    if (tensor == SC_TENSOR_K || tensor == SC_TENSOR_V) {
        return r->keys_count > 0 ? r->keys[index] : index;
    }
    return r->rows_count > 0 ? r->rows[index] : index;
}

void sc_value_row(const struct sc_value_source *source, enum sc_tensor tensor, int32_t entry,
                  int32_t head, int32_t index, float *row)
{
    const struct sc_recipe *const r = source->recipe;
    const struct sc_extent *const extent = &source->extents[tensor];
    const int32_t number = drawn_for(r, tensor, index);
    struct sc_philox shared = {{0, 0, 0, 0}};

    if (r->values == SC_VALUES_EXACT || r->values == SC_VALUES_SPOILED) {
        shared = random_of(source, SUBJECT_ROWS + (uint32_t)tensor, entry, head, number, 0);
    }
    for (int32_t c = 0; c < extent->width; c++) {
        const struct sc_philox random = random_of(source, (uint32_t)tensor, entry, head, number, c);
        double x = 0.0;
        if (r->values == SC_VALUES_EXACT) {
            x = sc_exact_value(&source->exact, extent, tensor, head, index, c, random.word,
                               shared.word);
        } else if (r->values == SC_VALUES_ONE_HOT && tensor == SC_TENSOR_V) {
            x = number % extent->width == c ? 1.0 : 0.0;
        } else {
            x = draw(source, tensor, c == 0, random.word);
        }
        row[c] = rounded(r->format_in, x);
    }
    if (r->values == SC_VALUES_SPOILED) {
        spoil(source, tensor, &shared, row);
    }
}

float sc_value_at(const struct sc_value_source *source, enum sc_tensor tensor, int64_t address)
{
    const struct sc_philox random =
        random_of(source, SUBJECT_ADDRESS + (uint32_t)tensor, 0, 0, (int32_t)(address >> 24),
                  (int32_t)(address % (1 << 24)));

    return rounded(source->recipe->format_in, draw(source, tensor, false, random.word));
}

uint8_t sc_value_cell(const struct sc_value_source *source, int32_t sequence, int32_t head,
                      int32_t row, int32_t key)
{
    const struct sc_recipe *const r = source->recipe;
    const bool numbered = r->packed_count == 0;
    const int32_t first_row = row * r->block_rows;
    const int32_t first_key = key * r->block_keys;
    const int32_t i = numbered ? drawn_for(r, SC_TENSOR_Q, first_row) : first_row;
    const int32_t j = numbered ? drawn_for(r, SC_TENSOR_K, first_key) : first_key;
    const struct sc_philox random =
        random_of(source, SUBJECT_PLANE, sequence, head, i / r->block_rows, j / r->block_keys);

    return random.word[0] % 16 < (uint32_t)r->density;
}

float sc_value_hidden(const struct sc_recipe *recipe, int32_t channel)
{
    const enum sc_format format = recipe->format_in;
    const uint32_t infinity = sc_format_infinity(format);
    const uint32_t sign = channel % 2 == 0 ? 0 : sc_format_sign(format);

    switch (recipe->hidden) {
    case SC_HIDDEN_NAN:
        return (float)sc_format_from_bits(NAN_BITS);
    case SC_HIDDEN_INFINITE:
        return (float)sc_format_decode(format, sign + infinity);
    case SC_HIDDEN_LARGE:
        return (float)sc_format_decode(format, sign + (infinity - 1));
    case SC_HIDDEN_DRAWN:
    case SC_HIDDEN_ZERO:
    case SC_HIDDEN_KINDS:
        break;
    }
    return 0.0f;
}
