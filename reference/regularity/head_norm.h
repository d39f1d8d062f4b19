/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_HEAD_NORM_H
#define SC_REFERENCE_REGULARITY_HEAD_NORM_H

#include "reference/regularity/layer.h"

#include <stdbool.h>

/* What a layer does to a head's queries or keys after the projection: a norm, then the rotation of the position; and its
 * Jacobian at the rows it was applied to. Rows are [tokens][d]. */
struct sc_head_norm {
    const struct sc_layer *layer;
    const double *gain; /* [d]; NULL: 1 */
    double *unit,
        *size; /* of each row of each head: the row before its gain, and what it was divided by */
    double *turn; /* [tokens][d / 2][2]: cosine and sine; NULL: no rotation */
};

/* Whether there was memory. */
bool sc_head_norm_create(const struct sc_layer *layer, const double *gain,
                         struct sc_head_norm *norm);
void sc_head_norm_destroy(struct sc_head_norm *norm);

/* Rows of head h in place; what they were is kept for the Jacobian. */
void sc_head_norm_apply(struct sc_head_norm *norm, int32_t h, double *rows);
/* A tangent of those rows, and a cotangent of the result, in place. */
void sc_head_norm_push(const struct sc_head_norm *norm, int32_t h, double *rows);
void sc_head_norm_pull(const struct sc_head_norm *norm, int32_t h, double *rows);

#endif
