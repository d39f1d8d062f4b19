/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lipschitz_run.h"

#include <math.h>

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
        {"--radius", {X, W, "--radius", "-1"}},
        {"--radius", {X, W, "--radius", "1,"}},
        {"--radius", {X, W, "--radius", "1,,2"}},
        {"--radius", {X, W, "--radius", "inf"}},
        {"--radius", {X, W, "--radius", "nan"}},
        {"--radius", {X, W, "--radius", "1 2"}},
        {"--nonsense", {X, W, "--nonsense"}},
        {"twice", {X, W, "--wq", "w.npy"}},
        {"stray", {X, W, "stray"}},
        {"no value", {X, W, "--bias"}},
        {"x.png", {X, W, "--plot", "x.png"}},
        {"--sweep-n", {X, W, "--sweep-n", "4"}},
    };
    static const double nan[] = {NAN, 0.0, 0.0, 0.0};
    char directory[SCRATCH_BYTES];

    create(directory);
    write_npy(directory, "nan2.npy", "(2, 2)", nan, 4);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const int code = run(directory, rows[n].words);
        capture_expect_refused(directory, code, n, rows[n].word);
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

static json_t *run_json(const char *directory, const char *const *words)
{
    return layer_command_json(sc_command_lipschitz, directory, words);
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

/* For each radius both sets, in order: what was found inside is at most the bound, and neither falls. */
Test(lipschitz, json_has_the_bounds_around_each_sample)
{
    static const char *const words[] = {X, W, "--radius", "0,0.125,1", "--json", NULL};
    static const double radii[] = {0.0, 0.125, 1.0};
    char directory[SCRATCH_BYTES];

    create(directory);
    json_t *root = run_json(directory, words);
    for (int32_t k = 0; k < 2; k++) {
        const json_t *kind =
            json_object_get(json_array_get(root, 0), k == 0 ? "sigmoid" : "softmax");
        const json_t *locals = json_object_get(kind, "local");
        double low = number(kind, "lower"), high = 0.0;
        cr_assert_eq(json_array_size(locals), 6u);
        for (size_t s = 0; s < 6; s++) {
            const json_t *local = json_array_get(locals, s);
            cr_expect_eq(number(local, "radius"), radii[s / 2]);
            cr_expect_str_eq(json_string_value(json_object_get(local, "set")),
                             s % 2 == 0 ? "frobenius" : "tokens");
            cr_expect(number(local, "lower") >= low && number(local, "upper") >= high,
                      "set %zu falls", s);
            low = number(local, "lower");
            high = number(local, "upper");
            cr_expect(low <= high, "set %zu: [%g, %g]", s, low, high);
        }
        cr_expect(low > number(kind, "lower"), "nothing was found around the sample");
    }
    json_decref(root);
    scratch_remove(directory);
}

Test(lipschitz, the_table_names_what_is_local)
{
    static const char *const words[] = {X, W, "--radius", "0.125", NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    cr_expect_eq(run(directory, words), 0);
    char *out = scratch_read(directory, "out");
    cr_expect_not_null(strstr(out, "local(0.125), all tokens"), "%s", out);
    cr_expect_not_null(strstr(out, "local(0.125), each token"), "%s", out);
    free(out);
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

/* The first number of a row of the table. */
static double cell(const char *table, const char *row)
{
    const char *at = strstr(table, row);

    cr_assert_not_null(at, "no row '%s'", row);
    return strtod(at + strlen(row), NULL);
}

/* A bound of six digits is one as it is printed: of values whose seventh digit would be lost. */
Test(lipschitz, printed_bounds_are_rounded_outward)
{
    static const struct {
        const char *row, *key;
        int sign; /* printed less computed */
    } rows[] = {{"\n  lower bound, certified", NULL, -1},
                {"\n  norm, certified from above", NULL, 1},
                {"\n  B3", "B3", 1},
                {"\n  B2", "B2", 1},
                {"\n  B1", "B1", 1},
                {"\n  Theorem 3.2 | Castin 3.3", "theorem 3.2", 1}};
    static const char *const text[] = {X, W, "--kind", "sigmoid", NULL};
    static const char *const json[] = {X, W, "--kind", "sigmoid", "--json", NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    cr_assert_eq(run(directory, text), 0);
    char *table = scratch_read(directory, "out");
    cr_assert_eq(run(directory, json), 0);
    char *out = scratch_read(directory, "out");
    json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    const json_t *sigmoid = json_object_get(json_array_get(root, 0), "sigmoid");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const char *whole = rows[r].sign < 0 ? "lower" : "upper";
        const json_t *value =
            rows[r].key == NULL ? json_object_get(sigmoid, whole)
                                : json_object_get(json_object_get(sigmoid, "bounds"), rows[r].key);
        const double computed = json_number_value(value), printed = cell(table, rows[r].row);
        cr_expect(computed > 0.0 && rows[r].sign * (printed - computed) > 0.0 &&
                      fabs(printed - computed) < 1e-5 * computed,
                  "%s: %.17g is printed as %g", rows[r].row + 3, computed, printed);
    }
    json_decref(root);
    free(table);
    free(out);
    scratch_remove(directory);
}

/* Of several samples each has a picture; the shares of the data file are those of the JSON. */
Test(lipschitz, each_sample_has_a_picture_and_its_numbers_beside_it)
{
    static const char *const words[] = {X,        "--x",     "one.npy", W,
                                        "--plot", "out.svg", "--json",  NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    const int code = run(directory, words);
    char *out = scratch_read(directory, "out"), *err = scratch_read(directory, "err");
    char *one = scratch_read(directory, "out-2.dat"),
         *picture = scratch_read(directory, "out-1.svg");
    cr_expect(code == (picture != NULL ? 0 : 3), "%d: %s", code, err);
    cr_assert_not_null(one, "%s", err);
    cr_expect_null(strstr(one, "x.npy"));
    static const char columns[] = "# token share_of_the_worst_direction[1]\n0 ";
    const char *row = strstr(one, columns);
    cr_assert_not_null(row, "%s", one);
    cr_expect_float_eq(strtod(row + strlen(columns), NULL), 1.0, 1e-12, "%s", one);
    json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    cr_expect_eq(json_array_size(root), 2u, "results are there, picture or not");
    json_decref(root);
    free(out);
    free(err);
    free(one);
    free(picture);
    scratch_remove(directory);
}

/* Without gnuplot the results are printed, the data stay, and the last word is one line and exit 3. */
Test(lipschitz, without_gnuplot_results_and_data_stay)
{
    static const char *const words[] = {X, W, "--plot", "out.svg", "--json", NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    cr_assert_eq(setenv("PATH", directory, 1), 0);
    const int code = run(directory, words);
    cr_assert_eq(setenv("PATH", "/usr/bin:/bin", 1), 0);
    char *out = scratch_read(directory, "out"), *err = scratch_read(directory, "err");
    char *data = scratch_read(directory, "out.dat");
    char *end = strchr(err, '\n');
    cr_expect_eq(code, 3, "%s", err);
    cr_expect(end != NULL && end[1] == '\0' && strstr(err, "gnuplot-nox") != NULL, "%s", err);
    cr_expect_not_null(data);
    json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    cr_expect_eq(json_array_size(root), 1u);
    json_decref(root);
    free(out);
    free(err);
    free(data);
    scratch_remove(directory);
}
