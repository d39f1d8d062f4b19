/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/replay/replay.h"

#include "fuzz/result.h"
#include "fuzz/words.h"
#include "tools/replay/describe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RANGES_ROOM 400

static void add_lines(struct sc_words *words, const char *indent, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        const size_t line = strcspn(at, "\n");

        sc_words_add(words, "%s%.*s\n", indent, (int)line, at);
        at += line + (at[line] == '\n' ? 1 : 0);
    }
}

static void add_case(struct sc_words *words, const struct sc_replay *replay)
{
    char line[SC_RECIPE_TEXT_MAX];

    (void)sc_recipe_print(&replay->recipe, line);
    sc_words_add(words, "case    %s\n", line);
    sc_describe_recipe(&replay->recipe, "        ", words);
    sc_words_add(words, "kernel  %s%s, arithmetic: %s\n", replay->kernel.name,
                 replay->kernel.device ? " (in memory of its own)" : "", replay->kernel.arithmetic);
}

static void add_checks(struct sc_words *words, uint32_t checks)
{
    bool any = false;

    for (int32_t c = 0; c < SC_CHECKS; c++) {
        if ((checks >> c & 1u) != 0) {
            sc_words_add(words, "%s%s", any ? ", " : "", sc_check_name((enum sc_check)c));
            any = true;
        }
    }
    sc_words_add(words, "%s\n", any ? "" : "none");
}

static double highest(const struct sc_climb *climb)
{
    double ratio = 0.0;

    for (int32_t n = 0; n < SC_RESULTS; n++) {
        ratio = fmax(ratio, climb->conforms[n]);
    }
    return ratio;
}

static void add_verdict(struct sc_words *words, const struct sc_replay *replay)
{
    const struct sc_examination *found = &replay->found;
    const struct sc_assessment *x = &found->assessment;

    if (found->refused) {
        sc_words_add(words, "refused the kernel does not do this case\n");
        return;
    }
    if (found->failed == 0) {
        const struct sc_standing *standing = x->claimed ? &x->conforms : &x->accurate;

        sc_words_add(words, "passes  %d runs, checked: ", found->runs);
        add_checks(words, found->checked);
        sc_words_add(words, "        the largest error of %lld elements is %.3g times its bound",
                     (long long)standing->judged, standing->worst.ratio);
        sc_words_add(words, " (%s)%s\n", x->claimed ? x->model : "the best of the formats",
                     found->weak ? "; a weak pass: the bounds say little here" : "");
        if (replay->climb.steps > 0) {
            sc_words_add(words, "        %d steps from it lead to %.3g times the bound at most\n",
                         replay->climb.steps, highest(&replay->climb));
        }
        return;
    }
    if (replay->climb.failed) {
        sc_words_add(words, "climb   the case that was asked for passes; this is step %d from it\n",
                     replay->climb.steps);
    }
    sc_words_add(words, "FAILS   %s: %s\n", sc_check_name(found->first),
                 sc_check_claim(found->first));
    add_lines(words, "        ", found->text);
    if ((found->failed & (found->failed - 1)) != 0) {
        sc_words_add(words, "        fails in all: ");
        add_checks(words, found->failed);
    }
    if (x->model[0] != '\0') {
        sc_words_add(words, "        judged by %s: %s\n",
                     x->claimed ? "the declared arithmetic" : "the arithmetic that fits best",
                     x->model);
    }
}

static void add_number(struct sc_words *words, double x)
{
    sc_words_add(words, isfinite(x) ? "%a (%.9g)" : "%g", x, x);
}

static void add_element(struct sc_words *words, const struct sc_replay *replay,
                        const struct sc_element *at)
{
    char name[96];

    sc_related_name(at, name, sizeof name);
    sc_words_add(words, "          %s = ", name);
    add_number(words, at->out);
    if (replay->of != SC_REPLAY_EXACT) {
        sc_words_add(words, ", was ");
        add_number(words, at->low);
        sc_words_add(words, "\n");
        return;
    }
    if (at->low == at->high) {
        sc_words_add(words, "\n            exact ");
        add_number(words, at->low);
    } else {
        sc_words_add(words, "\n            exact in [%a, %a] (about %.9g)", at->low, at->high,
                     at->low / 2 + at->high / 2);
    }
    sc_words_add(words, ", bound %a (%.3g), error %.3g times that\n", at->bound, at->bound,
                 at->ratio);
}

static void add_picture(struct sc_words *words, const struct sc_picture *picture)
{
    char *text = sc_picture_text(picture);

    words->lost = words->lost || text == NULL;
    if (text != NULL) {
        sc_words_add(words, "\n");
        add_lines(words, "    ", text);
    }
    free(text);
}

static void add_result(struct sc_words *words, const struct sc_replay *replay, enum sc_result which)
{
    const struct sc_survey_result *result = &replay->survey.results[which];
    char ranges[RANGES_ROOM];

    if (result->seen == 0) {
        return;
    }
    sc_words_add(words, "%-8s%lld of %lld elements wrong", sc_result_name(which),
                 (long long)result->wrong, (long long)result->seen);
    if (result->unknown > 0) {
        sc_words_add(words, ", %lld not judged", (long long)result->unknown);
    }
    if (result->bad_planes > result->planes) {
        sc_words_add(words, ", in %lld planes of a sequence and a head, of which %d are shown",
                     (long long)result->bad_planes, result->planes);
    }
    sc_words_add(words, "\n");
    for (int32_t n = 0; n < result->worst_count; n++) {
        add_element(words, replay, &result->worst[n]);
    }
    for (int32_t n = 0; n < result->planes; n++) {
        const struct sc_survey_plane *plane = &result->plane[n];

        if (plane->picture.flags != NULL) {
            sc_picture_ranges(&plane->picture, ranges, sizeof ranges);
            sc_words_add(words, "        %s: %s\n", plane->picture.title, ranges);
            add_picture(words, &plane->picture);
        }
    }
}

static void add_weights(struct sc_words *words, const struct sc_replay *replay)
{
    char ranges[RANGES_ROOM];

    if (replay->weights.flags == NULL) {
        if (replay->no_weights[0] != '\0') {
            sc_words_add(words, "P       not shown key by key: %s\n", replay->no_weights);
        }
        return;
    }
    sc_picture_ranges(&replay->weights, ranges, sizeof ranges);
    if (ranges[0] == '\0') {
        sc_words_add(words, "P       every weight is right with a one-hot V and ordinary contents "
                            "in hidden places:\n        the fault is in the sum over keys, or in "
                            "what hidden V or K do to it\n");
    } else {
        sc_words_add(words, "%s, from runs with a one-hot V: %s\n", replay->weights.title, ranges);
    }
    add_picture(words, &replay->weights);
}

char *sc_replay_text(const struct sc_replay *replay)
{
    static const char *const of[] = {
        "", "where the outputs are beyond their bounds",
        "where a second run has other bits than the first",
        "where other contents of hidden places give other bits",
        "where what an earlier call left in the work space gives other bits"};
    struct sc_words words = {0};

    add_case(&words, replay);
    add_verdict(&words, replay);
    if (replay->of != SC_REPLAY_NONE && sc_survey_wrong(&replay->survey) > 0) {
        sc_words_add(&words, "\n%s:\n", of[replay->of]);
        for (int32_t r = 0; r < SC_RESULTS; r++) {
            add_result(&words, replay, (enum sc_result)r);
        }
        add_weights(&words, replay);
    } else if (replay->of != SC_REPLAY_NONE) {
        sc_words_add(&words, "        run again, no element of the outputs shows it\n");
    }
    return sc_words_take(&words);
}
