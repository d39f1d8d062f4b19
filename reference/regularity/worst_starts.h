/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_WORST_STARTS_H
#define SC_REFERENCE_REGULARITY_WORST_STARTS_H

#include "reference/random.h"
#include "reference/regularity/layer.h"

/* Tokens of the ball ||x_i|| <= R that are known to be bad, up to rounding. Along a unit vector u, of each head an
 * eigenvector of (A + A^T) / 2, A = c W_q^T W_k, of its largest and its smallest eigenvalue, of A^T A and of W_v^T W_v of
 * their largest:
 *
 *   equal tokens         all R u: attains Theorem 3.2 where A and W_v are aligned [equality.v]
 *   equal, shorter       all sqrt(s / u^T A u) u, s the best of sc_worst_equal
 *   one against all      R u, r u, r u, ..., r = -R, -7/8 R, ..., 7/8 R: with A = -I, r = -R softmax reaches about sqrt(n -
 *                        1) [Castin et al., recalled]
 *   few among zeros      k = 1, 2, 4, ... tokens R u, the others 0 [concentration.v] */
struct sc_worst_starts {
    const struct sc_layer *layer;
    double radius;
    int32_t count;    /* of all starts */
    int32_t vectors;  /* unit vectors, those that repeat another left out */
    int32_t families; /* starts of one vector */
    double *u;        /* [vectors][width] */
    double *s;        /* u^T A u of each vector, for the head it is of */
    int32_t *head;
};

/* Finds the vectors. sc_worst_starts_destroy frees what it holds, after a failure too. SC_E_MEMORY. SC_E_UNAVAILABLE LAPACK
 * found no eigenvector. */
enum sc_status sc_worst_starts_create(const struct sc_layer *layer, double radius,
                                      struct sc_worst_starts *starts, struct sc_error *error);
void sc_worst_starts_destroy(struct sc_worst_starts *starts);

/* Start number `at` of the known ones. The name of its family. */
const char *sc_worst_starts_known(const struct sc_worst_starts *starts, int32_t at, double *x);

/* Tokens of length R in random directions, every second time in only two. */
const char *sc_worst_starts_random(const struct sc_layer *layer, double radius,
                                   struct sc_random *random, double *x);

#endif
