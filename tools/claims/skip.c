/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/skip.h"

#include "reference/regularity/balls.h"
#include "reference/regularity/jacobian.h"
#include "reference/regularity/spectral.h"

#include <math.h>
#include <stdlib.h>

#define STEPS 200 /* of the power iteration: it only makes the lower bound better */

static double length(const double *t, int64_t count)
{
    double sum = 0.0;

    for (int64_t n = 0; n < count; n++) {
        sum += t[n] * t[n];
    }
    return sqrt(sum);
}

/* y = M t */
static void multiply(const double *m, int64_t side, const double *t, double *y)
{
    for (int64_t i = 0; i < side; i++) {
        y[i] = 0.0;
        for (int64_t j = 0; j < side; j++) {
            y[i] += m[i * side + j] * t[j];
        }
    }
}

/* t = M^T y - keep t */
static void step_back(const double *m, int64_t side, const double *y, double keep, double *t)
{
    for (int64_t j = 0; j < side; j++) {
        t[j] *= -keep;
    }
    for (int64_t i = 0; i < side; i++) {
        for (int64_t j = 0; j < side; j++) {
            t[j] += m[i * side + j] * y[i];
        }
    }
}

/* ||M t|| / ||t|| at the end of a power iteration, less the roundings of its evaluation: of the dot products, side u |M| |t|,
 * of the two norms and the quotient. The iteration is of M^T M - keep: near the identity all eigenvalues are near 1. */
static double lower(const double *m, int64_t side, double keep, double *t, double *y)
{
    const double gamma = ((double)side + 8.0) * 0x1p-53;

    for (int64_t n = 0; n < side; n++) {
        t[n] = 1.0 + 0.1 * (double)(n % 7);
    }
    for (int32_t step = 0; step < STEPS; step++) {
        const double size = length(t, side);
        for (int64_t n = 0; n < side; n++) {
            t[n] /= size;
        }
        multiply(m, side, t, y);
        step_back(m, side, y, keep, t);
        if (!(length(t, side) > 0.0)) {
            t[0] = 1.0; /* every direction is amplified alike */
            break;
        }
    }
    multiply(m, side, t, y);
    const double frobenius = sc_spectral_frobenius(m, side * side);
    return length(y, side) / length(t, side) * (1.0 - 2.0 * gamma) - 2.0 * gamma * frobenius;
}

static enum sc_status certify(const struct sc_jacobian *j, double g, struct sc_found_range *norm,
                              struct sc_error *error)
{
    const int64_t side = j->inputs;
    double *m = malloc((size_t)(side * side) * sizeof *m);
    double *t = malloc((size_t)side * sizeof *t), *y = malloc((size_t)side * sizeof *y);
    enum sc_status status = SC_OK;

    if (m == NULL || t == NULL || y == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "claims: no memory for a matrix of %lld rows",
                         (long long)side);
        goto done;
    }
    for (int64_t n = 0; n < side * side; n++) {
        m[n] = g * j->elements[n] + (n % (side + 1) == 0 ? 1.0 : 0.0);
    }
    const double scaled = nextafter(g * sc_spectral_frobenius(j->elements, side * side), HUGE_VAL);
    const double slack = nextafter(g * j->error * (1.0 + 0x1p-50) +
                                       0x1.1p-52 * (scaled + sc_spectral_frobenius(m, side * side)),
                                   HUGE_VAL);
    /* eigenvalues of M^T M are 1 - 2 g ||J|| at least */
    norm->low = lower(m, side, fmax(1.0 - 2.0 * scaled, 0.0), t, y) - slack;
    status = sc_spectral_upper(m, side, side, norm->low, 0x1p-26, &norm->high, error);
    norm->high = nextafter(norm->high + slack, HUGE_VAL);
done:
    free(m);
    free(t);
    free(y);
    return status;
}

enum sc_status sc_skip_norm(const struct sc_layer *layer, const double *x, double g,
                            struct sc_found_range *norm, struct sc_error *error)
{
    struct sc_balls balls;
    struct sc_jacobian j = {.elements = NULL};
    struct sc_nearness near;
    double *p = NULL;
    enum sc_status status = sc_balls_weigh(layer, x, 1, &balls, &p, &near, error);

    if (status == SC_OK) {
        status = sc_jacobian_create(&balls, p, &near, &j, error);
    }
    if (status == SC_OK && j.inputs != j.outputs) {
        status = sc_fail(error, SC_E_INPUT, "claims: a layer of %lld inputs and %lld outputs",
                         (long long)j.inputs, (long long)j.outputs);
    }
    if (status == SC_OK) {
        status = certify(&j, g, norm, error);
    }
    sc_jacobian_destroy(&j);
    sc_balls_destroy(&balls);
    free(p);
    return status;
}
