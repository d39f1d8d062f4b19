/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_ASCENT_H
#define SC_REFERENCE_REGULARITY_ASCENT_H

#include "reference/regularity/layer.h"
#include "reference/regularity/moves.h"

#include <stdbool.h>

/* Tokens of a set at which a layer is most sensitive, searched for: it proposes a point and certifies nothing but that the
 * point is in the set. */

/* Tokens within a radius of a centre, all together or each (moves.h). */
struct sc_ascent_set {
    enum sc_moves_set kind;
    const double *centre; /* [tokens][width]; NULL: 0 */
    double radius;        /* finite, >= 0 */
};

struct sc_ascent_options {
    int32_t steps;   /* points tried beside the first; 0: none */
    int32_t lanczos; /* steps of Lanczos at each, at least 1 */
    int32_t threads;
};
struct sc_ascent_options sc_ascent_defaults(void);

/* Whether tokens x lie in the set, exactly: distances are evaluated from above, rounding of the differences included. A
 * point that is nearer to the border than this can tell counts as outside. */
bool sc_ascent_inside(const struct sc_layer *layer, const struct sc_ascent_set *set,
                      const double *x);

/* Moves x to a point of the set that sc_ascent_inside accepts: towards the centre, as far as needed. */
void sc_ascent_project(const struct sc_layer *layer, const struct sc_ascent_set *set, double *x);

/* ||J(x)||_2 as Lanczos estimates it, from below up to rounding.
 * SC_E_MEMORY. SC_E_UNAVAILABLE the derivative is not finite. */
enum sc_status sc_ascent_value(const struct sc_layer *layer, const double *x,
                               const struct sc_ascent_options *options, double *value,
                               struct sc_error *error);

/* Climbs from x by projected gradient ascent on ||J(X)||_2. With J t = ||J|| u, the gradient is that of u^T J(X) t, which is
 * the derivative along t of X -> J(X)^T u: a central difference of two pulls (point.h). A step that does not improve is
 * taken back, and the next is shorter.
 *   x      a point of the set; receives the best that was found, again in the set
 *   value  receives sc_ascent_value there
 * Statuses as for sc_ascent_value, at the first x; a later point at which the derivative is not finite is passed over. */
enum sc_status sc_ascent_climb(const struct sc_layer *layer, const struct sc_ascent_set *set,
                               const struct sc_ascent_options *options, double *x, double *value,
                               struct sc_error *error);

#endif
