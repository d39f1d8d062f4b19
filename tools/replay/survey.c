/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/replay/survey.h"

#include "fuzz/result.h"
#include "reference/oracle/visible.h"
#include "spec/format_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What shows the elements one by one: an assessment, or two outcomes. */
struct source {
    const struct sc_prepared *prepared;
    const struct sc_worker_kernel *kernel;
    const struct sc_outcome *outcome, *other;
    const struct sc_assess_options *options;
};

struct gathering {
    const struct sc_problem *p;
    struct sc_survey *survey;
    int64_t *wrong[SC_RESULTS]; /* of each plane: [sequence][head] */
};

static bool of_keys(enum sc_result result)
{
    return result == SC_RESULT_D_K || result == SC_RESULT_D_V;
}

static int32_t heads_of(const struct sc_problem *p, enum sc_result result)
{
    return of_keys(result) ? p->heads_kv : p->heads_q;
}

static int64_t planes_of(const struct sc_problem *p, enum sc_result result)
{
    return result == SC_RESULT_D_B ? 1 : (int64_t)p->batch * heads_of(p, result);
}

static int64_t plane_of(const struct sc_problem *p, const struct sc_element *at)
{
    return at->result == SC_RESULT_D_B ? 0 : (int64_t)at->b * heads_of(p, at->result) + at->head;
}

static void keep_worst(struct sc_survey_result *result, const struct sc_element *at)
{
    int32_t place = result->worst_count;

    while (place > 0 && at->ratio > result->worst[place - 1].ratio) {
        place--;
    }
    for (int32_t n = SC_SURVEY_WORST - 1; n > place; n--) {
        result->worst[n] = result->worst[n - 1];
    }
    if (place < SC_SURVEY_WORST) {
        result->worst[place] = *at;
        result->worst_count += result->worst_count < SC_SURVEY_WORST ? 1 : 0;
    }
}

/* The first pass: counts, and the worst. */
static void count(void *context, const struct sc_element *element, enum sc_verdict verdict)
{
    struct gathering *my = context;
    struct sc_survey_result *result = &my->survey->results[element->result];

    result->seen++;
    result->unknown += verdict == SC_VERDICT_UNJUDGED || verdict == SC_VERDICT_UNDECIDED ? 1 : 0;
    if (verdict == SC_VERDICT_FAIL) {
        int64_t *wrong = &my->wrong[element->result][plane_of(my->p, element)];
        result->bad_planes += *wrong == 0 ? 1 : 0;
        (*wrong)++;
        result->wrong++;
        keep_worst(result, element);
    }
}

/* The second pass: the pictures. */
static void paint(void *context, const struct sc_element *element, enum sc_verdict verdict)
{
    struct gathering *my = context;
    struct sc_survey_result *result = &my->survey->results[element->result];
    const bool known = verdict == SC_VERDICT_PASS || verdict == SC_VERDICT_FAIL;
    const bool bias = element->result == SC_RESULT_D_B;

    for (int32_t n = 0; n < result->planes; n++) {
        struct sc_survey_plane *plane = &result->plane[n];
        const int32_t row = bias ? element->b : element->index;
        const int32_t column = bias ? element->head : element->channel;

        if (plane->picture.flags != NULL &&
            (bias || (plane->b == element->b && plane->head == element->head))) {
            const size_t cell = (size_t)row * (size_t)plane->picture.columns + (size_t)column;
            const uint32_t seen = plane->picture.flags[cell] & SC_PICTURE_VISIBLE;
            sc_picture_set(&plane->picture, row, column,
                           seen | (known ? SC_PICTURE_KNOWN : 0u) |
                               (verdict == SC_VERDICT_FAIL ? SC_PICTURE_WRONG : 0u),
                           element->ratio);
        }
    }
}

/* Whether a row or key has anything to sum. */
static bool seen(const struct sc_problem *p, enum sc_result result, int32_t b, int32_t head,
                 int32_t index)
{
    if (of_keys(result)) {
        return index < sc_problem_keys(p, b) && sc_visible_key(p, b, head, index);
    }
    return sc_visible_row(p, b, head, index);
}

static enum sc_status frame(const struct sc_problem *p, enum sc_result result,
                            struct sc_survey_plane *plane, struct sc_error *error)
{
    const bool bias = result == SC_RESULT_D_B;
    const int32_t rows = bias              ? p->batch
                         : of_keys(result) ? sc_problem_key_room(p, plane->b)
                                           : sc_problem_rows(p, plane->b);
    const int32_t columns = bias ? p->heads_q : sc_result_width(p, result);
    char title[96];

    if ((int64_t)rows * columns > SC_PICTURE_CELLS_MAX) {
        return SC_OK;
    }
    (void)snprintf(title, sizeof title, bias ? "%s" : "%s of sequence %d, head %d",
                   sc_result_name(result), plane->b, plane->head);
    const enum sc_status status =
        sc_picture_create(title,
                          bias              ? "sequence"
                          : of_keys(result) ? "key"
                                            : "row",
                          bias ? "head" : "channel", rows, columns, &plane->picture, error);
    for (int32_t row = 0; status == SC_OK && row < rows; row++) {
        for (int32_t column = 0; column < columns; column++) {
            const bool visible = bias ? sc_visible_head(p, row, column)
                                      : seen(p, result, plane->b, plane->head, row);
            if (!visible && !bias) {
                break;
            }
            sc_picture_set(&plane->picture, row, column, visible ? SC_PICTURE_VISIBLE : 0u, 0.0);
        }
    }
    return status;
}

/* The planes with the most wrong elements, the first ones of as many. */
static enum sc_status choose(struct gathering *my, enum sc_result which, struct sc_error *error)
{
    struct sc_survey_result *result = &my->survey->results[which];
    enum sc_status status = SC_OK;

    while (status == SC_OK && result->planes < SC_SURVEY_PLANES &&
           result->planes < result->bad_planes) {
        int64_t most = 0;

        for (int64_t n = 1; n < planes_of(my->p, which); n++) {
            most = my->wrong[which][n] > my->wrong[which][most] ? n : most;
        }
        struct sc_survey_plane *plane = &result->plane[result->planes++];
        plane->b = (int32_t)(most / heads_of(my->p, which));
        plane->head = (int32_t)(most % heads_of(my->p, which));
        plane->wrong = my->wrong[which][most];
        my->wrong[which][most] = 0;
        status = frame(my->p, which, plane, error);
    }
    return status;
}

static double number(const struct source *from, enum sc_result result, uint32_t bits)
{
    return sc_format_decode(sc_result_format(&from->prepared->c.problem, result), bits);
}

static void compare_line(const struct source *from, struct sc_element at, sc_assess_see *see,
                         void *context)
{
    const struct sc_problem *p = &from->prepared->c.problem;
    const int64_t first = sc_result_row(p, at.result, at.b, at.head, at.index);

    for (int32_t c = 0; c < sc_result_width(p, at.result); c++) {
        const uint32_t a = sc_result_bits(from->outcome, at.result, first + c);
        const uint32_t b = sc_result_bits(from->other, at.result, first + c);
        at.channel = c;
        at.low = number(from, at.result, a);
        at.high = at.low;
        at.out = number(from, at.result, b);
        const bool same = a == b || (isnan(at.low) && isnan(at.out));
        at.bound = 0.0;
        at.ratio = same ? 0.0 : HUGE_VAL;
        see(context, &at, same ? SC_VERDICT_PASS : SC_VERDICT_FAIL);
    }
}

static void compare(const struct source *from, sc_assess_see *see, void *context)
{
    const struct sc_problem *p = &from->prepared->c.problem;

    for (int32_t r = 0; r < SC_RESULTS; r++) {
        struct sc_element at = {.result = (enum sc_result)r};

        if (!sc_result_given(from->outcome, at.result) ||
            !sc_result_given(from->other, at.result)) {
            continue;
        }
        for (at.b = 0; at.b < p->batch; at.b++) {
            const int32_t lines = r == SC_RESULT_D_B   ? 1
                                  : of_keys(at.result) ? sc_problem_key_room(p, at.b)
                                                       : sc_problem_rows(p, at.b);
            for (at.head = 0; at.head < heads_of(p, at.result); at.head++) {
                for (at.index = 0; at.index < lines; at.index++) {
                    compare_line(from, at, see, context);
                }
            }
        }
    }
}

static enum sc_status each(const struct source *from, sc_assess_see *see, void *context,
                           struct sc_assessment *assessment, struct sc_error *error)
{
    if (from->other != NULL) {
        compare(from, see, context);
        return SC_OK;
    }
    struct sc_assess_options options = *from->options;
    options.see = see;
    options.context = context;
    return sc_assess(from->prepared, from->kernel, from->outcome, &options, assessment, error);
}

static enum sc_status gather(const struct source *from, struct sc_survey *survey,
                             struct sc_error *error)
{
    struct gathering my = {.p = &from->prepared->c.problem, .survey = survey};
    enum sc_status status = SC_OK;

    memset(survey, 0, sizeof *survey);
    for (int32_t r = 0; status == SC_OK && r < SC_RESULTS; r++) {
        my.wrong[r] = calloc((size_t)planes_of(my.p, (enum sc_result)r), sizeof *my.wrong[r]);
        if (my.wrong[r] == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "replay: no memory to count wrong elements");
        }
    }
    if (status == SC_OK) {
        status = each(from, count, &my, &survey->assessment, error);
    }
    for (int32_t r = 0; status == SC_OK && r < SC_RESULTS; r++) {
        status = choose(&my, (enum sc_result)r, error);
    }
    if (status == SC_OK && sc_survey_wrong(survey) > 0) {
        status = each(from, paint, &my, &survey->assessment, error);
    }
    for (int32_t r = 0; r < SC_RESULTS; r++) {
        free(my.wrong[r]);
    }
    if (status != SC_OK) {
        sc_survey_destroy(survey);
    }
    return status;
}

enum sc_status sc_survey_create(const struct sc_prepared *prepared,
                                const struct sc_worker_kernel *kernel,
                                const struct sc_outcome *outcome,
                                const struct sc_assess_options *options, struct sc_survey *survey,
                                struct sc_error *error)
{
    const struct source from = {prepared, kernel, outcome, NULL, options};

    return gather(&from, survey, error);
}

enum sc_status sc_survey_differences(const struct sc_prepared *prepared,
                                     const struct sc_outcome *first,
                                     const struct sc_outcome *second, struct sc_survey *survey,
                                     struct sc_error *error)
{
    const struct source from = {prepared, NULL, first, second, NULL};

    return gather(&from, survey, error);
}

void sc_survey_destroy(struct sc_survey *survey)
{
    for (int32_t r = 0; r < SC_RESULTS; r++) {
        for (int32_t n = 0; n < survey->results[r].planes; n++) {
            sc_picture_destroy(&survey->results[r].plane[n].picture);
        }
        survey->results[r].planes = 0;
    }
}

int64_t sc_survey_wrong(const struct sc_survey *survey)
{
    int64_t wrong = 0;

    for (int32_t r = 0; r < SC_RESULTS; r++) {
        wrong += survey->results[r].wrong;
    }
    return wrong;
}
