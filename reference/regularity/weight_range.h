/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_WEIGHT_RANGE_H
#define SC_REFERENCE_REGULARITY_WEIGHT_RANGE_H

#include "reference/regularity/moves.h"

/* What the weights P of one head and their derivatives S reach while score (i, j) moves by t_ij, |t_ij| <= m_ij
 * (sc_moves_score). From the weights p at the centre, without their scores:
 *
 *   sigmoid   P = p / (p + (1 - p) e^-t), rising with p and t; S = P (1 - P), rising with P up to 1/2 and falling beyond
 *   softmax   P_j = p_j e^t_j / sum_l p_l e^t_l: largest where t_j = m_j and the others are -m_l, least the other way round
 *
 * Arrays are [tokens][tokens], exactly 0 where row i does not see key j. exp errs by at most 1 ulp (reference/exp.h). */
struct sc_weight_range {
    double *high;   /* >= P */
    double *slope;  /* >= S; softmax: >= P, the same array as `high` */
    double *change; /* >= |S - S at the centre|; softmax: of P */
};

/* Evaluates them.
 *   p, near  of the head (sc_balls_weights)
 *   range    receives them; sc_weight_range_destroy frees what it holds, after a failure too
 * SC_E_MEMORY. */
enum sc_status sc_weight_range_create(const struct sc_moves *moves, enum sc_moves_set set,
                                      const double *p, const struct sc_nearness *near,
                                      struct sc_weight_range *range, struct sc_error *error);
void sc_weight_range_destroy(struct sc_weight_range *range);

#endif
