/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lipschitz_run.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Files of a layer of width 2: W = 1, and some that are wrong. */
static void create(char directory[SCRATCH_BYTES])
{
    static const double eye[] = {1.0, 0.0, 0.0, 1.0}, zero[8] = {0.0};
    static const double x[] = {1.0, 0.5, -1.0, 2.0, 0.25, 0.0, 3.0, -2.0, 1.0, 1.0};
    static const double nan[] = {1.0, NAN}, huge[] = {1e200, -1e200, 1e200, 1e200};
    static const double deficient[] = {1.0, 2.0, 2.0, 4.0};

    scratch_create(directory);
    write_npy(directory, "x.npy", "(5, 2)", x, 10);
    write_npy(directory, "batch.npy", "(2, 2, 2)", x, 8);
    write_npy(directory, "one.npy", "(1, 2)", x, 2);
    write_npy(directory, "w.npy", "(2, 2)", eye, 4);
    write_npy(directory, "zero.npy", "(2, 2)", zero, 4);
    write_npy(directory, "deficient.npy", "(2, 2)", deficient, 4);
    write_npy(directory, "huge.npy", "(2, 2)", huge, 4);
    write_npy(directory, "nan.npy", "(1, 2)", nan, 2);
    write_npy(directory, "wide.npy", "(2, 4)", zero, 8);
    write_npy(directory, "vector.npy", "(4,)", zero, 4);
    write_npy(directory, "empty.npy", "(0, 2)", zero, 0);
    write_npy(directory, "cube.npy", "(1, 1, 1, 2)", zero, 2);
    scratch_write(directory, "junk.npy", "not a tensor");
}

#define W "--wq", "w.npy", "--wk", "w.npy", "--wv", "w.npy"
#define X "--x", "x.npy"

Test(lipschitz, bad_input_is_one_line_and_exit_2)
{
    static const struct {
        const char *word;
        const char *words[WORDS];
    } rows[] = {
        {"--x", {W}},
        {"--wk", {X, "--wq", "w.npy", "--wv", "w.npy"}},
        {"none.npy", {W, "--x", "none.npy"}},
        {"junk.npy", {W, "--x", "junk.npy"}},
        {"empty.npy", {W, "--x", "empty.npy"}},
        {"vector.npy", {W, "--x", "vector.npy"}},
        {"cube.npy", {W, "--x", "cube.npy"}},
        {"wide.npy", {W, "--x", "wide.npy"}},
        {"nan.npy: tokens: channel 1 of token 0", {W, X, "--x", "nan.npy"}},
        {"wide.npy", {X, "--wq", "w.npy", "--wk", "wide.npy", "--wv", "w.npy"}},
        {"vector.npy", {X, "--wq", "vector.npy", "--wk", "w.npy", "--wv", "w.npy"}},
        {"empty.npy", {X, "--wq", "empty.npy", "--wk", "w.npy", "--wv", "w.npy"}},
        {"W_q", {X, "--wq", "nan2.npy", "--wk", "nan2.npy", "--wv", "w.npy"}},
        {"--wo", {X, W, "--wo", "wide.npy"}},
        {"--bq", {X, W, "--bq", "vector.npy"}},
        {"--heads", {X, W, "--heads", "3"}},
        {"--heads", {X, W, "--heads", "0"}},
        {"--scale", {X, W, "--scale", "one"}},
        {"scale", {X, W, "--scale", "-1"}},
        {"--bias", {X, W, "--bias", "nan"}},
        {"--bias-head", {X, W, "--bias-head", "1,2"}},
        {"--bias-head", {X, W, "--bias", "0", "--bias-head", "1"}},
        {"--alibi", {X, W, "--alibi", "1,2"}},
        {"--window", {X, W, "--window", "1"}},
        {"--window", {X, W, "--window", "1,1", "--causal"}},
        {"--window", {X, W, "--window", "-1,1"}},
        {"--qk-norm", {X, W, "--qk-norm", "batch"}},
        {"--qk-norm", {X, W, "--epsilon", "1"}},
        {"epsilon", {X, W, "--qk-norm", "rms", "--epsilon", "-1"}},
        {"rotary", {X, W, "--rope", "-1"}},
        {"--rope", {X, W, "--rope", "0"}},
        {"--kind", {X, W, "--kind", "relu"}},
        {"--steps", {X, W, "--steps", "0"}},
        {"--threads", {X, W, "--threads", "0"}},
        {"--nonsense", {X, W, "--nonsense"}},
        {"twice", {X, W, "--wq", "w.npy"}},
        {"stray", {X, W, "stray"}},
        {"no value", {X, W, "--bias"}},
    };
    static const double nan[] = {NAN, 0.0, 0.0, 0.0};
    char directory[SCRATCH_BYTES];

    create(directory);
    write_npy(directory, "nan2.npy", "(2, 2)", nan, 4);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const int code = run(directory, rows[n].words);
        char *err = scratch_read(directory, "err"), *end = strchr(err, '\n');
        cr_expect(code == 2, "row %zu, %s: exit %d, '%s'", n, rows[n].word, code, err);
        cr_expect(end != NULL && end[1] == '\0', "row %zu, %s: not one line: '%s'", n, rows[n].word,
                  err);
        cr_expect_not_null(strstr(err, rows[n].word), "row %zu, %s: '%s'", n, rows[n].word, err);
        free(err);
    }
    scratch_remove(directory);
}

Test(lipschitz, what_cannot_be_measured_is_one_line_and_exit_3)
{
    static const char *const words[] = {"--x",      "x.npy", "--wq",  "huge.npy", "--wk",
                                        "huge.npy", "--wv",  "w.npy", NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    const int code = run(directory, words);
    char *err = scratch_read(directory, "err"), *end = strchr(err, '\n');
    cr_expect_eq(code, 3, "%d: '%s'", code, err);
    cr_expect(end != NULL && end[1] == '\0', "'%s'", err);
    free(err);
    scratch_remove(directory);
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    cr_assert(json_is_number(value), "no %s", key);
    return json_number_value(value);
}

/* Runs with --json; the caller releases what it says. */
static json_t *run_json(const char *directory, const char *const *words)
{
    const int code = run(directory, words);
    char *out = scratch_read(directory, "out"), *err = scratch_read(directory, "err");
    json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, NULL);

    cr_assert_eq(code, 0, "%s", err);
    cr_expect_str_eq(err, "");
    cr_assert(json_is_array(root), "%s", out);
    free(out);
    free(err);
    return root;
}

Test(lipschitz, json_has_each_sample_with_its_bounds_in_order)
{
    static const char *const words[] = {"--x",     "x.npy", "--x",    "batch.npy", "--x",
                                        "one.npy", W,       "--json", NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    json_t *root = run_json(directory, words);
    cr_assert_eq(json_array_size(root), 4u);
    for (size_t n = 0; n < 4; n++) {
        static const int tokens[] = {5, 2, 2, 1};
        static const char *const kinds[] = {"sigmoid", "softmax"};
        const json_t *sample = json_array_get(root, n);
        cr_expect_eq((int)number(sample, "tokens"), tokens[n]);
        for (int32_t k = 0; k < 2; k++) {
            const json_t *kind = json_object_get(sample, kinds[k]);
            const double low = number(kind, "lower"), high = number(kind, "upper");
            double all = 0.0;
            cr_expect(0.0 < low && low <= high && high <= low * (1.0 + 1e-6), "%s: [%g, %g]",
                      kinds[k], low, high);
            cr_expect(number(json_object_get(kind, "bounds"), "B2") >= low);
            cr_expect(number(json_object_get(kind, "bounds"), "B3") >= low);
            const json_t *shares = json_object_get(kind, "token_shares");
            cr_assert_eq((int)json_array_size(shares), tokens[n]);
            for (size_t i = 0; i < json_array_size(shares); i++) {
                all += json_number_value(json_array_get(shares, i));
            }
            cr_expect_float_eq(all, 1.0, 1e-12);
        }
    }
    json_decref(root);
    scratch_remove(directory);
}

Test(lipschitz, zero_and_rank_deficient_weights_are_measured)
{
    static const char *const zero[] = {X,      "--wq",     "zero.npy", "--wk", "zero.npy",
                                       "--wv", "zero.npy", "--json",   NULL};
    static const char *const words[] = {
        X,         "--wq", "deficient.npy", "--wk", "deficient.npy", "--wv", "deficient.npy",
        "--scale", "0.01", "--json",        NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    json_t *root = run_json(directory, zero);
    const json_t *sigmoid = json_object_get(json_array_get(root, 0), "sigmoid");
    cr_expect_eq(number(sigmoid, "lower"), 0.0);
    cr_expect_eq(number(sigmoid, "upper"), 0.0);
    cr_expect_eq(number(json_object_get(sigmoid, "bounds"), "B3"), 0.0);
    json_decref(root);
    root = run_json(directory, words);
    sigmoid = json_object_get(json_array_get(root, 0), "sigmoid");
    cr_expect(number(sigmoid, "lower") > 0.0 &&
              number(sigmoid, "upper") <= number(sigmoid, "lower") * (1.0 + 1e-6));
    json_decref(root);
    scratch_remove(directory);
}

Test(lipschitz, the_table_shows_no_nan_for_zero_weights)
{
    static const char *const words[] = {X,          "--wq", "zero.npy", "--wk",
                                        "zero.npy", "--wv", "zero.npy", NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    const int code = run(directory, words);
    char *out = scratch_read(directory, "out");
    cr_expect_eq(code, 0);
    cr_expect_not_null(strstr(out, "lower bound, certified"), "%s", out);
    cr_expect(strstr(out, "nan") == NULL && strstr(out, "inf") == NULL, "%s", out);
    free(out);
    scratch_remove(directory);
}
