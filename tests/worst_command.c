/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/layer_command.h"
#include "tools/command/command.h"
#include "tools/file/npy.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int run(const char *directory, const char *const *words)
{
    return layer_command(sc_command_worst, directory, words);
}

static void write_matrix(const char *directory, const char *name, double *values, int64_t rows,
                         int64_t columns)
{
    char path[2 * SCRATCH_BYTES];
    const struct sc_tensor tensor = {.type = SC_TENSOR_FP64,
                                     .rank = 2,
                                     .shape = {rows, columns},
                                     .count = rows * columns,
                                     .size_bytes = (size_t)(rows * columns) * sizeof *values,
                                     .data = values};

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    cr_assert_eq(sc_npy_save(path, &tensor, NULL), SC_OK);
}

#define SWEEP "--n", "2,4", "--radius", "0.5,1", "--starts", "1", "--steps", "2"

Test(worst_command, bad_input_is_one_line_and_exit_2)
{
    static const struct {
        const char *word;
        const char *words[CAPTURE_WORDS];
    } rows[] = {
        {"--n", {"--d", "1", "--radius", "1"}},
        {"--radius", {"--d", "1", "--n", "4"}},
        {"--wq", {"--n", "4", "--radius", "1"}},
        {"--wv", {SWEEP, "--wq", "w.npy", "--wk", "w.npy"}},
        {"expected one", {SWEEP, "--d", "2", "--wv", "w.npy"}},
        {"none.npy", {SWEEP, "--wq", "none.npy", "--wk", "w.npy", "--wv", "w.npy"}},
        {"wide.npy", {SWEEP, "--wq", "w.npy", "--wk", "wide.npy", "--wv", "w.npy"}},
        {"W_q", {SWEEP, "--wq", "nan.npy", "--wk", "w.npy", "--wv", "w.npy"}},
        {"--heads", {SWEEP, "--d", "3", "--heads", "2"}},
        {"--heads", {SWEEP, "--wq", "w.npy", "--wk", "w.npy", "--wv", "w.npy", "--heads", "3"}},
        {"--d", {SWEEP, "--d", "0"}},
        {"--n", {"--d", "1", "--radius", "1", "--n", "0"}},
        {"--n", {"--d", "1", "--radius", "1", "--n", "16385"}},
        {"--n", {"--d", "1", "--radius", "1", "--n", "4,x"}},
        {"--radius", {"--d", "1", "--n", "4", "--radius", "-1"}},
        {"--radius", {"--d", "1", "--n", "4", "--radius", "nan"}},
        {"--bias", {SWEEP, "--d", "1", "--bias", "inf"}},
        {"scale", {SWEEP, "--d", "1", "--scale", "0"}},
        {"--seed", {SWEEP, "--d", "1", "--seed", "-1"}},
        {"twice", {SWEEP, "--d", "1", "--d", "2"}},
        {"stray", {SWEEP, "--d", "1", "stray"}},
        {"--nonsense", {SWEEP, "--nonsense"}},
        {"missing", {SWEEP, "--d", "1", "--data", "missing/w.dat"}},
    };
    double w[] = {1.0, 0.0, 0.0, 1.0}, wide[8] = {0.0}, nan[] = {NAN, 0.0, 0.0, 0.0};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    write_matrix(directory, "w.npy", w, 2, 2);
    write_matrix(directory, "wide.npy", wide, 2, 4);
    write_matrix(directory, "nan.npy", nan, 2, 2);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const int code = run(directory, rows[n].words);
        capture_expect_refused(directory, code, n, rows[n].word);
    }
    scratch_remove(directory);
}

static json_t *run_json(const char *directory, const char *const *words)
{
    return layer_command_json(sc_command_worst, directory, words);
}

/* n = 64, R = 1, W = 1: 7.6101195... of proofs/coq/golden.v, but for -log 64 rounded to fp32. */
Test(worst_command, the_golden_value_is_found)
{
    static const char *const words[] = {"--d",      "1", "--n",    "64",        "--radius", "1",
                                        "--starts", "0", "--json", "--sigmoid", NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    json_t *root = run_json(directory, words);
    const json_t *row = json_array_get(root, 0), *sigmoid = json_object_get(row, "sigmoid");
    cr_expect_float_eq(number(sigmoid, "lower"), 7.6101195, 1e-6, "%.17g",
                       number(sigmoid, "lower"));
    cr_expect_float_eq(number(sigmoid, "upper"), 7.6101195, 1e-6, "%.17g",
                       number(sigmoid, "upper"));
    cr_expect_str_eq(json_string_value(json_object_get(sigmoid, "start")), "equal tokens");
    cr_expect_null(json_object_get(row, "softmax"));
    cr_expect_float_eq(number(row, "limit"), 3.0 * exp(1.0), 1e-12);
    json_decref(root);
    scratch_remove(directory);
}

Test(worst_command, weights_of_files_are_those_of_the_identity)
{
    static const char *const words[] = {SWEEP, "--json", "--d", "2", NULL};
    static const char *const files[] = {SWEEP,  "--json", "--wq",    "w.npy", "--wk", "w.npy",
                                        "--wv", "w.npy",  "--scale", "1",     NULL};
    double w[] = {1.0, 0.0, 0.0, 1.0};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    write_matrix(directory, "w.npy", w, 2, 2);
    json_t *one = run_json(directory, words), *other = run_json(directory, files);
    cr_expect(json_equal(one, other));
    cr_expect_eq(json_array_size(one), 4u);
    json_decref(one);
    json_decref(other);
    scratch_remove(directory);
}

/* Comments, then a line for each row with the numbers of the JSON, by radius; two empty lines between radii. */
Test(worst_command, the_data_file_has_what_the_table_has)
{
    static const char *const words[] = {SWEEP, "--json", "--d", "1", "--data", "w.dat", NULL};
    static const char *const keys[] = {"sigmoid", "softmax"};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    scratch_write(directory, "w.dat", "an older table");
    json_t *root = run_json(directory, words);
    char *text = scratch_read(directory, "w.dat"), *at = text;
    while (*at == '#') {
        at = strchr(at, '\n') + 1;
    }
    cr_expect(at > text, "no comments");
    for (size_t r = 0; r < 4; r++) {
        const json_t *row = json_array_get(root, r);
        cr_expect_eq((int)number(row, "tokens"), r % 2 == 0 ? 2 : 4);
        cr_expect_eq(number(row, "radius"), r < 2 ? 0.5 : 1.0);
        cr_expect_eq(strtod(at, &at), number(row, "tokens"));
        cr_expect_eq(strtod(at, &at), number(row, "radius"));
        for (int32_t k = 0; k < 2; k++) {
            const json_t *kind = json_object_get(row, keys[k]);
            cr_expect_eq(strtod(at, &at), number(kind, "lower"), "row %zu, %s", r, keys[k]);
            cr_expect_eq(strtod(at, &at), number(kind, "upper"), "row %zu, %s", r, keys[k]);
            cr_expect(number(kind, "lower") <= number(kind, "upper"));
        }
        cr_expect_eq(strtod(at, &at), number(row, "limit"));
        cr_expect_eq(*at, '\n');
        cr_expect(r != 1 || strncmp(at, "\n\n\n", 3) == 0, "radii are not apart: '%s'", at);
    }
    cr_expect_str_eq(at, "\n");
    free(text);
    json_decref(root);
    scratch_remove(directory);
}

/* The picture needs gnuplot; its numbers are there without. */
Test(worst_command, the_picture_has_the_numbers_of_the_table_beside_it)
{
    static const char *const words[] = {"--d", "1",      "--n",      "4", "--radius",
                                        "1",   "--json", "--starts", "0", "--steps",
                                        "0",   "--plot", "w.svg",    NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    const int code = run(directory, words);
    char *out = scratch_read(directory, "out"), *data = scratch_read(directory, "w.dat");
    char *picture = scratch_read(directory, "w.svg");
    cr_expect_eq(code, picture != NULL ? 0 : 3);
    cr_expect(picture == NULL || strstr(picture, "<svg") != NULL);
    json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    const json_t *row = json_array_get(root, 0);
    const json_t *sigmoid = json_object_get(row, "sigmoid"),
                 *softmax = json_object_get(row, "softmax");
    const char *start = data == NULL ? NULL : strstr(data, "limit[1]\n");
    cr_assert_not_null(start, "%s", data);
    char *at = strchr(start, '\n');
    const double expected[] = {4.0,
                               1.0,
                               number(sigmoid, "lower"),
                               number(sigmoid, "upper"),
                               number(softmax, "lower"),
                               number(softmax, "upper"),
                               number(row, "limit")};
    for (size_t n = 0; n < sizeof expected / sizeof expected[0]; n++) {
        cr_expect_eq(strtod(at, &at), expected[n], "column %zu, expected %.17g", n + 1,
                     expected[n]);
    }
    json_decref(root);
    free(out);
    free(data);
    free(picture);
    scratch_remove(directory);
}

/* With a bias that does not fall with n there is no limit; what is not asked for does not apply. */
Test(worst_command, what_does_not_apply_is_no_number)
{
    static const char *const words[] = {SWEEP,       "--d",    "1",     "--bias", "0",
                                        "--softmax", "--data", "w.dat", NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    cr_expect_eq(run(directory, words), 0);
    char *data = scratch_read(directory, "w.dat"), *out = scratch_read(directory, "out");
    cr_expect_not_null(strstr(data, "\n2 0.5 NaN NaN "), "%s", data);
    cr_expect_not_null(strstr(data, " NaN\n4 "), "%s", data);
    cr_expect(strstr(out, "nan") == NULL && strstr(out, "inf") == NULL, "%s", out);
    cr_expect_not_null(strstr(out, "at most"), "%s", out);
    free(data);
    free(out);
    scratch_remove(directory);
}
