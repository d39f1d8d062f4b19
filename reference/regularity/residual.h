/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_RESIDUAL_H
#define SC_REFERENCE_REGULARITY_RESIDUAL_H

#include "reference/regularity/layer.h"

/* What stands between a layer and the residual stream. */

/* The layer's output O = W_o [o_1 ... o_heads], [tokens][out width], of the outputs of its heads side by side.
 *   side, side_error  [tokens][heads d_v], and >= ||row - exact row|| of each
 *   output, error     receive O and the same of its rows */
void sc_residual_output(const struct sc_layer *layer, const double *side, double side_error,
                        double *output, double *error);

/* Hybrid-norm: y_i = N(O_i), N(o) = o / s(o), s(o) = sqrt(||o||^2 / m + epsilon), m channels, after o lost its mean for
 * SC_LAYER_MEAN0. Its length is sqrt(m) whatever o is, but for epsilon, and its derivative, 1 / s(o) but for the direction of
 * o, is large where o is nearly 0. */
struct sc_residual_hybrid {
    double rms_min, rms_mean; /* of sqrt(||o||^2 / m) over the rows; err by error / sqrt(m) */
    double norm;              /* ||Y||_F; at most sqrt(tokens m) */
    double factor_mean;       /* of 1 / s over the rows, as computed */
    double factor_max; /* >= ||N'(O_i)||_2 of each row, certified; +Inf where nothing is known */
};
void sc_residual_hybrid(const double *output, int32_t tokens, int32_t width,
                        enum sc_layer_norm norm, double epsilon, double error,
                        struct sc_residual_hybrid *hybrid);

/* >= 1 + gamma upper >= ||I + Gamma J||_2 of LayerScale, Gamma = diag(gamma), where upper >= ||J||_2. */
double sc_residual_scaled(double gamma, double upper);

#endif
