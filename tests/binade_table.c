/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/binade_table.h"

#include "reference/judge/activation.h"
#include "reference/judge/arithmetic_text.h"
#include "tests/binade_stand_in.h"
#include "tests/kernel_judge.h"
#include "tests/scratch.h"
#include "tools/measure/binade_model.h"

static const struct binade_stand_in rounded = {.off = 0};

/* A table and its text, which is read. */
static char *print(const struct binade_stand_in *machine)
{
    struct sc_binade_table *const table = binade_table(machine);
    char *const text = sc_binade_table_print(table);

    cr_assert_not_null(text);
    free(table);
    return text;
}

static struct sc_binade_table *parse(const char *text)
{
    struct sc_binade_table *const table = malloc(sizeof *table);
    struct sc_error error = {SC_OK, ""};

    cr_assert_not_null(table);
    cr_assert_eq(sc_binade_table_parse("t", text, table, &error), SC_OK, "%s", error.text);
    return table;
}

Test(binade_table, what_is_printed_is_what_is_read)
{
    char *const text = print(&rounded);
    struct sc_binade_table *const wanted = binade_table(&rounded), *const table = parse(text);
    struct sc_error error = {SC_OK, ""};

    cr_expect_str_eq(table->gpu, "a stand-in");
    cr_expect_str_eq(table->date, "2026-11-24T10:00:00Z");
    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        cr_expect_eq(table->counts[f].arguments, (int64_t)255 << 24);
        for (int32_t bin = 0; bin < SC_BINADES; bin++) {
            cr_assert_arr_eq(table->bins[f][bin].worst, wanted->bins[f][bin].worst,
                             sizeof wanted->bins[f][bin].worst, "function %d, bin %d", f, bin);
        }
    }
    cr_expect_eq(sc_binade_table_confirm(table, &error), SC_OK, "%s", error.text);
    free(table);
    free(wanted);
    free(text);
}

static void expect_refused(const char *text, const char *what)
{
    struct sc_binade_table *const table = malloc(sizeof *table);
    struct sc_error error = {SC_OK, ""};

    cr_assert_not_null(table);
    cr_expect_eq(sc_binade_table_parse("t", text, table, &error), SC_E_INPUT, "%s", what);
    cr_expect(strncmp(error.text, "t:", 2) == 0 && strchr(error.text, '\n') == NULL, "%s: '%s'",
              what, error.text);
    free(table);
}

Test(binade_table, a_torn_file_is_refused_wherever_it_ends)
{
    char *const text = print(&rounded);
    const size_t size = strlen(text);

    for (size_t n = 0; n < size; n = n < 40 || n > size - 40 ? n + 1 : n + 4799) {
        char *const torn = strndup(text, n); /* with nothing behind its end */
        cr_assert_not_null(torn);
        expect_refused(torn, "torn");
        free(torn);
    }
    free(text);
}

/* Replaces the first `from`; the caller frees what it returns. */
static char *replaced(const char *text, const char *from, const char *to)
{
    const char *const at = strstr(text, from);
    char *const result = malloc(strlen(text) + strlen(to) + 1);

    cr_assert(at != NULL && result != NULL, "no '%s'", from);
    (void)sprintf(result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return result;
}

Test(binade_table, a_hostile_file_is_refused_with_a_line)
{
    static const struct {
        const char *from, *to;
    } rows[] = {{"errors 1", "errors 2"},
                {"gpu a", "gpu\ta"},
                {"gpu a stand-in", "gpu "},
                {"gpu", "cpu"},
                {"stand-in", "stand\x01in"},
                {"driver none\n", ""},
                {"counts accurate", "counts fast"},
                {"4278190080", "04278190080"},
                {"4278190080", "-1 "},
                {"4278190080", "99999999999999999999"},
                {"accurate + -127", "accurate - -127"},
                {"accurate + -127", "accurate + -126"},
                {"accurate + -127", "accurate +  -127"},
                {"accurate + 3 4", "accurate + 3 +4"},
                {"accurate + 3 4", "accurate + 3 4\x80"},
                {" - - -\n", " - -\n"},
                {" - - -\n", " - - - \n"},
                {"e-8 ", "e-8x "},
                {"e-8 ", "e-08 "},
                {"e-8 ", "e+999 "},
                {"\nend\n", "\nend\n\n"},
                {"\nend\n", "\nend"},
                {"\nend\n", "\nEnd\n"}};
    char *const text = print(&rounded);

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        char *const hostile = replaced(text, rows[n].from, rows[n].to);
        expect_refused(hostile, rows[n].to);
        free(hostile);
    }
    char *const line = calloc(1, 5000);
    memset(line, 'x', 4999);
    expect_refused(line, "a long line");
    free(line);
    free(text);
}

Test(binade_table, an_error_that_is_not_its_argument_s_is_caught)
{
    struct sc_binade_table *const table = binade_table(&rounded);
    struct sc_error error = {SC_OK, ""};

    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        for (int32_t bin = 100; bin < SC_BINADES; bin += 97) {
            for (int32_t kind = 0; kind < SC_BINADE_ERRORS; kind++) {
                struct sc_binade_worst *const x = &table->bins[f][bin].worst[kind], was = *x;
                if (x->error < 0) {
                    continue;
                }
                x->error = nextafter(was.error, 0);
                cr_expect_eq(sc_binade_table_confirm(table, &error), SC_E_INPUT, "too small");
                x->error = nextafter(was.error, 9);
                cr_expect_eq(sc_binade_table_confirm(table, &error), SC_E_INPUT, "too large");
                *x = was;
                x->value ^= 1u << 22;
                cr_expect_eq(sc_binade_table_confirm(table, &error), SC_E_INPUT, "value");
                *x = was;
                x->at ^= 1u << 23;
                cr_expect_eq(sc_binade_table_confirm(table, &error), SC_E_INPUT, "binade");
                *x = was;
            }
        }
    }
    free(table);
}

/* |y - sigma(s)| of a float beside what binary64 makes of it, which is good to 2^-51. */
Test(binade_table, exact_errors_are_those_of_binary64_and_not_below_them)
{
    static const double arguments[] = {0, 1, -1, 0x1p-149, -17.25, 20.5, -87.0, -100, 88, 1e38};

    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        for (size_t n = 0; n < sizeof arguments / sizeof arguments[0]; n++) {
            const float x = (float)arguments[n];
            const double truth = binade_exact((enum sc_binade_function)f, (double)x);
            const float y = fabs(truth) < 1e38 ? (float)(truth * (1 + 1e-6)) : 0;
            uint32_t at, value;
            double error = -1;
            memcpy(&at, &x, sizeof at);
            memcpy(&value, &y, sizeof value);
            if (!sc_binade_exact_error((enum sc_binade_function)f, SC_BINADE_ABSOLUTE, at, value,
                                       &error)) {
                cr_expect(!(fabs(truth) < 0x1p128), "%d at %a", f, arguments[n]);
                continue;
            }
            cr_expect(fabs(error - fabs((double)y - truth)) <= 0x1p-50 * fabs(truth) + 0x1p-1022,
                      "%d at %a: %a", f, arguments[n], error);
            cr_expect_gt(error, 0, "%d at %a: rounded up", f, arguments[n]);
        }
    }
}

Test(binade_table, a_model_is_above_every_error_and_its_slack)
{
    static const struct binade_stand_in off = {.off = 3e-7};

    for (int32_t f = SC_BINADE_ACCURATE; f <= SC_BINADE_FAST; f++) {
        struct sc_binade_table *const table = binade_table(&off);
        struct sc_activation_error model;
        struct sc_arithmetic_text line;
        struct sc_error error = {SC_OK, ""};
        char text[SC_BINADE_MODEL_BYTES], all[SC_BINADE_MODEL_BYTES + 32];
        cr_assert_eq(sc_binade_model(table, (enum sc_binade_function)f, &model, &error), SC_OK,
                     "%s", error.text);
        for (int32_t bin = 0; bin < SC_BINADES; bin++) {
            for (int32_t kind = 0; kind < SC_BINADE_ERRORS; kind++) {
                const struct sc_binade_worst *const x = &table->bins[f][bin].worst[kind];
                const double size = fabs((double)binade_float(x->at));
                if (x->error >= 0 && kind == SC_BINADE_RELATIVE) {
                    cr_expect_gt(kernel_relative_limit(&model, size) - x->error, 0.999 * 0x1p-50,
                                 "bin %d", bin);
                } else if (x->error >= 0 && kind == SC_BINADE_VANISHING) {
                    cr_expect_gt(model.absolute, x->error, "bin %d", bin);
                }
            }
        }
        cr_expect_lt(model.absolute, 0x1.001p-126);
        cr_expect_lt(model.rows[0].relative, 4e-7);
        sc_binade_model_print(&model, text);
        (void)snprintf(all, sizeof all, "core=h100 %s", text);
        cr_assert_eq(sc_arithmetic_parse(all, &line, &error), SC_OK, "%s", error.text);
        cr_expect_eq(line.table.absolute, model.absolute);
        for (int32_t row = 0; row < SC_ACTIVATION_ROWS; row++) {
            cr_expect(line.table.rows[row].below == model.rows[row].below &&
                          line.table.rows[row].relative == model.rows[row].relative,
                      "row %d", row);
        }
        free(table);
    }
}

Test(binade_table, an_incomplete_table_is_no_model)
{
    struct sc_binade_table *const table = binade_table(&rounded);
    struct sc_binade *const counts = &table->counts[SC_BINADE_ACCURATE];
    struct sc_binade_worst *const worst = table->bins[SC_BINADE_ACCURATE][300].worst;
    struct sc_activation_error model;

    cr_expect_eq(sc_binade_model(table, SC_BINADE_ACCURATE, &model, NULL), SC_OK);
    counts->arguments--;
    cr_expect_eq(sc_binade_model(table, SC_BINADE_ACCURATE, &model, NULL), SC_E_INPUT);
    counts->arguments++;
    counts->nan = 1;
    cr_expect_eq(sc_binade_model(table, SC_BINADE_ACCURATE, &model, NULL), SC_E_INPUT);
    counts->nan = 0;
    worst[SC_BINADE_RELATIVE].error = worst[SC_BINADE_VANISHING].error = -1;
    cr_expect_eq(sc_binade_model(table, SC_BINADE_ACCURATE, &model, NULL), SC_E_INPUT);
    worst[SC_BINADE_RELATIVE].error = 1e300;
    cr_expect_eq(sc_binade_model(table, SC_BINADE_ACCURATE, &model, NULL), SC_E_INPUT);
    free(table);
}

/* The activation that reference/judge/activation.h states as an H100's, beside the table that a GPU left. */
Test(binade_table, the_stated_activation_covers_the_measured_one)
{
    static const char path[] = "kernels/evidence/activation.table";
    struct sc_binade_table *table = NULL;
    struct sc_error error = {SC_OK, ""};

    if (access(path, F_OK) != 0) {
        cr_skip_test("no %s: it is made on a GPU", path);
    }
    cr_assert_eq(sc_binade_table_read(path, &table, &error), SC_OK, "%s", error.text);
    cr_expect_eq(sc_binade_table_confirm(table, &error), SC_OK, "%s", error.text);
    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        const struct sc_activation_error *stated = sc_binade_stated((enum sc_binade_function)f);
        cr_expect_eq(table->counts[f].beyond, 0, "function %d", f);
        for (int32_t bin = 0; bin < SC_BINADES; bin++) {
            const struct sc_binade_worst *const x = table->bins[f][bin].worst;
            const double size = fabs((double)binade_float(x[SC_BINADE_RELATIVE].at));
            cr_expect(x[SC_BINADE_RELATIVE].error <= kernel_relative_limit(stated, size) ||
                          x[SC_BINADE_RELATIVE].error * 0x1p-126 <= stated->absolute,
                      "function %d, bin %d", f, bin);
            cr_expect_leq(x[SC_BINADE_VANISHING].error, stated->absolute, "function %d, bin %d", f,
                          bin);
        }
    }
    free(table);
}
