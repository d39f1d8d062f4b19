/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_TANGENTS_H
#define SC_REFERENCE_CERTIFICATE_TANGENTS_H

#include "reference/certificate/rounded.h"
#include "reference/certificate/subject.h"

#include <stdbool.h>

/* dq_i/dx_ib and dk_j/dx_jb of each head: the slopes of norm and rotation in dual numbers (rows.h) whose directions are the
 * columns of W_q and W_k. Without norm and rotation these weights themselves, exact and the same for all tokens. */
struct sc_tangents {
    const struct sc_subject *subject;
    bool moving;              /* they differ from token to token */
    struct sc_rounded *q, *k; /* [heads][tokens or 1][d][width] */
};

/* Computes them; sc_tangents_destroy, after a failure too. SC_E_MEMORY. SC_E_UNAVAILABLE a number is out of range. */
enum sc_status sc_tangents_create(const struct sc_subject *subject, int32_t threads,
                                  struct sc_tangents *tangents, struct sc_error *error);
void sc_tangents_destroy(struct sc_tangents *tangents);

/* [d][width], of head h at token i. */
const struct sc_rounded *sc_tangents_q(const struct sc_tangents *tangents, int32_t h, int32_t i);
const struct sc_rounded *sc_tangents_k(const struct sc_tangents *tangents, int32_t h, int32_t i);

#endif
