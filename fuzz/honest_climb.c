/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/change.h"
#include "fuzz/honest_campaign.h"

#include <math.h>
#include <string.h>

/* What a step changed: what it was is put back where the change does not stay. */
struct step {
    float *number; /* NULL: none */
    float before;
    struct sc_honest honest;
};

static struct step take_step(struct sc_case *c, struct sc_honest *honest, struct sc_random *random)
{
    const struct sc_change change = sc_change_draw(c, random);
    struct step step = {change.number, 0.0f, *honest};

    if (change.number == NULL) {
        sc_honest_redraw(random, honest);
    } else {
        step.before = *change.number;
        *change.number = change.after;
    }
    return step;
}

static void take_back(const struct step *step, struct sc_honest *honest)
{
    if (step->number != NULL) {
        *step->number = step->before;
    }
    *honest = step->honest;
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
        const struct step step = take_step(&c, &honest, &random);
        status = try_case(campaign, all, &c, &honest, output, &ratio, error);
        idle = ratio > best ? 0 : idle + 1;
        if (ratio < best) {
            take_back(&step, &honest);
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
