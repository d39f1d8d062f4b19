/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_enclosure.h"

#include "tests/limbs.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define LIMBS_MAX SC_FIXED_ENCLOSURE_LIMBS_MAX
#define BITS      2000

/* x 2^unit rounded in one direction, and a zero as +0. */
static double define_end(mpz_srcptr x, float scale, int32_t unit, mpfr_rnd_t toward)
{
    mpfr_t exact;

    mpfr_init2(exact, BITS);
    (void)mpfr_set_z(exact, x, MPFR_RNDN);
    (void)mpfr_mul_d(exact, exact, (double)scale, MPFR_RNDN);
    (void)mpfr_mul_2si(exact, exact, unit, MPFR_RNDN);
    const double end = mpfr_get_d(exact, toward);
    mpfr_clear(exact);
    return end == 0 ? 0.0 : end;
}

/* scale (x - r) 2^unit rounded down and scale (x + r) 2^unit rounded up, r the integer above radius. */
static struct sc_enclosure define(mpz_srcptr x, double radius, float scale, int32_t unit)
{
    struct sc_enclosure result;
    mpz_t end, r;

    mpz_init(end);
    mpz_init_set_d(r, ceil(radius));
    mpz_sub(end, x, r);
    result.lo = define_end(end, scale, unit, MPFR_RNDD);
    mpz_add(end, x, r);
    result.hi = define_end(end, scale, unit, MPFR_RNDU);
    mpz_clears(end, r, NULL);
    return result;
}

static bool same(struct sc_enclosure x, struct sc_enclosure y)
{
    return memcmp(&x, &y, sizeof x) == 0; /* the signs of zeros too */
}

/* A radius of up to `bits` bits, often 0, an integer or less than 1. */
static double random_radius(int32_t bits, uint64_t *state)
{
    const uint64_t kind = limbs_random(state) % 4;

    if (kind == 0) {
        return 0;
    }
    const double significand = (double)(limbs_random(state) >> 11 | 1);
    const int32_t last = kind == 1 ? 1 : bits;
    return ldexp(significand, (int)(limbs_random(state) % (uint64_t)last) - 53);
}

Test(fixed_enclosure, ends_are_the_next_doubles_outward)
{
    for (uint64_t seed = 0; seed < 100000; seed++) {
        uint64_t state = seed;
        const int32_t limbs = 1 + (int32_t)(limbs_random(&state) % LIMBS_MAX);
        /* unit 2^-788 for sums of 18 limbs, 2^-192 for probabilities */
        const int32_t unit =
            -640 - (int32_t)(limbs_random(&state) % 100) + (LIMBS_MAX - limbs) * 25;
        const float scale = fabsf(limbs_random_float(&state));
        mp_limb_t x[LIMBS_MAX];
        mpz_t exact;
        mpz_init(exact);
        limbs_random_fill(x, limbs, &state);
        /* |x| < 2^(64 limbs - 27), and both signs */
        x[limbs - 1] = seed % 2 == 0 ? x[limbs - 1] >> 27 : ~(x[limbs - 1] >> 27);
        const double radius = random_radius(limbs < 16 ? 64 * limbs - 27 : 980, &state);
        limbs_to_signed(exact, x, limbs);
        const struct sc_enclosure found = sc_fixed_enclosure(x, limbs, radius, scale, unit);
        const struct sc_enclosure expected = define(exact, radius, scale, unit);
        cr_assert(same(found, expected), "seed %u: [%a, %a], expected [%a, %a]", (unsigned)seed,
                  found.lo, found.hi, expected.lo, expected.hi);
        mpz_clear(exact);
    }
}

Test(fixed_enclosure, what_is_exact_stays_one_number)
{
    static const struct {
        const char *name;
        int64_t x;
        double radius, lo, hi;
    } rows[] = {
        {"zero", 0, 0, 0, 0},
        {"one", 1, 0, 1, 1},
        {"minus three", -3, 0, -3, -3},
        {"a radius below 1 counts as 1", 5, 0x1p-600, 4, 6},
        {"a zero end is +0", 4, 4, 0, 8},
        {"a zero end from below", -4, 4, -8, 0},
        {"54 bits", ((int64_t)1 << 53) + 1, 0, 0x1p53, 0x1p53 + 2},
        {"54 bits, negative", -((int64_t)1 << 53) - 1, 0, -0x1p53 - 2, -0x1p53},
        {"all ones carry into the next power", ((int64_t)1 << 54) - 1, 0, 0x1p54 - 2, 0x1p54},
        {"53 bits of radius", 0, 0x1p53 - 1, -0x1p53 + 1, 0x1p53 - 1},
        {"radius 2^53 + 2", 0, 0x1p53 + 2, -0x1p53 - 2, 0x1p53 + 2},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const mp_limb_t sign = rows[r].x < 0 ? GMP_NUMB_MAX : 0;
        const mp_limb_t x[2] = {(mp_limb_t)rows[r].x, sign};
        const struct sc_enclosure expected = {rows[r].lo, rows[r].hi};
        const struct sc_enclosure found = sc_fixed_enclosure(x, 2, rows[r].radius, 1.0f, 0);
        cr_expect(same(found, expected), "%s: [%a, %a]", rows[r].name, found.lo, found.hi);
    }
}

Test(fixed_enclosure, above_is_the_next_double)
{
    for (uint64_t seed = 0; seed < 20000; seed++) {
        uint64_t state = seed;
        const int32_t limbs = 1 + (int32_t)(limbs_random(&state) % 10);
        mp_limb_t x[10];
        mpz_t exact;
        mpz_init(exact);
        limbs_random_fill(x, limbs, &state);
        limbs_to_integer(exact, false, x, limbs);
        const double expected = define_end(exact, 1.0f, -298, MPFR_RNDU);
        const double found = sc_fixed_enclosure_above(x, limbs, -298);
        cr_assert(found == expected, "seed %u: %a, expected %a", (unsigned)seed, found, expected);
        mpz_clear(exact);
    }
}
