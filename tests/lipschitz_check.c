/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/random.h"
#include "tests/lipschitz_run.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* `lipschitz --certificate` and `--check` from one end to the other. */

#define HEADS  2
#define D      2
#define WIDTH  3
#define TOKENS 5

static void fill(struct sc_random *random, double *values, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        values[n] = sc_random_normal(random);
    }
}

static void write_drawn(const char *directory, struct sc_random *random, const char *name,
                        const char *shape, size_t count)
{
    double values[4 * TOKENS * WIDTH];

    fill(random, values, count);
    write_npy(directory, name, shape, values, count);
}

/* Files of a layer with everything, in a directory of their own below. */
static void create(char directory[SCRATCH_BYTES])
{
    struct sc_random random = {3};
    char path[2 * SCRATCH_BYTES];

    scratch_create(directory);
    (void)snprintf(path, sizeof path, "mkdir '%s/in' '%s/away'", directory, directory);
    cr_assert_eq(system(path), 0);
    write_drawn(directory, &random, "in/x.npy", "(5, 3)", TOKENS * WIDTH);
    write_drawn(directory, &random, "in/batch.npy", "(2, 4, 3)", 8 * WIDTH);
    write_drawn(directory, &random, "in/q.npy", "(4, 3)", HEADS * D * WIDTH);
    write_drawn(directory, &random, "in/k.npy", "(4, 3)", HEADS * D * WIDTH);
    write_drawn(directory, &random, "in/v.npy", "(4, 3)", HEADS * D * WIDTH);
    write_drawn(directory, &random, "in/o.npy", "(2, 4)", 2 * HEADS * D);
    write_drawn(directory, &random, "in/b.npy", "(4,)", HEADS * D);
    write_drawn(directory, &random, "in/gain.npy", "(2,)", D);
}

#define LAYER                                                                                      \
    "--heads", "2", "--wq", "in/q.npy", "--wk", "in/k.npy", "--wv", "in/v.npy", "--certificate",   \
        "c.json"

static void find(const char *directory, const char *const *words)
{
    const int code = run(directory, words);
    char *err = scratch_read(directory, "err");

    cr_assert_eq(code, 0, "%s", err);
    free(err);
}

static const char *const plain[] = {"--x", "in/x.npy", "--x", "in/batch.npy", LAYER, NULL};
static const char *const check[] = {"--check", "c.json", NULL};

/* Checks c.json: the exit code, a word of stdout, and a word of the one line of stderr. */
static void expect(const char *directory, const char *const *words, int expected, const char *word,
                   const char *line)
{
    const int code = run(directory, words);
    char *out = scratch_read(directory, "out"), *err = scratch_read(directory, "err");
    char *end = strchr(err, '\n');

    cr_expect_eq(code, expected, "%d, expected %d: '%s' '%s'", code, expected, out, err);
    cr_expect_not_null(strstr(out, word), "no '%s': '%s'", word, out);
    cr_expect(line == NULL ? err[0] == '\0'
                           : end != NULL && end[1] == '\0' && strstr(err, line) != NULL,
              "'%s'", err);
    free(out);
    free(err);
}

Test(lipschitz_check, certificates_of_layers_of_every_kind_are_confirmed)
{
    static const char *const layers[][24] = {
        {"--causal", "--bias", "-1"},
        {"--window", "1,2", "--bias-head", "0.5,-2", "--alibi", "0.25,0.5"},
        {"--rope", "10", "--scale", "0.75"},
        {"--qk-norm", "rms", "--gain-q", "in/gain.npy", "--epsilon", "0.01"},
        {"--qk-norm", "layer", "--gain-k", "in/gain.npy", "--rope", "100", "--causal"},
        {"--bq", "in/b.npy", "--bk", "in/b.npy", "--bv", "in/b.npy", "--wo", "in/o.npy"},
    };
    char directory[SCRATCH_BYTES];

    create(directory);
    for (size_t n = 0; n < sizeof layers / sizeof layers[0]; n++) {
        const char *words[WORDS] = {"--x", "in/x.npy", "--x", "in/batch.npy", LAYER};
        size_t used = 0;
        while (words[used] != NULL) {
            used++;
        }
        for (size_t w = 0; layers[n][w] != NULL; w++) {
            words[used++] = layers[n][w];
        }
        find(directory, words);
        expect(directory, check, 0, "12 claims confirmed, 0 refuted, 0 not confirmed", NULL);
    }
    scratch_remove(directory);
}

/* A number of the certificate's first sample: it is multiplied, or replaced where `value` is not 0. What it was. */
static double change_claim(const char *directory, const char *kind, bool upper, double factor,
                           double value)
{
    char path[2 * SCRATCH_BYTES], text[64];

    (void)snprintf(path, sizeof path, "%s/c.json", directory);
    json_t *root = json_load_file(path, 0, NULL);
    json_t *claim = json_object_get(json_array_get(json_object_get(root, "samples"), 0), kind);
    json_t *place = upper ? json_object_get(claim, "upper") : claim;
    const char *key = upper ? "value" : "lower";
    cr_assert_not_null(place);
    const double was = strtod(json_string_value(json_object_get(place, key)), NULL);
    value = value != 0.0 ? value : factor * was;
    (void)snprintf(text, sizeof text, "%a", value);
    (void)json_object_set_new(place, key, json_string(text));
    if (upper) {
        (void)snprintf(text, sizeof text, "%a", nextafter(value * value, 0.0));
        (void)json_object_set_new(place, "shift", json_string(text));
    }
    cr_assert_eq(json_dump_file(root, path, 0), 0);
    json_decref(root);
    return was;
}

static double scale_claim(const char *directory, const char *kind, bool upper, double factor)
{
    return change_claim(directory, kind, upper, factor, 0.0);
}

Test(lipschitz_check, a_claim_moved_by_a_millionth_is_refuted)
{
    static const struct {
        const char *kind;
        bool upper;
        double factor;
        const char *word;
    } rows[] = {
        {"sigmoid", false, 1.0 + 1e-6, "sigmoid  lower claim"},
        {"softmax", false, 1.0 + 1e-6, "softmax  lower claim"},
        {"sigmoid", true, 1.0 - 1e-6, "sigmoid  upper claim"},
        {"softmax", true, 1.0 - 1e-6, "softmax  upper claim"},
        {"softmax", true, 0.0, "softmax  upper claim"},
    };
    char directory[SCRATCH_BYTES];

    create(directory);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        find(directory, plain);
        (void)scale_claim(directory, rows[n].kind, rows[n].upper, rows[n].factor);
        expect(directory, check, 1, "11 claims confirmed, 1 refuted", NULL);
        expect(directory, check, 1, rows[n].word, NULL);
        expect(directory, check, 1, "REFUTED", NULL);
    }
    scratch_remove(directory);
}

/* Another direction attains less; Lanczos stopped at once, a claim between is refuted by the checker's own direction. */
Test(lipschitz_check, a_vector_or_a_norm_that_is_wrong_is_refuted)
{
    static const char *const once[] = {"--x", "in/x.npy", "--steps", "1", LAYER, NULL};
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES], text[200];

    create(directory);
    (void)snprintf(path, sizeof path, "%s/c.json", directory);
    find(directory, plain);
    json_t *root = json_load_file(path, 0, NULL);
    json_t *claim = json_object_get(json_array_get(json_object_get(root, "samples"), 0), "sigmoid");
    (void)snprintf(text, sizeof text, "%s", json_string_value(json_object_get(claim, "vector")));
    text[7] = text[7] == 'A' ? 'B' : 'A';
    text[8] = text[8] == 'A' ? 'B' : 'A';
    text[9] = text[9] == 'A' ? 'B' : 'A';
    (void)json_object_set_new(claim, "vector", json_string(text));
    cr_assert_eq(json_dump_file(root, path, 0), 0);
    json_decref(root);
    expect(directory, check, 1, "the stored direction attains at most", NULL);
    const double high = scale_claim(directory, "sigmoid", true, 1.0);
    find(directory, once);
    expect(directory, check, 0, "4 claims confirmed", NULL);
    (void)change_claim(directory, "sigmoid", true, 0.0, high * (1.0 - 1e-6));
    expect(directory, check, 1, "3 claims confirmed, 1 refuted", NULL);
    expect(directory, check, 1, "REFUTED: a direction attains", NULL);
    scratch_remove(directory);
}

Test(lipschitz_check, inputs_that_are_not_the_certified_ones_falsify)
{
    static const char *const names[] = {"in/q.npy", "in/k.npy", "in/v.npy", "in/x.npy",
                                        "in/batch.npy"};
    static const char *const shapes[] = {"(4, 3)", "(4, 3)", "(4, 3)", "(5, 3)", "(2, 4, 3)"};
    static const size_t counts[] = {12, 12, 12, 15, 24};
    char directory[SCRATCH_BYTES];

    create(directory);
    find(directory, plain);
    for (size_t n = 0; n < 5; n++) {
        struct sc_random random = {50 + n};
        write_drawn(directory, &random, names[n], shapes[n], counts[n]);
        expect(directory, check, 1, "SHA-256", NULL);
        expect(directory, check, 1, names[n], NULL);
        scratch_remove(directory);
        create(directory);
        find(directory, plain);
    }
    write_drawn(directory, &(struct sc_random){3}, "in/q.npy", "(3, 4)", 12);
    expect(directory, check, 1, "another shape", NULL);
    scratch_write(directory, "in/q.npy", "not a tensor");
    expect(directory, check, 2, "", "in/q.npy");
    scratch_remove(directory);
}

Test(lipschitz_check, what_is_not_checked_is_not_confirmed)
{
    static const char *const small[] = {"--check", "c.json", "--exact-max", "9", NULL};
    static const char *const memory[] = {"--x", "in/x.npy", "--exact-max", "0", LAYER, NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    find(directory, plain);
    expect(directory, small, 3, "6 claims confirmed, 0 refuted, 6 not confirmed", NULL);
    expect(directory, small, 3, "upper claim", NULL);
    expect(directory, small, 3, "not re-checked: 15 rows", NULL);
    (void)scale_claim(directory, "sigmoid", false, 1.001); /* a false claim counts for more */
    expect(directory, small, 1, "1 refuted, 6 not confirmed", NULL);
    find(directory, memory); /* without upper claims nothing is left to check */
    expect(directory, check, 0, "2 claims confirmed, 0 refuted, 0 not confirmed", NULL);
    scratch_remove(directory);
}

Test(lipschitz_check, inputs_are_found_where_they_are)
{
    static const char *const beside[] = {"--check", "in/c.json", NULL};
    static const char *const there[] = {"--check", "c.json", "--inputs-from", "away", NULL};
    static const char *const nowhere[] = {"--check", "c.json", "--inputs-from", "none", NULL};
    char directory[SCRATCH_BYTES], text[4 * SCRATCH_BYTES];

    create(directory);
    find(directory, plain);
    (void)snprintf(text, sizeof text, "cd '%s' && mv in away/ && mkdir in && cp c.json away/",
                   directory);
    cr_assert_eq(system(text), 0);
    expect(directory, check, 2, "", "in/q.npy");
    expect(directory, nowhere, 2, "", "none/");
    expect(directory, there, 0, "12 claims", NULL);
    (void)snprintf(text, sizeof text, "cd '%s' && mv away/in/*.npy away/ && rmdir away/in",
                   directory);
    cr_assert_eq(system(text), 0);
    expect(directory, there, 0, "12 claims", NULL); /* without the directories of the name */
    (void)snprintf(text, sizeof text,
                   "cd '%s' && mv c.json in/ && mkdir in/in && mv away/*.npy in/in/", directory);
    cr_assert_eq(system(text), 0);
    expect(directory, beside, 0, "12 claims", NULL); /* beside the certificate */
    scratch_remove(directory);
}

Test(lipschitz_check, bad_input_is_one_line_and_exit_2)
{
    static const struct {
        const char *word;
        const char *words[WORDS];
    } rows[] = {
        {"none.json", {"--check", "none.json"}},
        {"junk.json", {"--check", "junk.json"}},
        {"cut.json", {"--check", "cut.json"}},
        {"--x", {"--check", "c.json", "--x", "in/x.npy"}},
        {"--wq", {"--check", "c.json", "--wq", "in/q.npy"}},
        {"--causal", {"--check", "c.json", "--causal"}},
        {"--json", {"--check", "c.json", "--json"}},
        {"--certificate", {"--check", "c.json", "--certificate", "d.json"}},
        {"--exact-max", {"--check", "c.json", "--exact-max", "many"}},
        {"--inputs-from", {"--x", "in/x.npy", "--inputs-from", "in", LAYER}},
        {"no-directory",
         {"--x", "in/x.npy", "--heads", "2", "--wq", "in/q.npy", "--wk", "in/k.npy", "--wv",
          "in/v.npy", "--certificate", "no-directory/c.json"}},
    };
    char directory[SCRATCH_BYTES];

    create(directory);
    find(directory, plain);
    char *text = scratch_read(directory, "c.json");
    text[strlen(text) / 2] = '\0';
    scratch_write(directory, "cut.json", text);
    scratch_write(directory, "junk.json", "{\"format\": \"something\"}");
    free(text);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        expect(directory, rows[n].words, 2, "", rows[n].word);
    }
    scratch_remove(directory);
}
