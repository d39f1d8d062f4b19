/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_BALL_NORM_H
#define SC_REFERENCE_REGULARITY_BALL_NORM_H

#include "reference/regularity/layer.h"

#include <arb.h>
#include <flint/flint.h>

/* reference/regularity/head_norm.h in ball arithmetic, one row of d balls at a time. */

/* The norm and the rotation of position i, in place. */
void sc_ball_norm_apply(const struct sc_layer *layer, const double *gain, int32_t i,
                        slong precision, arb_ptr row);

/* The tangent `t` of that row, in place.
 *   raw  the row before the norm */
void sc_ball_norm_push(const struct sc_layer *layer, const double *gain, int32_t i, arb_srcptr raw,
                       slong precision, arb_ptr t);

#endif
