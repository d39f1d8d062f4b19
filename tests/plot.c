/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/plot/gnuplot.h"
#include "tools/plot/page.h"
#include "tools/plot/sensitivity.h"
#include "tools/plot/worst.h"

#include "tests/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct sc_plot_worst rows[] = {
    {64.0, 2.0, 0x1.921fb54442d18p+1, 4000.0, 1.0, 5.0, NAN},
    {64.0, 1.0, 1.5, 2.0, 0.1, 0.75, NAN},
    {64.0, 3.0, 30.0, 50000.0, 2.0, NAN, NAN},
};

static bool has_gnuplot(void)
{
    return system("gnuplot --version >/dev/null 2>&1") == 0;
}

/* Draws into a directory that is the working directory meanwhile. */
static enum sc_status draw(const char *directory, const char *svg, struct sc_error *error)
{
    char home[SCRATCH_BYTES];

    cr_assert_not_null(getcwd(home, sizeof home));
    cr_assert_eq(chdir(directory), 0);
    const enum sc_status status = sc_plot_worst(svg, rows, 3, error);
    cr_assert_eq(chdir(home), 0);
    return status;
}

/* Every number once, in rising order of R, and exactly; what is not known is '?'. */
Test(plot, data_file_holds_every_number_under_named_columns)
{
    char directory[SCRATCH_BYTES];
    double found[7];

    scratch_create(directory);
    (void)draw(directory, "out.svg", NULL);
    char *data = scratch_read(directory, "out.dat");
    cr_assert_not_null(data);
    const char *names = "\n# n[tokens] R[1] sigmoid_low[1] sigmoid_high[1] softmax_low[1] "
                        "softmax_high[1] limit[1]\n";
    cr_assert_not_null(strstr(data, names), "%s", data);
    const char *line = strstr(data, names) + strlen(names);
    cr_expect_eq(sscanf(line, "%lf %lf %lf %lf %lf %lf %lf", &found[0], &found[1], &found[2],
                        &found[3], &found[4], &found[5], &found[6]),
                 6, "%s", line);
    cr_expect(found[0] == 64.0 && found[1] == 1.0 && found[5] == 0.75, "%s", line);
    line = strchr(line, '\n') + 1;
    cr_expect_eq(sscanf(line, "%lf %lf %lf", &found[0], &found[1], &found[2]), 3);
    cr_expect(found[1] == 2.0 && found[2] == 0x1.921fb54442d18p+1, "%s", line);
    line = strchr(line, '\n') + 1;
    cr_expect_not_null(strstr(line, " 2 ? ?\n"), "%s", line);
    free(data);
    scratch_remove(directory);
}

Test(plot, a_string_for_gnuplot_has_no_byte_that_it_substitutes)
{
    static const struct {
        const char *text, *quoted, *file;
    } table[] = {
        {"a b.svg", "\"a b.svg\"", "\"./a b.svg\""},
        {"say \"x\"", "\"say \\042x\\042\"", "\"./say \\042x\\042\""},
        {"`id`$(id)@x'", "\"\\140id\\140\\044(id)\\100x\\047\"",
         "\"./\\140id\\140\\044(id)\\100x\\047\""},
        {"a\\nb\nc", "\"a\\134nb\\012c\"", "\"./a\\134nb\\012c\""},
        {"<id", "\"<id\"", "\"./<id\""},
    };

    for (size_t n = 0; n < sizeof table / sizeof table[0]; n++) {
        for (int file = 0; file < 2; file++) {
            char *text = NULL;
            size_t size = 0;
            FILE *out = open_memstream(&text, &size);
            if (file != 0) {
                sc_gnuplot_quote_file(out, table[n].text);
            } else {
                sc_gnuplot_quote(out, table[n].text);
            }
            cr_assert_eq(fclose(out), 0);
            cr_expect_str_eq(text, file != 0 ? table[n].file : table[n].quoted);
            free(text);
        }
    }
}

Test(plot, hostile_file_names_are_drawn_and_run_nothing)
{
    static const char *const stems[] = {"plain",
                                        "two words",
                                        "it's",
                                        "say \"hi\"",
                                        "new\nline",
                                        "a\\b",
                                        "`touch hostile`",
                                        "$(touch hostile)",
                                        "<touch hostile",
                                        "|touch hostile",
                                        "\"; system('touch hostile') #",
                                        "-",
                                        "-e",
                                        "~",
                                        "+",
                                        "@x",
                                        "100%",
                                        "na\xc3\xafve"};
    char directory[SCRATCH_BYTES];

    if (!has_gnuplot()) {
        cr_skip_test("no gnuplot");
    }
    scratch_create(directory);
    for (size_t n = 0; n < sizeof stems / sizeof stems[0]; n++) {
        char svg[64];
        struct sc_error error = {SC_OK, ""};
        (void)snprintf(svg, sizeof svg, "%s.svg", stems[n]);
        cr_expect_eq(draw(directory, svg, &error), SC_OK, "'%s': %s", svg, error.text);
        char *picture = scratch_read(directory, svg);
        cr_assert_not_null(picture, "'%s'", svg);
        cr_expect(strncmp(picture, "<?xml", 5) == 0 && strstr(picture, "</svg>") != NULL, "'%s'",
                  svg);
        free(picture);
        cr_expect_eq(scratch_count(directory), 3 * (int)(n + 1), "'%s': %d files", svg,
                     scratch_count(directory));
    }
    cr_expect_null(scratch_read(directory, "hostile"));
    scratch_remove(directory);
}

Test(plot, a_name_that_is_no_picture_is_refused)
{
    static const char *const names[] = {"x.png", ".svg", "here/.svg", "x.svg/", "", "x.svgz"};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(draw(directory, names[n], &error), SC_E_INPUT, "'%s'", names[n]);
        cr_expect_not_null(strstr(error.text, ".svg"), "%s", error.text);
    }
    cr_expect_eq(scratch_count(directory), 0);
    scratch_remove(directory);
}

Test(plot, without_gnuplot_the_data_stay)
{
    char directory[SCRATCH_BYTES];
    struct sc_error error = {SC_OK, ""};

    scratch_create(directory);
    cr_assert_eq(setenv("PATH", directory, 1), 0);
    const enum sc_status status = draw(directory, "there/out.svg", &error);
    cr_assert_eq(setenv("PATH", "/usr/bin:/bin", 1), 0);
    cr_expect_eq(status, SC_E_UNAVAILABLE, "%s", error.text);
    cr_expect_not_null(strstr(error.text, "gnuplot-nox"), "%s", error.text);
    char *data = scratch_read(directory, "there/out.dat");
    char *script = scratch_read(directory, "there/out.gp");
    cr_expect(data != NULL && script != NULL);
    cr_expect_null(scratch_read(directory, "there/out.svg"));
    free(data);
    free(script);
    scratch_remove(directory);
}

/* A gnuplot that writes half a picture and fails. */
Test(plot, a_failed_drawing_leaves_the_older_picture)
{
    static const char fake[] = "#!/bin/sh\n"
                               "f=${3#*./}; printf half >\"${f%?}\"\n"
                               "printf 'first\\nline 3: it broke\\n\\n' >&2; exit 1\n";
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_error error = {SC_OK, ""};

    scratch_create(directory);
    scratch_write(directory, "gnuplot", fake);
    (void)snprintf(path, sizeof path, "%s/gnuplot", directory);
    cr_assert_eq(chmod(path, 0700), 0);
    scratch_write(directory, "out.svg", "older");
    (void)snprintf(path, sizeof path, "%s:/usr/bin:/bin", directory);
    cr_assert_eq(setenv("PATH", path, 1), 0);
    cr_expect_eq(draw(directory, "out.svg", &error), SC_E_IO);
    cr_expect_str_eq(error.text, "plot: gnuplot failed: line 3: it broke");
    char *picture = scratch_read(directory, "out.svg");
    cr_expect_str_eq(picture, "older");
    free(picture);
    cr_expect_eq(scratch_count(directory), 4, "%d files", scratch_count(directory));
    scratch_remove(directory);
}

/* The script of a drawing; the caller frees it. */
static char *script_of(const struct sc_plot_worst *all, int32_t count)
{
    char directory[SCRATCH_BYTES], home[SCRATCH_BYTES];

    scratch_create(directory);
    cr_assert_not_null(getcwd(home, sizeof home));
    cr_assert_eq(chdir(directory), 0);
    (void)sc_plot_worst("out.svg", all, count, NULL);
    cr_assert_eq(chdir(home), 0);
    char *script = scratch_read(directory, "out.gp");
    cr_assert_not_null(script);
    scratch_remove(directory);
    return script;
}

Test(plot, an_axis_is_logarithmic_where_its_values_are_positive_and_far_apart)
{
    static const struct {
        const char *name;
        double low, high;
        bool logarithmic;
    } table[] = {
        {"near", 1.0, 29.0, false},
        {"far", 1.0, 31.0, true},
        {"zero", 0.0, 1e6, false},
        {"negative", -1.0, 1e6, false},
        {"infinite is no value", 1.0, INFINITY, false},
    };

    for (size_t n = 0; n < sizeof table / sizeof table[0]; n++) {
        const struct sc_plot_worst two[] = {{8.0, 1.0, table[n].low, NAN, NAN, NAN, NAN},
                                            {8.0, 2.0, table[n].high, NAN, NAN, NAN, NAN}};
        char *script = script_of(two, 2);
        cr_expect_eq(strstr(script, "\nset logscale y;") != NULL, table[n].logarithmic, "%s",
                     table[n].name);
        cr_expect_null(strstr(script, "softmax"), "a curve without a point: %s", script);
        free(script);
    }
}

Test(plot, worst_cases_go_over_what_varies)
{
    static const struct sc_plot_worst both[] = {{64.0, 1.0, 1.0, 2.0, 1.0, 2.0, 3.0},
                                                {64.0, 2.0, 1.0, 2.0, 1.0, 2.0, 3.0},
                                                {16.0, 1.0, 1.0, 2.0, 1.0, 2.0, 3.0},
                                                {16.0, 2.0, 1.0, 2.0, 1.0, 2.0, 3.0}};
    static const struct sc_plot_worst over_n[] = {{16.0, 2.0, 1.0, 2.0, 1.0, 2.0, 3.0},
                                                  {64.0, 2.0, 1.0, 2.0, 1.0, 2.0, 3.0}};
    char *script = script_of(both, 4);

    cr_expect_not_null(strstr(script, "multiplot layout 1,2"));
    cr_expect(strstr(script, "n = 16 tokens") != NULL && strstr(script, "n = 64 tokens") != NULL &&
                  strstr(script, "n = 16 tokens") < strstr(script, "n = 64 tokens"),
              "%s", script);
    cr_expect_not_null(strstr(script, "index 1 using 2:3 "));
    free(script);
    script = script_of(over_n, 2);
    cr_expect_null(strstr(script, "multiplot"));
    cr_expect_not_null(strstr(script, "index 0 using 1:3 "));
    cr_expect_not_null(strstr(script, "set xlabel \"n, tokens\""));
    cr_expect_not_null(strstr(script, "set logscale x 2"));
    free(script);
}

/* A title is one line of the data file, whatever is in it. */
Test(plot, a_title_with_a_newline_stays_a_comment)
{
    static const double share[] = {0.25, 0.75}, spectrum[] = {3.0, 2.0, 1.0};
    const struct sc_plot_sensitivity one = {share, spectrum, 3};
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];

    scratch_create(directory);
    (void)snprintf(path, sizeof path, "%s/out.svg", directory);
    struct sc_error error = {SC_OK, ""};
    const enum sc_status status = sc_plot_sensitivity(path, "x\n1 2\r3", 2, &one, NULL, &error);
    cr_expect(status == SC_OK || (status == SC_E_UNAVAILABLE && !has_gnuplot()), "%s", error.text);
    char *data = scratch_read(directory, "out.dat");
    cr_assert_not_null(data);
    cr_expect_eq(strncmp(data, "# x?1 2?3\n", 10), 0, "%s", data);
    cr_expect_not_null(strstr(data, "\n0 0.25\n1 0.75\n"), "%s", data);
    cr_expect_not_null(strstr(data, "\n1 3\n2 2\n3 1\n"), "%s", data);
    free(data);
    scratch_remove(directory);
}
