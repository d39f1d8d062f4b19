/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_SCORE_STATISTICS_H
#define SC_REFERENCE_REGULARITY_SCORE_STATISTICS_H

#include "reference/regularity/head_rows.h"
#include "reference/regularity/statistics.h"

/* The scores of head h, s [tokens][tokens] of sc_weights_shift from these rows: sets the score fields and, since it
 * follows from the scores' errors and range, weight_error. */
void sc_score_statistics(const struct sc_layer *layer, int32_t h, const struct sc_head_rows *rows,
                         const double *s, struct sc_statistics_head *statistics);

#endif
