/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/arithmetic_text.h"

#include "reference/judge/activation.h"
#include "reference/judge/arithmetic_model.h"
#include "reference/judge/arithmetic_number.h"
#include "reference/random.h"
#include "spec/format_value.h"
#include "tests/plain.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIST_SIZE(list) ((int32_t)(sizeof(list) / sizeof(list)[0]))

Test(arithmetic_text, lines_are_read_and_written_as_they_mean)
{
    static const struct {
        const char *line, *written;
    } rows[] = {
        {"unknown", "unknown"},
        {"core=h100", "core=h100 score=fused p=input order=declared split=0 parts=1 part=fp32 "
                      "group=joint spread=fused flush=0 truncate=0 activation=limits"},
        {"flush=1 parts=7 core=fma p=fp32 score=separate order=any truncate=1",
         "core=fma score=separate p=fp32 order=any split=0 parts=7 part=fp32 group=joint "
         "spread=fused flush=1 truncate=1 activation=limits"},
        {"core=a100 score=preloaded p=fp16 order=tiled tile=64 terms=8 part=input group=input "
         "spread=products activation=one-term",
         "core=a100 score=preloaded p=fp16 order=tiled tile=64 terms=8 split=0 parts=1 part=input "
         "group=input spread=products flush=0 truncate=0 activation=one-term"},
        {"core=h100 split=64 group=bf16 part=fp16 activation=tanh-h100",
         "core=h100 score=fused p=input order=declared split=64 parts=1 part=fp16 group=bf16 "
         "spread=fused flush=0 truncate=0 activation=tanh-h100"},
        {"core=h100 group=fp32 activation=table:2.77/5.1e-7,inf/2.8e-6+1.2e-38",
         "core=h100 score=fused p=input order=declared split=0 parts=1 part=fp32 group=fp32 "
         "spread=fused flush=0 truncate=0 activation=table:2.77e0/5.1e-7,inf/2.8e-6+1.2e-38"},
        {"core=fma activation=table:0x1p-3/0x1.8p-20,inf/1",
         "core=fma score=fused p=input order=declared split=0 parts=1 part=fp32 group=joint "
         "spread=fused flush=0 truncate=0 "
         "activation=table:1.25e-1/1.430511474609375e-6,inf/1.0e0"},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct sc_arithmetic_text x, again;
        struct sc_error error = {SC_OK, ""};
        char text[SC_ARITHMETIC_TEXT_BYTES], twice[SC_ARITHMETIC_TEXT_BYTES];
        cr_assert_eq(sc_arithmetic_parse(rows[r].line, &x, &error), SC_OK, "%s", error.text);
        sc_arithmetic_print(&x, text);
        cr_expect_str_eq(text, rows[r].written);
        cr_assert_eq(sc_arithmetic_parse(text, &again, &error), SC_OK, "%s", error.text);
        sc_arithmetic_print(&again, twice);
        cr_expect_str_eq(twice, text);
    }
}

Test(arithmetic_text, numbers_are_the_nearest_and_are_written_so_that_they_come_back)
{
    struct sc_random random = {1};
    struct sc_arithmetic_text x;

    cr_assert_eq(
        sc_arithmetic_parse("core=fma activation=table:2.77/5.1e-7,inf/2.8e-6+1.2e-38", &x, NULL),
        SC_OK);
    cr_expect_eq(x.table.rows[0].below, 2.77);
    cr_expect_eq(x.table.rows[0].relative, 5.1e-7);
    cr_expect(isinf(x.table.rows[1].below));
    cr_expect_eq(x.table.rows[1].relative, 2.8e-6);
    cr_expect_eq(x.table.rows[2].below, 0.0);
    cr_expect_eq(x.table.absolute, 1.2e-38);
    for (int32_t n = 0; n < 5000; n++) {
        const double value = fabs(sc_format_from_bits(sc_random_bits(&random)));
        char text[SC_ARITHMETIC_NUMBER_BYTES];
        const char *at = text;
        double again = -1.0;
        if (isfinite(value)) {
            sc_arithmetic_number_write(value, text);
            cr_assert(sc_arithmetic_number_read(&at, &again) && *at == '\0', "%s", text);
            cr_assert_eq(again, value, "%a is written as %s", value, text);
        }
    }
}

Test(arithmetic_text, a_wrong_line_says_where_and_what_was_expected)
{
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"", "arithmetic: byte 0: no token, expected KEY=VALUE between single blanks"},
        {"core=h100  p=bf16",
         "arithmetic: byte 10: no token, expected KEY=VALUE between single blanks"},
        {"core=h100 ", "arithmetic: byte 9: a blank at the end, expected none"},
        {"p=bf16", "arithmetic: no core=, expected core=h100, a100 or fma, or 'unknown'"},
        {"core=h200", "arithmetic: byte 0: 'core=h200', expected one of h100, a100, fma"},
        {"core=h100 core=h100", "arithmetic: byte 10: 'core=h100', expected each key once"},
        {"core",
         "arithmetic: byte 0: 'core', expected KEY=VALUE, KEY one of core, score, p, order, "
         "tile, terms, split, parts, part, group, spread, flush, truncate, activation"},
        {"core=fma order=tiled",
         "arithmetic: order=tiled without a tile, expected tile= from 1 on"},
        {"core=fma tile=4", "arithmetic: tile= or terms=, expected order=tiled with them"},
        {"core=a100 order=tiled tile=16 terms=16",
         "arithmetic: terms=16, expected at most 8 on an a100"},
        {"core=fma split=8", "arithmetic: byte 9: 'split=8', expected a multiple of 16"},
        {"core=fma split=16 parts=2", "arithmetic: split=16 and parts=2, expected one of them"},
        {"core=fma parts=-1",
         "arithmetic: byte 9: 'parts=-1', expected an integer from 0 to 16777216"},
        {"core=fma parts=99999999999",
         "arithmetic: byte 9: 'parts=99999999999', expected an integer from 0 to 16777216"},
        {"core=fma flush=2", "arithmetic: byte 9: 'flush=2', expected an integer from 0 to 1"},
        {"core=fma part=joint",
         "arithmetic: byte 9: 'part=joint', expected one of fp32, bf16, fp16, input"},
        {"core=fma activation=exact",
         "arithmetic: byte 9: 'activation=exact', expected limits, h100, one-term, one-term-h100, "
         "tanh-h100 or table:..."},
        {"core=fma activation=table:3/1,2/1,inf/1",
         "arithmetic: byte 9: 'activation=table:3/1,2/1,inf/1', expected ascending numbers above 0 "
         "at the beginning of rows"},
        {"core=fma activation=table:3/1",
         "arithmetic: byte 9: 'activation=table:3/1', expected inf/RELATIVE as the last row of a "
         "table"},
        {"core=fma activation=table:inf/-1",
         "arithmetic: byte 9: 'activation=table:inf/-1', expected a finite relative error >= 0 in "
         "each row of a table"},
        {"core=fma activation=table:inf/nan",
         "arithmetic: byte 9: 'activation=table:inf/nan', expected a finite relative error >= 0 in "
         "each row of a table"},
        {"core=fma activation=table:inf/1e999",
         "arithmetic: byte 9: 'activation=table:inf/1e999', expected a finite relative error >= 0 "
         "in each row of a table"},
        {"core=fma activation=table:inf/1@2",
         "arithmetic: byte 9: 'activation=table:inf/1@2', expected a finite relative error >= 0 in "
         "each row of a table"},
        {"core=fma activation=table:inf/1x",
         "arithmetic: byte 9: 'activation=table:inf/1x', expected the end of the table, ',' and a "
         "row, or '+' and an error"},
    };

    for (int32_t r = 0; r < LIST_SIZE(rows); r++) {
        struct sc_arithmetic_text x;
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_arithmetic_parse(rows[r].line, &x, &error), SC_E_INPUT, "%s", rows[r].line);
        cr_expect_str_eq(error.text, rows[r].message);
    }
}

Test(arithmetic_text, more_rows_and_longer_lines_than_there_may_be_are_refused)
{
    char line[2 * SC_ARITHMETIC_TEXT_BYTES] = "core=fma activation=table:";
    struct sc_arithmetic_text x;
    struct sc_error error;

    for (int32_t row = 1; row < SC_ACTIVATION_ROWS; row++) {
        (void)snprintf(line + strlen(line), 16, "%d/1,", row);
    }
    (void)strcat(line, "inf/1");
    cr_expect_eq(sc_arithmetic_parse(line, &x, &error), SC_OK, "%s", error.text);
    line[strlen(line) - 5] = '\0';
    (void)strcat(line, "40/1,inf/1");
    cr_expect_eq(sc_arithmetic_parse(line, &x, &error), SC_E_INPUT);
    cr_expect_not_null(strstr(error.text, "at most 32 rows"));
    memset(line, 'a', sizeof line - 1);
    cr_expect_eq(sc_arithmetic_parse(line, &x, &error), SC_E_INPUT);
    cr_expect_not_null(strstr(error.text, "a longer text"));
}

/* Under the sanitizers: whatever the bytes are, they are read to the end or refused. */
Test(arithmetic_text, any_bytes_are_read_or_refused)
{
    static const char *const lines[] = {
        "core=h100 score=fused p=bf16 order=tiled tile=64 terms=16 split=0 parts=1 group=fp32",
        "core=fma activation=table:2.77/5.1e-7,5.5/0x1.8p-20,inf/2.8e-6+1.2e-38 flush=1",
        "unknown"};
    int32_t good = 0, bad = 0;

    for (uint64_t seed = 0; seed < 40000; seed++) {
        struct sc_random random = {seed};
        char line[128], text[SC_ARITHMETIC_TEXT_BYTES];
        struct sc_arithmetic_text x, again;
        struct sc_error error;
        (void)snprintf(line, sizeof line, "%s", lines[seed % 3]);
        for (int32_t n = sc_random_int(&random, 0, 3); n > 0; n--) {
            const int32_t at = sc_random_int(&random, 0, (int32_t)strlen(lines[seed % 3]) - 1);
            line[at] = sc_random_int(&random, 0, 1) == 0 ? lines[1][sc_random_int(&random, 0, 70)]
                                                         : (char)sc_random_int(&random, 0, 255);
        }
        if (sc_arithmetic_parse(line, &x, &error) == SC_OK) {
            sc_arithmetic_print(&x, text);
            cr_assert_eq(sc_arithmetic_parse(text, &again, &error), SC_OK, "%s", error.text);
            good++;
        } else {
            cr_assert_null(strchr(error.text, '\n'));
            bad++;
        }
    }
    cr_expect_gt(good, 1000);
    cr_expect_gt(bad, 1000);
}

Test(arithmetic_text, an_arithmetic_is_resolved_for_the_formats_of_a_problem)
{
    struct sc_problem p = plain_problem(1, 1, 1, 1);
    struct sc_kernel_arithmetic a;
    struct sc_arithmetic_text x;
    struct sc_error error;

    p.format_in = SC_FORMAT_FP16;
    cr_assert_eq(
        sc_arithmetic_parse("core=h100 part=input group=input activation=table:inf/1", &x, NULL),
        SC_OK);
    cr_assert_eq(sc_arithmetic_resolve(&x, &p, &a, NULL), SC_OK);
    cr_expect_eq(a.schedule.format_p, SC_FORMAT_FP16);
    cr_expect_eq(a.part_format, SC_STORED_FP16);
    cr_expect_eq(a.group_format, SC_STORED_FP16);
    cr_expect_eq(a.group, SC_GROUP_HEADS);
    cr_expect_eq(a.activation, &x.table);
    p.format_in = SC_FORMAT_FP32;
    cr_expect_eq(sc_arithmetic_resolve(&x, &p, &a, &error), SC_E_INPUT);
    cr_expect_str_eq(error.text, "arithmetic: core=h100 with fp32 inputs, expected core=fma, or "
                                 "bf16 or fp16");
    p.format_in = SC_FORMAT_BF16;
    cr_assert_eq(sc_arithmetic_parse("core=h100 p=fp16", &x, NULL), SC_OK);
    cr_expect_eq(sc_arithmetic_resolve(&x, &p, &a, &error), SC_E_INPUT);
    cr_assert_eq(sc_arithmetic_parse("unknown", &x, NULL), SC_OK);
    cr_expect_eq(sc_arithmetic_resolve(&x, &p, &a, &error), SC_E_INPUT);
}

Test(arithmetic_text, the_best_and_every_candidate_can_be_on_a_problem_of_its_format)
{
    for (int32_t format = SC_FORMAT_BF16; format <= SC_FORMAT_FP32; format++) {
        struct sc_problem p = plain_problem(1, 1, 1, 1);
        p.format_in = (enum sc_format)format;
        const struct sc_kernel_arithmetic best = sc_arithmetic_best(&p);
        cr_expect_eq(best.schedule.format_p, p.format_in);
        cr_expect_eq(best.schedule.core == SC_CORE_FMA, format == SC_FORMAT_FP32);
        cr_expect_eq(best.activation, &sc_activation_limits);
        for (const char *const *line = sc_arithmetic_candidates(&p); *line != NULL; line++) {
            struct sc_arithmetic_text x;
            struct sc_kernel_arithmetic a;
            struct sc_error error = {SC_OK, ""};
            cr_assert_eq(sc_arithmetic_parse(*line, &x, &error), SC_OK, "%s", error.text);
            cr_expect_eq(sc_arithmetic_resolve(&x, &p, &a, &error), SC_OK, "%s", error.text);
        }
    }
}
