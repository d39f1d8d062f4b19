/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_LAYERS_H
#define SC_TOOLS_CLAIMS_LAYERS_H

#include "reference/random.h"
#include "reference/regularity/measure.h"
#include "tools/claims/found.h"

#include <stdbool.h>

/* Layers that the claims are tried on. */

struct sc_layers_shape {
    int32_t tokens, width, heads, d, d_v;
    double weight; /* W_q, W_k and W_v are this times normal / sqrt width */
    double bias;   /* b of all heads */
};

/* A layer with its tokens and all that it points to. Its arrays may be changed in place. */
struct sc_layers_drawn {
    struct sc_layer layer;
    double *values; /* all arrays, in this order */
    double *x, *w_q, *w_k, *w_v, *beta_q, *beta_k, *beta_v, *bias, *slopes, *gain_q, *gain_k;
};

/* A sigmoid layer of random weights and tokens, normal(0, 1) each, scale 1 / sqrt(d), full attention, without Q/K/V
 * biases, slopes, norm and rotation: arrays of those are there, 0 (gains: 1), for whoever points the layer to them.
 * SC_E_MEMORY. */
enum sc_status sc_layers_draw(const struct sc_layers_shape *shape, uint64_t seed,
                              struct sc_layers_drawn *drawn, struct sc_error *error);

/* One head of width 1 with W_v = 1, scores a x_i x_j + b: every token is x. */
enum sc_status sc_layers_scalar(enum sc_layer_kind kind, int32_t tokens, double a, double bias,
                                double x, struct sc_layers_drawn *drawn, struct sc_error *error);
void sc_layers_destroy(struct sc_layers_drawn *drawn);

/* ||J||_2 of a layer at its tokens, certified from both sides where it is at most `exact_max` wide, else from below.
 * Statuses of sc_measure. */
enum sc_status sc_layers_norm(const struct sc_layer *layer, const double *x, int64_t exact_max,
                              struct sc_found_range *norm, struct sc_error *error);

/* -log n rounded to binary64, by MPFR. */
double sc_layers_minus_log(int32_t n);

#endif
