/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/standing.h"

#include "spec/format_value.h"
#include "spec/upward.h"

#include <math.h>

/* Once is once: no rounding upward. */
static double times(double factor, double bound)
{
    return factor == 1.0 ? bound : sc_upward_multiply(factor, bound);
}

double sc_claim_at(const struct sc_claim *claim, double out)
{
    return times(claim->times, sc_kernel_bound_at(&claim->bound, claim->format, out));
}

/* Whether the model allows a value at or beyond the largest finite one, on the side of an infinity. */
static bool reaches(const struct sc_claim *claim, double out, struct sc_enclosure exact)
{
    const double end = out > 0.0 ? exact.hi : -exact.lo;
    const double most = nextafter(end + times(claim->times, claim->bound.error), HUGE_VAL);

    return !(most < sc_format_max(claim->format));
}

enum sc_verdict sc_claim_judge(const struct sc_claim *claim, double out, struct sc_enclosure exact,
                               enum sc_oracle_class class)
{
    if (class == SC_ORACLE_EMPTY || class == SC_ORACLE_UNDEFINED || isfinite(out)) {
        return sc_verdict_judge(out, exact, class, sc_claim_at(claim, out));
    }
    if (!isfinite(claim->bound.error) || (isinf(out) && reaches(claim, out, exact))) {
        return SC_VERDICT_UNJUDGED;
    }
    return SC_VERDICT_FAIL;
}

double sc_claim_ratio(double bound, double out, struct sc_enclosure exact)
{
    if (!isfinite(out)) {
        return HUGE_VAL;
    }
    const double error = sc_verdict_error(out, exact).hi;
    if (error == 0.0) {
        return 0.0;
    }
    return bound > 0.0 ? error / bound : HUGE_VAL;
}

void sc_standing_add(struct sc_standing *standing, enum sc_verdict verdict,
                     const struct sc_element *at)
{
    const bool first = standing->judged == 0, failed = standing->beyond > 0;

    switch (verdict) {
    case SC_VERDICT_UNJUDGED:
        standing->unjudged++;
        return;
    case SC_VERDICT_UNDECIDED:
        standing->undecided++;
        return;
    case SC_VERDICT_FAIL:
        standing->beyond++;
        break;
    case SC_VERDICT_PASS:
        break;
    }
    standing->judged++;
    standing->judged_of[at->result]++;
    standing->ratio[at->result] = fmax(standing->ratio[at->result], at->ratio);
    if (first || (!failed && (verdict == SC_VERDICT_FAIL || at->ratio > standing->worst.ratio))) {
        standing->worst = *at;
    }
}
