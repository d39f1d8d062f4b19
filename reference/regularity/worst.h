/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_WORST_H
#define SC_REFERENCE_REGULARITY_WORST_H

#include "reference/regularity/ascent.h"

#include <stdbool.h>

/* The worst case of a layer over the ball ||x_i|| <= R of every token: tokens that make ||J(X)||_2 large, and what it is at
 * most. The ball is convex, so that the largest norm is the Lipschitz constant there [ball.v, lipschitz_on_segment].
 *
 * From above, of one head without Q, K, V biases, norm and rotation, with A = c W_q^T W_k, t = ||A|| R^2 >= |c <q_i, k_j>|
 * and m the smallest and largest of m_ij (layer.h):
 *
 *   sigmoid  ||W_v|| (n sigma(t + b + max m) + 2 n s t), s the largest sigma'(u) over u in [b - t + min m, b + t + max m]
 *            [theorem_3_2, with sum_i ||x_i||^2 <= n R^2]
 *   softmax  ||W_v|| (sqrt(n) + (1 + sqrt(n)) t)                                                       [softmax_in_ball]
 *   quoted   sqrt(3) ||W_v|| (t^2 (4 n + 1) + n)^(1/2), softmax only: Castin et al., "How Smooth Is Attention?", theorem 3.3,
 *            recalled, not proved here; only of full attention without ALiBi
 *   limit    ||W_v|| e^t (1 + 2 t): what the bound of sigmoid tends to as n grows with b = -log n, and what equal tokens
 *            attain [limit.v]
 *
 * Several heads: ||W_o|| sqrt(sum of squares), as in bounds.h. */
struct sc_worst_bounds {
    double high;   /* certified, rounded upward; +Inf for another layer */
    double quoted; /* of softmax; +Inf otherwise */
    double limit;  /* not rounded upward: for comparison */
};

/* Evaluates them. SC_E_INPUT the radius is negative or not finite. SC_E_MEMORY. SC_E_UNAVAILABLE a norm could not be
 * certified. */
enum sc_status sc_worst_bound(const struct sc_layer *layer, double radius,
                              struct sc_worst_bounds *bounds, struct sc_error *error);

/* max over s in [0, t] of sigma(s + b) + 2 s sigma'(s + b), in plain arithmetic: n ||W_v|| times it is the norm at equal
 * tokens x with x^T A x = s, where x is along top singular vectors of A and W_v alike [equality.v].
 *   s  receives where */
double sc_worst_equal(double t, double bias, double *s);

struct sc_worst_options {
    int32_t starts; /* random ones, beside the known families (worst_starts.h) */
    uint64_t seed;
    struct sc_ascent_options ascent;
};
struct sc_worst_options sc_worst_defaults(void);

/* The worst tokens that were found. */
struct sc_worst {
    double low;        /* <= ||J(x)||_2, certified in ball arithmetic at x */
    double *x;         /* [tokens][width]; sc_ascent_inside accepts it */
    const char *start; /* the family it came from */
    bool climbed;      /* from there, by ascent */
};

/* Searches: all known families are evaluated, and ascent climbs from the best two and from random tokens.
 *   layer   one that sc_layer_check accepts, of any kind
 *   radius  R, finite, >= 0
 *   high    of sc_worst_bound: the search ends where it is attained; +Inf: not known
 *   worst   receives the result; sc_worst_destroy frees what it holds, after a failure too
 * SC_E_INPUT as above. SC_E_MEMORY. SC_E_UNAVAILABLE the derivative is not finite at any start. */
enum sc_status sc_worst_search(const struct sc_layer *layer, double radius, double high,
                               const struct sc_worst_options *options, struct sc_worst *worst,
                               struct sc_error *error);
void sc_worst_destroy(struct sc_worst *worst);

#endif
