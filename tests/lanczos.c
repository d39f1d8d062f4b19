/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/lanczos.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define SIZE 16

/* A rows x columns matrix. */
struct matrix {
    int32_t rows, columns;
    double elements[SIZE * SIZE];
};

static void push(void *context, const double *t, double *result)
{
    const struct matrix *m = context;

    for (int32_t i = 0; i < m->rows; i++) {
        result[i] = 0.0;
        for (int32_t j = 0; j < m->columns; j++) {
            result[i] += m->elements[i * m->columns + j] * t[j];
        }
    }
}

static void pull(void *context, const double *u, double *result)
{
    const struct matrix *m = context;

    for (int32_t j = 0; j < m->columns; j++) {
        result[j] = 0.0;
        for (int32_t i = 0; i < m->rows; i++) {
            result[j] += m->elements[i * m->columns + j] * u[i];
        }
    }
}

/* Turns two rows, or two columns, by an angle: the singular values stay. */
static void turn(struct matrix *m, bool rows, int32_t a, int32_t b, double angle)
{
    const int32_t count = rows ? m->columns : m->rows;

    for (int32_t n = 0; n < count; n++) {
        double *x = &m->elements[rows ? a * m->columns + n : n * m->columns + a];
        double *y = &m->elements[rows ? b * m->columns + n : n * m->columns + b];
        const double first = cos(angle) * *x - sin(angle) * *y;
        *y = sin(angle) * *x + cos(angle) * *y;
        *x = first;
    }
}

/* A matrix of the given singular values, the rest 0. */
static void set_spectrum(struct matrix *m, int32_t rows, int32_t columns, const double *values,
                         int32_t count, uint64_t seed)
{
    struct sc_random random = {seed};

    *m = (struct matrix){rows, columns, {0.0}};
    for (int32_t n = 0; n < count; n++) {
        m->elements[n * columns + n] = values[n];
    }
    for (int32_t n = 0; n < 4 * SIZE; n++) {
        const bool of_rows = n % 2 == 0;
        const int32_t size = of_rows ? rows : columns;
        if (size > 1) {
            const int32_t a = sc_random_int(&random, 0, size - 2);
            turn(m, of_rows, a, sc_random_int(&random, a + 1, size - 1),
                 6.0 * sc_random_unit(&random));
        }
    }
}

/* What is found of a matrix; the caller destroys it. */
static struct sc_lanczos run(struct matrix *m, int32_t steps, double change)
{
    const struct sc_operator j = {m->columns, m->rows, push, pull, m};
    const struct sc_lanczos_options how = {steps, change, 3};
    struct sc_lanczos lanczos;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_lanczos_run(&j, &how, &lanczos, &error), SC_OK, "%s", error.text);
    return lanczos;
}

/* The vector is of length 1 and its image as long as is said. */
static void expect_vector(struct matrix *m, const struct sc_lanczos *lanczos)
{
    double image[SIZE], length = 0.0, size = 0.0;

    push(m, lanczos->right, image);
    for (int32_t n = 0; n < m->columns; n++) {
        length += lanczos->right[n] * lanczos->right[n];
    }
    for (int32_t n = 0; n < m->rows; n++) {
        size += image[n] * image[n];
    }
    cr_expect_float_eq(length, 1.0, 1e-14);
    cr_expect_float_eq(sqrt(size), lanczos->value, 1e-13 * lanczos->value);
}

Test(lanczos, spectrum_is_that_of_the_matrix)
{
    static const double values[] = {9.0, 8.5, 8.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125};
    static const int32_t sizes[][2] = {{10, 10}, {12, 10}, {10, 16}, {16, 16}};
    struct matrix m;

    for (int32_t n = 0; n < 4; n++) {
        set_spectrum(&m, sizes[n][0], sizes[n][1], values, 10, 11);
        struct sc_lanczos lanczos = run(&m, 100, 0.0);
        cr_expect(lanczos.values >= 10, "%d x %d: %d", m.rows, m.columns, lanczos.values);
        for (int32_t k = 0; k < 10 && k < lanczos.values; k++) {
            cr_expect_float_eq(lanczos.spectrum[k], values[k], 1e-12, "%d x %d: value %d is %.17g",
                               m.rows, m.columns, k, lanczos.spectrum[k]);
        }
        expect_vector(&m, &lanczos);
        cr_expect_float_eq(lanczos.value, 9.0, 1e-12);
        sc_lanczos_destroy(&lanczos);
    }
}

Test(lanczos, no_estimate_is_above_the_spectrum)
{
    static const double values[] = {9.0, 8.999, 8.0, 4.0, 3.0, 2.0};
    struct matrix m;

    set_spectrum(&m, 12, 12, values, 6, 5);
    for (int32_t steps = 1; steps <= 12; steps++) {
        struct sc_lanczos lanczos = run(&m, steps, 0.0);
        cr_expect_leq(lanczos.steps, steps);
        cr_expect(lanczos.value <= 9.0 + 1e-13, "%d steps: %.17g", steps, lanczos.value);
        for (int32_t k = 0; k < lanczos.values; k++) {
            cr_expect(lanczos.spectrum[k] <= (k < 6 ? values[k] : 0.0) + 1e-12, "%d steps", steps);
        }
        expect_vector(&m, &lanczos);
        sc_lanczos_destroy(&lanczos);
    }
}

Test(lanczos, a_matrix_of_low_rank_ends_early)
{
    static const double values[] = {7.0, 2.0};
    struct matrix m;

    set_spectrum(&m, 14, 15, values, 2, 2);
    struct sc_lanczos lanczos = run(&m, 1000, 0.0);
    cr_expect(lanczos.steps >= 2 && lanczos.steps <= 4, "%d steps", lanczos.steps);
    cr_expect_float_eq(lanczos.spectrum[0], 7.0, 1e-12);
    cr_expect_float_eq(lanczos.spectrum[1], 2.0, 1e-12);
    for (int32_t k = 2; k < lanczos.values; k++) {
        cr_expect(lanczos.spectrum[k] < 1e-12, "value %d is %g", k, lanczos.spectrum[k]);
    }
    expect_vector(&m, &lanczos);
    sc_lanczos_destroy(&lanczos);
}

Test(lanczos, one_dimension_takes_one_step)
{
    static const double value[] = {3.0};
    static const int32_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}};
    struct matrix m;

    for (int32_t n = 0; n < 3; n++) {
        set_spectrum(&m, sizes[n][0], sizes[n][1], value, 1, 4);
        struct sc_lanczos lanczos = run(&m, 50, 1e-13);
        cr_expect_eq(lanczos.steps, 1);
        cr_expect_float_eq(lanczos.value, 3.0, 1e-14, "%d x %d: %.17g", m.rows, m.columns,
                           lanczos.value);
        sc_lanczos_destroy(&lanczos);
    }
}

Test(lanczos, a_zero_operator_has_norm_0)
{
    struct matrix m = {5, 6, {0.0}};
    struct sc_lanczos lanczos = run(&m, 20, 1e-13);

    cr_expect_eq(lanczos.value, 0.0);
    cr_expect_eq(lanczos.spectrum[0], 0.0);
    sc_lanczos_destroy(&lanczos);
}

Test(lanczos, a_result_that_is_not_finite_is_refused)
{
    struct sc_lanczos lanczos;
    struct sc_error error = {SC_OK, ""};

    for (int32_t n = 0; n < 2; n++) {
        struct matrix m = {4, 4, {1.0, 2.0, 3.0, 4.0, n == 0 ? NAN : INFINITY}};
        const struct sc_operator j = {4, 4, push, pull, &m};
        const struct sc_lanczos_options how = {10, 1e-13, 1};
        cr_expect_eq(sc_lanczos_run(&j, &how, &lanczos, &error), SC_E_UNAVAILABLE);
        cr_expect_not_null(strstr(error.text, "not finite"), "%s", error.text);
        cr_expect_null(lanczos.right);
    }
}
