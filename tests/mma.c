/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_run.h"

#include "spec/format_value.h"
#include "tests/capture.h"
#include "tests/tensorcore_model.h"
#include "tools/measure/mma_command.h"
#include "tools/report/read.h"

#include <math.h>

#define EACH 16 /* tiles of a group */

/* A machine that computes by rules, in exact integers; `late`: from that step of a tile on it is off by a bit. */
struct stand_in {
    struct model_rules rules;
    bool minus_zero; /* a negative sum that underflows leaves -0 */
    int32_t late;    /* 0: never */
    int32_t calls;
    int32_t fails_at; /* call that fails; 0: none */
};

static uint32_t answer(const struct stand_in *my, enum sc_format format, const uint16_t *a,
                       const uint16_t *b, uint32_t c)
{
    const uint32_t sum = model_step(format, a, b, c, SC_MMA_TERMS, my->rules);
    double plain = 0.0;

    if (!my->minus_zero || sum != 0) {
        return sum;
    }
    for (int32_t t = 0; t < SC_MMA_TERMS; t++) {
        plain += sc_format_decode(format, a[t]) * sc_format_decode(format, b[t]);
    }
    return plain < 0.0 && c << 1 == 0 ? 0x80000000u : sum;
}

static enum sc_status multiply(void *context, const struct sc_mma_batch *x, struct sc_error *error)
{
    struct stand_in *const my = context;

    if (++my->calls == my->fails_at) {
        return sc_fail(error, SC_E_UNAVAILABLE, "stand-in: it stopped");
    }
    for (int32_t slot = 0; slot < x->tiles * x->steps; slot++) {
        const int32_t step = slot % x->steps;
        const uint32_t *const before =
            step == 0 ? x->c + slot / x->steps * SC_MMA_C : x->d + (slot - 1) * SC_MMA_C;
        for (int32_t n = 0; n < SC_MMA_C; n++) {
            const uint16_t *const a = x->a + slot * SC_MMA_A + n / SC_MMA_COLUMNS * SC_MMA_TERMS;
            const uint16_t *const b = x->b + slot * SC_MMA_B + n % SC_MMA_COLUMNS * SC_MMA_TERMS;
            x->d[slot * SC_MMA_C + n] = answer(my, x->format, a, b, before[n]) ^
                                        (my->late > 0 && step >= my->late ? 1u : 0);
        }
    }
    return SC_OK;
}

static const struct sc_mma_plan plan = {.seed = 5, .tiles = EACH, .threads = 2};

static void run(struct stand_in *my, struct sc_mma_result *result)
{
    const struct sc_mma_machine machine = {multiply, my, 64};
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_mma_run(&plan, &machine, result, &error), SC_OK, "%s", error.text);
}

/* Mismatches of a category, both formats. */
static int64_t found(const struct sc_mma_result *result, enum sc_mma_category category)
{
    return result->groups[2 * category].mismatches + result->groups[2 * category + 1].mismatches;
}

Test(mma, an_honest_machine_has_no_mismatch, .timeout = 120)
{
    struct stand_in honest = {.rules = model_h100};
    struct sc_mma_result result;

    run(&honest, &result);
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        const struct sc_mma_tally *const tally = &result.groups[group];
        const int32_t steps = sc_mma_category_steps(sc_mma_group_category(group));
        cr_expect_eq(tally->mismatches, 0, "group %d", group);
        cr_expect_eq(tally->tiles, EACH, "group %d", group);
        cr_expect_eq(tally->outputs, (int64_t)EACH * steps * SC_MMA_C, "group %d", group);
    }
    sc_mma_result_destroy(&result);
}

Test(mma, every_other_rule_is_seen_in_the_categories_aimed_at_it, .timeout = 300)
{
    static const struct {
        const char *name;
        struct stand_in machine;
        enum sc_mma_category in[5]; /* up to a repeated one */
        enum sc_mma_category not_in[3];
    } rows[] = {
        {"one bit less is kept beside the largest product",
         {.rules = {24, -133, false, false}},
         {SC_MMA_CANCELLING, SC_MMA_ALIGNMENT, SC_MMA_MIXED, SC_MMA_CHAINED, SC_MMA_NORMAL},
         {SC_MMA_CATEGORIES, SC_MMA_CATEGORIES, SC_MMA_CATEGORIES}},
        {"one bit more",
         {.rules = {26, -133, false, false}},
         {SC_MMA_CANCELLING, SC_MMA_ALIGNMENT, SC_MMA_MIXED, SC_MMA_CHAINED, SC_MMA_NORMAL},
         {SC_MMA_CATEGORIES, SC_MMA_CATEGORIES, SC_MMA_CATEGORIES}},
        {"terms are rounded down",
         {.rules = {25, -133, true, false}},
         {SC_MMA_CANCELLING, SC_MMA_ALIGNMENT, SC_MMA_MIXED, SC_MMA_HUGE, SC_MMA_WIDE},
         {SC_MMA_CATEGORIES, SC_MMA_CATEGORIES, SC_MMA_CATEGORIES}},
        {"the sum is rounded to nearest",
         {.rules = {25, -133, false, true}},
         {SC_MMA_NORMAL, SC_MMA_MIXED, SC_MMA_WIDE, SC_MMA_ZEROS, SC_MMA_OVERFLOW},
         {SC_MMA_CATEGORIES, SC_MMA_CATEGORIES, SC_MMA_CATEGORIES}},
        {"no floor below the least normal number",
         {.rules = {25, -200, false, false}},
         {SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY},
         {SC_MMA_NORMAL, SC_MMA_OVERFLOW, SC_MMA_MIXED}},
        {"a floor one higher",
         {.rules = {25, -132, false, false}},
         {SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY},
         {SC_MMA_NORMAL, SC_MMA_OVERFLOW, SC_MMA_MIXED}},
        {"-0 where a negative sum underflows",
         {.rules = {25, -133, false, false}, .minus_zero = true},
         {SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY, SC_MMA_TINY},
         {SC_MMA_NORMAL, SC_MMA_OVERFLOW, SC_MMA_MIXED}},
        {"off by a bit from the third step on",
         {.rules = {25, -133, false, false}, .late = 2},
         {SC_MMA_CHAINED, SC_MMA_CHAINED, SC_MMA_CHAINED, SC_MMA_CHAINED, SC_MMA_CHAINED},
         {SC_MMA_NORMAL, SC_MMA_TINY, SC_MMA_SPECIAL}},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct stand_in machine = rows[r].machine;
        struct sc_mma_result result;
        run(&machine, &result);
        for (int32_t n = 0; n < 5; n++) {
            cr_expect_gt(found(&result, rows[r].in[n]), 0, "%s: not seen in %s", rows[r].name,
                         sc_mma_category_name(rows[r].in[n]));
        }
        for (int32_t n = 0; n < 3 && rows[r].not_in[n] < SC_MMA_CATEGORIES; n++) {
            cr_expect_eq(found(&result, rows[r].not_in[n]), 0, "%s: seen in %s", rows[r].name,
                         sc_mma_category_name(rows[r].not_in[n]));
        }
        sc_mma_result_destroy(&result);
    }
}

Test(mma, a_difference_in_a_chain_is_counted_at_its_step_alone)
{
    struct stand_in machine = {.rules = model_h100, .late = SC_MMA_STEPS_MAX - 1};
    struct sc_mma_result result;

    run(&machine, &result);
    for (int32_t bf16 = 0; bf16 < 2; bf16++) {
        const struct sc_mma_tally *const tally = &result.groups[2 * SC_MMA_CHAINED + bf16];
        cr_expect_eq(tally->mismatches, EACH * SC_MMA_C);
        cr_expect_eq(tally->kept, SC_MMA_KEPT);
        cr_expect_eq(tally->first[0].step, SC_MMA_STEPS_MAX - 1);
    }
    sc_mma_result_destroy(&result);
}

/* The kernel itself, on the emulator: that its fragments are those of the instruction. */
Test(mma, the_kernel_multiplies_on_the_emulator, .timeout = 300)
{
    struct sc_mma_machine machine;
    struct sc_mma_result result;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_mma_machine_create(48, &machine, &error), SC_OK, "%s", error.text);
    cr_assert_eq(sc_mma_run(&plan, &machine, &result, &error), SC_OK, "%s", error.text);
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        cr_expect_eq(result.groups[group].mismatches, 0, "group %d", group);
        cr_expect_eq(result.groups[group].tiles, EACH, "group %d", group);
    }
    sc_mma_result_destroy(&result);
    sc_mma_machine_destroy(&machine);
}

/* Tiles of a group, drawn in batches of `batch`. */
static void draw(enum sc_mma_category category, enum sc_format format, uint64_t seed, int32_t batch,
                 uint16_t *a, uint16_t *b, uint32_t *c)
{
    const int32_t steps = sc_mma_category_steps(category);

    for (int32_t first = 0; first < 6; first += batch) {
        struct sc_mma_batch x = {format,
                                 batch,
                                 steps,
                                 a + first * steps * SC_MMA_A,
                                 b + first * steps * SC_MMA_B,
                                 c + first * SC_MMA_C,
                                 NULL};
        sc_mma_draw(category, seed, first, &x);
    }
}

Test(mma, a_tile_depends_on_its_number_alone)
{
    enum { A = 6 * SC_MMA_STEPS_MAX * SC_MMA_A, B = A / 2, C = 6 * SC_MMA_C };
    static uint16_t a[3][A], b[3][B];
    static uint32_t c[3][C];

    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        const enum sc_mma_category category = sc_mma_group_category(group);
        const enum sc_format format = sc_mma_group_format(group);
        draw(category, format, 7, 6, a[0], b[0], c[0]);
        draw(category, format, 7, 2, a[1], b[1], c[1]);
        draw(category, format, 8, 6, a[2], b[2], c[2]);
        cr_expect_arr_eq(a[0], a[1], sizeof a[0], "group %d", group);
        cr_expect_arr_eq(b[0], b[1], sizeof b[0], "group %d", group);
        cr_expect_arr_eq(c[0], c[1], sizeof c[0], "group %d", group);
        cr_expect_neq(memcmp(b[0], b[2], sizeof b[0]), 0, "group %d: the seed", group);
        cr_expect_neq(memcmp(b[0], b[0] + SC_MMA_B, SC_MMA_B), 0, "group %d: tiles", group);
    }
}

Test(mma, lines_of_mismatches_are_read_back)
{
    struct stand_in machine = {.rules = {24, -133, false, false}};
    struct sc_mma_result result;
    struct sc_error error;
    int32_t read = 0;

    run(&machine, &result);
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        for (int32_t n = 0; n < result.groups[group].kept; n++, read++) {
            const struct sc_mma_mismatch *const x = &result.groups[group].first[n];
            struct sc_mma_mismatch y;
            char line[SC_MMA_LINE_BYTES];
            sc_mma_mismatch_print(x, line);
            cr_assert_eq(sc_mma_mismatch_parse(line, &y, &error), SC_OK, "%s", error.text);
            cr_expect_eq(y.tile, x->tile);
            cr_expect_arr_eq(y.a, x->a, sizeof y.a);
            cr_expect_arr_eq(y.b, x->b, sizeof y.b);
            cr_expect(y.c == x->c && y.found == x->found && y.model == x->model, "%s", line);
            cr_expect(sc_mma_mismatch_holds(&y), "%s", line);
            y.found = y.model;
            cr_expect_not(sc_mma_mismatch_holds(&y));
            for (char *at = line; *at != '\0'; at++) { /* each byte is one that counts */
                const char was = *at;
                *at = '?';
                cr_expect_eq(sc_mma_mismatch_parse(line, &y, &error), SC_E_INPUT, "%s", line);
                *at = was;
            }
        }
    }
    cr_expect_gt(read, SC_MMA_KEPT);
    sc_mma_result_destroy(&result);
}

static uint32_t get(const unsigned char **at, int32_t bytes)
{
    uint32_t value = 0;

    for (int32_t n = 0; n < bytes; n++) {
        value |= (uint32_t) * (*at)++ << 8 * n;
    }
    return value;
}

Test(mma, the_record_is_what_the_machine_answered)
{
    struct stand_in machine = {.rules = model_h100};
    struct sc_mma_result result;
    const unsigned char *at;

    run(&machine, &result);
    at = result.record;
    for (int32_t group = 0; group < SC_MMA_GROUPS; group++) {
        const enum sc_format format = sc_mma_group_format(group);
        cr_assert_eq(get(&at, 4), 0x314d4d41u);
        cr_assert_eq(get(&at, 4), format == SC_FORMAT_BF16 ? 1u : 0u);
        cr_assert_eq(get(&at, 4), (uint32_t)sc_mma_group_category(group));
        for (uint32_t tiles = get(&at, 4); tiles > 0; tiles--) {
            uint16_t a[SC_MMA_A], b[SC_MMA_B];
            uint32_t c[SC_MMA_C];
            for (int32_t n = 0; n < SC_MMA_A; n++) {
                a[n] = (uint16_t)get(&at, 2);
            }
            for (int32_t n = 0; n < SC_MMA_B; n++) {
                b[n] = (uint16_t)get(&at, 2);
            }
            for (int32_t n = 0; n < SC_MMA_C; n++) {
                c[n] = get(&at, 4);
            }
            for (int32_t n = 0; n < SC_MMA_C; n++) {
                cr_assert_eq(get(&at, 4),
                             model_add(SC_CORE_H100, format, a + n / SC_MMA_COLUMNS * SC_MMA_TERMS,
                                       b + n % SC_MMA_COLUMNS * SC_MMA_TERMS, c[n]),
                             "group %d", group);
            }
        }
    }
    cr_expect_eq((size_t)(at - result.record), result.record_bytes);
    sc_mma_result_destroy(&result);
}

static struct stand_in opened;

static enum sc_status open_stand_in(int32_t slots, struct sc_mma_machine *machine,
                                    struct sc_error *error)
{
    (void)error;
    *machine = (struct sc_mma_machine){multiply, &opened, slots};
    return SC_OK;
}

static enum sc_status open_nothing(int32_t slots, struct sc_mma_machine *machine,
                                   struct sc_error *error)
{
    (void)slots;
    (void)machine;
    return sc_fail(error, SC_E_UNAVAILABLE, "device: no GPU");
}

static void close_stand_in(struct sc_mma_machine *machine)
{
    machine->context = NULL;
}

static const struct sc_mma_opener stand_in = {open_stand_in, close_stand_in};
static const struct sc_mma_opener nothing = {open_nothing, close_stand_in};

static int command(int argc, char **argv)
{
    return sc_mma_command(argc, argv, &stand_in);
}

static int command_without(int argc, char **argv)
{
    return sc_mma_command(argc, argv, &nothing);
}

#define SMALL "--tiles", "384", "--threads", "2", "--evidence", "e"

static struct sc_read_evidence *read_evidence(const char *directory)
{
    char path[2 * SCRATCH_BYTES];
    struct sc_read_evidence *read = NULL;
    struct sc_error error;

    (void)snprintf(path, sizeof path, "%s/e/gpu-tensor.json", directory);
    cr_assert_eq(sc_read_create(path, &read, &error), SC_OK, "%s", error.text);
    return read;
}

Test(mma, evidence_says_what_was_found, .timeout = 120)
{
    static const char *const words[] = {SMALL, "--record", "mma.bin", NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    for (int32_t flawed = 0; flawed < 2; flawed++) {
        opened = (struct stand_in){.rules = flawed == 0 ? model_h100 : model_a100};
        cr_expect_eq(capture(directory, command, "tensor", words), flawed);
        struct sc_read_evidence *const read = read_evidence(directory);
        char *lines = scratch_read(directory, "e/gpu-tensor-mismatches.txt");
        struct sc_mma_mismatch mismatch;
        cr_assert_eq(read->n_checks, SC_MMA_GROUPS);
        cr_expect_str_eq(read->command, "make gpu-verify");
        cr_assert_eq(read->n_figures, 2);
        cr_expect_str_eq(read->figures[0].name, "gpu.tensor_core.cases");
        cr_expect_eq(read->figures[0].value, 384);
        cr_expect_str_eq(read->figures[1].name, "gpu.tensor_core.mismatches");
        cr_expect_eq(read->figures[1].value > 0, flawed == 1);
        cr_assert_not_null(lines);
        cr_expect_eq(lines[0] != '\0', flawed == 1);
        for (char *line = strtok(lines, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            cr_expect_eq(sc_mma_mismatch_parse(line, &mismatch, NULL), SC_OK, "%s", line);
        }
        free(lines);
        sc_read_destroy(read);
    }
    cr_expect_eq(scratch_count(directory), 4); /* e, mma.bin, out, err */
    scratch_remove(directory);
}

Test(mma, without_a_gpu_there_is_one_line_and_no_evidence)
{
    static const char *const words[] = {SMALL, NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    cr_expect_eq(capture(directory, command_without, "tensor", words), 3);
    char *err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "device: no GPU\n");
    free(err);
    cr_expect_null(scratch_read(directory, "e/gpu-tensor.json"));
    opened = (struct stand_in){.rules = model_h100, .fails_at = 3};
    cr_expect_eq(capture(directory, command, "tensor", words), 3);
    err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "stand-in: it stopped\n");
    free(err);
    cr_expect_null(scratch_read(directory, "e/gpu-tensor.json"));
    scratch_remove(directory);
}

Test(mma, usage_is_refused_with_a_line)
{
    static const char *const rows[][3] = {{"--tiles", "383", "383"},
                                          {"--slots", "15", "15"},
                                          {"--threads", "0", "0"},
                                          {"--colour", NULL, "--colour"},
                                          {"here", NULL, "here"}};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const char *const words[] = {rows[n][0], rows[n][1], NULL};
        capture_expect_refused(directory, capture(directory, command, "tensor", words), n,
                               rows[n][2]);
    }
    scratch_remove(directory);
}
