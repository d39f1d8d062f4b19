/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/lower.h"

#include "reference/certificate/share.h"

#include <math.h>
#include <stdlib.h>

struct push {
    const struct sc_rows *rows;
    struct sc_interval *squares; /* ||row i of J t||^2, [tokens] */
};

/* d (a b) alone, added to r. */
static void add_slope(struct sc_interval *r, const struct sc_dual *a, const struct sc_dual *b)
{
    sc_interval_add_product(r, &a->slope, &b->value);
    sc_interval_add_product(r, &a->value, &b->slope);
}

/* ||row i of J t||^2
 *   side, weights  scratch, [heads d_v] and [tokens] */
static void push_row(const struct push *my, int32_t i, struct sc_interval *side,
                     struct sc_dual *weights)
{
    const struct sc_subject *s = my->rows->subject;
    const int64_t all = (int64_t)s->heads * s->d_v;
    struct sc_interval out, weight;

    for (int32_t h = 0; h < s->heads; h++) {
        const struct sc_dual *v = my->rows->v + (int64_t)h * s->tokens * s->d_v;
        sc_rows_weights(my->rows, h, i, weights);
        for (int32_t c = 0; c < s->d_v; c++) {
            struct sc_interval *sum = side + (int64_t)h * s->d_v + c;
            sc_interval_set_d(sum, 0.0);
            for (int32_t j = 0; j < s->tokens; j++) {
                if (sc_subject_sees(s, i, j)) {
                    add_slope(sum, weights + j, v + (int64_t)j * s->d_v + c);
                }
            }
        }
    }
    sc_interval_init(&out);
    sc_interval_init(&weight);
    for (int64_t o = 0; o < sc_subject_out_width(s); o++) {
        if (s->w_o == NULL) {
            sc_interval_set(&out, side + o);
        } else {
            sc_interval_set_d(&out, 0.0);
            for (int64_t a = 0; a < all; a++) {
                sc_interval_set_d(&weight, s->w_o[o * all + a]);
                sc_interval_add_product(&out, side + a, &weight);
            }
        }
        sc_interval_add_product(&my->squares[i], &out, &out);
    }
}

static bool push_part(void *context, int32_t part, int32_t parts)
{
    const struct push *my = context;
    const struct sc_subject *s = my->rows->subject;
    const int64_t all = (int64_t)s->heads * s->d_v;
    struct sc_interval *side = sc_interval_create(all);
    struct sc_dual *weights = sc_dual_create(s->tokens);
    const bool made = side != NULL && weights != NULL;
    struct sc_interval_state saved;

    sc_interval_begin(&saved);
    for (int32_t i = part; made && i < s->tokens; i += parts) {
        push_row(my, i, side, weights);
    }
    free(side);
    free(weights);
    return sc_interval_end(&saved) && made;
}

/* sqrt(sum of squares) of J t over that of t, rounded outward; whether no number was out of range. */
static bool quotient(const struct push *my, const double *direction, double *least, double *most)
{
    const struct sc_subject *s = my->rows->subject;
    struct sc_interval image, length;
    struct sc_interval_state saved;

    sc_interval_begin(&saved);
    sc_interval_init(&image);
    sc_interval_init(&length);
    for (int32_t i = 0; i < s->tokens; i++) {
        sc_interval_add(&image, &image, &my->squares[i]);
    }
    for (int64_t n = 0; n < sc_subject_inputs(s); n++) {
        sc_interval_add_product_d(&length, direction[n], direction[n]);
    }
    if (mpfr_zero_p(length.hi) == 0) {
        sc_interval_sqrt(&image, &image);
        sc_interval_sqrt(&length, &length);
        sc_interval_divide(&image, &image, &length);
    } else {
        sc_interval_set_d(&image, 0.0);
    }
    *least = mpfr_get_d(image.lo, MPFR_RNDD);
    *most = mpfr_get_d(image.hi, MPFR_RNDU);
    return sc_interval_end(&saved);
}

enum sc_status sc_lower_check(const struct sc_subject *subject, const double *direction,
                              double claim, int32_t threads, struct sc_rows *rows,
                              struct sc_lower *lower, struct sc_error *error)
{
    struct push push = {rows, NULL};
    enum sc_status status = sc_rows_create(subject, direction, threads, rows, error);

    *lower = (struct sc_lower){SC_LEFT_OPEN, 0.0, HUGE_VAL};
    if (status != SC_OK) {
        return status;
    }
    push.squares = sc_interval_create(subject->tokens);
    if (push.squares == NULL) {
        return sc_fail(error, SC_E_MEMORY, "certificate: no memory for %d rows", subject->tokens);
    }
    if (!sc_share_run(threads, push_part, &push) ||
        !quotient(&push, direction, &lower->least, &lower->most)) {
        *lower = (struct sc_lower){SC_LEFT_OPEN, 0.0, HUGE_VAL};
        status = sc_fail(error, SC_E_UNAVAILABLE,
                         "certificate: the derivative is out of range, or no memory for a row");
    } else if (claim <= lower->least) {
        lower->verdict = SC_CONFIRMED;
    } else if (claim > lower->most) {
        lower->verdict = SC_REFUTED;
    }
    free(push.squares);
    return status;
}
