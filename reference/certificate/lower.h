/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_LOWER_H
#define SC_REFERENCE_CERTIFICATE_LOWER_H

#include "reference/certificate/rows.h"

/* What became of a claim that was checked. */
enum sc_verdict {
    SC_CONFIRMED, /* shown to be true */
    SC_REFUTED,   /* shown to be false */
    SC_LEFT_OPEN  /* neither: too sharp for the arithmetic, or too large */
};

struct sc_lower {
    enum sc_verdict verdict;
    double least,
        most; /* the direction attains a number in between: ||J t|| / ||t||, rounded outward */
};

/* Whether the Jacobian J of a layer amplifies a direction t by `claim` at least, so that ||J||_2 >= claim: J t is the
 * derivative of the layer along t, of the definition in dual intervals.
 *   subject    one that sc_subject_check accepts
 *   direction  t, [tokens][width], finite; 0 attains 0
 *   claim      finite, >= 0
 *   rows       receives the moving rows; sc_rows_destroy, after a failure too
 *   lower      receives what was found; refuted: this direction does not attain it
 * SC_E_MEMORY. SC_E_UNAVAILABLE a number is out of range. */
enum sc_status sc_lower_check(const struct sc_subject *subject, const double *direction,
                              double claim, int32_t threads, struct sc_rows *rows,
                              struct sc_lower *lower, struct sc_error *error);

#endif
