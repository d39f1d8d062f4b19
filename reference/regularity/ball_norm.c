/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/ball_norm.h"

/* Takes the mean out of a row. */
static void centre(arb_ptr row, int32_t d, slong precision)
{
    arb_t mean;

    arb_init(mean);
    for (int32_t c = 0; c < d; c++) {
        arb_add(mean, mean, row + c, precision);
    }
    arb_div_si(mean, mean, d, precision);
    for (int32_t c = 0; c < d; c++) {
        arb_sub(row + c, row + c, mean, precision);
    }
    arb_clear(mean);
}

/* sqrt(mean of x^2 + epsilon) */
static void size_of(arb_t size, arb_srcptr row, const struct sc_layer *layer, slong precision)
{
    arf_t epsilon;

    arf_init(epsilon);
    arf_set_d(epsilon, layer->epsilon);
    arb_dot(size, NULL, 0, row, 1, row, 1, layer->d, precision);
    arb_div_si(size, size, layer->d, precision);
    arb_add_arf(size, size, epsilon, precision);
    arb_sqrtpos(size, size, precision);
    arf_clear(epsilon);
}

static void apply_gain(const double *gain, arb_ptr row, int32_t d, slong precision)
{
    arb_t g;

    arb_init(g);
    for (int32_t c = 0; gain != NULL && c < d; c++) {
        arb_set_d(g, gain[c]);
        arb_mul(row + c, row + c, g, precision);
    }
    arb_clear(g);
}

static void rotate(const struct sc_layer *layer, int32_t i, arb_ptr row, slong precision)
{
    const int32_t half = layer->d / 2;
    arb_t angle, cosine, sine, x, y;

    if (layer->rotation == 0.0) {
        return;
    }
    arb_init(angle);
    arb_init(cosine);
    arb_init(sine);
    arb_init(x);
    arb_init(y);
    for (int32_t c = 0; c < half; c++) {
        arb_set_d(x, layer->rotation);
        arb_set_si(y, -2 * (slong)c);
        arb_div_si(y, y, layer->d, precision);
        arb_pow(angle, x, y, precision);
        arb_mul_si(angle, angle, i, precision);
        arb_sin_cos(sine, cosine, angle, precision);
        arb_mul(x, cosine, row + c, precision);
        arb_submul(x, sine, row + c + half, precision);
        arb_mul(y, sine, row + c, precision);
        arb_addmul(y, cosine, row + c + half, precision);
        arb_swap(row + c, x);
        arb_swap(row + c + half, y);
    }
    arb_clear(angle);
    arb_clear(cosine);
    arb_clear(sine);
    arb_clear(x);
    arb_clear(y);
}

void sc_ball_norm_apply(const struct sc_layer *layer, const double *gain, int32_t i,
                        slong precision, arb_ptr row)
{
    if (layer->norm == SC_LAYER_MEAN0) {
        centre(row, layer->d, precision);
    }
    if (layer->norm != SC_LAYER_NO_NORM) {
        arb_t size;
        arb_init(size);
        size_of(size, row, layer, precision);
        for (int32_t c = 0; c < layer->d; c++) {
            arb_div(row + c, row + c, size, precision);
        }
        arb_clear(size);
        apply_gain(gain, row, layer->d, precision);
    }
    rotate(layer, i, row, precision);
}

/* t to (t' - y <y, t'> / (d size^2)) / size, y and t' being the row and t less their means, or as they are. */
static void through_unit(const struct sc_layer *layer, arb_srcptr raw, slong precision, arb_ptr t)
{
    const int32_t d = layer->d;
    arb_ptr y = _arb_vec_init(d);
    arb_t size, along;

    arb_init(size);
    arb_init(along);
    _arb_vec_set(y, raw, d);
    if (layer->norm == SC_LAYER_MEAN0) {
        centre(y, d, precision);
        centre(t, d, precision);
    }
    size_of(size, y, layer, precision);
    arb_dot(along, NULL, 0, y, 1, t, 1, d, precision);
    arb_div_si(along, along, d, precision);
    arb_div(along, along, size, precision);
    arb_div(along, along, size, precision);
    for (int32_t c = 0; c < d; c++) {
        arb_submul(t + c, y + c, along, precision);
        arb_div(t + c, t + c, size, precision);
    }
    arb_clear(size);
    arb_clear(along);
    _arb_vec_clear(y, d);
}

void sc_ball_norm_push(const struct sc_layer *layer, const double *gain, int32_t i, arb_srcptr raw,
                       slong precision, arb_ptr t)
{
    if (layer->norm != SC_LAYER_NO_NORM) {
        through_unit(layer, raw, precision, t);
        apply_gain(gain, t, layer->d, precision);
    }
    rotate(layer, i, t, precision);
}
