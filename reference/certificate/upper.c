/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/upper.h"

#include "reference/certificate/definite.h"
#include "reference/certificate/matrix.h"
#include "reference/certificate/products.h"
#include "reference/certificate/rounded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 40 /* of the power method, from where the factorisation ended */

double sc_upper_shift(double claim)
{
    const double square = nextafter(claim * claim, 0.0);

    return isnormal(square) ? square : 0.0;
}

/* A sum of fewer than 2^40 squares and what it errs by: gamma_count of it, and 2^-1075 for each square that is not 0. */
static double squares(const double *x, int64_t count, double *error)
{
    double sum = 0.0;
    bool zero = true;

    for (int64_t n = 0; n < count; n++) {
        sum += x[n] * x[n];
        zero = zero && x[n] == 0.0;
    }
    *error = zero ? 0.0 : (double)count * (1.1 * SC_ROUNDED_U * sum + 0x1p-1074);
    return sum;
}

/* ||x|| from above. */
static double length(const double *x, int64_t count)
{
    double error;
    const double sum = squares(x, count, &error);

    return sqrt(sum + error) * (1.0 + 0x1p-50);
}

/* The exponent by which elements are to be divided; the matrix and its error are, where it has an element but 0. */
static int scale(struct sc_matrix *m)
{
    double largest = 0.0;
    int exponent = 0;

    for (int64_t n = 0; n < m->rows * m->columns; n++) {
        largest = fmax(largest, fabs(m->elements[n]));
    }
    if (largest == 0.0) {
        return 0;
    }
    (void)frexp(largest, &exponent);
    for (int64_t n = 0; n < m->rows * m->columns; n++) {
        m->elements[n] = ldexp(m->elements[n], -exponent);
    }
    /* what became subnormal lost at most 2^-1075 each */
    m->error = ldexp(m->error, -exponent) * (1.0 + 0x1p-50) +
               sqrt((double)m->rows * (double)m->columns) * 0x1p-1070;
    return exponent;
}

/* y = M^T x, then x = M y. */
static void forth(const struct sc_matrix *m, const double *x, double *y)
{
    memset(y, 0, (size_t)m->columns * sizeof *y);
    for (int64_t r = 0; r < m->rows; r++) {
        sc_products_add(y, m->elements + r * m->columns, x[r], m->columns);
    }
}

static void back(const struct sc_matrix *m, const double *y, double *x)
{
    for (int64_t r = 0; r < m->rows; r++) {
        x[r] = 0.0;
        for (int64_t n = 0; n < m->columns; n++) {
            x[r] += m->elements[r * m->columns + n] * y[n];
        }
    }
}

/* To a length of about 1. */
static void normalise(double *x, int64_t count)
{
    double largest = 0.0;

    for (int64_t n = 0; n < count; n++) {
        largest = fmax(largest, fabs(x[n]));
    }
    for (int64_t n = 0; n < count && largest > 0.0; n++) {
        x[n] /= largest;
    }
    const double size = length(x, count);
    for (int64_t n = 0; n < count && size > 0.0; n++) {
        x[n] /= size;
    }
}

/* ||M^T x|| / ||x|| - e from below, of some direction x near which M amplifies most: the sum of each element of y errs by at
 * most gamma_rows (|M|^T |x|), together gamma_rows ||M||_F ||x||. */
static double amplified(const struct sc_matrix *m, double *x, double frobenius, double *y)
{
    for (int32_t n = 0; n < STEPS; n++) {
        normalise(x, m->rows);
        forth(m, x, y);
        back(m, y, x);
    }
    normalise(x, m->rows);
    forth(m, x, y);
    double error;
    const double sum = squares(y, m->columns, &error), size = length(x, m->rows);
    const double image = sqrt(fmax(0.0, sum - error * (1.0 + 0x1p-50)));
    const double lost = 1.1 * (double)m->rows * (SC_ROUNDED_U * frobenius * size + 0x1p-1000);
    const double least = (image - lost) / size * (1.0 - 0x1p-40) - m->error;

    return size > 0.0 && isfinite(least) ? least : 0.0;
}

/* The claim and the shift are scaled as the matrix is. */
static enum sc_status try(const struct sc_matrix *m, double claim, double shift,
                          const struct sc_upper_limits *limits, struct sc_upper *upper,
                          struct sc_error *error)
{
    const double frobenius = length(m->elements, m->rows * m->columns);
    const double charge =
        sc_definite_charge(m->rows, m->columns, shift, frobenius * frobenius * (1.0 + 0x1p-50));
    const double root = sqrt(shift) * (1.0 - 0x1p-50) - m->error;
    const double c = root * root * (1.0 - 0x1p-50) - charge * (1.0 + 0x1p-50);
    struct sc_definite definite;

    if ((m->error == 0.0 ? frobenius : nextafter(frobenius + m->error, HUGE_VAL)) <= claim) {
        upper->verdict = SC_CONFIRMED;
        return SC_OK;
    }
    if (!(shift > 0.0 && root > 0.0 && c > 0.0 && isfinite(c))) {
        return SC_OK;
    }
    upper->slack = (claim - sqrt(c)) / claim;
    enum sc_status status =
        sc_definite_check(m->elements, m->rows, m->columns, c, limits->threads, &definite, error);
    double *y = definite.direction == NULL ? NULL : calloc((size_t)m->columns, sizeof *y);
    if (status == SC_OK && definite.factored) {
        upper->verdict = SC_CONFIRMED;
    } else if (status == SC_OK && y == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "certificate: no memory for a direction");
    } else if (status == SC_OK) {
        upper->least = amplified(m, definite.direction, frobenius, y);
        upper->verdict = upper->least > claim ? SC_REFUTED : SC_LEFT_OPEN;
    }
    free(definite.direction);
    free(y);
    return status;
}

enum sc_status sc_upper_check(const struct sc_rows *rows, double claim, double shift,
                              const struct sc_upper_limits *limits, struct sc_upper *upper,
                              struct sc_error *error)
{
    const struct sc_subject *s = rows->subject;
    const int64_t inputs = sc_subject_inputs(s), outputs = sc_subject_outputs(s);
    struct sc_matrix m;

    *upper =
        (struct sc_upper){.verdict = SC_LEFT_OPEN, .side = inputs < outputs ? inputs : outputs};
    if (upper->side > limits->side_max || sc_matrix_bytes(s, limits->threads) > limits->bytes_max) {
        return SC_OK;
    }
    upper->tried = true;
    enum sc_status status = sc_matrix_create(rows, limits->threads, &m, error);
    if (status != SC_OK) {
        return status;
    }
    const int exponent = scale(&m);
    const double scaled = ldexp(claim, -exponent), scaled_shift = ldexp(shift, -2 * exponent);
    if (!isfinite(m.error) || ldexp(scaled, exponent) != claim ||
        ldexp(scaled_shift, 2 * exponent) != shift) {
        status =
            sc_fail(error, SC_E_UNAVAILABLE, "certificate: the claim %g is out of range", claim);
    } else {
        status = try(&m, scaled, scaled_shift, limits, upper, error);
        upper->least = ldexp(upper->least, exponent);
    }
    sc_matrix_destroy(&m);
    return status;
}
