/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_POINT_H
#define SC_REFERENCE_REGULARITY_POINT_H

#include "reference/regularity/layer.h"

/* A layer at given tokens: queries, keys, values and weights in binary64, and the Jacobian there as an operator. Rounding
 * is not bounded here: what is certified is computed again (balls.h). */
struct sc_point;

/* Evaluates the layer at tokens x, [tokens][width].
 *   layer, x  borrowed and kept; a layer that sc_layer_check accepts
 *   threads   of OpenBLAS, for the whole process
 * SC_E_MEMORY. */
enum sc_status sc_point_create(const struct sc_layer *layer, const double *x, int32_t threads,
                               struct sc_point **created, struct sc_error *error);
void sc_point_destroy(struct sc_point *point);
const struct sc_layer *sc_point_layer(const struct sc_point *point);

/* Of head h: [tokens][d], [tokens][d], [tokens][d_v], after norm and rotation; P is [tokens][tokens], exactly 0 where
 * row i does not see key j. */
const double *sc_point_q(const struct sc_point *point, int32_t h);
const double *sc_point_k(const struct sc_point *point, int32_t h);
const double *sc_point_v(const struct sc_point *point, int32_t h);
const double *sc_point_p(const struct sc_point *point, int32_t h);

/* J t, of a direction t of the tokens: [tokens][width] to [tokens][out width]. */
void sc_point_push(struct sc_point *point, const double *t, double *result);
/* J^T u: [tokens][out width] to [tokens][width]. */
void sc_point_pull(struct sc_point *point, const double *u, double *result);

#endif
