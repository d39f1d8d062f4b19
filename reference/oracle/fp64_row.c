/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fp64_row.h"

#include "reference/oracle/clones.h"
#include "reference/oracle/fp64_sigmoid.h"

#include <math.h>

/* Up to here e^delta - 1 <= delta + delta^2 (in truth up to 1.79). */
#define GROWTH_LIMIT 0.5
/* Relative errors of p and of p (1 - p), from proofs/gappa, moved from the exact value to the computed. */
#define WEIGHT_UNIT     0x1.01p-50
#define DERIVATIVE_UNIT 0x1.3p-49
/* More than the cut of the sigmoid and the underflow of bounds leave out. */
#define WEIGHT_FLOOR   0x1p-1005
#define GRADIENT_FLOOR 0x1p-1070

SC_CLONES void sc_fp64_row_scores(const struct sc_fp64_row *row, int32_t n, const int32_t *keys,
                                  const double *dots, const double *terms, double *x, double *delta)
{
    const double tau = row->tau, bias = row->bias, slope = row->slope, unit = row->terms_unit;
    const double position = (double)row->position;

    for (int32_t j = 0; j < n; j++) {
        const double distance = fabs(position - (double)keys[j]);
        const double sum = tau * dots[j] + bias;
        const double score = sum - slope * distance; /* the product is exact: 24 + 25 bits */
        x[j] = score;
        delta[j] = (unit * terms[j] + SC_FP64_ROUNDOFF * (fabs(sum) + fabs(score))) * SC_FP64_SLACK;
    }
}

/* A bound of |sigma(s) - sigma(x)| and of the derivatives' difference where delta is large: when s and
 * x lie on one side of 0, all are below e^-(|x| - delta). The second delta is more than the rounding
 * of the difference. */
static double wide_error(double x, double delta)
{
    const double margin = fabs(x) - 2.0 * delta;

    if (!(margin > 0.0)) {
        return 1.0;
    }
    return sc_fp64_exp(margin < SC_FP64_LIMIT ? -margin : -SC_FP64_LIMIT) * SC_FP64_SLACK;
}

static void repair_wide(int32_t n, const uint8_t *seen, const double *x, const double *delta,
                        const double *p, double *p_error, const double *derivative,
                        double *derivative_error)
{
    for (int32_t j = 0; j < n; j++) {
        if (seen[j] != 0 && delta[j] > GROWTH_LIMIT) {
            const double wide = wide_error(x[j], delta[j]) + WEIGHT_FLOOR;
            p_error[j] = (wide + WEIGHT_UNIT * p[j]) * SC_FP64_SLACK;
            derivative_error[j] = (wide + DERIVATIVE_UNIT * derivative[j]) * SC_FP64_SLACK;
        }
    }
}

SC_CLONES void sc_fp64_row_weights(int32_t n, const uint8_t *restrict seen,
                                   const double *restrict x, const double *restrict delta,
                                   double *restrict p, double *restrict p_error,
                                   double *restrict derivative, double *restrict derivative_error)
{
    int32_t wide = 0;

    for (int32_t j = 0; j < n; j++) {
        const double growth = delta[j] + delta[j] * delta[j];
        double weight, complement;
        sc_fp64_sigmoid(x[j], &weight, &complement);
        const double product = weight * complement;
        const double spread = product * growth + WEIGHT_FLOOR;
        p[j] = seen[j] != 0 ? weight : 0.0;
        p_error[j] = seen[j] != 0 ? (spread + WEIGHT_UNIT * weight) * SC_FP64_SLACK : 0.0;
        derivative[j] = seen[j] != 0 ? product : 0.0;
        derivative_error[j] =
            seen[j] != 0 ? (spread + DERIVATIVE_UNIT * product) * SC_FP64_SLACK : 0.0;
    }
    for (int32_t j = 0; j < n; j++) {
        wide += delta[j] > GROWTH_LIMIT ? 1 : 0;
    }
    if (wide > 0) {
        repair_wide(n, seen, x, delta, p, p_error, derivative, derivative_error);
    }
}

SC_CLONES void sc_fp64_row_forward(const struct sc_fp64_row *row, int32_t n, const double *p,
                                   double *p_error)
{
    const double unit = row->sum_unit;

    for (int32_t j = 0; j < n; j++) {
        p_error[j] = (p_error[j] + unit * p[j]) * SC_FP64_SLACK;
    }
}

SC_CLONES void sc_fp64_row_backward(const struct sc_fp64_row *row, int32_t n, const uint8_t *seen,
                                    const double *derivative, const double *derivative_error,
                                    double *d_p, double *terms)
{
    const double values_unit = row->values_unit, unit = row->sum_unit + SC_FP64_ROUNDOFF;

    for (int32_t j = 0; j < n; j++) {
        const double off = values_unit * terms[j];
        const double d_s = derivative[j] * d_p[j];
        const double error = derivative_error[j] * (fabs(d_p[j]) + off) + derivative[j] * off;
        terms[j] = seen[j] != 0 ? (error + unit * fabs(d_s)) * SC_FP64_SLACK + GRADIENT_FLOOR : 0.0;
        d_p[j] = seen[j] != 0 ? d_s : 0.0;
    }
}
