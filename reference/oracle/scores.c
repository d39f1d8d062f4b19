/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/scores.h"

#include "reference/oracle/arb_score.h"
#include "reference/oracle/environment.h"

#include <math.h>
#include <stdlib.h>

#define BOUND_BITS 64 /* of sums that are only bounds */

struct sc_scores_work {
    const struct sc_problem *problem;
    const float *q, *k;
    arb_ptr query, key; /* d each */
    arb_t dot, s, p, complement;
    struct sc_arb_constants constants;
};

static struct sc_scores_work *work_create(const struct sc_problem *problem, const float *q,
                                          const float *k)
{
    struct sc_scores_work *work = malloc(sizeof *work);

    if (work == NULL) {
        return NULL;
    }
    work->problem = problem;
    work->q = q;
    work->k = k;
    work->query = _arb_vec_init(problem->d);
    work->key = _arb_vec_init(problem->d);
    arb_init(work->dot);
    arb_init(work->s);
    arb_init(work->p);
    arb_init(work->complement);
    arb_init(work->constants.tau);
    arb_init(work->constants.bias);
    arb_init(work->constants.slope);
    return work;
}

static void work_destroy(struct sc_scores_work *work)
{
    if (work == NULL) {
        return;
    }
    arb_clear(work->constants.slope);
    arb_clear(work->constants.bias);
    arb_clear(work->constants.tau);
    arb_clear(work->complement);
    arb_clear(work->p);
    arb_clear(work->s);
    arb_clear(work->dot);
    _arb_vec_clear(work->key, work->problem->d);
    _arb_vec_clear(work->query, work->problem->d);
    free(work);
}

static int32_t longest_sequence(const struct sc_problem *problem)
{
    int32_t longest = 0;

    for (int32_t b = 0; b < problem->batch; b++) {
        const int32_t keys = sc_problem_keys(problem, b);
        longest = keys > longest ? keys : longest;
    }
    return longest;
}

enum sc_status sc_scores_create(struct sc_scores *scores, const struct sc_problem *problem,
                                const float *q, const float *k, struct sc_error *error)
{
    const size_t keys = (size_t)longest_sequence(problem) + 1; /* + 1: calloc(0) may be NULL */

    *scores = (struct sc_scores){.n_k = 0};
    scores->visible = calloc(keys, sizeof *scores->visible);
    scores->terms = calloc(keys, sizeof *scores->terms);
    scores->product = calloc(keys, sizeof *scores->product);
    scores->mask_bias = calloc(keys, sizeof *scores->mask_bias);
    scores->derivative = calloc(keys, sizeof *scores->derivative);
    scores->s = calloc(keys, sizeof *scores->s);
    scores->p = calloc(keys, sizeof *scores->p);
    scores->work = work_create(problem, q, k);
    if (scores->visible == NULL || scores->terms == NULL || scores->product == NULL ||
        scores->mask_bias == NULL || scores->derivative == NULL || scores->s == NULL ||
        scores->p == NULL || scores->work == NULL) {
        sc_scores_destroy(scores);
        return sc_fail(error, SC_E_MEMORY, "scores: no memory for %zu keys", keys - 1);
    }
    return SC_OK;
}

void sc_scores_destroy(struct sc_scores *scores)
{
    work_destroy(scores->work);
    free(scores->p);
    free(scores->s);
    free(scores->derivative);
    free(scores->mask_bias);
    free(scores->product);
    free(scores->terms);
    free(scores->visible);
    *scores = (struct sc_scores){.n_k = 0};
}

/* Reads fp32 values; false if one is not finite. */
static bool read_row(arb_ptr to, const float *from, int32_t count)
{
    for (int32_t c = 0; c < count; c++) {
        if (!isfinite(from[c])) {
            return false;
        }
        arb_set_d(to + c, (double)from[c]);
    }
    return true;
}

static void clear_key(struct sc_scores *scores, int32_t j, bool visible)
{
    const double bound = visible ? HUGE_VAL : 0.0;
    const struct sc_enclosure all = {visible ? -HUGE_VAL : 0.0, bound};

    scores->visible[j] = visible;
    scores->terms[j] = bound;
    scores->product[j] = bound;
    scores->mask_bias[j] = bound;
    scores->derivative[j] = bound;
    scores->s[j] = all;
    scores->p[j] = all;
}

/* An upper bound of the ball's absolute values. */
static double largest(const arb_t x)
{
    const struct sc_enclosure ends = sc_arb_enclosure(x);

    return fmax(fabs(ends.lo), fabs(ends.hi));
}

/* >= sum |q_c k_c| */
static double sum_terms(const struct sc_scores_work *work)
{
    arf_t sum, query, key;

    arf_init(sum);
    for (int32_t c = 0; c < work->problem->d; c++) {
        arf_init_set_shallow(query, arb_midref(work->query + c));
        arf_init_set_shallow(key, arb_midref(work->key + c));
        if (arf_sgn(query) * arf_sgn(key) < 0) {
            (void)arf_submul(sum, query, key, BOUND_BITS, ARF_RND_CEIL);
        } else {
            (void)arf_addmul(sum, query, key, BOUND_BITS, ARF_RND_CEIL);
        }
    }
    const double bound = arf_get_d(sum, ARF_RND_CEIL);
    arf_clear(sum);
    return bound == 0.0 ? 0.0 : bound;
}

/* A visible key with finite inputs. */
static void enclose_key(struct sc_scores *scores, int32_t j, int32_t distance)
{
    struct sc_scores_work *const work = scores->work;
    const slong bits = SC_ARB_EXACT_BITS;

    scores->visible[j] = true;
    scores->terms[j] = sum_terms(work);
    sc_arb_dot(work->dot, work->query, work->key, work->problem->d, bits);
    arb_mul(work->s, work->dot, work->constants.tau, ARF_PREC_EXACT);
    scores->product[j] = largest(work->s);
    arb_mul_si(work->s, work->constants.slope, distance, ARF_PREC_EXACT);
    scores->mask_bias[j] = largest(work->s);
    sc_arb_score(work->s, work->dot, distance, &work->constants, bits);
    scores->s[j] = sc_arb_enclosure(work->s);
    sc_arb_sigmoid(work->p, work->complement, work->s, bits);
    scores->p[j] = sc_enclosure_in_unit(sc_arb_enclosure(work->p));
    arb_mul(work->p, work->p, work->complement, bits);
    scores->derivative[j] = fmin(sc_arb_enclosure(work->p).hi, 0.25);
}

enum sc_status sc_scores_row(struct sc_scores *scores, int32_t b, int32_t h, int32_t i,
                             struct sc_error *error)
{
    struct sc_scores_work *const work = scores->work;
    const struct sc_problem *p = work->problem;
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    const int32_t g = sc_problem_group_head(p, h);
    const float bias = sc_problem_bias(p, b, h);
    const enum sc_status status = sc_environment_check(error);

    scores->n_k = 0;
    if (status != SC_OK) {
        return status;
    }
    const bool finite = read_row(work->query, work->q + sc_problem_q_row(p, b, h, i), p->d);
    arb_set_d(work->constants.tau, (double)p->tau);
    arb_set_d(work->constants.bias, (double)bias);
    arb_set_d(work->constants.slope, p->slopes == NULL ? 0.0 : (double)p->slopes[h]);
    scores->bias = fabs((double)bias);
    for (int32_t j = 0; j < n_k; j++) {
        const bool visible = sc_problem_visible(p, b, h, i, j);
        if (visible && finite &&
            read_row(work->key, work->k + sc_problem_k_row(p, b, g, j), p->d)) {
            enclose_key(scores, j, sc_mask_distance(i, j, n_q, n_k));
        } else {
            clear_key(scores, j, visible);
        }
    }
    scores->n_k = n_k;
    return SC_OK;
}
