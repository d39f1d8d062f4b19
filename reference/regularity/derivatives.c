/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/derivatives.h"

#include "reference/regularity/ball_norm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* D(i) W, column by column. */
static void set_moving(const struct sc_balls *balls, int32_t h, const double *w, const double *gain,
                       arb_srcptr raw, double *a, double *absolute)
{
    const struct sc_layer *l = balls->layer;
    arb_ptr column = _arb_vec_init(l->d);

    for (int32_t i = 0; i < l->tokens; i++) {
        const int64_t row = (int64_t)h * l->tokens + i;
        for (int32_t b = 0; b < l->width; b++) {
            for (int32_t c = 0; c < l->d; c++) {
                arb_set_d(column + c, w[(int64_t)c * l->width + b]);
            }
            sc_ball_norm_push(l, gain, i, raw == NULL ? NULL : raw + row * l->d, balls->precision,
                              column);
            for (int32_t c = 0; c < l->d; c++) {
                a[((int64_t)i * l->d + c) * l->width + b] =
                    sc_balls_round_one(column + c, absolute);
            }
        }
    }
    _arb_vec_clear(column, l->d);
}

bool sc_derivatives_create(const struct sc_balls *balls, int32_t h,
                           struct sc_derivatives *derivatives)
{
    const struct sc_layer *l = balls->layer;
    const size_t one = (size_t)l->d * (size_t)l->width;
    const bool moving = l->norm != SC_LAYER_NO_NORM || l->rotation > 0.0;
    const size_t count = moving ? (size_t)l->tokens : 1;

    *derivatives = (struct sc_derivatives){.moving = moving, .step = moving ? (int64_t)one : 0};
    derivatives->q = malloc(count * one * sizeof(double));
    derivatives->k = malloc(count * one * sizeof(double));
    if (derivatives->q == NULL || derivatives->k == NULL) {
        return false;
    }
    if (moving) {
        set_moving(balls, h, l->w_q + (size_t)h * one, l->gain_q, balls->raw_q, derivatives->q,
                   &derivatives->absolute);
        set_moving(balls, h, l->w_k + (size_t)h * one, l->gain_k, balls->raw_k, derivatives->k,
                   &derivatives->absolute);
    } else {
        memcpy(derivatives->q, l->w_q + (size_t)h * one, one * sizeof(double));
        memcpy(derivatives->k, l->w_k + (size_t)h * one, one * sizeof(double));
    }
    return true;
}

void sc_derivatives_destroy(struct sc_derivatives *derivatives)
{
    free(derivatives->q);
    free(derivatives->k);
    derivatives->q = NULL;
    derivatives->k = NULL;
}
