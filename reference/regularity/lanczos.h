/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_LANCZOS_H
#define SC_REFERENCE_REGULARITY_LANCZOS_H

#include "reference/status.h"

#include <stdint.h>

/* An operator from R^inputs to R^outputs. */
struct sc_operator {
    int64_t inputs, outputs;
    void (*push)(void *context, const double *t, double *result); /* J t */
    void (*pull)(void *context, const double *u, double *result); /* J^T u */
    void *context;
};

struct sc_lanczos_options {
    int32_t steps_max; /* at least 1 */
    double
        change; /* stop when the estimate grows by less than this part of itself in four steps; 0: never */
    uint64_t seed; /* of the starting vector */
};

struct sc_lanczos {
    double *
        right; /* unit vector of R^inputs, an approximate right singular vector of the largest singular value */
    double value; /* ||J right|| as computed: an estimate from below, certified nowhere */
    int32_t steps;
    int32_t
        values; /* singular values of the bidiagonal matrix, falling: estimates from below of J's largest */
    double *spectrum;
};

/* Golub-Kahan bidiagonalisation with full reorthogonalisation (Golub, Van Loan, Matrix Computations, section 10.4),
 * from J^T of a random vector, so that as many steps as the rank find all of the spectrum.
 * Memory: steps (inputs + outputs) doubles.
 *   lanczos  receives the result; sc_lanczos_destroy frees what it holds
 * SC_E_MEMORY. SC_E_UNAVAILABLE the operator gave something that is not finite. */
enum sc_status sc_lanczos_run(const struct sc_operator *j, const struct sc_lanczos_options *options,
                              struct sc_lanczos *lanczos, struct sc_error *error);
void sc_lanczos_destroy(struct sc_lanczos *lanczos);

#endif
