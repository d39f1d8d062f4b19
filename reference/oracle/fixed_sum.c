/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/fixed_sum.h"

#include "reference/oracle/fixed_enclosure.h"
#include "reference/oracle/fixed_float.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A mass is a sum of up to 2^48 terms, each rounding of which leaves at least 1 - 2^-53 of it, so it is
 * at least 31/32 of the exact one; this factor covers that and the roundings of the radius. */
#define MASS_SLOP 0x1.1p0

void sc_fixed_sum_prepare(struct sc_fixed_sum_factor *factor, const mp_limb_t *x, int32_t limbs,
                          bool negative, double weight)
{
    factor->negative = negative;
    factor->weight = weight;
    mpn_copyi(factor->copies[0], x, limbs);
    factor->copies[0][limbs] = 0;
    factor->copies[1][limbs] = mpn_lshift(factor->copies[1], x, limbs, 32);
    int32_t begin = 0;
    int32_t end = limbs + 1;
    while (end > 0 && factor->copies[1][end - 1] == 0 && factor->copies[0][end - 1] == 0) {
        end--;
    }
    while (begin < end && factor->copies[0][begin] == 0 && factor->copies[1][begin] == 0) {
        begin++;
    }
    factor->begin = begin;
    factor->count = end - begin;
}

enum sc_status sc_fixed_sum_create(struct sc_fixed_sum *sum, int32_t width, int32_t limbs,
                                   struct sc_error *error)
{
    sum->width = width;
    sum->limbs = limbs;
    sum->terms = calloc((size_t)width, 2 * (size_t)limbs * sizeof(mp_limb_t));
    sum->mass = calloc((size_t)width, sizeof(double));
    if (sum->terms == NULL || sum->mass == NULL) {
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory for %d sums of %d limbs", width,
                       limbs);
    }
    return SC_OK;
}

void sc_fixed_sum_destroy(struct sc_fixed_sum *sum)
{
    free(sum->mass);
    free(sum->terms);
    *sum = (struct sc_fixed_sum){0, 0, NULL, NULL};
}

void sc_fixed_sum_clear(struct sc_fixed_sum *sum)
{
    memset(sum->terms, 0, (size_t)sum->width * 2 * (size_t)sum->limbs * sizeof(mp_limb_t));
    memset(sum->mass, 0, (size_t)sum->width * sizeof(double));
}

/* terms += factor * significand 2^exponent. */
static void add_product(mp_limb_t *terms, int32_t limbs, const struct sc_fixed_sum_factor *factor,
                        uint32_t significand, int32_t exponent)
{
    const mp_limb_t *copy = factor->copies[exponent >> 5 & 1] + factor->begin;
    const mp_limb_t multiplier = (mp_limb_t)significand << (exponent & 31); /* below 2^55 */
    const int32_t place = (exponent >> 6) + factor->begin;

    if (factor->count == 0 || significand == 0) {
        return;
    }
    mp_limb_t carry = mpn_addmul_1(terms + place, copy, factor->count, multiplier);
    for (int32_t l = place + factor->count; carry != 0 && l < limbs; l++) {
        terms[l] += carry;
        carry = terms[l] < carry ? 1 : 0;
    }
}

void sc_fixed_sum_add(struct sc_fixed_sum *sum, const struct sc_fixed_sum_factor *factor,
                      const float *x)
{
    const size_t limbs = (size_t)sum->limbs;

    for (int32_t c = 0; c < sum->width; c++) {
        const struct sc_fixed_float value = sc_fixed_float_decode(x[c]);
        const size_t side = value.negative != factor->negative ? 1 : 0;
        add_product(sum->terms + (2 * (size_t)c + side) * limbs, sum->limbs, factor,
                    value.significand, value.exponent);
    }
    for (int32_t c = 0; c < sum->width; c++) {
        sum->mass[c] += factor->weight * fabs((double)x[c]);
    }
}

struct sc_enclosure sc_fixed_sum_enclose(const struct sc_fixed_sum *sum, int32_t c, int32_t unit,
                                         double error, float scale)
{
    const size_t limbs = (size_t)sum->limbs;
    const mp_limb_t *terms = sum->terms + 2 * (size_t)c * limbs;
    const int32_t sum_unit = unit + SC_FIXED_FLOAT_UNIT;
    const double radius = ldexp(error * MASS_SLOP * sum->mass[c], -sum_unit);
    mp_limb_t difference[SC_FIXED_ENCLOSURE_LIMBS_MAX];

    (void)mpn_sub_n(difference, terms, terms + limbs, sum->limbs);
    return sc_fixed_enclosure(difference, sum->limbs, radius, scale, sum_unit);
}
