/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/binade_command.h"

#include "fuzz/traits.h"
#include "reference/judge/activation.h"
#include "reference/judge/arithmetic_text.h"
#include "tests/binade_stand_in.h"
#include "tests/capture.h"
#include "tools/command/command.h"
#include "tools/kernels/entry.h"
#include "tools/measure/binade_model.h"
#include "tools/report/read.h"

#define EVERY (1 << 12)
#define PARTS 2

/* The kernel itself, on the emulator, whose special functions lie within the limits of an H100's. */
Test(binade, the_kernel_scans_on_the_emulator, .timeout = 300)
{
    static struct sc_binade bins[SC_BINADES];
    const struct sc_activation_error wide = {{{HUGE_VAL, 2.2e-7}}, 0x1p-126};
    struct sc_binade_machine machine;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_binade_machine_create(PARTS, EVERY, &machine, &error), SC_OK, "%s", error.text);
    for (int32_t n = 0; n < SC_BINADE_FUNCTIONS; n++) {
        const enum sc_binade_function f = (enum sc_binade_function)n;
        const struct sc_activation_error *const stated =
            f == SC_BINADE_ACCURATE     ? &sc_activation_limits
            : f == SC_BINADE_RECIPROCAL ? &wide
                                        : sc_binade_stated(f);
        struct sc_activation_error less = *stated;
        int64_t beyond = 0;
        for (int32_t row = 0; row < SC_ACTIVATION_ROWS; row++) {
            less.rows[row].relative *= 0x1p-20;
        }
        less.absolute *= 0x1p-20;
        cr_assert_eq(machine.scan(machine.context, f, &less, bins, &error), SC_OK, "%s",
                     error.text);
        for (int32_t bin = 0; bin < SC_BINADES; bin++) {
            beyond += bins[bin].beyond;
        }
        cr_expect_gt(beyond, 0, "function %d keeps limits that it cannot", n);
        cr_assert_eq(machine.scan(machine.context, f, stated, bins, &error), SC_OK, "%s",
                     error.text);
        for (int32_t bin = 0; bin < SC_BINADES; bin++) {
            const struct sc_binade *const x = &bins[bin];
            cr_expect_eq(x->arguments, SC_BINADE_FRACTION / EVERY, "function %d, bin %d", n, bin);
            cr_expect_eq(x->nan + x->outside, 0, "function %d, bin %d", n, bin);
            cr_expect(x->beyond == 0 || f == SC_BINADE_FAST, "function %d, bin %d", n, bin);
        }
        cr_expect_eq(sc_binade_settle(f, bins, &error), SC_OK, "%s", error.text);
    }
    sc_binade_machine_destroy(&machine);
}

static struct binade_stand_in opened;

static enum sc_status open_stand_in(struct sc_binade_machine *machine, struct sc_error *error)
{
    (void)error;
    *machine = (struct sc_binade_machine){binade_scan, &opened};
    return SC_OK;
}

static enum sc_status open_nothing(struct sc_binade_machine *machine, struct sc_error *error)
{
    (void)machine;
    return sc_fail(error, SC_E_UNAVAILABLE, "device: no GPU");
}

static void close_stand_in(struct sc_binade_machine *machine)
{
    machine->context = NULL;
}

static void describe(struct sc_binade_table *table)
{
    (void)strcpy(table->gpu, "a stand-in");
    (void)strcpy(table->driver, "none");
    (void)strcpy(table->cuda, "none");
    (void)strcpy(table->flags, "-O2");
}

static int command(int argc, char **argv)
{
    const struct sc_binade_opener opener = {open_stand_in, close_stand_in, describe};

    return sc_binade_command(argc, argv, &opener);
}

static int command_without(int argc, char **argv)
{
    const struct sc_binade_opener opener = {open_nothing, close_stand_in, describe};

    return sc_binade_command(argc, argv, &opener);
}

static const char *const measure[] = {"--table", "t", "--evidence", "e", NULL};
static const char *const model[] = {"--model", "t", NULL};

static void expect_check(const char *directory, int64_t n, enum sc_evidence_status status)
{
    char path[2 * SCRATCH_BYTES];
    struct sc_read_evidence *read = NULL;
    struct sc_error error;

    (void)snprintf(path, sizeof path, "%s/e/gpu-activation.json", directory);
    cr_assert_eq(sc_read_create(path, &read, &error), SC_OK, "%s", error.text);
    cr_assert_eq(read->n_checks, SC_BINADE_FUNCTIONS + 1);
    cr_expect_str_eq(read->command, "make gpu-verify");
    for (int64_t x = 0; x < (int64_t)read->n_checks; x++) {
        cr_expect_eq(read->checks[x].status, x == n ? status : SC_EVIDENCE_PASS, "%s",
                     read->checks[x].name);
    }
    sc_read_destroy(read);
}

Test(binade, a_measurement_leaves_evidence_and_a_table_of_which_a_model_is_made, .timeout = 60)
{
    char directory[SCRATCH_BYTES];
    struct sc_arithmetic_text line;
    struct sc_error error;

    scratch_create(directory);
    opened = (struct binade_stand_in){.off = 0};
    cr_expect_eq(capture(directory, command, "activation", measure), 0);
    expect_check(directory, -1, SC_EVIDENCE_PASS);
    cr_expect_eq(capture(directory, command_without, "activation", model), 0, "needs no GPU");
    char *out = scratch_read(directory, "out"), all[SC_BINADE_MODEL_BYTES + 32];
    out[strcspn(out, "\n")] = '\0';
    (void)snprintf(all, sizeof all, "core=fma %s", out);
    cr_expect_eq(sc_arithmetic_parse(all, &line, &error), SC_OK, "%s", error.text);
    cr_expect(line.table.rows[0].relative > 0x1p-25 && line.table.rows[0].relative <= 0x1.0001p-24);
    free(out);
    scratch_remove(directory);
}

Test(binade, what_does_not_hold_fails, .timeout = 60)
{
    static const struct {
        struct binade_stand_in machine;
        int64_t check;
        bool table;
    } rows[] = {{{.beyond = 1}, -2, true},
                {{.nan = 1}, -2, true},
                {{.falling = 1}, SC_BINADE_ACCURATE, true},
                {{.overstates = 1 + 0x1p-20}, SC_BINADE_FUNCTIONS, false},
                {{.overstates = 1 - 0x1p-20}, SC_BINADE_FUNCTIONS, false}};
    char directory[SCRATCH_BYTES];

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        scratch_create(directory);
        opened = rows[n].machine;
        cr_expect_eq(capture(directory, command, "activation", measure), 1, "row %zu", n);
        if (rows[n].check >= 0) {
            expect_check(directory, rows[n].check, SC_EVIDENCE_FAIL);
        }
        char *const text = scratch_read(directory, "t");
        cr_expect_eq(text != NULL, rows[n].table, "row %zu", n);
        free(text);
        scratch_remove(directory);
    }
}

Test(binade, what_cannot_run_is_a_line)
{
    static const char *const refused[][3] = {{"--model", "none", "none"},
                                             {"--model", "bad", "bad:1"},
                                             {"--colour", NULL, "--colour"},
                                             {"here", NULL, "here"}};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    scratch_write(directory, "bad", "a table\n");
    for (size_t n = 0; n < sizeof refused / sizeof refused[0]; n++) {
        const char *const words[] = {refused[n][0], refused[n][1], NULL};
        capture_expect_refused(directory, capture(directory, command, "activation", words), n,
                               refused[n][2]);
    }
    cr_expect_eq(capture(directory, command_without, "activation", measure), 3);
    char *err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "device: no GPU\n");
    free(err);
    opened = (struct binade_stand_in){.answers = SC_E_UNAVAILABLE};
    cr_expect_eq(capture(directory, command, "activation", measure), 3);
    err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "stand-in: it stopped\n");
    free(err);
    cr_expect_null(scratch_read(directory, "e/gpu-activation.json"));
    scratch_remove(directory);
}

/* Writes the table of a stand-in into a directory. */
static void write_table(const char *directory, const struct binade_stand_in *machine)
{
    struct sc_binade_table *const table = binade_table(machine);
    char *const text = sc_binade_table_print(table);

    cr_assert_not_null(text);
    scratch_write(directory, "t", text);
    free(text);
    free(table);
}

/* The emulator's sigmoid errs by up to sc_activation_limits; in case 23 its special functions are the largest allowed. */
Test(binade, a_table_that_says_too_little_accuses_the_kernels, .timeout = 300)
{
    static const char *const words[] = {"--cases", "1",          "--seed", "23", "--activation",
                                        "t",       "--evidence", "e",      NULL};
    static const struct binade_stand_in too_little = {.off = 0}, enough = {.off = 3.1e-6};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    write_table(directory, &enough);
    cr_expect_eq(capture(directory, sc_command_kernels, "kernels", words), 0);
    write_table(directory, &too_little);
    cr_expect_eq(capture(directory, sc_command_kernels, "kernels", words), 1);
    scratch_write(directory, "t", "sigmacert activation errors 1\n");
    capture_expect_refused(directory, capture(directory, sc_command_kernels, "kernels", words), 0,
                           "t:2");
    scratch_remove(directory);
}

Test(binade, served_kernels_declare_the_table)
{
    static const struct binade_stand_in machine = {.off = 1e-7};
    static const char *const words[] = {"--emulated", "--activation", "none", NULL};
    struct sc_binade_table *const table = binade_table(&machine);
    struct sc_activation_error measured;
    struct sc_arithmetic_text line;
    struct sc_error error;
    char part[SC_ARITHMETIC_TEXT_BYTES], directory[SCRATCH_BYTES];

    cr_assert_eq(sc_binade_model(table, SC_BINADE_ACCURATE, &measured, &error), SC_OK);
    for (int32_t format = 0; format < 3; format++) {
        cr_assert(sc_traits_arithmetic(sc_entry_kernel(false, &measured)->arithmetic,
                                       (enum sc_format)format, part, sizeof part));
        cr_assert_eq(sc_arithmetic_parse(part, &line, &error), SC_OK, "%s", error.text);
        cr_expect_eq(line.activation, SC_ARITHMETIC_TABLE);
        cr_expect_arr_eq(&line.table, &measured, sizeof measured);
        cr_assert(sc_traits_arithmetic(sc_entry_kernel(false, NULL)->arithmetic,
                                       (enum sc_format)format, part, sizeof part));
        cr_assert_eq(sc_arithmetic_parse(part, &line, &error), SC_OK, "%s", error.text);
        cr_expect_eq(line.activation, SC_ARITHMETIC_LIMITS);
    }
    scratch_create(directory);
    capture_expect_refused(directory, capture(directory, sc_command_serve, "serve", words), 0,
                           "none");
    scratch_remove(directory);
    free(table);
}
