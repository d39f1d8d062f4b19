/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/replay/replay.h"

#include "fuzz/related.h"
#include "tests/fake_kernel.h"

#include <criterion/criterion.h>

/* A kernel of the definition that sees other pairs than it should. */
typedef bool sees_function(const struct sc_problem *p, int32_t b, int32_t h, int32_t i, int32_t j);

struct masked {
    struct fake_kernel fake;
    sees_function *sees; /* NULL: as it should */
    int64_t calls;
    int64_t honest_after; /* calls; negative: never */
};

/* The call with the mask that the kernel takes for the right one, as bytes. */
static enum sc_status masked_run(void *self, const struct sc_prepared *prepared,
                                 const struct sc_worker_call *call, struct sc_outcome *outcome,
                                 struct sc_error *error)
{
    struct masked *my = self;
    const struct sc_problem *p = &prepared->c.problem;
    struct sc_prepared wrong = *prepared;
    struct sc_plane *plane = &wrong.c.problem.plane;
    const int64_t cells = (int64_t)p->n_q * p->n_k;
    uint8_t *bytes = calloc((size_t)(p->batch * p->heads_q * cells) + 1, 1);

    cr_assert_not_null(bytes);
    plane->visible = bytes;
    plane->rows = p->n_q;
    plane->keys = p->n_k;
    plane->block_rows = plane->block_keys = 1;
    plane->layout = (struct sc_layout){0};
    plane->layout.stride_row = p->n_k;
    plane->layout.stride_head = cells;
    plane->layout.stride_batch = p->heads_q * cells;
    plane->layout.size = p->batch * p->heads_q * cells;
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t h = 0; h < p->heads_q; h++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i++) {
                for (int32_t j = 0; j < sc_problem_keys(p, b); j++) {
                    const bool honest = my->sees == NULL ||
                                        (my->honest_after >= 0 && my->calls >= my->honest_after);
                    bytes[(b * p->heads_q + h) * cells + (int64_t)i * p->n_k + j] =
                        honest ? sc_problem_visible(p, b, h, i, j) : my->sees(p, b, h, i, j);
                }
            }
        }
    }
    wrong.c.problem.left = wrong.c.problem.right = SC_MASK_UNBOUNDED;
    my->calls++;
    const enum sc_status status = fake_run(&my->fake, &wrong, call, outcome, error);
    free(bytes);
    return status;
}

static struct masked kernel_of(enum fake_fault fault, sees_function *sees)
{
    return (struct masked){
        .fake = fake_kernel("core=fma order=any flush=1", fault), .sees = sees, .honest_after = -1};
}

static struct sc_replay replayed(struct masked *kernel, const struct sc_recipe *recipe)
{
    const struct sc_runner runner = {&kernel->fake.kernel, masked_run, kernel};
    struct sc_examine_options options = sc_examine_defaults();
    struct sc_replay replay;
    struct sc_error error = {SC_OK, ""};

    options.variants = -1;
    cr_assert_eq(sc_replay_create(&runner, recipe, &options, &replay, &error), SC_OK, "%s",
                 error.text);
    return replay;
}

static struct sc_recipe causal(void)
{
    struct sc_recipe r = sc_recipe_plain();

    r.heads_q = r.heads_kv = 2;
    r.n_q = 40;
    r.n_k = 70;
    r.d = r.d_v = 16;
    r.tau = 0.25f;
    r.right = 0;
    return r;
}

static bool contains(const char *text, const char *what)
{
    return text != NULL && strstr(text, what) != NULL;
}

static void expect_ranges(const struct sc_picture *picture, const char *expected)
{
    char ranges[400];

    cr_assert_not_null(picture->flags);
    sc_picture_ranges(picture, ranges, sizeof ranges);
    cr_expect_str_eq(ranges, expected, "%s: %s", picture->title, ranges);
}

Test(replay, a_right_kernel_passes_and_has_no_picture)
{
    const struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(FAKE_HONEST, NULL);
    struct sc_replay replay = replayed(&kernel, &recipe);
    int32_t count = 0;

    cr_expect(replay.found.failed == 0 && replay.of == SC_REPLAY_NONE, "%s", replay.found.text);
    cr_expect(replay.recipe.hashed);
    cr_expect_null(sc_replay_svg(&replay, &count));
    cr_expect_eq(count, 0);
    char *text = sc_replay_text(&replay);
    cr_expect(contains(text, "\npasses  "), "%s", text);
    cr_expect(contains(text, "causal, aligned at the last key"), "%s", text);
    free(text);
    sc_replay_destroy(&replay);
}

static bool without_tile(const struct sc_problem *p, int32_t b, int32_t h, int32_t i, int32_t j)
{
    return sc_problem_visible(p, b, h, i, j) && !(h == 1 && i >= 9 && j >= 32 && j < 40);
}

Test(replay, keys_that_some_rows_do_not_read_are_named_with_them)
{
    struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(FAKE_HONEST, without_tile);

    recipe.values = SC_VALUES_ZERO_Q; /* every weight is 1/2: none of them is too small to show */
    struct sc_replay replay = replayed(&kernel, &recipe);
    const struct sc_survey_result *o = &replay.survey.results[SC_RESULT_O];

    cr_expect_eq(replay.found.first, SC_CHECK_CONFORMS);
    cr_expect(o->planes == 1 && o->bad_planes == 1 && o->plane[0].head == 1);
    cr_expect(o->seen == 2 * 40 * 16 && o->wrong > 350 && o->wrong <= 31 * 16, "%d", (int)o->wrong);
    cr_expect(o->worst_count == SC_SURVEY_WORST && o->worst[0].ratio >= o->worst[1].ratio &&
              o->worst[0].head == 1 && o->worst[0].index >= 9);
    expect_ranges(&replay.weights, "rows 9-39: keys 32-39");
    char *text = sc_replay_text(&replay);
    cr_expect(contains(text, "\nFAILS   conforms: "), "%s", text);
    cr_expect(contains(text, "of sequence 0, head 1, from runs with a one-hot V: rows 9-39: keys "
                             "32-39\n"),
              "%s", text);
    free(text);
    int32_t count = 0;
    char *svg = sc_replay_svg(&replay, &count);
    cr_expect(count == 2 && contains(svg, ">P of sequence 0, head 1<"));
    free(svg);
    sc_replay_destroy(&replay);
}

static bool beyond_diagonal(const struct sc_problem *p, int32_t b, int32_t h, int32_t i, int32_t j)
{
    return sc_problem_visible(p, b, h, i, j) || (i >= 16 && i < 24 && j == i + p->n_k - p->n_q + 1);
}

Test(replay, a_key_beyond_the_diagonal_is_wrong_where_hidden)
{
    struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(FAKE_HONEST, beyond_diagonal);

    recipe.values = SC_VALUES_ZERO_Q;
    struct sc_replay replay = replayed(&kernel, &recipe);

    expect_ranges(&replay.weights, "rows 16-23: keys 47-54, in 8 of these 64 places, all at key = "
                                   "row + 31, hidden");
    sc_replay_destroy(&replay);
}

/* Row 0 sees keys 3 and 4, row 1 keys 4 and 5: the others hold NaN. */
static bool unseen_key(const struct sc_problem *p, int32_t b, int32_t h, int32_t i, int32_t j)
{
    return sc_problem_visible(p, b, h, i, j) || (i == 0 && j == 1);
}

Test(replay, a_hidden_key_that_is_nan_does_not_smear_over_its_row_of_p)
{
    struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(FAKE_HONEST, unseen_key);

    recipe.n_q = 2;
    recipe.n_k = 6;
    recipe.left = 1;
    struct sc_replay replay = replayed(&kernel, &recipe);
    cr_expect(isnan(replay.survey.results[SC_RESULT_O].worst[0].out));
    expect_ranges(&replay.weights, "row 0: key 1, hidden");
    sc_replay_destroy(&replay);
}

static bool key_lost(const struct sc_problem *p, int32_t b, int32_t h, int32_t i, int32_t j)
{
    return sc_problem_visible(p, b, h, i, j) && !(j == 3 && i < 10);
}

Test(replay, gradients_have_planes_of_rows_and_of_keys)
{
    struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(FAKE_HONEST, key_lost);

    recipe.heads_q = 2;
    recipe.heads_kv = 1;
    recipe.backward = true;
    struct sc_replay replay = replayed(&kernel, &recipe);
    const struct sc_survey_result *results = replay.survey.results;

    cr_assert(results[SC_RESULT_D_V].planes == 1 && results[SC_RESULT_D_Q].planes == 2);
    const struct sc_picture *d_v = &results[SC_RESULT_D_V].plane[0].picture;
    cr_expect(d_v->rows == 70 && d_v->columns == 16 && strcmp(d_v->row_name, "key") == 0);
    for (int32_t j = 0; j < 70; j++) {
        int32_t wrong = 0;
        for (int32_t c = 0; c < 16; c++) {
            wrong += (d_v->flags[j * 16 + c] & SC_PICTURE_WRONG) != 0 ? 1 : 0;
        }
        cr_expect(j == 3 ? wrong > 10 : wrong == 0, "key %d: %d", j, wrong);
    }
    const struct sc_picture *d_q = &results[SC_RESULT_D_Q].plane[0].picture;
    cr_expect(d_q->rows == 40 && strcmp(d_q->row_name, "row") == 0);
    cr_expect(sc_picture_block(d_q, 10, 40, 0, 16).flags ==
              (SC_PICTURE_KNOWN | SC_PICTURE_VISIBLE));
    sc_replay_destroy(&replay);
}

/* The survey of a fault that shows between two runs. */
static void between_runs(enum fake_fault fault, enum sc_check check, enum sc_replay_survey of)
{
    struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(fault, NULL);

    recipe.lengths_count = 1;
    recipe.lengths[0] = 60;
    struct sc_replay replay = replayed(&kernel, &recipe);
    cr_expect_eq(replay.found.first, check, "%s", sc_check_name(replay.found.first));
    cr_expect_eq(replay.of, of);
    cr_expect_gt(sc_survey_wrong(&replay.survey), 0);
    cr_expect_null(replay.weights.flags);
    char *text = sc_replay_text(&replay);
    cr_expect(contains(text, ", was "), "%s", text);
    free(text);
    sc_replay_destroy(&replay);
}

Test(replay, what_differs_between_two_runs_is_shown)
{
    between_runs(FAKE_SEED, SC_CHECK_REPEAT, SC_REPLAY_REPEATED);
    between_runs(FAKE_HIDDEN, SC_CHECK_HIDDEN, SC_REPLAY_HIDDEN);
    between_runs(FAKE_WORKSPACE, SC_CHECK_WORKSPACE, SC_REPLAY_WORKSPACE);
}

Test(replay, what_does_not_fail_again_is_said_not_to)
{
    const struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(FAKE_HONEST, without_tile);

    kernel.honest_after = 1;
    struct sc_replay replay = replayed(&kernel, &recipe);
    cr_expect(replay.found.failed != 0 && sc_survey_wrong(&replay.survey) == 0);
    char *text = sc_replay_text(&replay);
    cr_expect(contains(text, "run again, no element of the outputs shows it"), "%s", text);
    free(text);
    sc_replay_destroy(&replay);
}

Test(replay, an_end_without_outputs_is_told_in_words)
{
    static const struct {
        enum fake_fault fault;
        const char *check;
    } rows[] = {{FAKE_CRASH, "crash"}, {FAKE_HANG, "hang"}, {FAKE_FAULT, "fault"}};

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct sc_recipe recipe = causal();
        struct masked kernel = kernel_of(rows[r].fault, NULL);
        struct sc_replay replay = replayed(&kernel, &recipe);
        char expected[40];

        (void)snprintf(expected, sizeof expected, "\nFAILS   %s: ", rows[r].check);
        char *text = sc_replay_text(&replay);
        cr_expect(replay.of == SC_REPLAY_NONE && contains(text, expected), "%s", text);
        free(text);
        sc_replay_destroy(&replay);
    }
}

Test(replay, a_case_that_is_not_done_is_refused_and_does_not_pass)
{
    const struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(FAKE_REFUSED, NULL);
    struct sc_replay replay = replayed(&kernel, &recipe);
    char *text = sc_replay_text(&replay);

    cr_expect(replay.found.refused && contains(text, "\nrefused ") && !contains(text, "passes"),
              "%s", text);
    free(text);
    sc_replay_destroy(&replay);
}

Test(replay, json_says_the_same)
{
    struct sc_recipe recipe = causal();
    struct masked kernel = kernel_of(FAKE_HONEST, without_tile);

    recipe.values = SC_VALUES_ZERO_Q;
    struct sc_replay replay = replayed(&kernel, &recipe);
    json_t *data = sc_replay_json(&replay);
    cr_assert_not_null(data);
    cr_expect_str_eq(json_string_value(json_object_get(data, "verdict")), "fail");
    cr_expect_str_eq(json_string_value(json_object_get(data, "check")), "conforms");
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(data, "weights"), "ranges")),
                     "rows 9-39: keys 32-39");
    const json_t *o = json_object_get(json_object_get(data, "results"), "O");
    cr_expect_eq(json_integer_value(json_object_get(o, "wrong")),
                 replay.survey.results[SC_RESULT_O].wrong);
    cr_expect_eq(json_array_size(json_object_get(o, "worst")), SC_SURVEY_WORST);
    json_decref(data);
    sc_replay_destroy(&replay);
}
