/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest_campaign.h"
#include "spec/format_value.h"

#include <math.h>
#include <string.h>

/* A number that climbing may change: what it was is put back where the change does not stay. */
struct change {
    float *number; /* NULL: none */
    float before;
    struct sc_honest honest;
};

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
    default: /* the low bits, which is where a rounding is decided */
        bits += (uint32_t)sc_random_int(random, -16, 16);
        break;
    }
    const double value = sc_format_decode(format, bits);
    return isfinite(value) ? (float)value : x;
}

/* A number of the tensors that is no NaN, which is what nobody may read. */
static float *number_of(const struct sc_case *c, struct sc_random *random)
{
    const struct sc_problem *p = &c->problem;
    float *const tensors[] = {c->q, c->k, c->v, c->d_o};
    const int64_t sizes[] = {p->q.size, p->k.size, p->v.size, p->o.size};

    for (int32_t tries = 0; tries < 64; tries++) {
        const int32_t tensor = sc_random_int(random, 0, 3);
        float *number = tensors[tensor] + sc_random_int(random, 0, (int32_t)sizes[tensor] - 1);
        if (sizes[tensor] > 0 && !isnan(*number)) {
            return number;
        }
    }
    return NULL;
}

static struct change draw_change(struct sc_case *c, struct sc_honest *honest,
                                 struct sc_random *random)
{
    struct change change = {number_of(c, random), 0.0f, *honest};
    const float *other = number_of(c, random);
    enum sc_format format = c->problem.format_in;
    const int32_t what = sc_random_int(random, 0, 15);

    if (what == 0 || change.number == NULL || other == NULL) {
        sc_honest_redraw(random, honest);
        change.number = NULL;
        return change;
    }
    if (what <= 2) {
        format = SC_FORMAT_FP32;
        change.number = what == 1 ? &c->problem.tau : &c->bias[0];
        if (c->problem.slopes != NULL && sc_random_int(random, 0, 2) == 0) {
            change.number = &c->slopes[0];
        }
    }
    change.before = *change.number;
    const float after = vary(format, change.before, *other, random);
    const bool fits = change.number == &c->bias[0] || after > 0.0f || what > 2;
    *change.number = fits ? after : change.before;
    return change;
}

static void take_back(const struct change *change, struct sc_honest *honest)
{
    if (change->number != NULL) {
        *change->number = change->before;
    }
    *honest = change->honest;
}

/* The ratio of an output in one case; its verdicts are added to the campaign's. */
static enum sc_status try_case(struct sc_honest_campaign *campaign, struct sc_honest_verdicts *all,
                               const struct sc_case *c, const struct sc_honest *honest,
                               enum sc_honest_output output, double *ratio, struct sc_error *error)
{
    struct sc_honest_verdicts one;

    memset(&one, 0, sizeof one);
    const enum sc_status status = sc_honest_judge(c, honest, &honest->arithmetic, &one, error);
    for (int32_t n = 0; n < SC_HONEST_OUTPUTS; n++) {
        all->of[n].judged += one.of[n].judged;
        all->of[n].unjudged += one.of[n].unjudged;
        all->of[n].accused += one.of[n].accused;
        all->of[n].worst = fmax(all->of[n].worst, one.of[n].worst);
        all->of[n].worst_before = fmax(all->of[n].worst_before, one.of[n].worst_before);
    }
    if (all->first[0] == '\0') {
        memcpy(all->first, one.first, sizeof all->first);
    }
    campaign->climbed++;
    campaign->accused_climbed += sc_honest_accused(&one) > 0 ? 1 : 0;
    *ratio = one.of[output].worst_before;
    return status;
}

/* From one start, until `patience` steps in a row bring nothing or `steps` are taken, which is what is returned in
 * *taken. */
static enum sc_status climb_from(struct sc_honest_campaign *campaign, uint64_t seed,
                                 enum sc_honest_kind kind, enum sc_generate_values values,
                                 enum sc_honest_output output, int32_t steps, int32_t *taken,
                                 struct sc_error *error)
{
    struct sc_honest_verdicts *all = &campaign->verdicts[kind][values];
    struct sc_random random = {seed ^ 0x5bd1e995u};
    struct sc_case c;
    struct sc_honest honest;
    double best = 0.0, ratio = 0.0;
    enum sc_status status = sc_honest_begin(kind, values, seed, true, &c, &honest, error);

    if (status != SC_OK) {
        return status;
    }
    status = try_case(campaign, all, &c, &honest, output, &best, error);
    for (int32_t idle = 0; status == SC_OK && *taken < steps && idle < steps / 4 + 1; (*taken)++) {
        const struct change change = draw_change(&c, &honest, &random);
        status = try_case(campaign, all, &c, &honest, output, &ratio, error);
        idle = ratio > best ? 0 : idle + 1;
        if (ratio < best) {
            take_back(&change, &honest);
        } else {
            best = ratio;
        }
    }
    sc_generate_destroy(&c);
    return status;
}

enum sc_status sc_honest_campaign_climb(struct sc_honest_campaign *campaign, uint64_t seed,
                                        enum sc_honest_kind kind, enum sc_generate_values values,
                                        int32_t steps, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (int32_t output = 0; status == SC_OK && output < SC_HONEST_OUTPUTS; output++) {
        uint64_t start = seed + (uint64_t)output * 1000003u;
        for (int32_t taken = 0; status == SC_OK && taken < steps / SC_HONEST_OUTPUTS; start++) {
            const int32_t before = taken;
            status = climb_from(campaign, start, kind, values, (enum sc_honest_output)output,
                                steps / SC_HONEST_OUTPUTS, &taken, error);
            taken += taken == before ? 1 : 0;
        }
    }
    return status;
}
