/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/bias.h"

#include "tools/claims/claims.h"

#include <math.h>
#include <stdio.h>

/* Claim 9: which b gives sigmoid attention the norm of softmax attention, for Gaussian logits. */

#define STEPS 400 /* of an integral; the trapezoidal rule is exponentially exact for these */

/* E f(s) of s = spread z, z normal(0, 1), |z| <= 10: what is left out is below 1e-22 of a bounded f. */
struct gauss {
    double z[STEPS + 1], weight[STEPS + 1];
};

static void gauss_fill(struct gauss *rule)
{
    const double step = 20.0 / STEPS;

    for (int32_t k = 0; k <= STEPS; k++) {
        rule->z[k] = -10.0 + step * k;
        rule->weight[k] = step * exp(-0.5 * rule->z[k] * rule->z[k]) / sqrt(2.0 * acos(-1.0));
    }
}

double sc_bias_sigmoid_square(double n, double spread, double b)
{
    struct gauss rule;
    double sum = 0.0;

    gauss_fill(&rule);
    for (int32_t k = 0; k <= STEPS; k++) {
        const double p = 1.0 / (1.0 + exp(-spread * rule.z[k] - b));
        sum += rule.weight[k] * p * p;
    }
    return n * sum;
}

double sc_bias_softmax_square(double n, double spread)
{
    const double from = -log(n) - 60.0, to = -log(n) + 20.0, step = (to - from) / STEPS;
    struct gauss rule;
    double total = 0.0;

    gauss_fill(&rule);
    for (int32_t k = 0; k <= STEPS; k++) {
        const double lambda = exp(from + step * k);
        double rest = 0.0, square = 0.0;
        for (int32_t l = 0; l <= STEPS; l++) {
            const double e = exp(spread * rule.z[l]), decay = exp(-lambda * e);
            rest += rule.weight[l] * (1.0 - decay);
            square += rule.weight[l] * e * e * decay;
        }
        /* one lambda more for d lambda = lambda d log lambda */
        total += step * lambda * lambda * square * exp((n - 1.0) * log1p(-rest));
    }
    return n * total;
}

double sc_bias_matching(double n, double spread)
{
    const double wanted = sc_bias_softmax_square(n, spread);
    double low = -log(n) - 40.0, high = 20.0;

    for (int32_t k = 0; k < 60; k++) {
        const double middle = 0.5 * (low + high);
        if (sc_bias_sigmoid_square(n, spread, middle) < wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return 0.5 * (low + high);
}

enum sc_status sc_best_bias_claim(const struct sc_claims_context *context,
                                  struct sc_found_list *result, struct sc_error *error)
{
    static const double lengths[] = {64.0, 1024.0, 16384.0}, spreads[] = {0.25, 0.5, 1.0};

    (void)context;
    (void)error;
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        for (size_t s = 0; s < sizeof spreads / sizeof spreads[0]; s++) {
            const double n = lengths[k], b = sc_bias_matching(n, spreads[s]);
            const double offset = b + log(n), derived = -0.5 * spreads[s] * spreads[s];
            char name[SC_FOUND_NAME_BYTES];
            (void)snprintf(name, sizeof name, "n-%.0f-spread-%g", n, spreads[s]);
            /* the derivation leaves out e^(2 s^2) / n, with a factor that 4 covers */
            sc_found_add(result, name, SC_FOUND_STATED, SC_FOUND_COMPUTED,
                         sc_found_whether(fabs(offset - derived) <=
                                          4.0 * exp(2.0 * spreads[s] * spreads[s]) / n),
                         offset,
                         "n = %.0f, logits normal(0, %g^2): b = %.6f = -log n %+.6f; %+.6f by "
                         "-s^2 / 2",
                         n, spreads[s], b, offset, derived);
        }
    }
    const double wide = sc_bias_matching(16384.0, 2.0) + log(16384.0);
    sc_found_add(result, "spread-2", SC_FOUND_LIMIT, SC_FOUND_COMPUTED,
                 sc_found_whether(wide < -1.0), wide,
                 "n = 16384, logits normal(0, 2^2): b = -log n %+.4f: no longer near", wide);
    return SC_OK;
}
