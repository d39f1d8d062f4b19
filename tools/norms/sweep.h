/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_NORMS_SWEEP_H
#define SC_TOOLS_NORMS_SWEEP_H

#include "tools/norms/measure.h"

/* One value over the samples. */
struct sc_norms_range {
    double mean, low, high;
};

/* What a combination of position, n and b gave, over the samples that have the tokens. */
struct sc_norms_cell {
    enum sc_norms_position position;
    int32_t tokens; /* of each sample; of different ones, 0 */
    bool minus_log; /* b is -log n */
    double bias;    /* of head 0 and the last sample; the softmax does not depend on it */
    enum sc_layer_kind kind;
    int32_t samples;
    struct sc_norms_range attention_norm, ratio; /* ||PV||_F, and the mean of ||o_i|| / |v| */
    double ratio_max, weight_top, slope_top, norm_high; /* the largest of heads and samples */
    double attention_error, weight_error; /* the largest of the samples, and of heads */
    double upper, scaled_bound;           /* the largest of the samples; +Inf: not certified */
    struct sc_norms_range hybrid_norm;
    double rms_min, factor_max, hybrid_bound;
};

/* All cells: positions, then n, then b with the sigmoid, and the softmax once.
 *   cells  the caller frees it, after a failure too
 * SC_E_INPUT no sample has the tokens. Others as sc_norms_measure. */
enum sc_status sc_norms_sweep(const struct sc_norms_input *input, bool progress,
                              struct sc_norms_cell **cells, int32_t *count, struct sc_error *error);

#endif
