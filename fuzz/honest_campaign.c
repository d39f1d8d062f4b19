/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest_campaign.h"

#include <math.h>

enum sc_status sc_honest_campaign_case(struct sc_honest_campaign *campaign, uint64_t seed,
                                       int64_t n, struct sc_error *error)
{
    const enum sc_honest_kind kind = (enum sc_honest_kind)(n % SC_HONEST_KINDS);
    const enum sc_generate_values values =
        (enum sc_generate_values)(n / SC_HONEST_KINDS % SC_GENERATE_CLASSES);
    struct sc_honest_verdicts *verdicts = &campaign->verdicts[kind][values];
    struct sc_case c;
    struct sc_honest honest;
    const int64_t before = sc_honest_accused(verdicts);
    enum sc_status status =
        sc_honest_begin(kind, values, seed + (uint64_t)n, false, &c, &honest, error);

    if (status != SC_OK) {
        return status;
    }
    status = sc_honest_judge(&c, &honest, &honest.arithmetic, verdicts, error);
    campaign->cases++;
    campaign->accused_cases += sc_honest_accused(verdicts) > before ? 1 : 0;
    sc_generate_destroy(&c);
    return status;
}

double sc_honest_campaign_worst(const struct sc_honest_campaign *campaign)
{
    double worst = 0.0;

    for (int32_t n = 0; n < SC_HONEST_KINDS * SC_GENERATE_CLASSES * SC_HONEST_OUTPUTS; n++) {
        const int32_t cell = n / SC_HONEST_OUTPUTS;
        worst =
            fmax(worst, campaign->verdicts[cell / SC_GENERATE_CLASSES][cell % SC_GENERATE_CLASSES]
                            .of[n % SC_HONEST_OUTPUTS]
                            .worst);
    }
    return worst;
}
