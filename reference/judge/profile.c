/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/profile.h"

#include "reference/judge/verdict.h"
#include "spec/format_value.h"

#include <math.h>
#include <string.h>

#define LOWEST_DECADE (-16)

void sc_profile_begin(struct sc_profile *profile, enum sc_format format)
{
    memset(profile, 0, sizeof *profile);
    profile->format = format;
}

int32_t sc_profile_decade_low(int32_t x)
{
    return LOWEST_DECADE + x;
}

static int32_t decade_of(double size)
{
    static const double powers[SC_PROFILE_DECADES - 1] = {
        1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6,
        1e-5,  1e-4,  1e-3,  1e-2,  1e-1,  1e0,   1e1,  1e2,  1e3};
    int32_t decade = 0;

    while (decade < SC_PROFILE_DECADES - 1 && size >= powers[decade]) {
        decade++;
    }
    return decade;
}

/* Keeps the worst elements, sorted. */
static void keep_worst(struct sc_profile *profile, const struct sc_profile_element *element)
{
    int32_t place = SC_PROFILE_WORST;

    while (place > 0 && element->error_ulp > profile->worst[place - 1].error_ulp) {
        place--;
    }
    if (place == SC_PROFILE_WORST) {
        return;
    }
    memmove(&profile->worst[place + 1], &profile->worst[place],
            (size_t)(SC_PROFILE_WORST - 1 - place) * sizeof *element);
    profile->worst[place] = *element;
}

/* Smallest |exact| of the enclosure. */
static double least_size(struct sc_enclosure exact)
{
    if (exact.lo > 0.0) {
        return exact.lo;
    }
    return exact.hi < 0.0 ? -exact.hi : 0.0;
}

static void measure(struct sc_profile *profile, struct sc_profile_element *element)
{
    const struct sc_enclosure error = sc_verdict_error(element->out, element->exact);
    const double size = fmax(fabs(element->exact.lo), fabs(element->exact.hi));
    const double least = least_size(element->exact);
    struct sc_profile_decade *decade = &profile->decades[decade_of(size)];

    element->error_ulp = error.hi / sc_format_ulp(profile->format, size);
    profile->measured++;
    profile->sum_ulp += element->error_ulp;
    profile->max_ulp = fmax(profile->max_ulp, element->error_ulp);
    if (least > 0.0) {
        profile->relatives++;
        profile->sum_relative += error.hi / least;
        profile->max_relative = fmax(profile->max_relative, error.hi / least);
    }
    profile->error_squared += error.hi * error.hi;
    profile->exact_squared += size * size;
    profile->max_error = fmax(profile->max_error, error.hi);
    profile->max_exact = fmax(profile->max_exact, size);
    decade->count++;
    decade->sum_ulp += element->error_ulp;
    decade->max_ulp = fmax(decade->max_ulp, element->error_ulp);
    keep_worst(profile, element);
}

/* |exact| from which rounding to nearest gives an infinity: the midpoint beyond the largest finite
 * value. */
static double overflow_threshold(enum sc_format format)
{
    const double largest = sc_format_max(format);

    return largest + 0.5 * sc_format_ulp(format, largest);
}

/* Whether rounding |exact| may overflow to the infinity `out`. */
static int may_overflow(enum sc_format format, double out, struct sc_enclosure exact)
{
    const double threshold = overflow_threshold(format);

    return out > 0.0 ? exact.hi >= threshold : exact.lo <= -threshold;
}

bool sc_profile_measured(enum sc_format format, double out, struct sc_enclosure exact, double part)
{
    const double threshold = overflow_threshold(format);

    if (isnan(out)) {
        return true;
    }
    if (isinf(out)) {
        const double near = out > 0.0 ? exact.lo : -exact.hi,
                     far = out > 0.0 ? exact.hi : -exact.lo;
        return near >= threshold || far < threshold;
    }
    const struct sc_enclosure error = sc_verdict_error(out, exact);
    const double ulp = sc_format_ulp(format, fmax(fabs(exact.lo), fabs(exact.hi)));

    return error.hi - error.lo <= part * fmax(error.lo, ulp);
}

void sc_profile_add(struct sc_profile *profile, const struct sc_oracle_element *at, double out,
                    struct sc_enclosure exact, enum sc_oracle_class class,
                    const struct sc_oracle_source *source)
{
    struct sc_profile_element element = {*at, out, exact, *source, 0.0};

    profile->elements++;
    if (class == SC_ORACLE_UNDEFINED) {
        profile->undefined++;
        return;
    }
    if (isnan(out)) {
        profile->nan++;
        return;
    }
    if (isinf(out)) {
        profile->inf++;
        profile->overflow += may_overflow(profile->format, out, exact) ? 1 : 0;
        return;
    }
    if (class == SC_ORACLE_EMPTY && (out != 0.0 || signbit(out))) {
        profile->not_zero++;
    }
    measure(profile, &element);
}

int64_t sc_profile_wrong(const struct sc_profile *profile)
{
    return profile->nan + (profile->inf - profile->overflow) + profile->not_zero;
}
