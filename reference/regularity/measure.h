/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_REGULARITY_MEASURE_H
#define SC_REFERENCE_REGULARITY_MEASURE_H

#include "reference/regularity/bounds.h"
#include "reference/regularity/layer.h"

#include <stdbool.h>

/* The spectral norm of a layer's Jacobian at given tokens: how much a small change of them is amplified at most. */
struct sc_measure_options {
    int32_t threads;
    int32_t steps_max; /* of Lanczos */
    bool spectrum; /* all of them, so that the first singular values settle, not the largest only */
    int64_t exact_max; /* the smaller side of J up to which its norm is certified; 0: never */
    double bytes_max;  /* that J and its Gram matrix may take */
    double excess;     /* relative width that the certified norm aims at, half of it */
    bool bounds;       /* B1, B2, B3 and the theorem too */
};
struct sc_measure_options sc_measure_defaults(void);

struct sc_measurement {
    double low;  /* <= ||J||_2, certified: ||J t|| / ||t|| in ball arithmetic, t from Lanczos */
    double high; /* >= ||J||_2, certified from the matrix; +Inf where that was not done */
    bool bounded;
    struct sc_bounds bounds;
    double *direction; /* t, [tokens][width], of norm 1 up to rounding */
    double *share;     /* of each token in ||t||^2 */
    int32_t steps;     /* of Lanczos */
    int32_t values;
    double *
        spectrum; /* [values]: singular values as Lanczos has them, falling: estimates from below */
    double lanczos_seconds, low_seconds, high_seconds, bounds_seconds;
};

/* Measures a layer at tokens x, [tokens][width].
 *   layer        one that sc_layer_check accepts
 *   measurement  receives it; sc_measurement_destroy frees what it holds, after a failure too
 * SC_E_INPUT a token is not finite. SC_E_MEMORY. SC_E_UNAVAILABLE the derivative is not finite, or no certificate was
 * found. */
enum sc_status sc_measure(const struct sc_layer *layer, const double *x,
                          const struct sc_measure_options *options,
                          struct sc_measurement *measurement, struct sc_error *error);
void sc_measurement_destroy(struct sc_measurement *measurement);

/* The smallest certified upper bound there is. */
double sc_measurement_upper(const struct sc_measurement *measurement);

#endif
