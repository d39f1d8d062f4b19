/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_LAYER_HEAD_H
#define SC_TESTS_LAYER_HEAD_H

#include "reference/regularity/bounds.h"
#include "reference/regularity/derivatives.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Head 0 of a layer at given tokens, as the bounds of a head want it. */
struct layer_head {
    struct sc_balls balls;
    double *q, *k, *v, *p;
    struct sc_nearness near, rounded;
    struct sc_derivatives a;
    struct sc_bounds_parts parts;
};

static inline void layer_head_create(struct layer_head *x, const struct sc_layer *l,
                                     const double *tokens)
{
    const size_t rows = (size_t)l->heads * (size_t)l->tokens;

    *x = (struct layer_head){.q = malloc(rows * (size_t)l->d * sizeof(double)),
                             .k = malloc(rows * (size_t)l->d * sizeof(double)),
                             .v = malloc(rows * (size_t)l->d_v * sizeof(double)),
                             .p = malloc(rows * (size_t)l->tokens * sizeof(double))};
    cr_assert_eq(sc_balls_create(l, tokens, 1, &x->balls, NULL), SC_OK);
    cr_assert_eq(sc_balls_weights(&x->balls, x->p, &x->near, NULL), SC_OK);
    sc_balls_round(&x->balls, x->q, x->k, x->v, &x->rounded);
    cr_assert(sc_derivatives_create(&x->balls, 0, &x->a));
    cr_assert_eq(sc_bounds_head(&x->balls, tokens, x->p, &x->near, 0, x->q, x->k, x->v, &x->rounded,
                                &x->parts, NULL),
                 SC_OK);
}

static inline void layer_head_destroy(struct layer_head *x)
{
    sc_derivatives_destroy(&x->a);
    sc_balls_destroy(&x->balls);
    free(x->q);
    free(x->k);
    free(x->v);
    free(x->p);
}

#endif
