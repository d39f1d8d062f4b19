/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_NORMS_MEASURE_H
#define SC_TOOLS_NORMS_MEASURE_H

#include "reference/regularity/residual.h"
#include "reference/regularity/statistics.h"
#include "tools/norms/place.h"

/* What was measured of one sample with the sigmoid or the softmax. */
struct sc_norms_result {
    struct sc_statistics_head *heads; /* [heads] */
    double attention_norm; /* ||[P_1 V_1 ... P_heads V_heads]||_F, errs by attention_error */
    double attention_error;
    double output_norm; /* ||O||_F, behind W_o */
    double ratio_mean;  /* of ||o_i|| / |v|: the mean over the heads, and the largest */
    double ratio_max;
    double weight_top, slope_top, norm_high; /* the largest of the heads */
    bool bounded;                            /* whether the four below are there: certified */
    double lower, upper;                     /* of ||J||_2 */
    double weight_share; /* of ||P|| ||W_v|| in B3, of the head with the largest bound */
    const char *bound;   /* the name of the smallest upper bound */
    struct sc_residual_hybrid hybrid;
    double hybrid_bound; /* >= ||N'(O) J||_2; +Inf where it is not known, as the next one */
    double scaled_bound; /* >= ||I + Gamma J||_2 */
};

/* Measures the layer of a place as one of its kinds.
 *   result  sc_norms_result_destroy frees what it holds, after a failure too
 * Statuses as sc_statistics_head and sc_measure. */
enum sc_status sc_norms_measure(const struct sc_norms_input *input,
                                const struct sc_norms_place *place, enum sc_layer_kind kind,
                                bool with_bounds, struct sc_norms_result *result,
                                struct sc_error *error);
void sc_norms_result_destroy(struct sc_norms_result *result);

#endif
