/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/dual.h"

#include <stdlib.h>

struct sc_dual *sc_dual_create(int64_t count)
{
    struct sc_dual *x = malloc((size_t)count * sizeof *x + 1);

    for (int64_t n = 0; x != NULL && n < count; n++) {
        sc_interval_init(&x[n].value);
        sc_interval_init(&x[n].slope);
    }
    return x;
}

void sc_dual_set_d(struct sc_dual *r, double a)
{
    sc_interval_set_d(&r->value, a);
    sc_interval_set_d(&r->slope, 0.0);
}

void sc_dual_set(struct sc_dual *r, const struct sc_dual *a)
{
    sc_interval_set(&r->value, &a->value);
    sc_interval_set(&r->slope, &a->slope);
}

void sc_dual_add_d(struct sc_dual *r, const struct sc_dual *a, double b)
{
    sc_dual_set(r, a);
    sc_interval_add_product_d(&r->value, b, 1.0);
}

void sc_dual_multiply_d(struct sc_dual *r, const struct sc_dual *a, double b)
{
    struct sc_interval x;

    sc_interval_init(&x);
    sc_interval_set_d(&x, b);
    sc_interval_multiply(&r->value, &a->value, &x);
    sc_interval_multiply(&r->slope, &a->slope, &x);
}

void sc_dual_add(struct sc_dual *r, const struct sc_dual *a, const struct sc_dual *b)
{
    sc_interval_add(&r->value, &a->value, &b->value);
    sc_interval_add(&r->slope, &a->slope, &b->slope);
}

void sc_dual_subtract(struct sc_dual *r, const struct sc_dual *a, const struct sc_dual *b)
{
    sc_interval_subtract(&r->value, &a->value, &b->value);
    sc_interval_subtract(&r->slope, &a->slope, &b->slope);
}

void sc_dual_add_product(struct sc_dual *r, const struct sc_dual *a, const struct sc_dual *b)
{
    sc_interval_add_product(&r->value, &a->value, &b->value);
    sc_interval_add_product(&r->slope, &a->slope, &b->value);
    sc_interval_add_product(&r->slope, &a->value, &b->slope);
}

/* q = a / b; q' = (a' - q b') / b */
void sc_dual_divide(struct sc_dual *r, const struct sc_dual *a, const struct sc_dual *b)
{
    struct sc_interval x;

    sc_interval_init(&x);
    sc_interval_divide(&r->value, &a->value, &b->value);
    sc_interval_multiply(&x, &r->value, &b->slope);
    sc_interval_subtract(&x, &a->slope, &x);
    sc_interval_divide(&r->slope, &x, &b->value);
}

/* a' / (2 sqrt(a)) */
void sc_dual_sqrt(struct sc_dual *r, const struct sc_dual *a)
{
    struct sc_interval x;

    sc_interval_init(&x);
    sc_interval_sqrt(&r->value, &a->value);
    sc_interval_add(&x, &r->value, &r->value);
    sc_interval_divide(&r->slope, &a->slope, &x);
}

void sc_dual_exp(struct sc_dual *r, const struct sc_dual *a)
{
    sc_interval_exp(&r->value, &a->value);
    sc_interval_multiply(&r->slope, &r->value, &a->slope);
}

/* sigma' = sigma(a) sigma(-a) */
void sc_dual_sigmoid(struct sc_dual *r, const struct sc_dual *a)
{
    struct sc_interval x, rise;

    sc_interval_init(&x);
    sc_interval_init(&rise);
    sc_interval_subtract(&x, &x, &a->value);
    sc_interval_sigmoid(&x, &x);
    sc_interval_sigmoid(&r->value, &a->value);
    sc_interval_multiply(&rise, &x, &r->value);
    sc_interval_multiply(&r->slope, &rise, &a->slope);
}
