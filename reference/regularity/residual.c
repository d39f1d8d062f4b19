/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/residual.h"

#include "reference/regularity/rounding.h"
#include "reference/regularity/spectral.h"
#include "spec/upward.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

void sc_residual_output(const struct sc_layer *layer, const double *side, double side_error,
                        double *output, double *error)
{
    const int32_t all = layer->heads * layer->d_v;
    double longest = 0.0;

    if (layer->w_o == NULL) {
        memcpy(output, side, (size_t)layer->tokens * (size_t)all * sizeof *output);
        *error = side_error;
        return;
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, layer->tokens, layer->out, all, 1.0, side,
                all, layer->w_o, all, 0.0, output, layer->out);
    for (int32_t i = 0; i < layer->tokens; i++) {
        longest = fmax(longest, sc_spectral_frobenius(side + (int64_t)i * all, all));
    }
    const double size = sc_spectral_frobenius(layer->w_o, (int64_t)layer->out * all);
    const double rounded = sc_upward_multiply(sc_rounding_gamma(all), longest);
    *error = sc_upward_add(sc_upward_multiply(size, sc_upward_add(side_error, rounded)), 0x1p-1000);
}

void sc_residual_hybrid(const double *output, int32_t tokens, int32_t width,
                        enum sc_layer_norm norm, double epsilon, double error,
                        struct sc_residual_hybrid *hybrid)
{
    const double m = (double)width;
    double least = HUGE_VAL, sum = 0.0, factors = 0.0, square = 0.0, worst = 0.0;

    for (int32_t i = 0; i < tokens; i++) {
        const double *row = output + (int64_t)i * width;
        double mean = 0.0, one = 0.0, size = 0.0;
        for (int32_t c = 0; c < width; c++) {
            mean += norm == SC_LAYER_MEAN0 ? row[c] / m : 0.0;
            size = fmax(size, fabs(row[c]));
        }
        for (int32_t c = 0; c < width; c++) {
            one += (row[c] - mean) * (row[c] - mean);
        }
        const double rms = sqrt(one / m);
        const double s = sqrt(one / m + epsilon);
        least = fmin(least, rms);
        sum += rms;
        factors += 1.0 / s;
        square += one > 0.0 ? one / (one / m + epsilon) : 0.0;
        /* rms from below: rms has slope 1 / sqrt(m), the mean and the sum round */
        const double wrong =
            sc_upward_add(sc_upward_multiply(error, nextafter(1.0 / sqrt(m), 2.0)),
                          sc_upward_multiply(sc_rounding_gamma(2 * (int64_t)width + 8),
                                             sc_upward_multiply(2.0, size)));
        const double low = fmax(0.0, rms - wrong) * (1.0 - 0x1p-50);
        const double s_low = sqrt(low * low + epsilon) * (1.0 - 0x1p-50);
        worst = fmax(worst, s_low > 0.0 ? nextafter(1.0 / s_low, HUGE_VAL) : HUGE_VAL);
    }
    *hybrid = (struct sc_residual_hybrid){.rms_min = least,
                                          .rms_mean = sum / (double)tokens,
                                          .norm = sqrt(square),
                                          .factor_mean = factors / (double)tokens,
                                          .factor_max = worst};
}

double sc_residual_scaled(double gamma, double upper)
{
    return sc_upward_add(1.0, sc_upward_multiply(fabs(gamma), upper));
}
