/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/change.h"

#include "spec/format_value.h"

#include <math.h>
#include <stddef.h>

#define TRIES 64 /* for an element that is finite */

/* Another value of a format near x or like it, finite. */
static float vary(enum sc_format format, float x, float other, struct sc_random *random)
{
    const uint32_t hidden = (uint32_t)sc_format_power(sc_format_precision(format) - 1);
    const uint32_t sign = sc_format_sign(format);
    uint32_t bits = sc_format_encode(format, (double)x);

    switch (sc_random_int(random, 0, 7)) {
    case 0:
        bits ^= 1u << sc_random_int(random, 0, 8 * sc_format_bytes(format) - 1);
        break;
    case 1:
        bits ^= sign;
        break;
    case 2:
        bits = sc_format_encode(format, (double)other);
        break;
    case 3:
        bits += hidden * (uint32_t)sc_random_int(random, 1, 4);
        break;
    case 4:
        bits -= hidden * (uint32_t)sc_random_int(random, 1, 4);
        break;
    case 5:
        bits = sc_random_int(random, 0, 1) == 0 ? 0 : sc_format_encode(format, 1.0);
        break;
    default: /* the low bits */
        bits += (uint32_t)sc_random_int(random, -16, 16);
        break;
    }
    const double value = sc_format_decode(format, bits);
    return isfinite(value) ? (float)value : x;
}

/* An element of the tensors that is finite; OTHER: none was met. */
static struct sc_change element_of(const struct sc_case *c, struct sc_random *random)
{
    const struct sc_problem *p = &c->problem;
    float *const tensors[] = {c->q, c->k, c->v, c->d_o};
    const int64_t sizes[] = {p->q.size, p->k.size, p->v.size, c->d_o != NULL ? p->o.size : 0};
    struct sc_change change = {.subject = SC_CHANGE_OTHER};

    for (int32_t tries = 0; tries < TRIES; tries++) {
        const int32_t tensor = sc_random_int(random, 0, 3);
        const int32_t element = sc_random_int(random, 0, (int32_t)sizes[tensor] - 1);
        if (sizes[tensor] > 0 && isfinite(tensors[tensor][element])) {
            change.subject = (enum sc_change_subject)tensor;
            change.number = &tensors[tensor][element];
            change.element = element;
            break;
        }
    }
    return change;
}

struct sc_change sc_change_draw(struct sc_case *c, struct sc_random *random)
{
    struct sc_change change = element_of(c, random);
    const struct sc_change other = element_of(c, random);
    const int32_t what = sc_random_int(random, 0, 15);
    enum sc_format format = c->problem.format_in;

    if (what == 0 || change.number == NULL || other.number == NULL) {
        return (struct sc_change){.subject = SC_CHANGE_OTHER};
    }
    if (what <= 2) {
        format = SC_FORMAT_FP32;
        change.subject = what == 1 ? SC_CHANGE_TAU : SC_CHANGE_BIAS;
        change.number = what == 1 ? &c->problem.tau : &c->bias[0];
        if (c->problem.slopes != NULL && sc_random_int(random, 0, 2) == 0) {
            change.subject = SC_CHANGE_SLOPE;
            change.number = &c->slopes[0];
        }
    }
    const float before = *change.number;
    change.after = vary(format, before, *other.number, random);
    const bool positive = change.subject == SC_CHANGE_TAU || change.subject == SC_CHANGE_SLOPE;
    change.after = positive && !(change.after > 0.0f) ? before : change.after;
    return change;
}
