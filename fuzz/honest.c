/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/honest.h"

#include "fuzz/honest_sum.h"
#include "spec/format_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A pair of a row and a key that see each other, as the kernel computed it. */
struct pair {
    bool visible;
    float p, ds, d_s32; /* P', dS'; dS in fp32 */
};

struct run {
    const struct sc_honest *honest;
    const struct sc_problem *problem;
    const struct sc_oracle_values *values;
    struct pair *pairs; /* of a sequence: [query head][row][key] */
    struct sc_honest_outputs *outputs;
    int32_t b, n_q, n_k;
};

/* Which sum of an element, for its stream of draws. */
enum sum { SUM_SCORE, SUM_D_P, SUM_O, SUM_D_Q, SUM_D_K, SUM_D_V, SUM_D_B };

int64_t sc_honest_at(int32_t heads, int32_t extent, int32_t width, int32_t b, int32_t head,
                     int32_t index)
{
    return (((int64_t)b * heads + head) * extent + index) * width;
}

static struct sc_honest_machine machine_of(const struct run *run, enum sum sum, int32_t head,
                                           int32_t index, int32_t other)
{
    const uint64_t place =
        ((((uint64_t)sum * 64 + (uint64_t)run->b) * 64 + (uint64_t)head) * 4096 + (uint64_t)index) *
            4096 +
        (uint64_t)other + 1;

    return sc_honest_machine_of(run->honest, place);
}

/* <x, y> */
static float channels(struct sc_honest_machine *m, enum sc_format format, const float *x,
                      const float *y, int32_t width, float init)
{
    struct sc_honest_term terms[SC_HONEST_TERMS_MAX];

    for (int32_t c = 0; c < width; c++) {
        terms[c] = (struct sc_honest_term){x[c], y[c], 0, c, 0};
    }
    return sc_honest_sum(m, format, terms, width, 0, init);
}

static float score(const struct run *run, struct sc_honest_machine *m, int32_t h, int32_t i,
                   int32_t j)
{
    const struct sc_problem *p = run->problem;
    const enum sc_score order = run->honest->arithmetic.schedule.score;
    const float bias = sc_problem_bias(p, run->b, h), tau = p->tau;
    const float init = order == SC_SCORE_PRELOADED ? sc_honest_divide(m, bias, tau) : 0.0f;
    const float a = channels(
        m, p->format_in, run->values->q + sc_problem_q_row(p, run->b, h, i),
        run->values->k + sc_problem_k_row(p, run->b, sc_problem_group_head(p, h), j), p->d, init);
    float s;

    if (order == SC_SCORE_FUSED) {
        s = sc_honest_fma(m, tau, a, bias);
    } else {
        s = sc_honest_multiply(m, tau, a);
        s = order == SC_SCORE_SEPARATE ? sc_honest_add(m, s, bias) : s;
    }
    if (p->slopes != NULL) {
        const int32_t distance = sc_mask_distance(i, j, run->n_q, run->n_k);
        s = sc_honest_fma(m, -p->slopes[h], (float)distance, s);
    }
    return s;
}

static float spread(struct sc_honest_machine *m, float p, float d_p)
{
    if (m->honest->arithmetic.spread == SC_SPREAD_FUSED) {
        return sc_honest_multiply(m, sc_honest_fma(m, -p, p, p), d_p);
    }
    const float other = sc_honest_add(m, 1.0f, -p);
    switch (sc_random_int(&m->random, 0, 2)) {
    case 0:
        return sc_honest_multiply(m, sc_honest_multiply(m, p, other), d_p);
    case 1:
        return sc_honest_multiply(m, sc_honest_multiply(m, d_p, p), other);
    default:
        return sc_honest_multiply(m, sc_honest_multiply(m, d_p, other), p);
    }
}

static struct pair pair_of(const struct run *run, int32_t h, int32_t i, int32_t j)
{
    const struct sc_problem *p = run->problem;
    const enum sc_format format = run->honest->arithmetic.schedule.format_p;
    struct pair pair = {sc_problem_visible(p, run->b, h, i, j), 0.0f, 0.0f, 0.0f};
    struct sc_honest_machine m = machine_of(run, SUM_SCORE, h, i, j),
                             d_p_m = machine_of(run, SUM_D_P, h, i, j);

    if (!pair.visible) {
        return pair;
    }
    const float weight = sc_honest_sigmoid(&m, score(run, &m, h, i, j));
    const float d_p = channels(
        &d_p_m, p->format_in, run->values->d_o + sc_problem_o_row(p, run->b, h, i),
        run->values->v + sc_problem_v_row(p, run->b, sc_problem_group_head(p, h), j), p->d_v, 0.0f);
    pair.p = sc_honest_convert(&m, format, weight);
    pair.d_s32 = spread(&d_p_m, weight, d_p);
    pair.ds = sc_honest_convert(&d_p_m, format, pair.d_s32);
    return pair;
}

static enum sc_format format_of(enum sc_stored stored)
{
    if (stored == SC_STORED_FP32) {
        return SC_FORMAT_FP32;
    }
    return stored == SC_STORED_BF16 ? SC_FORMAT_BF16 : SC_FORMAT_FP16;
}

/* The parts of a sum: each added up, stored, and added; times scale.
 *   open  the order of parts and the place of scale are free */
static float parted(struct sc_honest_machine *m, struct sc_honest_term *terms, int32_t count,
                    int32_t parts, enum sc_stored stored, bool open, const float *scale)
{
    const struct sc_kernel_arithmetic *a = &m->honest->arithmetic;
    const bool first = open && m->honest->scale_first && scale != NULL;
    float sums[SC_HONEST_TERMS_MAX];
    int32_t from = 0;

    for (int32_t part = 0; part < parts; part++) {
        int32_t to = from;
        while (to < count && terms[to].part == part) {
            to++;
        }
        sums[part] = sc_honest_sum(m, a->schedule.format_p, terms + from, to - from, a->tile, 0.0f);
        sums[part] = first ? sc_honest_multiply(m, *scale, sums[part]) : sums[part];
        sums[part] = sc_honest_convert(m, format_of(stored), sums[part]);
        from = to;
    }
    const float sum = sc_honest_add_all(m, sums, parts, !open, NULL);
    return scale == NULL || first ? sum : sc_honest_multiply(m, *scale, sum);
}

/* Numbers the parts of the keys; their number. */
static int32_t cut(struct sc_honest_machine *m, struct sc_honest_term *terms, int32_t count)
{
    const struct sc_kernel_arithmetic *a = &m->honest->arithmetic;
    const int32_t split = a->schedule.split_keys;
    int32_t part = 0;

    for (int32_t n = 0; n < count; n++) {
        if (split > 0) {
            part = terms[n].index / split;
        } else if (n > 0 && part + 1 < a->parts && sc_random_int(&m->random, 0, 2) == 0) {
            part++;
        }
        terms[n].part = part;
    }
    return part + 1;
}

/* One channel of O or of dQ. */
static float row_sum(const struct run *run, int32_t h, int32_t i, bool by_score, int32_t c)
{
    const struct sc_problem *p = run->problem;
    const struct sc_kernel_arithmetic *a = &run->honest->arithmetic;
    const int32_t g = sc_problem_group_head(p, h);
    struct sc_honest_machine m = machine_of(run, by_score ? SUM_D_Q : SUM_O, h, i, c);
    struct sc_honest_term terms[SC_HONEST_TERMS_MAX];
    int32_t count = 0;

    for (int32_t j = 0; j < run->n_k; j++) {
        const struct pair *pair = &run->pairs[((int64_t)h * run->n_q + i) * run->n_k + j];
        if (pair->visible) {
            const float y = by_score ? run->values->k[sc_problem_k_row(p, run->b, g, j) + c]
                                     : run->values->v[sc_problem_v_row(p, run->b, g, j) + c];
            terms[count++] = (struct sc_honest_term){by_score ? pair->ds : pair->p, y, 0, j, 0};
        }
    }
    const int32_t parts = cut(&m, terms, count);
    return parted(&m, terms, count, parts, a->part_format, a->parts > 1, by_score ? &p->tau : NULL);
}

/* One channel of dV or of dK. */
static float key_sum(const struct run *run, int32_t g, int32_t j, bool by_score, int32_t c)
{
    const struct sc_problem *p = run->problem;
    const struct sc_kernel_arithmetic *a = &run->honest->arithmetic;
    const bool heads = a->group == SC_GROUP_HEADS;
    const int32_t group = p->heads_q / p->heads_kv, first = sc_problem_group_first(p, g);
    struct sc_honest_machine m = machine_of(run, by_score ? SUM_D_K : SUM_D_V, g, j, c);
    struct sc_honest_term terms[SC_HONEST_TERMS_MAX];
    int32_t count = 0;

    for (int32_t n = 0; n < group * run->n_q; n++) {
        const int32_t h = first + n / run->n_q, i = n % run->n_q;
        const struct pair *pair = &run->pairs[((int64_t)h * run->n_q + i) * run->n_k + j];
        if (pair->visible) {
            const float y = by_score ? run->values->q[sc_problem_q_row(p, run->b, h, i) + c]
                                     : run->values->d_o[sc_problem_o_row(p, run->b, h, i) + c];
            terms[count++] = (struct sc_honest_term){by_score ? pair->ds : pair->p, y, h - first, i,
                                                     heads ? h - first : 0};
        }
    }
    return parted(&m, terms, count, heads ? group : 1, heads ? a->group_format : SC_STORED_FP32,
                  heads, by_score ? &p->tau : NULL);
}

static void head_bias(const struct run *run, int32_t h, float *scratch)
{
    const int64_t at = (int64_t)run->b * run->problem->heads_q + h;
    struct sc_honest_machine m = machine_of(run, SUM_D_B, h, 0, 0);
    const int32_t count = run->n_q * run->n_k;

    for (int32_t n = 0; n < count; n++) {
        scratch[n] = run->pairs[(int64_t)h * count + n].d_s32;
    }
    for (int32_t n = 1; n < count; n++) { /* rows and keys in any order */
        const int32_t other = sc_random_int(&m.random, 0, n);
        const float value = scratch[n];
        scratch[n] = scratch[other];
        scratch[other] = value;
    }
    float sum = 0.0f;
    int32_t most = 0;
    for (int32_t from = 0; from < count; from += SC_HONEST_TERMS_MAX) {
        const int32_t left = count - from;
        int32_t additions = 0;
        const float part = sc_honest_add_all(
            &m, scratch + from, left < SC_HONEST_TERMS_MAX ? left : SC_HONEST_TERMS_MAX, false,
            &additions);
        most = (most > additions ? most : additions) + (sum != 0.0f && part != 0.0f ? 1 : 0);
        sum = from == 0 ? part : sc_honest_add(&m, sum, part);
    }
    run->outputs->d_b[at] = sum;
    run->outputs->additions[at] = most;
}

/* A sequence. */
static void run_sequence(struct run *run, float *scratch)
{
    const struct sc_problem *p = run->problem;
    struct sc_honest_outputs *out = run->outputs;

    run->n_q = sc_problem_rows(p, run->b);
    run->n_k = sc_problem_keys(p, run->b);
    for (int32_t n = 0; n < p->heads_q * run->n_q * run->n_k; n++) {
        const int32_t row = n / run->n_k;
        run->pairs[n] = pair_of(run, row / run->n_q, row % run->n_q, n % run->n_k);
    }
    for (int32_t n = 0; n < p->heads_q * run->n_q; n++) {
        const int32_t h = n / run->n_q, i = n % run->n_q;
        for (int32_t c = 0; c < p->d_v; c++) {
            out->o[sc_honest_at(p->heads_q, p->n_q, p->d_v, run->b, h, i) + c] =
                row_sum(run, h, i, false, c);
        }
        for (int32_t c = 0; c < p->d; c++) {
            out->d_q[sc_honest_at(p->heads_q, p->n_q, p->d, run->b, h, i) + c] =
                row_sum(run, h, i, true, c);
        }
    }
    for (int32_t n = 0; n < p->heads_kv * run->n_k; n++) {
        const int32_t g = n / run->n_k, j = n % run->n_k;
        for (int32_t c = 0; c < p->d_v; c++) {
            out->d_v[sc_honest_at(p->heads_kv, p->n_k, p->d_v, run->b, g, j) + c] =
                key_sum(run, g, j, false, c);
        }
        for (int32_t c = 0; c < p->d; c++) {
            out->d_k[sc_honest_at(p->heads_kv, p->n_k, p->d, run->b, g, j) + c] =
                key_sum(run, g, j, true, c);
        }
    }
    for (int32_t h = 0; h < p->heads_q; h++) {
        head_bias(run, h, scratch);
    }
}

enum sc_status sc_honest_run(const struct sc_honest *honest, const struct sc_problem *problem,
                             const struct sc_oracle_values *values,
                             struct sc_honest_outputs *outputs, struct sc_error *error)
{
    const struct sc_problem *p = problem;
    const int64_t group = p->heads_q / p->heads_kv, room = (int64_t)p->n_q * p->n_k;
    const int64_t rows = (int64_t)p->batch * p->heads_q * p->n_q,
                  keys = (int64_t)p->batch * p->heads_kv * p->n_k,
                  heads = (int64_t)p->batch * p->heads_q;
    struct sc_honest_outputs out = {.store = NULL};
    struct run run = {honest, problem, values, NULL, &out, 0, 0, 0};
    enum sc_status status = SC_OK;

    if (group * p->n_q > SC_HONEST_TERMS_MAX || p->n_k > SC_HONEST_TERMS_MAX ||
        p->d > SC_HONEST_TERMS_MAX || p->d_v > SC_HONEST_TERMS_MAX) {
        return sc_fail(error, SC_E_INPUT, "honest kernel: a sum of more than %d terms",
                       SC_HONEST_TERMS_MAX);
    }
    const size_t count = (size_t)((rows + keys) * (p->d + p->d_v) + 2 * heads + room);
    out.store = calloc(count, sizeof *out.store);
    out.additions = calloc((size_t)heads, sizeof *out.additions);
    run.pairs = calloc((size_t)(p->heads_q * room) + 1, sizeof *run.pairs);
    if (out.store == NULL || out.additions == NULL || run.pairs == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "honest kernel: no memory for its outputs");
        free(out.store);
        free(out.additions);
    } else {
        out.o = out.store;
        out.d_q = out.o + rows * p->d_v;
        out.d_k = out.d_q + rows * p->d;
        out.d_v = out.d_k + keys * p->d;
        out.d_b = out.d_v + keys * p->d_v;
        for (run.b = 0; run.b < p->batch; run.b++) {
            run_sequence(&run, out.d_b + heads);
        }
        *outputs = out;
    }
    free(run.pairs);
    return status;
}

double sc_honest_store(const struct sc_honest *honest, enum sc_format format, float result,
                       uint64_t place)
{
    struct sc_honest_machine m = sc_honest_machine_of(honest, ~place);

    return (double)sc_honest_convert(&m, format, result);
}
