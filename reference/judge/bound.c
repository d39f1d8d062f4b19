/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/bound.h"

#include "reference/judge/upward.h"

const struct sc_bound_arithmetic sc_bound_f64 = {0x1p-53, 0x1p-1074, 0x1p1022};
const struct sc_bound_arithmetic sc_bound_f32 = {0x1p-24, 0x1p-150, 0x1p126};

/* gamma_n = n u / (1 - n u), rounded up; +Inf where the formula does not hold. */
static double gamma_bound(const struct sc_bound_arithmetic *arithmetic, int32_t n)
{
    const double nu = (double)n * arithmetic->u; /* exact: u is a power of two */

    /* 1 / (1 - x) <= 1 + 2x for x <= 1/2 */
    return nu <= 0.5 ? sc_upward_multiply(nu, sc_upward_add(1.0, 2.0 * nu)) : HUGE_VAL;
}

/* Bound of the error of the score of key j. */
static double score_bound(const struct sc_bound_arithmetic *arithmetic,
                          const struct sc_problem *problem, const struct sc_scores *scores,
                          int32_t j)
{
    const double u = arithmetic->u;
    const double eta = arithmetic->eta;
    const double tau = (double)problem->tau;
    const double gamma = gamma_bound(arithmetic, problem->d + 1);
    const double mask_bias = scores->mask_bias[j];
    double delta = sc_upward_add(sc_upward_multiply(gamma, scores->terms[j]),
                                 sc_upward_multiply(2.0 * (double)problem->d, eta));

    delta = sc_upward_multiply(tau, delta);
    delta = sc_upward_add(
        delta, sc_upward_add(sc_upward_multiply(u, sc_upward_add(scores->product[j], delta)), eta));
    delta = sc_upward_add(delta, sc_upward_add(sc_upward_multiply(3.0 * u, mask_bias), eta));
    const double size = sc_upward_add(sc_upward_add(scores->product[j], scores->bias),
                                      sc_upward_add(mask_bias, delta));
    return sc_upward_add(delta,
                         sc_upward_multiply(2.0 * u, sc_upward_multiply(1.0 + 0x1p-20, size)));
}

/* Bound of the error of the sigmoid of key j. */
static double weight_bound(const struct sc_bound_arithmetic *arithmetic,
                           const struct sc_scores *scores, int32_t j, double delta)
{
    double error = 1.0;

    if (delta <= 1.0) {
        const double growth = sc_upward_add(delta, sc_upward_multiply(delta, delta));
        error = fmin(1.0, sc_upward_multiply(scores->derivative[j], growth));
    }
    const double weight = sc_upward_add(scores->p[j].hi, error);
    return sc_upward_add(error, sc_upward_add(sc_upward_multiply(5.0 * arithmetic->u, weight),
                                              4.0 * arithmetic->eta));
}

/* Whether every value on the way to the score of key j is far from overflow. */
static bool in_range(const struct sc_bound_arithmetic *arithmetic, const struct sc_problem *problem,
                     const struct sc_scores *scores, int32_t j)
{
    const double limit = arithmetic->largest;
    const double scaled = sc_upward_multiply((double)problem->tau, scores->terms[j]);

    return scores->terms[j] < limit && scaled < limit && scores->mask_bias[j] < limit &&
           scores->bias < limit &&
           sc_upward_add(scaled, sc_upward_add(scores->bias, scores->mask_bias[j])) < limit;
}

void sc_bound_row(const struct sc_bound_arithmetic *arithmetic, const struct sc_problem *problem,
                  const struct sc_scores *scores, const float *v, int32_t b, int32_t h,
                  double *bound)
{
    const int32_t g = sc_problem_group_head(problem, h);
    int32_t seen = 0;

    for (int32_t j = 0; j < scores->n_k; j++) {
        seen += scores->visible[j] ? 1 : 0;
    }
    const double gamma = gamma_bound(arithmetic, seen + 1);
    const double floor = sc_upward_multiply(2.0 * (double)seen, arithmetic->eta);

    for (int32_t c = 0; c < problem->d_v; c++) {
        bound[c] = seen == 0 ? 0.0 : floor;
    }
    for (int32_t j = 0; j < scores->n_k; j++) {
        if (!scores->visible[j]) {
            continue;
        }
        const bool claimed = in_range(arithmetic, problem, scores, j);
        const float *values = v + sc_problem_v_row(problem, b, g, j);
        const double error =
            weight_bound(arithmetic, scores, j, score_bound(arithmetic, problem, scores, j));
        const double share = sc_upward_add(
            error, sc_upward_multiply(gamma, sc_upward_add(fmin(scores->p[j].hi, 1.0), error)));
        for (int32_t c = 0; c < problem->d_v; c++) {
            const double size = fabs((double)values[c]);
            const bool fits = claimed && size * (double)seen < arithmetic->largest;
            bound[c] = fits ? sc_upward_add(bound[c], sc_upward_multiply(share, size)) : HUGE_VAL;
        }
    }
}
