/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/bound.h"

#include "spec/bound.h"
#include "spec/gamma.h"

const struct sc_bound_arithmetic sc_bound_f64 = {0x1p-53, 0x1p-1074, 0x1p1022};
const struct sc_bound_arithmetic sc_bound_f32 = {0x1p-24, 0x1p-150, 0x1p126};

/* Bound of the error of the score of key j. */
static double score_bound(const struct sc_bound_arithmetic *arithmetic,
                          const struct sc_problem *problem, const struct sc_scores *scores,
                          int32_t j)
{
    const double u = arithmetic->u;
    const double eta = arithmetic->eta;
    const double gamma = sc_gamma_bound(u, problem->d + 1);
    double delta = sc_bound_dot(eta, problem->d, gamma, scores->terms[j]);

    delta = sc_upward_multiply((double)problem->tau, delta);
    delta = sc_bound_rounded(u, eta, scores->product[j], delta);
    delta = sc_bound_masked(u, eta, scores->mask_bias[j], delta);
    return sc_bound_summed(u, scores->product[j], scores->bias, scores->mask_bias[j], delta);
}

/* Bound of the error of the sigmoid of key j. */
static double weight_bound(const struct sc_bound_arithmetic *arithmetic,
                           const struct sc_scores *scores, int32_t j, double delta)
{
    return sc_bound_weight(arithmetic->u, arithmetic->eta, scores->p[j].hi,
                           sc_bound_moved(scores->derivative[j], delta));
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
    const double gamma = sc_gamma_bound(arithmetic->u, seen + 1);
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
        const double share = sc_bound_share(gamma, scores->p[j].hi, error);
        for (int32_t c = 0; c < problem->d_v; c++) {
            const double size = fabs((double)values[c]);
            const bool fits = claimed && size * (double)seen < arithmetic->largest;
            bound[c] = fits ? sc_upward_add(bound[c], sc_upward_multiply(share, size)) : HUGE_VAL;
        }
    }
}
