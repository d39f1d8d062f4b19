/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/exact.h"

#include "fuzz/place.h"
#include "spec/format_value.h"

#include <stdbool.h>

#define SCORE_EXPONENT 8   /* a score of 2^8 */
#define MAGNITUDE_MAX  100 /* an integer of every format */
#define BIAS_LIMIT     (1 << 23)

/* Of a word's eight equal parts: K is 0 in four, positive in three; Q is negative in one. */
#define PARTS      8
#define K_ZERO     4
#define K_NEGATIVE 7
#define Q_NEGATIVE 7

static int32_t bits_of(enum sc_format format)
{
    return format == SC_FORMAT_FP32 ? 10 : sc_format_precision(format);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t quotient_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* The exponent of a power of two; INT32_MIN of another number. */
static int32_t power_of_two(float x)
{
    const uint64_t bits = sc_format_to_bits((double)x);

    return bits % 0x10000000000000u != 0 || bits >> 63 != 0 ? INT32_MIN
                                                            : (int32_t)(bits >> 52) - 1023;
}

struct sc_exact sc_exact_of(const struct sc_recipe *recipe)
{
    const int64_t out = (int64_t)1 << (bits_of(recipe->format_out) - 1);
    const int64_t in = (int64_t)1 << bits_of(recipe->format_in);
    const int64_t column = recipe->backward ? least(out, in) : out;
    const int64_t keys = recipe->n_k > 0 ? recipe->n_k : 1;
    struct sc_exact exact = {.group = recipe->heads_q / recipe->heads_kv,
                             .k_exponent =
                                 SCORE_EXPONENT - SC_EXACT_Q_EXPONENT - power_of_two(recipe->tau)};

    int64_t spacing = quotient_up(keys, column);
    if (recipe->backward && recipe->d_v > in * spacing) {
        spacing = quotient_up(recipe->d_v, in); /* so that a key's nonzeros leave a row of dO */
    }
    const int64_t nonzeros = quotient_up(recipe->d_v, spacing);
    int64_t magnitude = least(MAGNITUDE_MAX, column / quotient_up(keys, spacing));
    if (recipe->backward) {
        magnitude = least(magnitude, 1 + in / (4 * nonzeros));
        magnitude = least(magnitude, in / nonzeros);
    }
    exact.spacing = (int32_t)spacing;
    exact.magnitude = (int32_t)magnitude;
    if (recipe->backward && recipe->n_q > 0) {
        const int64_t sum = quotient_up(keys, spacing) * magnitude;
        const int64_t rows = (int64_t)recipe->n_q * exact.group;
        const int64_t each = least(in / (nonzeros * magnitude), in / 2);
        const int64_t all = least(each * recipe->d_v, BIAS_LIMIT / sum);
        exact.skip = (int32_t)quotient_up(rows, all);
    }
    return exact;
}

static enum sc_status check_sharing(const struct sc_recipe *recipe, struct sc_error *error)
{
    for (int tensor = SC_TENSOR_Q; tensor <= SC_TENSOR_D_O; tensor++) {
        const struct sc_extent extent = sc_place_extent(recipe, (enum sc_tensor)tensor);
        const struct sc_layout layout = sc_place_of(recipe, (enum sc_tensor)tensor).layout;
        const struct sc_place_sharing sharing = sc_place_share(&layout, &extent);
        const bool broadcast = (tensor == SC_TENSOR_V && sharing.rows) ||
                               (tensor == SC_TENSOR_D_O && (sharing.rows || sharing.heads));
        if (sharing.overlapping || broadcast) {
            return sc_fail(error, SC_E_INPUT,
                           "case: %s: shared elements, expected rows apart with values=exact",
                           sc_tensor_name((enum sc_tensor)tensor));
        }
    }
    return SC_OK;
}

enum sc_status sc_exact_check(const struct sc_recipe *recipe, struct sc_error *error)
{
    const int32_t exponent = power_of_two(recipe->tau);

    if (exponent < -8 || exponent > 2) {
        return sc_fail(error, SC_E_INPUT,
                       "case: tau: expected a power of two from 2^-8 to 4 with values=exact");
    }
    if (recipe->slopes_count > 0) {
        return sc_fail(error, SC_E_INPUT, "case: alibi: expected none with values=exact");
    }
    if (recipe->patches_count > 0) {
        return sc_fail(error, SC_E_INPUT, "case: set: expected none with values=exact");
    }
    for (int32_t x = 0; x < recipe->biases; x++) {
        const float b = recipe->bias[x];
        if (b != 0.0f && b != 256.0f && b != -256.0f) {
            return sc_fail(error, SC_E_INPUT,
                           "case: bias: expected 0, 256 or -256 with values=exact");
        }
    }
    if (recipe->biases == 0 && recipe->n_k > 1) {
        return sc_fail(error, SC_E_INPUT, "case: bias: log, expected a number with values=exact");
    }
    return check_sharing(recipe, error);
}

double sc_exact_value(const struct sc_exact *exact, const struct sc_extent *extent,
                      enum sc_tensor tensor, int32_t head, int32_t row, int32_t channel,
                      const uint32_t word[4], const uint32_t shared[4])
{
    const uint32_t part = word[0] % PARTS;

    if (tensor == SC_TENSOR_Q) {
        const double size = sc_format_pow2(SC_EXACT_Q_EXPONENT);
        if ((uint32_t)channel != shared[0] % (uint32_t)extent->width) {
            return 0.0;
        }
        return shared[1] % PARTS >= Q_NEGATIVE ? -size : size;
    }
    if (tensor == SC_TENSOR_K) {
        const double size = sc_format_pow2(exact->k_exponent);
        if (part < K_ZERO) {
            return 0.0;
        }
        return part >= K_NEGATIVE ? -size : size;
    }
    if (tensor == SC_TENSOR_V) {
        if (row % exact->spacing != channel % exact->spacing) {
            return 0.0;
        }
        const double size = 1.0 + (double)(word[1] % (uint32_t)exact->magnitude);
        return part % 2 == 0 ? size : -size;
    }
    const int64_t place = (int64_t)row * exact->group + head % exact->group;
    if (place % exact->skip != 0 || place / exact->skip % extent->width != channel) {
        return 0.0;
    }
    return part % 2 == 0 ? 1.0 : -1.0;
}

struct sc_exact_miss sc_exact_miss(const struct sc_recipe *recipe)
{
    const struct sc_exact exact = sc_exact_of(recipe);
    const double q_negative = 1.0 / PARTS;
    const double negative = 1.0 / PARTS * (1.0 - q_negative) + 3.0 / PARTS * q_negative;
    const double positive = 3.0 / PARTS * (1.0 - q_negative) + 1.0 / PARTS * q_negative;
    double invisible = 0.0; /* P of the key is 0 */

    for (int32_t x = 0; x < recipe->biases || x == 0; x++) {
        const float b = recipe->biases > 0 ? recipe->bias[x] : 0.0f;
        double here = negative;
        if (b != 0.0f) {
            here = b > 0.0f ? 0.0 : 1.0 - positive;
        }
        invisible = here > invisible ? here : invisible;
    }
    const double columns =
        recipe->d_v >= exact.spacing ? 1.0 : (double)recipe->d_v / (double)exact.spacing;
    const struct sc_exact_miss miss = {.one_key = 1.0 - (1.0 - invisible) * columns,
                                       .element = 1.0 / (2.0 * exact.magnitude)};

    return miss;
}
