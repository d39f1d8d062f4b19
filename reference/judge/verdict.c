/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/verdict.h"

#include "spec/upward.h"

#include <math.h>

static double distance_up(double x, double y)
{
    return x == y ? 0.0 : sc_upward_next(fabs(x - y));
}

static double distance_down(double x, double y)
{
    return x == y ? 0.0 : nextafter(fabs(x - y), 0.0);
}

struct sc_enclosure sc_verdict_error(double out, struct sc_enclosure exact)
{
    struct sc_enclosure error = {0.0, fmax(distance_up(out, exact.lo), distance_up(out, exact.hi))};

    if (out < exact.lo) {
        error.lo = distance_down(out, exact.lo);
    }
    if (out > exact.hi) {
        error.lo = distance_down(out, exact.hi);
    }
    return error;
}

enum sc_verdict sc_verdict_judge(double out, struct sc_enclosure exact, enum sc_oracle_class class,
                                 double bound)
{
    if (class == SC_ORACLE_EMPTY) {
        return out == 0.0 && !signbit(out) ? SC_VERDICT_PASS : SC_VERDICT_FAIL;
    }
    if (class == SC_ORACLE_UNDEFINED || isnan(bound) || isinf(bound)) {
        return SC_VERDICT_UNJUDGED;
    }
    if (!isfinite(out)) {
        return SC_VERDICT_FAIL;
    }
    const struct sc_enclosure error = sc_verdict_error(out, exact);
    if (error.hi <= bound) {
        return SC_VERDICT_PASS;
    }
    return error.lo > bound ? SC_VERDICT_FAIL : SC_VERDICT_UNDECIDED;
}
