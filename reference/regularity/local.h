/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_LOCAL_H
#define SC_REFERENCE_REGULARITY_LOCAL_H

#include "reference/regularity/around.h"
#include "reference/regularity/ascent.h"

/* How sensitive a layer is around given tokens X_0: what the largest ||J(X)||_2 over a set of X lies between. */
struct sc_local {
    struct sc_around upper; /* of every X of the set; the smallest of layer[] is `high` */
    double low;  /* <= ||J(X)||_2 of an X in the set, certified there in ball arithmetic */
    double high; /* >= ||J(X)||_2 for every X in the set */
};

/* Measures `count` radii, each with both sets: locals[2 r] all tokens together, locals[2 r + 1] each token.
 *   layer   one that sc_layer_check accepts
 *   x       X_0, [tokens][width], finite
 *   radii   finite, >= 0, in any order
 * What holds in a set holds in those inside of it, and the other way round for `low`: so `low` and `high` do not fall when
 * the radius grows, nor from all tokens together to each. Statuses as for sc_around_compute and sc_measure. */
enum sc_status sc_local_measure(const struct sc_layer *layer, const double *x, const double *radii,
                                int32_t count, const struct sc_ascent_options *options,
                                struct sc_local *locals, struct sc_error *error);

#endif
