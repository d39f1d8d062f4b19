/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/format.h"

#include "reference/random.h"
#include "spec/format_value.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

/* IEEE 754-2019, table 3.5; bf16 is binary32 without its low 16 bits. */
struct layout {
    const char *name;
    enum sc_format format;
    int exponent_bits, fraction_bits;
};

static const struct layout formats[] = {{"bf16", SC_FORMAT_BF16, 8, 7},
                                        {"fp16", SC_FORMAT_FP16, 5, 10},
                                        {"fp32", SC_FORMAT_FP32, 8, 23}};
static const struct layout *const bf16 = &formats[0];
static const struct layout *const fp16 = &formats[1];
static const struct layout *const fp32 = &formats[2];

static int bias_of(const struct layout *f)
{
    return (1 << (f->exponent_bits - 1)) - 1;
}

static uint32_t sign_of(const struct layout *f)
{
    return (uint32_t)1 << (f->exponent_bits + f->fraction_bits);
}

static uint32_t infinity_of(const struct layout *f)
{
    return (((uint32_t)1 << f->exponent_bits) - 1) << f->fraction_bits;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static uint32_t float_bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Sets x to (-1)^sign 2^(max(field, 1) - bias - fraction bits) significand, (IEEE 754-2019, 3.4).
 * `beyond` reads the pattern of infinity as the next power of two. */
static void value_of(mpfr_t x, const struct layout *f, uint32_t pattern, bool beyond)
{
    const uint32_t hidden = (uint32_t)1 << f->fraction_bits;
    const uint32_t magnitude = pattern & (sign_of(f) - 1);
    const int field = (int)(magnitude >> f->fraction_bits);
    const uint32_t fraction = magnitude & (hidden - 1);

    if (magnitude > infinity_of(f)) {
        mpfr_set_nan(x);
    } else if (magnitude == infinity_of(f) && !beyond) {
        mpfr_set_inf(x, 1);
    } else {
        mpfr_set_ui_2exp(x, field == 0 ? fraction : fraction + hidden,
                         (field == 0 ? 1 : field) - bias_of(f) - f->fraction_bits, MPFR_RNDN);
    }
    mpfr_setsign(x, x, (pattern & sign_of(f)) != 0, MPFR_RNDN);
}

/* x rounded to the format by MPFR: precision, exponent range and gradual underflow. */
static void round_by_mpfr(mpfr_t rounded, const struct layout *f, double x)
{
    const mpfr_exp_t emin = mpfr_get_emin();
    const mpfr_exp_t emax = mpfr_get_emax();

    mpfr_set_prec(rounded, f->fraction_bits + 1);
    /* MPFR's significands are in [1/2, 1): exponents are one more than those of IEEE 754. */
    (void)mpfr_set_emin(1 - bias_of(f) - f->fraction_bits + 1);
    (void)mpfr_set_emax(bias_of(f) + 1);
    const int ternary = mpfr_set_d(rounded, x, MPFR_RNDN);
    (void)mpfr_subnormalize(rounded, ternary, MPFR_RNDN);
    (void)mpfr_set_emin(emin);
    (void)mpfr_set_emax(emax);
}

static void expect_decoded(const struct layout *f, uint32_t pattern)
{
    const double found = sc_format_decode(f->format, pattern);
    mpfr_t exact;

    mpfr_init2(exact, 64);
    value_of(exact, f, pattern, false);
    if (mpfr_nan_p(exact)) {
        const uint64_t fraction = pattern & (((uint32_t)1 << f->fraction_bits) - 1);
        const uint64_t sign = (pattern & sign_of(f)) != 0 ? UINT64_C(1) << 63 : 0;
        const uint64_t expected =
            sign | UINT64_C(0x7ff0000000000000) | fraction << (52 - f->fraction_bits);
        if (bits_of(found) != expected) {
            cr_expect_fail("%s %#x: NaN %#llx, expected %#llx", f->name, pattern,
                           (unsigned long long)bits_of(found), (unsigned long long)expected);
        }
    } else if (bits_of(found) != bits_of(mpfr_get_d(exact, MPFR_RNDN))) {
        cr_expect_fail("%s %#x: %a, expected %a", f->name, pattern, found,
                       mpfr_get_d(exact, MPFR_RNDN));
    }
    mpfr_clear(exact);
}

/* Encoding what a pattern decodes to gives it back; a NaN becomes the quiet one of its sign. */
static void expect_round_trip(const struct layout *f, uint32_t pattern)
{
    const uint32_t found = sc_format_encode(f->format, sc_format_decode(f->format, pattern));
    uint32_t expected = pattern;

    if ((pattern & (sign_of(f) - 1)) > infinity_of(f)) {
        expected = (pattern & sign_of(f)) | infinity_of(f) | (uint32_t)1 << (f->fraction_bits - 1);
    }
    if (found != expected) {
        cr_expect_fail("%s %#x: encodes back to %#x, expected %#x", f->name, pattern, found,
                       expected);
    }
}

/* Patterns have different values, so the value identifies the pattern. */
static void expect_encoded(const struct layout *f, double x)
{
    const uint32_t found = sc_format_encode(f->format, x);
    mpfr_t expected, value;

    mpfr_init2(expected, 64);
    mpfr_init2(value, 64);
    round_by_mpfr(expected, f, x);
    value_of(value, f, found, false);
    if (found >= 2 * (uint64_t)sign_of(f) || !mpfr_equal_p(value, expected) ||
        mpfr_signbit(value) != mpfr_signbit(expected)) {
        cr_expect_fail("%s of %a: %#x = %a, expected %a", f->name, x, found,
                       mpfr_get_d(value, MPFR_RNDN), mpfr_get_d(expected, MPFR_RNDN));
    }
    mpfr_clear(value);
    mpfr_clear(expected);
}

/* The midpoint of a magnitude and the next one, and the doubles beside it, with both signs. */
static void expect_midpoint(const struct layout *f, uint32_t magnitude)
{
    mpfr_t low, high;

    mpfr_init2(low, 64);
    mpfr_init2(high, 64);
    value_of(low, f, magnitude, false);
    value_of(high, f, magnitude + 1, true);
    mpfr_add(low, low, high, MPFR_RNDN);
    mpfr_div_2ui(low, low, 1, MPFR_RNDN);
    const double middle = mpfr_get_d(low, MPFR_RNDN);
    const double around[] = {nextafter(middle, 0.0), middle, nextafter(middle, INFINITY)};

    if (mpfr_cmp_d(low, middle) != 0) {
        cr_expect_fail("%s %#x: the midpoint is not a double", f->name, magnitude);
    }
    for (int32_t n = 0; n < LIST_SIZE(around); n++) {
        expect_encoded(f, around[n]);
        expect_encoded(f, -around[n]);
    }
    mpfr_clear(high);
    mpfr_clear(low);
}

/* The distance from a magnitude to the next is its ulp, for all values of its binade. */
static void expect_ulp(const struct layout *f, uint32_t magnitude)
{
    mpfr_t low, high;

    mpfr_init2(low, 64);
    mpfr_init2(high, 64);
    value_of(low, f, magnitude, false);
    value_of(high, f, magnitude + 1, true);
    const double x = mpfr_get_d(low, MPFR_RNDN);
    const double inside = nextafter(mpfr_get_d(high, MPFR_RNDN), 0.0);
    mpfr_sub(high, high, low, MPFR_RNDN);
    const double expected = mpfr_get_d(high, MPFR_RNDN);
    const double found[] = {sc_format_ulp(f->format, x), sc_format_ulp(f->format, -x),
                            sc_format_ulp(f->format, inside)};

    for (int32_t n = 0; n < LIST_SIZE(found); n++) {
        if (found[n] != expected) {
            cr_expect_fail("%s %#x, value %d: ulp %a, expected %a", f->name, magnitude, n, found[n],
                           expected);
        }
    }
    mpfr_clear(high);
    mpfr_clear(low);
}

/* An fp32 pattern without sign: fraction n of an exponent is at its ends, in its middle, then
 * random. */
static uint32_t fp32_sample(uint32_t field, int32_t n, struct sc_random *random)
{
    static const uint32_t fractions[] = {0, 1, 2, 0x3fffff, 0x400000, 0x400001, 0x7ffffe, 0x7fffff};
    const uint32_t fraction =
        n < LIST_SIZE(fractions) ? fractions[n] : (uint32_t)sc_random_int(random, 0, 0x7fffff);

    return field << 23 | fraction;
}

#define FP32_FRACTIONS 40

Test(format, every_16_bit_pattern_decodes_to_its_value)
{
    for (uint32_t pattern = 0; pattern < 0x10000; pattern++) {
        expect_decoded(bf16, pattern);
        expect_decoded(fp16, pattern);
    }
}

Test(format, every_16_bit_pattern_survives_a_round_trip)
{
    for (uint32_t pattern = 0; pattern < 0x10000; pattern++) {
        expect_round_trip(bf16, pattern);
        expect_round_trip(fp16, pattern);
    }
}

Test(format, fp32_patterns_of_every_exponent_decode_to_their_value)
{
    struct sc_random random = {1};

    for (uint32_t field = 0; field < 256; field++) {
        for (int32_t n = 0; n < FP32_FRACTIONS; n++) {
            const uint32_t pattern = fp32_sample(field, n, &random);
            expect_decoded(fp32, pattern);
            expect_decoded(fp32, pattern | 0x80000000u);
            expect_round_trip(fp32, pattern);
            expect_round_trip(fp32, pattern | 0x80000000u);
        }
    }
}

Test(format, every_fp32_subnormal_power_of_two_decodes_to_its_value)
{
    for (int shift = 0; shift < 23; shift++) {
        expect_decoded(fp32, (uint32_t)1 << shift);
        expect_decoded(fp32, ((uint32_t)2 << shift) - 1);
    }
}

Test(format, bits_above_the_width_are_ignored)
{
    cr_expect_eq(sc_format_decode(SC_FORMAT_BF16, 0xabcd3f80u), 1.0);
    cr_expect_eq(sc_format_decode(SC_FORMAT_FP16, 0xffff3c00u), 1.0);
}

Test(format, bf16_rounds_as_mpfr_at_and_beside_every_midpoint)
{
    for (uint32_t magnitude = 0; magnitude < infinity_of(bf16); magnitude++) {
        expect_midpoint(bf16, magnitude);
    }
}

Test(format, fp16_rounds_as_mpfr_at_and_beside_every_midpoint)
{
    for (uint32_t magnitude = 0; magnitude < infinity_of(fp16); magnitude++) {
        expect_midpoint(fp16, magnitude);
    }
}

Test(format, fp32_rounds_as_mpfr_at_and_beside_midpoints_of_every_exponent)
{
    struct sc_random random = {2};

    for (uint32_t field = 0; field < 255; field++) {
        for (int32_t n = 0; n < FP32_FRACTIONS; n++) {
            expect_midpoint(fp32, fp32_sample(field, n, &random));
        }
    }
}

/* Every binary64 exponent, random fractions: far outside the formats as well. */
Test(format, doubles_of_every_exponent_round_as_mpfr)
{
    struct sc_random random = {3};

    for (uint64_t field = 0; field < 2047; field++) {
        for (int n = 0; n < 8; n++) {
            const uint64_t bits = sc_random_bits(&random);
            const double x =
                sc_format_from_bits((bits & UINT64_C(0x800fffffffffffff)) | field << 52);
            for (int32_t f = 0; f < LIST_SIZE(formats); f++) {
                expect_encoded(&formats[f], x);
            }
        }
    }
}

Test(format, random_doubles_round_to_fp32_as_a_conversion_in_c)
{
    struct sc_random random = {4};

    for (int n = 0; n < 200000; n++) {
        /* Exponents -160 to 130 */
        const uint64_t field = (uint64_t)sc_random_int(&random, 1023 - 160, 1023 + 130);
        const uint64_t bits = sc_random_bits(&random);
        const double x = sc_format_from_bits((bits & UINT64_C(0x800fffffffffffff)) | field << 52);
        const uint32_t found = sc_format_encode(SC_FORMAT_FP32, x);
        if (found != float_bits_of((float)x)) {
            cr_expect_fail("fp32 of %a: %#x, expected %#x", x, found, float_bits_of((float)x));
        }
    }
}

Test(format, fp32_encodings_at_the_boundaries)
{
    static const struct {
        const char *name;
        double x;
        uint32_t expected;
    } rows[] = {
        {"+0", 0.0, 0x00000000},
        {"-0", -0.0, 0x80000000},
        {"one", 1.0, 0x3f800000},
        {"minus two", -2.0, 0xc0000000},
        {"least subnormal", 0x1p-149, 0x00000001},
        {"half of the least subnormal: tie to zero", 0x1p-150, 0x00000000},
        {"half of the least subnormal, negative", -0x1p-150, 0x80000000},
        {"above half of the least subnormal", 0x1.0000000000001p-150, 0x00000001},
        {"below half of the least subnormal", 0x1.fffffffffffffp-151, 0x00000000},
        {"three halves of the least subnormal: tie to even", 0x1.8p-149, 0x00000002},
        {"five halves of the least subnormal: tie to even", 0x1.4p-148, 0x00000002},
        {"largest subnormal", 0x1.fffffcp-127, 0x007fffff},
        {"tie of the largest subnormal to the least normal", 0x1.fffffep-127, 0x00800000},
        {"below that tie", 0x1.fffffdfffffffp-127, 0x007fffff},
        {"least normal", 0x1p-126, 0x00800000},
        {"tie to even, down", 0x1.000001p0, 0x3f800000},
        {"above the tie", 0x1.0000010000001p0, 0x3f800001},
        {"tie to even, up", 0x1.000003p0, 0x3f800002},
        {"below the tie", 0x1.000002fffffffp0, 0x3f800001},
        {"carry into the exponent", 0x1.ffffffp0, 0x40000000},
        {"largest finite", 0x1.fffffep127, 0x7f7fffff},
        {"below the overflow threshold", 0x1.fffffefffffffp127, 0x7f7fffff},
        {"overflow threshold", 0x1.ffffffp127, 0x7f800000},
        {"minus the overflow threshold", -0x1.ffffffp127, 0xff800000},
        {"below minus the overflow threshold", -0x1.fffffefffffffp127, 0xff7fffff},
        {"largest double", DBL_MAX, 0x7f800000},
        {"least double", 0x1p-1074, 0x00000000},
        {"minus the largest subnormal double", -0x0.fffffffffffffp-1022, 0x80000000},
        {"infinity", HUGE_VAL, 0x7f800000},
        {"minus infinity", -HUGE_VAL, 0xff800000},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const uint32_t found = sc_format_encode(SC_FORMAT_FP32, rows[r].x);
        cr_expect_eq(found, rows[r].expected, "%s (%a): %#x, expected %#x", rows[r].name, rows[r].x,
                     found, rows[r].expected);
    }
}

Test(format, a_nan_becomes_the_quiet_nan_of_its_sign)
{
    static const struct {
        const char *name;
        uint64_t bits;
        enum sc_format format;
        uint32_t expected;
    } rows[] = {
        {"quiet to bf16", 0x7ff8000000000000, SC_FORMAT_BF16, 0x7fc0},
        {"signalling to bf16", 0x7ff0000000000001, SC_FORMAT_BF16, 0x7fc0},
        {"negative, all ones to bf16", 0xffffffffffffffff, SC_FORMAT_BF16, 0xffc0},
        {"quiet to fp16", 0x7ff8000000000000, SC_FORMAT_FP16, 0x7e00},
        {"signalling to fp16", 0x7ff0000000000001, SC_FORMAT_FP16, 0x7e00},
        {"negative, all ones to fp16", 0xffffffffffffffff, SC_FORMAT_FP16, 0xfe00},
        {"quiet to fp32", 0x7ff8000000000000, SC_FORMAT_FP32, 0x7fc00000},
        {"signalling to fp32", 0x7ff0000000000001, SC_FORMAT_FP32, 0x7fc00000},
        {"negative, all ones to fp32", 0xffffffffffffffff, SC_FORMAT_FP32, 0xffc00000},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const uint32_t found = sc_format_encode_bits(rows[r].format, rows[r].bits);
        cr_expect_eq(found, rows[r].expected, "%s: %#x, expected %#x", rows[r].name, found,
                     rows[r].expected);
    }
}

/* By way of fp32, each of these lands on a tie of the 16-bit format and goes the other way. */
Test(format, a_double_is_rounded_once_and_not_by_way_of_fp32)
{
    static const struct {
        const char *name;
        enum sc_format format;
        double x;
        uint32_t once, twice;
    } rows[] = {
        {"bf16, above a tie to even below", SC_FORMAT_BF16, 0x1.0100000000001p0, 0x3f81, 0x3f80},
        {"bf16, below a tie to even above", SC_FORMAT_BF16, 0x1.02fffffffffffp0, 0x3f81, 0x3f82},
        {"bf16, overflow", SC_FORMAT_BF16, 0x1.feffffffffffp127, 0x7f7f, 0x7f80},
        {"fp16, above a tie to even below", SC_FORMAT_FP16, 0x1.0020000000001p0, 0x3c01, 0x3c00},
        {"fp16, below a tie to even above", SC_FORMAT_FP16, 0x1.005ffffffffffp0, 0x3c01, 0x3c02},
        {"fp16, overflow", SC_FORMAT_FP16, 0x1.ffdfffffffffp15, 0x7bff, 0x7c00},
        {"fp16, half of the least subnormal", SC_FORMAT_FP16, 0x1.0000000000001p-25, 1, 0},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const double by_way = (double)(float)rows[r].x;
        const uint32_t once = sc_format_encode(rows[r].format, rows[r].x);
        const uint32_t twice = sc_format_encode(rows[r].format, by_way);
        cr_expect_eq(once, rows[r].once, "%s: %#x, expected %#x", rows[r].name, once, rows[r].once);
        cr_expect_eq(twice, rows[r].twice, "%s: %#x by way of fp32, expected %#x", rows[r].name,
                     twice, rows[r].twice);
    }
}

Test(format, the_ulp_of_every_16_bit_value_is_the_distance_to_the_next)
{
    for (uint32_t magnitude = 0; magnitude < infinity_of(bf16); magnitude++) {
        expect_ulp(bf16, magnitude);
    }
    for (uint32_t magnitude = 0; magnitude < infinity_of(fp16); magnitude++) {
        expect_ulp(fp16, magnitude);
    }
}

Test(format, the_ulp_of_fp32_values_of_every_exponent_is_the_distance_to_the_next)
{
    struct sc_random random = {5};

    for (uint32_t field = 0; field < 255; field++) {
        for (int32_t n = 0; n < FP32_FRACTIONS; n++) {
            expect_ulp(fp32, fp32_sample(field, n, &random));
        }
    }
}

Test(format, the_ulp_outside_of_a_format_is_that_of_its_last_or_least_binade)
{
    static const struct {
        const char *name;
        enum sc_format format;
        double x, expected;
    } rows[] = {
        {"bf16, zero", SC_FORMAT_BF16, 0.0, 0x1p-133},
        {"bf16, least double", SC_FORMAT_BF16, 0x1p-1074, 0x1p-133},
        {"bf16, 2^128", SC_FORMAT_BF16, 0x1p128, 0x1p120},
        {"bf16, largest double", SC_FORMAT_BF16, DBL_MAX, 0x1p120},
        {"fp16, minus zero", SC_FORMAT_FP16, -0.0, 0x1p-24},
        {"fp16, below the least subnormal", SC_FORMAT_FP16, 0x1p-30, 0x1p-24},
        {"fp16, 65536", SC_FORMAT_FP16, 65536.0, 32.0},
        {"fp16, 1e300", SC_FORMAT_FP16, 1e300, 32.0},
        {"fp32, least double", SC_FORMAT_FP32, 0x1p-1074, 0x1p-149},
        {"fp32, minus the largest double", SC_FORMAT_FP32, -DBL_MAX, 0x1p104},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const double found = sc_format_ulp(rows[r].format, rows[r].x);
        cr_expect_eq(found, rows[r].expected, "%s: %a, expected %a", rows[r].name, found,
                     rows[r].expected);
    }
}

Test(format, parameters_are_those_of_ieee_754)
{
    static const struct {
        const char *name;
        enum sc_format format;
        int32_t bytes, precision, exponent_min;
        uint32_t infinity, sign;
        double unit_roundoff, max;
    } rows[] = {
        {"bf16", SC_FORMAT_BF16, 2, 8, -126, 0x7f80, 0x8000, 0x1p-8, 0x1.fep127},
        {"fp16", SC_FORMAT_FP16, 2, 11, -14, 0x7c00, 0x8000, 0x1p-11, 65504.0},
        {"fp32", SC_FORMAT_FP32, 4, 24, -126, 0x7f800000, 0x80000000, 0x1p-24, (double)FLT_MAX},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        const enum sc_format f = rows[r].format;
        cr_expect_eq(sc_format_bytes(f), rows[r].bytes, "%s: bytes", rows[r].name);
        cr_expect_eq(sc_format_precision(f), rows[r].precision, "%s: precision", rows[r].name);
        cr_expect_eq(sc_format_exponent_min(f), rows[r].exponent_min, "%s: least exponent",
                     rows[r].name);
        cr_expect_eq(sc_format_infinity(f), rows[r].infinity, "%s: infinity", rows[r].name);
        cr_expect_eq(sc_format_sign(f), rows[r].sign, "%s: sign", rows[r].name);
        cr_expect_eq(sc_format_unit_roundoff(f), rows[r].unit_roundoff, "%s: unit roundoff",
                     rows[r].name);
        cr_expect_eq(sc_format_max(f), rows[r].max, "%s: largest finite value", rows[r].name);
    }
}

Test(format, every_power_of_two_is_exact)
{
    for (int32_t exponent = -1022; exponent <= 1023; exponent++) {
        if (sc_format_pow2(exponent) != ldexp(1.0, exponent)) {
            cr_expect_fail("2^%d: %a", exponent, sc_format_pow2(exponent));
        }
    }
    for (int32_t exponent = 0; exponent <= 62; exponent++) {
        if ((double)sc_format_power(exponent) != ldexp(1.0, exponent)) {
            cr_expect_fail("2^%d as an integer", exponent);
        }
    }
}

/* The nearest multiple, the even one of two: by looking at both neighbours. */
Test(format, a_quotient_by_a_power_of_two_is_the_nearest_integer_ties_to_even)
{
    for (uint64_t significand = 0; significand < 2048; significand++) {
        for (int32_t shift = 1; shift <= 13; shift++) {
            const double exact = ldexp((double)significand, -shift);
            const double below = exact - floor(exact);
            double expected = below > 0.5 ? ceil(exact) : floor(exact);
            if (below == 0.5) {
                expected = fmod(floor(exact), 2.0) == 0.0 ? floor(exact) : ceil(exact);
            }
            if ((double)sc_format_divide(significand, shift) != expected) {
                cr_expect_fail("%llu / 2^%d: %llu, expected %g", (unsigned long long)significand,
                               shift, (unsigned long long)sc_format_divide(significand, shift),
                               expected);
            }
        }
    }
}
