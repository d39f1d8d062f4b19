/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_WEIGHTS_H
#define SC_REFERENCE_REGULARITY_WEIGHTS_H

#include "reference/regularity/layer.h"

/* Scores and weights of one head in binary64, [tokens][tokens], in place. Rounding: statistics.h. */

/* c <q_i, k_j> of head h to the score: b and the ALiBi term are added. */
void sc_weights_shift(const struct sc_layer *layer, int32_t h, double *s);

/* Scores to weights, the sigmoid or the softmax of each row; exactly 0 where row i does not see key j. */
void sc_weights_apply(const struct sc_layer *layer, double *s);

#endif
