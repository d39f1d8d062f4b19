/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/replay/replay.h"

#include "fuzz/result.h"

#include <math.h>
#include <stdio.h>

#define RANGES_ROOM 400

/* A number with all its bits, and text that JSON can hold where it has none for a number. */
static json_t *bits(double x)
{
    char text[40];

    (void)snprintf(text, sizeof text, "%a", x);
    return json_string(text);
}

static json_t *ratio(double x)
{
    return isfinite(x) ? json_real(x) : json_string(isnan(x) ? "nan" : "inf");
}

static json_t *checks(uint32_t list)
{
    json_t *array = json_array();

    for (int32_t c = 0; c < SC_CHECKS; c++) {
        if ((list >> c & 1u) != 0) {
            (void)json_array_append_new(array, json_string(sc_check_name((enum sc_check)c)));
        }
    }
    return array;
}

static json_t *element(const struct sc_element *at)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "sequence", at->b, "head",
                     at->head, "index", at->index, "channel", at->channel, "out", bits(at->out),
                     "low", bits(at->low), "high", bits(at->high), "bound", bits(at->bound),
                     "ratio", ratio(at->ratio));
}

static json_t *plane(const struct sc_picture *picture, int64_t wrong)
{
    char ranges[RANGES_ROOM];

    sc_picture_ranges(picture, ranges, sizeof ranges);
    return json_pack("{s:s, s:i, s:i, s:I, s:s}", "title", picture->title, "rows", picture->rows,
                     "columns", picture->columns, "wrong", (json_int_t)wrong, "ranges", ranges);
}

static json_t *result(const struct sc_survey_result *from)
{
    json_t *worst = json_array(), *planes = json_array();

    for (int32_t n = 0; n < from->worst_count; n++) {
        (void)json_array_append_new(worst, element(&from->worst[n]));
    }
    for (int32_t n = 0; n < from->planes; n++) {
        if (from->plane[n].picture.flags != NULL) {
            (void)json_array_append_new(planes,
                                        plane(&from->plane[n].picture, from->plane[n].wrong));
        }
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "elements", (json_int_t)from->seen, "wrong",
                     (json_int_t)from->wrong, "not_judged", (json_int_t)from->unknown, "bad_planes",
                     (json_int_t)from->bad_planes, "worst", worst, "planes", planes);
}

static json_t *results(const struct sc_replay *replay)
{
    json_t *object = json_object();

    for (int32_t r = 0; r < SC_RESULTS; r++) {
        if (replay->survey.results[r].seen > 0) {
            (void)json_object_set_new(object, sc_result_name((enum sc_result)r),
                                      result(&replay->survey.results[r]));
        }
    }
    return object;
}

json_t *sc_replay_json(const struct sc_replay *replay)
{
    static const char *const of[] = {"none", "exact", "repeated", "hidden", "workspace"};
    const struct sc_examination *found = &replay->found;
    const bool failed = found->failed != 0;
    char line[SC_RECIPE_TEXT_MAX];

    (void)sc_recipe_print(&replay->recipe, line);
    return json_pack(
        "{s:s, s:i, s:{s:s, s:s, s:b}, s:s, s:o, s:s, s:s, s:o, s:o, s:b, s:s, s:s, s:o, s:o}",
        "case", line, "climbed", replay->climb.steps, "kernel", "name", replay->kernel.name,
        "arithmetic", replay->kernel.arithmetic, "device", replay->kernel.device, "verdict",
        found->refused ? "refused"
        : failed       ? "fail"
                       : "pass",
        "check", failed ? json_string(sc_check_name(found->first)) : json_null(), "text",
        found->text, "model", found->assessment.model, "failed", checks(found->failed), "checked",
        checks(found->checked), "weak", found->weak, "survey", of[replay->of], "no_weights",
        replay->no_weights, "weights",
        replay->weights.flags != NULL ? plane(&replay->weights, sc_picture_wrong(&replay->weights))
                                      : json_null(),
        "results", results(replay));
}
