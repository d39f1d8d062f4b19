/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_ROW_BOUNDS_H
#define SC_REFERENCE_REGULARITY_ROW_BOUNDS_H

#include "reference/regularity/balls.h"
#include "reference/regularity/derivatives.h"

/* The norms of B3 (bounds.h) of one head, each the largest over rows or keys, from above. */
struct sc_row_bounds {
    double queries; /* max_i ||V_i^T D(S_i) K A_q(i)|| */
    double values;  /* max_i ||V_i^T D(S_i) V_i|| */
    double keys;    /* max_j ||A_k(j)^T Q^T D(S^j) Q A_k(j)|| */
};

/* Evaluates them, of a head's q, k [tokens][d], v [tokens][d_v] and p [tokens][tokens].
 *   near, rounded  how near p is, and q, k and v
 * SC_E_MEMORY. SC_E_UNAVAILABLE a norm could not be certified. */
enum sc_status sc_row_bounds_compute(const struct sc_layer *layer, const double *q, const double *k,
                                     const double *v, const double *p,
                                     const struct sc_derivatives *a, const struct sc_nearness *near,
                                     const struct sc_nearness *rounded,
                                     struct sc_row_bounds *bounds, struct sc_error *error);

/* >= max_i ||diag p_i - p_i p_i^T||_2, at most 1/2. For l between the second largest and the largest element of p_i, the
 * largest eigenvalue is at most l where sum_j p_j^2 / (p_j - l) >= 1 [the secular equation; it rises between these poles]. */
double sc_row_bounds_covariance(const struct sc_layer *layer, const double *p,
                                const struct sc_nearness *near);

#endif
