/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/tensorcore.h"

#include "reference/random.h"
#include "spec/format_value.h"
#include "tests/tensorcore_model.h"

#include <criterion/criterion.h>
#include <gmp.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

#define TERMS      SC_TENSORCORE_TERMS
#define RECORDED   "tests/samples/h100/mma.bin"
#define TILE_MAGIC 0x314d4d41u
#define PAIR_MAGIC 0x324d4d41u

/* One vector as encodings. */
struct vector {
    enum sc_format format;
    uint16_t a[TERMS], b[TERMS];
    uint32_t addend;
};

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t to_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void decode(enum sc_format format, const uint16_t *bits,
                   struct sc_tensorcore_factors *factors)
{
    float values[TERMS];

    for (int32_t t = 0; t < TERMS; t++) {
        values[t] = (float)sc_format_decode(format, bits[t]);
    }
    sc_tensorcore_decode(format, values, TERMS, factors);
}

/* What the code under test makes of a vector; both of its paths must agree. */
static uint32_t predicted(enum sc_core core, const struct vector *x)
{
    struct sc_tensorcore_factors a, b;
    float sum = from_bits(x->addend), portable = sum;

    decode(x->format, x->a, &a);
    decode(x->format, x->b, &b);
    sc_tensorcore_add(core, &a, &b, 1, 1, &sum);
    sc_tensorcore_add_portable(core, &a, &b, 1, 1, &portable);
    cr_assert_eq(to_bits(sum), to_bits(portable), "core %d: %08x, portable %08x", (int)core,
                 to_bits(sum), to_bits(portable));
    return to_bits(sum);
}

static void expect_vector(enum sc_core core, const struct vector *x, uint32_t expected,
                          const char *where)
{
    const uint32_t found = predicted(core, x);
    char text[10 * TERMS + 1];

    if (found == expected) {
        return;
    }
    for (int32_t t = 0; t < TERMS; t++) {
        (void)snprintf(text + 10 * t, 11, "%04x*%04x ", x->a[t], x->b[t]);
    }
    cr_assert_fail("%s: %08x, expected %08x: %saddend %08x", where, found, expected, text,
                   x->addend);
}

/* Reads `size` bytes, or fails. */
static void read_exactly(FILE *file, void *into, size_t size)
{
    cr_assert_eq(fread(into, 1, size, file), size, "%s: too short", RECORDED);
}

/* A tile: 16 rows of A, 8 columns of B, and the 128 sums of their products. */
static void expect_tile(FILE *file, enum sc_format format, const char *where)
{
    struct vector x = {.format = format};
    uint16_t a[16][TERMS], b[8][TERMS];
    uint32_t c[16][8], d[16][8];

    read_exactly(file, a, sizeof a);
    read_exactly(file, b, sizeof b);
    read_exactly(file, c, sizeof c);
    read_exactly(file, d, sizeof d);
    for (int32_t m = 0; m < 16; m++) {
        for (int32_t n = 0; n < 8; n++) {
            memcpy(x.a, a[m], sizeof x.a);
            memcpy(x.b, b[n], sizeof x.b);
            x.addend = c[m][n];
            expect_vector(SC_CORE_H100, &x, d[m][n], where);
        }
    }
}

static void expect_pair(FILE *file, enum sc_format format, const char *where)
{
    struct vector x = {.format = format};
    uint32_t d;

    read_exactly(file, x.a, sizeof x.a);
    read_exactly(file, x.b, sizeof x.b);
    read_exactly(file, &x.addend, sizeof x.addend);
    read_exactly(file, &d, sizeof d);
    expect_vector(SC_CORE_H100, &x, d, where);
}

Test(tensorcore, predicts_every_recorded_result_of_an_h100)
{
    FILE *file = fopen(RECORDED, "rb");
    uint32_t header[4], vectors = 0; /* magic, kind (1: bf16, 2: wgmma), category, count */
    char where[64];

    cr_assert_not_null(file, "%s: cannot open", RECORDED);
    while (fread(header, sizeof header, 1, file) == 1) {
        const enum sc_format format = (header[1] & 1) != 0 ? SC_FORMAT_BF16 : SC_FORMAT_FP16;
        cr_assert(header[0] == TILE_MAGIC || header[0] == PAIR_MAGIC, "block %08x", header[0]);
        (void)snprintf(where, sizeof where, "kind %u, category %u", header[1], header[2]);
        for (uint32_t n = 0; n < header[3]; n++) {
            if (header[0] == TILE_MAGIC) {
                expect_tile(file, format, where);
            } else {
                expect_pair(file, format, where);
            }
        }
        vectors += header[3] * (header[0] == TILE_MAGIC ? 128 : 1);
    }
    (void)fclose(file);
    cr_expect_eq(vectors, 105000, "%u vectors", vectors);
}

/* Classes of random vectors, each aimed at a rule. */
enum kind {
    KIND_ORDINARY,
    KIND_BITS,       /* any finite encodings */
    KIND_CANCELLING, /* products in pairs of opposite sign, and an addend near one of them */
    KIND_SUBNORMAL,  /* factors and addend */
    KIND_FLOOR,      /* exponents about E_min, an addend of zero */
    KIND_TINY,       /* sums about the subnormal range */
    KIND_HUGE,       /* an addend far above the products */
    KIND_OVERFLOW,   /* sums about 2^128 */
    KIND_ZEROS,      /* of both signs */
    KIND_SPECIAL,    /* infinities and NaN among them */
    KINDS
};
static const char *const kind_names[KINDS] = {"ordinary", "bits",   "cancelling", "subnormal",
                                              "floor",    "tiny",   "huge",       "overflow",
                                              "zeros",    "special"};

static struct sc_random random_stream;

static int32_t random_integer(int32_t low, int32_t high)
{
    return sc_random_int(&random_stream, low, high);
}

/* An encoding with a random sign and fraction, the exponent in [low, high] or the nearest finite
 * one; below the format's least the value is subnormal. */
static uint32_t encoding(enum sc_format format, int32_t low, int32_t high)
{
    const int32_t width = sc_format_precision(format) - 1;
    const int32_t least = sc_format_exponent_min(format);
    const int32_t fields = (int32_t)(sc_format_infinity(format) >> width);
    const uint32_t fraction = (uint32_t)sc_random_bits(&random_stream) & ((1u << width) - 1);
    int32_t field = random_integer(low, high) - least + 1;

    field = field < 0 ? 0 : field;
    field = field < fields ? field : fields - 1;
    return (random_integer(0, 1) == 0 ? sc_format_sign(format) : 0) | (uint32_t)field << width |
           fraction;
}

/* The exponents of the factors of a class. */
static void exponents(enum kind kind, enum sc_format format, int32_t *low, int32_t *high)
{
    const bool bf16 = format == SC_FORMAT_BF16;

    *low = -3;
    *high = 3;
    switch (kind) {
    case KIND_BITS:
    case KIND_SPECIAL:
        *low = bf16 ? -127 : -15;
        *high = bf16 ? 127 : 15;
        break;
    case KIND_SUBNORMAL:
        *low = bf16 ? -130 : -18;
        *high = bf16 ? -122 : -10;
        break;
    case KIND_FLOOR:
        *low = bf16 ? -70 : -15;
        *high = bf16 ? -62 : -13;
        break;
    case KIND_TINY:
        *low = bf16 ? -80 : -15;
        *high = bf16 ? -60 : -10;
        break;
    case KIND_OVERFLOW:
        *low = bf16 ? 58 : 10;
        *high = bf16 ? 64 : 15;
        break;
    default:
        break;
    }
}

static uint32_t random_addend(enum kind kind, enum sc_format format, int32_t top)
{
    if (random_integer(0, 5) == 0 || kind == KIND_FLOOR) {
        return random_integer(0, 1) == 0 ? 0 : 0x80000000u;
    }
    if (kind == KIND_BITS || kind == KIND_SUBNORMAL || kind == KIND_TINY || kind == KIND_SPECIAL) {
        return encoding(SC_FORMAT_FP32, -140, kind == KIND_BITS ? 127 : -110);
    }
    if (kind == KIND_OVERFLOW) {
        return encoding(SC_FORMAT_FP32, format == SC_FORMAT_BF16 ? 118 : 126, 127);
    }
    return kind == KIND_HUGE ? encoding(SC_FORMAT_FP32, top + 10, top + 50)
                             : encoding(SC_FORMAT_FP32, top - 30, top + 6);
}

static void replace_special(struct vector *x)
{
    static const uint32_t none[] = {0x7f800000u, 0xff800000u, 0x7fc00000u, 0xff800001u};
    const uint16_t sign = (uint16_t)(random_integer(0, 1) == 0 ? 0x8000 : 0);
    uint16_t *side = random_integer(0, 1) == 0 ? x->a : x->b;
    uint16_t *other = side == x->a ? x->b : x->a;
    const int32_t t = random_integer(0, TERMS - 1);

    switch (random_integer(0, 4)) {
    case 0:
        x->addend = none[random_integer(0, 3)];
        break;
    case 1: /* a NaN of any payload */
        side[t] =
            (uint16_t)(sign | (sc_format_infinity(x->format) + (uint32_t)random_integer(1, 127)));
        break;
    case 2: /* 0 * infinity */
        side[t] = (uint16_t)(sign | sc_format_infinity(x->format));
        other[t] = (uint16_t)(random_integer(0, 1) == 0 ? 0 : 0x8000);
        break;
    default:
        side[t] = (uint16_t)(sign | sc_format_infinity(x->format));
        break;
    }
}

static void vector_create(struct vector *x, enum kind kind, enum sc_format format)
{
    int32_t low, high;

    x->format = format;
    exponents(kind, format, &low, &high);
    for (int32_t t = 0; t < TERMS; t++) {
        x->a[t] = (uint16_t)encoding(format, low, high);
        /* the other factor of a subnormal one is large now and then, or every product is tiny */
        x->b[t] = (uint16_t)(kind == KIND_SUBNORMAL && random_integer(0, 2) != 0
                                 ? encoding(format, -2, format == SC_FORMAT_BF16 ? 120 : 15)
                                 : encoding(format, low, high));
        if (kind == KIND_CANCELLING && t % 2 == 1) {
            x->a[t] = x->a[t - 1];
            x->b[t] = (uint16_t)(x->b[t - 1] ^ 0x8000 ^ (random_integer(0, 3) == 0));
        }
        if ((kind == KIND_ZEROS && random_integer(0, 3) != 0) || random_integer(0, 15) == 0) {
            x->a[t] &= 0x8000;
        }
    }
    x->addend = random_addend(kind, format, low + high);
    for (int32_t n = kind == KIND_SPECIAL ? random_integer(1, 3) : 0; n > 0; n--) {
        replace_special(x);
    }
}

static void expect_rules(enum sc_core core)
{
    static const enum sc_format formats[] = {SC_FORMAT_BF16, SC_FORMAT_FP16};
    struct vector x;

    for (int kind = 0; kind < KINDS; kind++) {
        for (int32_t n = 0; n < 20000; n++) {
            random_stream.state = (uint64_t)n * 1000 + (uint64_t)kind;
            vector_create(&x, (enum kind)kind, formats[n % 2]);
            expect_vector(core, &x, model_add(core, x.format, x.a, x.b, x.addend),
                          kind_names[kind]);
        }
    }
}

Test(tensorcore, follows_the_rules_of_the_h100_in_exact_integers)
{
    expect_rules(SC_CORE_H100);
}

Test(tensorcore, follows_the_rules_of_the_a100_in_exact_integers)
{
    expect_rules(SC_CORE_A100);
}

Test(tensorcore, decodes_every_encoding_exactly)
{
    static const enum sc_format formats[] = {SC_FORMAT_BF16, SC_FORMAT_FP16};
    struct sc_tensorcore_factors factors;

    for (int32_t n = 0; n < 2 * 65536; n++) {
        const enum sc_format format = formats[n / 65536];
        const double value = sc_format_decode(format, (uint32_t)n % 65536);
        const float x[2] = {(float)value, (float)value};
        const uint32_t field = ((uint32_t)n & 0x7fff) >> (sc_format_precision(format) - 1);
        sc_tensorcore_decode(format, x, 2, &factors);
        const int32_t significand = factors.significand[1], exponent = factors.exponent[1];
        if (!isfinite(value)) {
            cr_expect(exponent == SC_TENSORCORE_SPECIAL && significand == (isnan(value) ? 0
                                                                           : value < 0  ? -1
                                                                                        : 1),
                      "%a: %d, %d", value, significand, exponent);
        } else if (value == 0.0) {
            cr_expect(exponent == SC_TENSORCORE_ZERO && significand == 0, "%a", value);
        } else {
            const int32_t least = sc_format_exponent_min(format);
            const int32_t expected = field == 0 ? least : (int32_t)field - 1 + least;
            cr_expect(exponent == expected && ldexp(significand, exponent - 10) == value,
                      "%a: %d * 2^(%d - 10)", value, significand, exponent);
        }
        cr_assert(factors.exponent[2] == SC_TENSORCORE_ZERO && factors.significand[2] == 0);
    }
}

Test(tensorcore, a_step_of_zero_products_changes_no_addend)
{
    struct vector x = {.format = SC_FORMAT_BF16, .a = {0x8000, 0x3f80, 0, 0xff7f}};

    x.b[0] = 0x7f7f; /* -0 times the largest value, 1 * 0, the least value * 0 */
    for (uint32_t n = 0; n < 1u << 20; n++) {
        x.addend = n << 12 | (n * 2654435761u & 0xfff); /* every exponent */
        const uint32_t magnitude = x.addend & 0x7fffffffu;
        const uint32_t expected = magnitude > 0x7f800000u ? MODEL_NAN
                                  : magnitude == 0        ? 0
                                                          : x.addend;
        expect_vector(SC_CORE_H100, &x, expected, "H100");
        expect_vector(SC_CORE_A100, &x, expected, "A100");
    }
}

Test(tensorcore, takes_each_sum_from_its_own_factors_at_the_stride)
{
    enum { SUMS = 37, STRIDE = 3 };
    static struct sc_tensorcore_factors a, b[SUMS * STRIDE];
    static const enum sc_core cores[] = {SC_CORE_H100, SC_CORE_A100};
    struct vector x[SUMS];
    float sums[SUMS + 1], portable[SUMS + 1];

    for (int32_t core = 0; core < 2; core++) {
        random_stream.state = (uint64_t)core;
        for (int32_t n = 0; n < SUMS; n++) {
            vector_create(&x[n], KIND_ORDINARY, SC_FORMAT_BF16);
            memcpy(x[n].a, x[0].a, sizeof x[n].a);
            decode(x[n].format, x[n].b, &b[n * STRIDE]);
            sums[n] = portable[n] = from_bits(x[n].addend);
        }
        sums[SUMS] = portable[SUMS] = -1.0f;
        decode(x[0].format, x[0].a, &a);
        sc_tensorcore_add(cores[core], &a, b, STRIDE, SUMS, sums);
        sc_tensorcore_add_portable(cores[core], &a, b, STRIDE, SUMS, portable);
        for (int32_t n = 0; n < SUMS; n++) {
            const uint32_t expected =
                model_add(cores[core], x[n].format, x[n].a, x[n].b, x[n].addend);
            cr_expect_eq(to_bits(sums[n]), expected, "sum %d: %08x", n, to_bits(sums[n]));
            cr_expect_eq(to_bits(portable[n]), expected, "sum %d: %08x", n, to_bits(portable[n]));
        }
        cr_expect(sums[SUMS] == -1.0f && portable[SUMS] == -1.0f);
    }
}

Test(tensorcore, largest_sums_overflow_no_integer)
{
    struct vector x = {.format = SC_FORMAT_FP16};

    for (int32_t t = 0; t < TERMS; t++) {
        x.a[t] = x.b[t] = 0x7bff; /* significand 2047 */
    }
    for (int32_t sign = 0; sign < 2; sign++) {
        x.addend =
            sign == 0 ? 0x4effffffu : 0xceffffffu; /* 2^31 less a unit: exponent 30, as theirs */
        expect_vector(SC_CORE_H100, &x, model_add(SC_CORE_H100, x.format, x.a, x.b, x.addend),
                      "H100");
        expect_vector(SC_CORE_A100, &x, model_add(SC_CORE_A100, x.format, x.a, x.b, x.addend),
                      "A100");
        for (int32_t t = 0; t < TERMS; t++) {
            x.b[t] ^= 0x8000;
        }
    }
}

/* Of a product sum: the exact sum, and the bound of its error (reference/oracle/SCHEDULE.md). */
struct product_sum {
    mpfr_t exact;
    double mass;  /* |init| + sum of |a b|, subnormal factors raised to the least normal value */
    double plain; /* the same without raising */
    int32_t steps;
};

static double raised(enum sc_format format, double x)
{
    const double least = sc_format_pow2(sc_format_exponent_min(format));

    return x == 0.0 ? 0.0 : fmax(fabs(x), least);
}

static void product_sum_add(struct product_sum *sum, enum sc_core core, const struct vector *x)
{
    for (int32_t t = 0; t < TERMS; t++) {
        const double a = sc_format_decode(x->format, x->a[t]);
        const double b = sc_format_decode(x->format, x->b[t]);
        const double product = a * b; /* exact: 22 bits */
        (void)mpfr_add_d(sum->exact, sum->exact, product, MPFR_RNDN);
        sum->plain += fabs(product);
        sum->mass += product == 0.0 ? 0.0 : raised(x->format, a) * raised(x->format, b);
    }
    sum->steps += core == SC_CORE_H100 ? 1 : 2;
}

/* ((1 + alpha)^m - 1) (mass + omega / alpha), alpha = 5 * 2^-23, omega = 5 * 2^-149 a step. */
static double product_sum_bound(const struct product_sum *sum)
{
    const double alpha = 5 * 0x1p-23;
    const double growth = expm1(sum->steps * log1p(alpha));

    return growth * (sum->mass + 5 * 0x1p-149 / alpha) * (1 + 0x1p-30);
}

static double product_sum_error(struct product_sum *sum, float computed)
{
    mpfr_t difference;

    mpfr_init2(difference, 53);
    (void)mpfr_sub_d(difference, sum->exact, (double)computed, MPFR_RNDA);
    const double error = fabs(mpfr_get_d(difference, MPFR_RNDA));
    mpfr_clear(difference);
    return error;
}

Test(tensorcore, error_of_a_product_sum_is_within_its_bound)
{
    static const enum kind kinds[] = {KIND_ORDINARY, KIND_CANCELLING, KIND_SUBNORMAL, KIND_FLOOR,
                                      KIND_TINY,     KIND_HUGE,       KIND_ZEROS};
    static const enum sc_core cores[] = {SC_CORE_H100, SC_CORE_A100};

    for (int32_t n = 0; n < 60000; n++) {
        const enum sc_format format = n % 4 < 2 ? SC_FORMAT_BF16 : SC_FORMAT_FP16;
        struct product_sum sum = {.steps = 0};
        struct vector x;
        random_stream.state = (uint64_t)n;
        const enum kind kind = kinds[random_integer(0, 6)];
        vector_create(&x, kind, format);
        float computed = from_bits(x.addend);
        mpfr_init2(sum.exact, 700); /* holds every sum: 2^-266 to 2^130 */
        (void)mpfr_set_flt(sum.exact, computed, MPFR_RNDN);
        sum.mass = fabs((double)computed);
        for (int32_t blocks = random_integer(1, 6); blocks > 0; blocks--) {
            x.addend = to_bits(computed);
            computed = from_bits(predicted(cores[n % 2], &x));
            product_sum_add(&sum, cores[n % 2], &x);
            vector_create(&x, kind, format);
        }
        const double error = product_sum_error(&sum, computed);
        const double bound = product_sum_bound(&sum);
        cr_assert(error <= bound, "%s, vector %d: error %a, bound %a", kind_names[kind], n, error,
                  bound);
        mpfr_clear(sum.exact);
    }
}

/* Two vectors for which a bound by sum |a b| alone, or without the addend's own floor, is false. */
Test(tensorcore, bound_needs_subnormal_factors_raised_and_the_addends_floor)
{
    struct vector x = {.format = SC_FORMAT_FP16, .a = {0x0001}, .b = {0x7800}};
    struct product_sum sum = {.steps = 0};

    for (int32_t t = 1; t < TERMS; t++) {
        x.a[t] = x.b[t] =
            0x0bff; /* each product is just below 2^-24; 2^-24 * 2^15 has exponent 1 */
    }
    mpfr_init2(sum.exact, 700);
    (void)mpfr_set_ui(sum.exact, 0, MPFR_RNDN);
    product_sum_add(&sum, SC_CORE_H100, &x);
    const float first = from_bits(predicted(SC_CORE_H100, &x));
    cr_expect_eq(first, 0x1p-9f, "%a", (double)first);
    cr_expect(product_sum_error(&sum, first) > 500 * 21 * 0x1p-25 * sum.plain);
    cr_expect(product_sum_error(&sum, first) <= product_sum_bound(&sum));

    x = (struct vector){.format = SC_FORMAT_BF16, .addend = 1};
    for (int32_t t = 0; t < TERMS; t++) {
        x.a[t] = 0x1a00; /* 2^-75 */
        x.b[t] = 0x19ff; /* just below 2^-75: each product just below 2^-150 */
    }
    sum = (struct product_sum){.exact = {sum.exact[0]}, .mass = 0x1p-149};
    (void)mpfr_set_d(sum.exact, 0x1p-149, MPFR_RNDN);
    product_sum_add(&sum, SC_CORE_H100, &x);
    const float second = from_bits(predicted(SC_CORE_H100, &x));
    cr_expect_eq(second, 5 * 0x1p-149f, "%a", (double)second);
    cr_expect(product_sum_error(&sum, second) > 3.9 * 0x1p-149);
    cr_expect(product_sum_error(&sum, second) <= product_sum_bound(&sum));
    mpfr_clear(sum.exact);
}
