/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/definite.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>

/* M = v w^T of integers below 2^20 over 2^20: its elements are exact, its norm is |v| |w|, and nothing of M M^T is. */
struct rank_one {
    int64_t size, inner;
    double *m;
    mpfr_t square; /* ||M||^2, exact */
};

static void create(struct rank_one *x, uint64_t seed, int64_t size, int64_t inner)
{
    struct sc_random random = {seed};
    double *v = malloc((size_t)(size + inner) * sizeof *v);
    mpfr_t of[2];

    *x = (struct rank_one){.size = size, .inner = inner};
    x->m = malloc((size_t)(size * inner) * sizeof *x->m);
    cr_assert(v != NULL && x->m != NULL);
    mpfr_inits2(200, x->square, of[0], of[1], (mpfr_ptr)NULL);
    for (int32_t n = 0; n < 2; n++) {
        mpfr_set_zero(of[n], 1);
    }
    for (int64_t n = 0; n < size + inner; n++) {
        v[n] = 0x1p-20 * (double)sc_random_int(&random, -(1 << 20), 1 << 20);
        (void)mpfr_add_d(of[n < size ? 0 : 1], of[n < size ? 0 : 1], v[n] * v[n], MPFR_RNDN);
    }
    for (int64_t n = 0; n < size * inner; n++) {
        x->m[n] = v[n / inner] * v[size + n % inner];
    }
    (void)mpfr_mul(x->square, of[0], of[1], MPFR_RNDN);
    mpfr_clears(of[0], of[1], (mpfr_ptr)NULL);
    free(v);
}

static void destroy(struct rank_one *x)
{
    mpfr_clear(x->square);
    free(x->m);
}

/* Whether there is a factor with c a part `less` below ||M||^2, and whether c + charge then is at least that. */
static bool factored(const struct rank_one *x, double less, int32_t threads, bool *sound)
{
    const double square = mpfr_get_d(x->square, MPFR_RNDU), c = square * (1.0 - less);
    struct sc_definite definite;
    mpfr_t sum;

    cr_assert_eq(sc_definite_check(x->m, x->size, x->inner, c, threads, &definite, NULL), SC_OK);
    cr_expect_eq(definite.factored, definite.direction == NULL);
    mpfr_init2(sum, 200);
    (void)mpfr_set_d(sum, c, MPFR_RNDN);
    (void)mpfr_add_d(sum, sum, sc_definite_charge(x->size, x->inner, c, square), MPFR_RNDN);
    *sound = mpfr_greaterequal_p(sum, x->square) != 0;
    mpfr_clear(sum);
    free(definite.direction);
    return definite.factored;
}

Test(definite, a_factor_bounds_the_norm_with_what_is_charged)
{
    int32_t below = 0;

    for (uint64_t seed = 0; seed < 400; seed++) {
        static const int64_t sizes[] = {1, 2, 5, 17, 47, 48, 49, 96, 101, 150};
        struct rank_one x;
        create(&x, seed, sizes[seed % 10], sizes[seed / 10 % 10]);
        for (int32_t n = -4; n <= 20; n++) {
            const double less = ldexp(n < 0 ? -1.0 : 1.0, n < 0 ? -50 + n : -56 + n);
            bool sound;
            if (factored(&x, less, 1 + (int32_t)(seed % 3), &sound)) {
                cr_expect(sound, "seed %d: factored at %g below", (int)seed, less);
                below += less > 0.0;
            }
        }
        destroy(&x);
    }
    cr_expect(below > 20, "%d: no factor below the norm, so that nothing was at stake", below);
}

/* Sums in which what is small is lost to what is large, time after time. The row: 1, and squares of 2^-54 after it. The column:
 * 2^-26.6 in many places and two elements of about 1/sqrt(2), whose pivots are to fall by squares below half a unit. */
Test(definite, roundings_that_all_go_one_way_are_charged)
{
    int32_t below[2] = {0, 0};

    for (int32_t n = 0; n < 2; n++) {
        struct rank_one x = {.size = n == 0 ? 1 : 48, .inner = n == 0 ? 255 : 1};
        const int64_t count = x.size * x.inner;
        x.m = malloc((size_t)count * sizeof *x.m);
        cr_assert_not_null(x.m);
        mpfr_init2(x.square, 200);
        mpfr_set_zero(x.square, 1);
        for (int64_t i = 0; i < count; i++) {
            mpfr_t element;
            x.m[i] = n == 0 ? (i == 0 ? 1.0 : 0x1p-27) : (i < count - 2 ? 0x1.5p-27 : 0x1.6bp-1);
            mpfr_init2(element, 200);
            (void)mpfr_set_d(element, x.m[i], MPFR_RNDN);
            (void)mpfr_fma(x.square, element, element, x.square, MPFR_RNDN);
            mpfr_clear(element);
        }
        for (int32_t u = 0; u < 60; u++) {
            bool sound;
            if (factored(&x, 0x1p-53 * (double)u, 1, &sound)) {
                cr_expect(sound, "matrix %d: factored at %d units below", n, u);
                below[n] += u >= 8;
            }
        }
        destroy(&x);
    }
    cr_expect(below[0] > 0 && below[1] > 0, "%d, %d: nothing was lost", below[0], below[1]);
}

Test(definite, far_above_the_norm_there_is_a_factor_and_far_below_none)
{
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct rank_one x;
        bool sound;
        create(&x, seed, 1 + (int64_t)(seed * 11), 1 + (int64_t)(seed % 7 * 40));
        cr_expect(factored(&x, -1e-9, 2, &sound), "seed %d", (int)seed);
        cr_expect(!factored(&x, 1e-9, 2, &sound), "seed %d", (int)seed);
        destroy(&x);
    }
}

/* x^T (c I - M M^T) x <= 0: M amplifies x by sqrt(c) at least. */
Test(definite, a_failure_shows_its_direction)
{
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct rank_one x;
        struct sc_definite definite;
        create(&x, seed, 1 + (int64_t)(seed * 7), 60);
        const double c = 0.9 * mpfr_get_d(x.square, MPFR_RNDN);
        double image = 0.0, size = 0.0;
        cr_assert_eq(sc_definite_check(x.m, x.size, x.inner, c, 1, &definite, NULL), SC_OK);
        cr_assert_not_null(definite.direction);
        for (int64_t n = 0; n < x.inner; n++) {
            double sum = 0.0;
            for (int64_t i = 0; i < x.size; i++) {
                sum += x.m[i * x.inner + n] * definite.direction[i];
            }
            image += sum * sum;
        }
        for (int64_t i = 0; i < x.size; i++) {
            size += definite.direction[i] * definite.direction[i];
        }
        cr_expect(image >= c * size * (1.0 - 1e-10), "seed %d: %g, %g", (int)seed, image, c * size);
        free(definite.direction);
        destroy(&x);
    }
}

Test(definite, what_is_not_finite_has_no_factor)
{
    double m[6] = {0.5, 0.25, NAN, 0.5, 1.0, 1.0};
    struct sc_definite definite;

    for (int32_t n = 0; n < 2; n++) {
        m[2] = n == 0 ? NAN : INFINITY;
        cr_assert_eq(sc_definite_check(m, 3, 2, 10.0, 1, &definite, NULL), SC_OK);
        cr_expect(!definite.factored);
        free(definite.direction);
    }
}
