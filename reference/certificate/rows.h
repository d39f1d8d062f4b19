/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_ROWS_H
#define SC_REFERENCE_CERTIFICATE_ROWS_H

#include "reference/certificate/dual.h"
#include "reference/certificate/subject.h"

/* Queries, keys and values of a layer at its tokens while these move along a direction: the definition of subject.h,
 * evaluated in dual numbers. Every interval holds the exact value or derivative. */
struct sc_rows {
    const struct sc_subject *subject;
    struct sc_dual *q, *k; /* [heads][tokens][d], after norm and rotation */
    struct sc_dual *v;     /* [heads][tokens][d_v] */
};

/* Computes them.
 *   subject    one that sc_subject_check accepts; borrowed and kept
 *   direction  [tokens][width]; NULL: the tokens stay
 *   rows       receives them; sc_rows_destroy, after a failure too
 * SC_E_MEMORY. SC_E_UNAVAILABLE a number is out of range, a norm may divide by 0, or this thread does not round
 * doubles to nearest. */
enum sc_status sc_rows_create(const struct sc_subject *subject, const double *direction,
                              int32_t threads, struct sc_rows *rows, struct sc_error *error);
void sc_rows_destroy(struct sc_rows *rows);

/* Norm and rotation of one row of d channels at position i, in place. */
void sc_rows_pass(const struct sc_subject *subject, const double *gain, int32_t i,
                  struct sc_dual *row);

/* The weights of row i of head h, [tokens]: 0 where it does not see the key. Between sc_interval_begin and _end. */
void sc_rows_weights(const struct sc_rows *rows, int32_t h, int32_t i, struct sc_dual *weights);

#endif
