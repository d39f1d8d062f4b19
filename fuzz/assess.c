/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/assess.h"

#include "fuzz/assess_state.h"
#include "reference/oracle/selection.h"
#include "spec/format_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK     64  /* lines that the oracle encloses at once */
#define PRECISION 128 /* bits of ball arithmetic to begin with */

struct sc_assess_options sc_assess_defaults(void)
{
    return (struct sc_assess_options){.accuracy = 1.0, .weak = 16.0};
}

double sc_assess_unit(const struct sc_problem *problem)
{
    const double in = sc_format_unit_roundoff(problem->format_in);
    const double out = sc_format_unit_roundoff(problem->format_out);

    return fmax(SC_ASSESS_UNIT_MIN, fmax(in, out));
}

/* The bounds of a row, or of a key (index), under each model. */
static enum sc_status bound_line(struct sc_assess_state *my, bool rows, int32_t b, int32_t head,
                                 int32_t index, struct sc_error *error)
{
    const bool backward = my->values.d_o != NULL;
    enum sc_status status = SC_OK;

    for (int32_t m = 0; status == SC_OK && m < my->looked_at; m++) {
        struct sc_kernel_bound *to = my->bounds + m * sc_assess_width(my->p);
        const struct sc_kernel_arithmetic *arithmetic = &my->models.list[m].arithmetic;
        if (my->models.list[m].same_as != m) {
            continue;
        }
        status = rows ? sc_kernel_bound_row(arithmetic, my->p, &my->values, b, head, index, to,
                                            backward ? to + my->p->d_v : NULL, error)
                      : sc_kernel_bound_key(arithmetic, my->p, &my->values, b, head, index,
                                            to + my->p->d_v, to, error);
    }
    return status;
}

/* Candidates are held against some of the lines, spread over all of them. */
static void look(struct sc_assess_state *my, int32_t n, int32_t number)
{
    const int32_t step = (number + SC_ASSESS_CANDIDATE_LINES - 1) / SC_ASSESS_CANDIDATE_LINES;
    const bool all = my->models.claimed || n % step == 0;

    my->looked_at = all ? my->models.count : 1;
}

/* `number` rows of a list, at most CHUNK. */
static enum sc_status judge_rows(struct sc_assess_state *my, int32_t b, int32_t h,
                                 const int32_t *list, int32_t number, struct sc_error *error)
{
    const bool backward = my->values.d_o != NULL;
    struct sc_enclosure *const d_q = my->enclosures + (int64_t)CHUNK * my->p->d_v;
    const struct sc_row_enclosures wanted = {NULL, my->enclosures, backward ? d_q : NULL};
    bool empty[CHUNK];
    enum sc_status status = sc_oracle_rows(my->oracle, b, h, list, number, &wanted, empty, error);

    for (int32_t r = 0; status == SC_OK && r < number; r++) {
        look(my, r, number);
        const struct sc_oracle_element o = {SC_ORACLE_O, b, h, list[r], 0},
                                       q = {SC_ORACLE_D_Q, b, h, list[r], 0};
        status = bound_line(my, true, b, h, list[r], error);
        if (status == SC_OK) {
            status =
                sc_assess_line(my, SC_RESULT_O, o, wanted.o + r * my->p->d_v, 0, empty[r], error);
        }
        if (status == SC_OK && backward) {
            status = sc_assess_line(my, SC_RESULT_D_Q, q, d_q + r * my->p->d, my->p->d_v, empty[r],
                                    error);
        }
    }
    return status;
}

static enum sc_status judge_keys(struct sc_assess_state *my, int32_t b, int32_t g,
                                 const int32_t *list, int32_t number, struct sc_error *error)
{
    struct sc_enclosure *const d_k = my->enclosures + (int64_t)CHUNK * my->p->d_v;
    const struct sc_key_enclosures wanted = {d_k, my->enclosures};
    bool empty[CHUNK];
    enum sc_status status = sc_oracle_keys(my->oracle, b, g, list, number, &wanted, empty, error);

    for (int32_t r = 0; status == SC_OK && r < number; r++) {
        look(my, r, number);
        const struct sc_oracle_element k = {SC_ORACLE_D_K, b, g, list[r], 0},
                                       v = {SC_ORACLE_D_V, b, g, list[r], 0};
        status = bound_line(my, false, b, g, list[r], error);
        if (status == SC_OK) {
            status = sc_assess_line(my, SC_RESULT_D_V, v, wanted.d_v + r * my->p->d_v, 0, empty[r],
                                    error);
        }
        if (status == SC_OK) {
            status = sc_assess_line(my, SC_RESULT_D_K, k, d_k + r * my->p->d, my->p->d_v, empty[r],
                                    error);
        }
    }
    return status;
}

/* Keys that pad: no row sees them. */
static void judge_padding(struct sc_assess_state *my, int32_t b, int32_t g)
{
    for (int32_t result = SC_RESULT_D_K; result <= SC_RESULT_D_V; result++) {
        for (int32_t j = sc_problem_keys(my->p, b); j < sc_problem_key_room(my->p, b); j++) {
            const int64_t first = sc_result_row(my->p, (enum sc_result)result, b, g, j);
            for (int32_t c = 0; c < sc_result_width(my->p, (enum sc_result)result); c++) {
                const uint32_t bits =
                    sc_result_bits(my->outcome, (enum sc_result)result, first + c);
                const struct sc_element at = {
                    (enum sc_result)result,
                    b,
                    g,
                    j,
                    c,
                    sc_format_decode(sc_result_format(my->p, (enum sc_result)result), bits),
                    0.0,
                    0.0,
                    0.0,
                    bits == 0 ? 0.0 : HUGE_VAL};
                sc_assess_padding(my, &at, bits);
            }
        }
    }
}

/* Visible pairs of a head: no term of db goes through more additions. */
static int32_t pairs_of(const struct sc_problem *p, int32_t b, int32_t h)
{
    int64_t pairs = 0;

    for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
        for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
            pairs += sc_problem_visible(p, b, h, i, j);
        }
    }
    return pairs < INT32_MAX ? (int32_t)pairs : INT32_MAX;
}

static enum sc_status judge_bias(struct sc_assess_state *my, int32_t b, int32_t h,
                                 struct sc_error *error)
{
    const struct sc_oracle_element at = {SC_ORACLE_D_B, b, h, 0, 0};
    const int32_t pairs = pairs_of(my->p, b, h);
    struct sc_enclosure exact;
    bool empty = false;
    enum sc_status status = sc_oracle_bias(my->oracle, b, h, &exact, &empty, error);

    my->looked_at = my->models.count;
    for (int32_t m = 0; status == SC_OK && m < my->looked_at; m++) {
        if (my->models.list[m].same_as == m) {
            status = sc_kernel_bound_bias(&my->models.list[m].arithmetic, my->p, &my->values, b, h,
                                          pairs, my->bounds + m * sc_assess_width(my->p), error);
        }
    }
    return status == SC_OK ? sc_assess_line(my, SC_RESULT_D_B, at, &exact, 0, empty, error)
                           : status;
}

/* Which rows or keys of a sequence are judged; the caller frees the list. */
static enum sc_status select_lines(const struct sc_assess_state *my, bool rows, int32_t b,
                                   int32_t **list, int32_t *number, struct sc_error *error)
{
    const int32_t lines = rows ? sc_problem_rows(my->p, b) : sc_problem_keys(my->p, b);
    const int32_t most = my->options->lines_max;

    if (most > 0 && lines > most) {
        return (rows ? sc_selection_rows : sc_selection_keys)(
            my->p, b, most, my->prepared->recipe.seed, list, number, error);
    }
    *list = malloc((size_t)lines * sizeof **list + 1);
    if (*list == NULL) {
        return sc_fail(error, SC_E_MEMORY, "assess: no memory for %d lines", lines);
    }
    for (int32_t n = 0; n < lines; n++) {
        (*list)[n] = n;
    }
    *number = lines;
    return SC_OK;
}

/* Rows or keys of all heads of a sequence. */
static enum sc_status judge_lines(struct sc_assess_state *my, bool rows, int32_t b,
                                  struct sc_error *error)
{
    int32_t *list = NULL, number = 0;
    const int32_t heads = rows ? my->p->heads_q : my->p->heads_kv;
    enum sc_status status = select_lines(my, rows, b, &list, &number, error);

    for (int32_t head = 0; status == SC_OK && head < heads; head++) {
        for (int32_t n = 0; status == SC_OK && n < number; n += CHUNK) {
            const int32_t some = number - n < CHUNK ? number - n : CHUNK;
            status = (rows ? judge_rows : judge_keys)(my, b, head, list + n, some, error);
        }
    }
    free(list);
    return status;
}

static enum sc_status judge_all(struct sc_assess_state *my, struct sc_error *error)
{
    const bool backward = my->values.d_o != NULL;
    enum sc_status status = SC_OK;

    for (int32_t b = 0; status == SC_OK && b < my->p->batch; b++) {
        status = judge_lines(my, true, b, error);
        if (status == SC_OK && backward) {
            status = judge_lines(my, false, b, error);
        }
        for (int32_t g = 0; status == SC_OK && backward && g < my->p->heads_kv; g++) {
            judge_padding(my, b, g);
        }
        for (int32_t h = 0; status == SC_OK && my->outcome->d_b != NULL && h < my->p->heads_q;
             h++) {
            status = judge_bias(my, b, h, error);
        }
    }
    return status;
}

/* Of candidates: the one that claims least and holds. */
static int32_t best_fit(const struct sc_assess_state *my)
{
    int32_t best = 1;

    for (int32_t m = 2; !my->models.claimed && m < my->models.count; m++) {
        const double ratio = my->standings[m].worst.ratio;
        const double so_far = my->standings[best].worst.ratio;
        const bool holds = my->standings[m].beyond == 0 && ratio <= 1.0;
        const bool held = my->standings[best].beyond == 0 && so_far <= 1.0;
        if (holds != held ? holds : holds ? ratio > so_far : ratio < so_far) {
            best = m;
        }
    }
    return best;
}

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

static void conclude(struct sc_assess_state *my)
{
    const int32_t fit = best_fit(my);

    my->found->claimed = my->models.claimed;
    my->found->accurate = my->standings[0];
    my->found->conforms = my->standings[fit];
    (void)snprintf(my->found->model, sizeof my->found->model, "%s", my->models.list[fit].text);
    if (my->strengths_count > 0) {
        qsort(my->strengths, (size_t)my->strengths_count, sizeof *my->strengths, ascending);
        my->found->strength = my->strengths[my->strengths_count / 2];
    }
}

/* Whether a model's activation gives exactly 0 for large negative scores, and exactly 1 for large positive ones. */
static bool saturates(const struct sc_models *models)
{
    return !models->claimed || models->list[1].arithmetic.activation->absolute < 0x1p-60;
}

static bool stores_narrow(const struct sc_models *models)
{
    return models->claimed && models->list[1].arithmetic.part_format != SC_STORED_FP32;
}

static enum sc_status prepare(struct sc_assess_state *my, struct sc_error *error)
{
    const struct sc_oracle_options oracle = {SC_ORACLE_AUTO, PRECISION, 1, NULL};
    const size_t width = (size_t)sc_assess_width(my->p);
    const size_t elements = (size_t)sc_result_elements(my->p, SC_RESULT_O);
    enum sc_status status = SC_OK;

    my->enclosures = malloc(CHUNK * width * sizeof *my->enclosures);
    my->bounds = malloc((size_t)my->models.count * width * sizeof *my->bounds);
    my->strengths = malloc(elements * sizeof *my->strengths + 1);
    if (my->enclosures == NULL || my->bounds == NULL || my->strengths == NULL) {
        return sc_fail(error, SC_E_MEMORY, "assess: no memory for the bounds");
    }
    my->found->exact = my->prepared->recipe.values == SC_VALUES_EXACT;
    if (my->found->exact) {
        const struct sc_exact_result_options exact = {
            my->values.d_o != NULL, saturates(&my->models), stores_narrow(&my->models)};
        status = sc_exact_result_create(&my->prepared->c, &exact, &my->exact, error);
    }
    return status == SC_OK ? sc_oracle_create(my->p, &my->values, &oracle, &my->oracle, error)
                           : status;
}

enum sc_status sc_assess(const struct sc_prepared *prepared, const struct sc_worker_kernel *kernel,
                         const struct sc_outcome *outcome, const struct sc_assess_options *options,
                         struct sc_assessment *assessment, struct sc_error *error)
{
    const struct sc_case *c = &prepared->c;
    const bool backward = sc_result_given(outcome, SC_RESULT_D_Q);
    struct sc_assess_state *my = calloc(1, sizeof *my);

    if (my == NULL) {
        return sc_fail(error, SC_E_MEMORY, "assess: no memory");
    }
    memset(assessment, 0, sizeof *assessment);
    my->prepared = prepared;
    my->p = &c->problem;
    my->values = (struct sc_oracle_values){c->q, c->k, c->v, backward ? c->d_o : NULL};
    my->outcome = outcome;
    my->options = options;
    my->unit = sc_assess_unit(my->p);
    my->found = assessment;
    enum sc_status status = sc_models_set(kernel->arithmetic, my->p, &my->models, error);
    if (status == SC_OK) {
        status = prepare(my, error);
    }
    if (status == SC_OK) {
        status = judge_all(my, error);
    }
    if (status == SC_OK) {
        conclude(my);
    }
    sc_oracle_destroy(my->oracle);
    sc_exact_result_destroy(&my->exact);
    free(my->strengths);
    free(my->bounds);
    free(my->enclosures);
    free(my);
    return status;
}
