/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_draw.h"

#include "fuzz/philox.h"
#include "spec/format_value.h"

#include <stdbool.h>

const char *sc_mma_category_name(enum sc_mma_category category)
{
    static const char *const names[SC_MMA_CATEGORIES] = {
        "normal", "mixed-scale", "cancelling",     "wide",          "subnormal", "tiny",
        "huge",   "many-zeros",  "alignment-edge", "overflow-edge", "special",   "chained"};

    return names[category];
}

int32_t sc_mma_category_steps(enum sc_mma_category category)
{
    return category == SC_MMA_CHAINED ? SC_MMA_STEPS_MAX : 1;
}

/* The random words of a tile. */
struct stream {
    struct sc_philox counter, words;
    uint32_t low, high;
    int32_t left;
};

static uint32_t word(struct stream *s)
{
    if (s->left == 0) {
        s->words = sc_philox(s->counter, s->low, s->high);
        s->counter.word[3]++;
        s->left = 4;
    }
    return s->words.word[--s->left];
}

static int32_t between(struct stream *s, int32_t low, int32_t high)
{
    return low + (int32_t)((uint64_t)word(s) * (uint64_t)(high - low + 1) >> 32);
}

static bool one_in(struct stream *s, int32_t n)
{
    return between(s, 1, n) == 1;
}

/* An encoding of random sign and fraction, its exponent in [low, high] or the nearest finite one; below the least of the
 * format the value is subnormal. */
static uint32_t encoding(struct stream *s, enum sc_format format, int32_t low, int32_t high)
{
    const int32_t width = sc_format_precision(format) - 1;
    const int32_t fields = (int32_t)(sc_format_infinity(format) >> width);
    const uint32_t random = word(s);
    const uint32_t fraction = (random & 0x7fffffffu) >> (31 - width);
    int32_t field = between(s, low, high) - sc_format_exponent_min(format) + 1;

    field = field < 0 ? 0 : field;
    field = field < fields ? field : fields - 1;
    return (random >> 31 != 0 ? sc_format_sign(format) : 0) | (uint32_t)field << width | fraction;
}

static uint32_t normal(struct stream *s, enum sc_format format)
{
    uint32_t words[4];

    for (int32_t n = 0; n < 4; n++) {
        words[n] = word(s);
    }
    return sc_format_encode(format, sc_philox_normal(words));
}

/* Exponents of the factors and of the addend. */
struct range {
    int32_t low, high, c_low, c_high;
};

static struct range range_of(enum sc_mma_category category, bool bf16)
{
    static const struct range of_bf16[SC_MMA_CATEGORIES] = {
        [SC_MMA_MIXED] = {-12, 12, -30, 30},    [SC_MMA_CANCELLING] = {-3, 3, -36, 8},
        [SC_MMA_WIDE] = {-100, 62, -140, 126},  [SC_MMA_SUBNORMAL] = {-130, -122, -140, -20},
        [SC_MMA_TINY] = {-80, -60, -149, -115}, [SC_MMA_HUGE] = {-3, 3, 16, 56},
        [SC_MMA_ZEROS] = {-3, 3, -30, 6},       [SC_MMA_ALIGNMENT] = {-14, -11, -28, -22},
        [SC_MMA_OVERFLOW] = {58, 64, 118, 127}, [SC_MMA_SPECIAL] = {-3, 3, -30, 6},
        [SC_MMA_CHAINED] = {-6, 6, -12, 12}};
    static const struct range of_fp16[SC_MMA_CATEGORIES] = {
        [SC_MMA_MIXED] = {-12, 12, -30, 30},    [SC_MMA_CANCELLING] = {-3, 3, -36, 8},
        [SC_MMA_WIDE] = {-17, 15, -60, 60},     [SC_MMA_SUBNORMAL] = {-18, -10, -40, 6},
        [SC_MMA_TINY] = {-18, -13, -149, -24},  [SC_MMA_HUGE] = {-3, 3, 16, 56},
        [SC_MMA_ZEROS] = {-3, 3, -30, 6},       [SC_MMA_ALIGNMENT] = {-14, -11, -28, -22},
        [SC_MMA_OVERFLOW] = {10, 15, 126, 127}, [SC_MMA_SPECIAL] = {-3, 3, -30, 6},
        [SC_MMA_CHAINED] = {-6, 6, -12, 12}};

    return bf16 ? of_bf16[category] : of_fp16[category];
}

/* One step's factors of one side, `lines` rows of A or columns of B. */
static void draw_side(struct stream *s, enum sc_mma_category category, enum sc_format format,
                      struct range range, int32_t lines, uint16_t *x)
{
    const bool other = lines == SC_MMA_COLUMNS, bf16 = format == SC_FORMAT_BF16;

    for (int32_t n = 0; n < lines * SC_MMA_TERMS; n++) {
        if (category == SC_MMA_NORMAL) {
            x[n] = (uint16_t)normal(s, format);
        } else if (category == SC_MMA_SUBNORMAL && other && !one_in(s, 3)) {
            x[n] = (uint16_t)encoding(s, format, -2, bf16 ? 120 : 15);
        } else if (category == SC_MMA_ALIGNMENT && n % SC_MMA_TERMS == 0) {
            x[n] = (uint16_t)encoding(s, format, 0, 0);
        } else {
            x[n] = (uint16_t)encoding(s, format, range.low, range.high);
        }
        if (category == SC_MMA_ZEROS && !one_in(s, 4)) {
            x[n] &= 0x8000;
        }
    }
}

/* Every second product is the one before it negated, but for the last bit of a quarter of B. */
static void cancel_pairs(struct stream *s, uint16_t *a, uint16_t *b)
{
    for (int32_t n = 1; n < SC_MMA_A; n += 2) {
        a[n] = a[n - 1];
    }
    for (int32_t n = 1; n < SC_MMA_B; n += 2) {
        b[n] = (uint16_t)(b[n - 1] ^ 0x8000 ^ (one_in(s, 4) ? 1 : 0));
    }
}

/* Every second step takes back the one before it, but for the last bit of a quarter of B. */
static void cancel_steps(struct stream *s, int32_t steps, uint16_t *a, uint16_t *b)
{
    for (int32_t step = 1; step < steps; step += 2) {
        for (int32_t n = 0; n < SC_MMA_A; n++) {
            a[step * SC_MMA_A + n] = a[(step - 1) * SC_MMA_A + n];
        }
        for (int32_t n = 0; n < SC_MMA_B; n++) {
            b[step * SC_MMA_B + n] =
                (uint16_t)(b[(step - 1) * SC_MMA_B + n] ^ 0x8000 ^ (one_in(s, 4) ? 1 : 0));
        }
    }
}

/* A few values of a tile that are infinite or no number, and zeros for them to meet. */
static void put_special(struct stream *s, enum sc_format format, uint16_t *a, uint16_t *b,
                        uint32_t *c)
{
    static const uint32_t addends[] = {0x7f800000u, 0xff800000u, 0x7fc00000u, 0xff800001u};

    for (int32_t n = between(s, 1, 6); n > 0; n--) {
        const bool of_a = one_in(s, 2);
        const int32_t line = between(s, 0, (of_a ? SC_MMA_ROWS : SC_MMA_COLUMNS) - 1);
        const int32_t term = between(s, 0, SC_MMA_TERMS - 1);
        uint16_t *const at = (of_a ? a : b) + line * SC_MMA_TERMS + term;
        const uint16_t sign = one_in(s, 2) ? 0x8000 : 0;
        switch (between(s, 0, 4)) {
        case 0:
            c[between(s, 0, SC_MMA_C - 1)] = addends[between(s, 0, 3)];
            break;
        case 1: /* a NaN of any payload that both formats have */
            *at = (uint16_t)(sign | (sc_format_infinity(format) + (uint32_t)between(s, 1, 127)));
            break;
        case 2: /* 0 * infinity, with one line of the other side */
            *at = (uint16_t)(sign | sc_format_infinity(format));
            (of_a ? b : a)[between(s, 0, SC_MMA_COLUMNS - 1) * SC_MMA_TERMS + term] =
                one_in(s, 2) ? 0x8000 : 0;
            break;
        default:
            *at = (uint16_t)(sign | sc_format_infinity(format));
            break;
        }
    }
}

static uint32_t draw_addend(struct stream *s, enum sc_mma_category category, struct range range)
{
    if (category == SC_MMA_NORMAL) {
        return normal(s, SC_FORMAT_FP32);
    }
    if (one_in(s, category == SC_MMA_ZEROS ? 3 : 8)) {
        return one_in(s, 2) ? 0x80000000u : 0;
    }
    return encoding(s, SC_FORMAT_FP32, range.c_low, range.c_high);
}

/* Of bf16, half of the tiny tiles have no addend, and products of about one size, between 2^-156, where sums vanish, and
 * 2^-138: there E_min decides which of their bits count. Of fp16, whose products cannot be so small, half have an addend alone. */
static struct range tiny_range(struct stream *s, struct range range, bool bf16, bool *alone,
                               bool *none)
{
    const bool half = one_in(s, 2);
    const int32_t size = between(s, -78, -70);

    *none = half && bf16;
    *alone = half && !bf16;
    return *none ? (struct range){size, size + 1, 0, 0} : range;
}

static void draw_tile(struct stream *s, enum sc_mma_category category, enum sc_format format,
                      int32_t steps, uint16_t *a, uint16_t *b, uint32_t *c)
{
    struct range range = range_of(category, format == SC_FORMAT_BF16);
    bool alone = false, none = false;

    if (category == SC_MMA_TINY) {
        range = tiny_range(s, range, format == SC_FORMAT_BF16, &alone, &none);
    }
    for (int32_t n = 0; n < SC_MMA_C; n++) {
        const uint32_t addend = draw_addend(s, category, range);
        c[n] = none ? addend & 0x80000000u : addend;
    }
    for (int32_t step = 0; step < steps; step++) {
        draw_side(s, category, format, range, SC_MMA_ROWS, a + step * SC_MMA_A);
        draw_side(s, category, format, range, SC_MMA_COLUMNS, b + step * SC_MMA_B);
    }
    if (category == SC_MMA_CANCELLING) {
        cancel_pairs(s, a, b);
    }
    if (category == SC_MMA_CHAINED && one_in(s, 2)) {
        cancel_steps(s, steps, a, b);
    }
    if (category == SC_MMA_SPECIAL) {
        put_special(s, format, a, b, c);
    }
    for (int32_t n = 0; alone && n < SC_MMA_A; n++) {
        a[n] &= 0x8000;
    }
}

void sc_mma_draw(enum sc_mma_category category, uint64_t seed, int64_t first,
                 struct sc_mma_batch *batch)
{
    for (int32_t n = 0; n < batch->tiles; n++) {
        const uint64_t tile = (uint64_t)(first + n);
        struct stream s = {
            {{(uint32_t)tile, (uint32_t)(tile >> 32),
              (uint32_t)category * 2 + (batch->format == SC_FORMAT_BF16 ? 1 : 0), 0}},
            {{0, 0, 0, 0}},
            (uint32_t)seed,
            (uint32_t)(seed >> 32),
            0};
        const int64_t at = (int64_t)n * batch->steps;
        draw_tile(&s, category, batch->format, batch->steps, batch->a + at * SC_MMA_A,
                  batch->b + at * SC_MMA_B, batch->c + (int64_t)n * SC_MMA_C);
    }
}
