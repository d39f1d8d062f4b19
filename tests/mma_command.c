/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma_command.h"

#include "tests/capture.h"
#include "tests/mma_stand_in.h"
#include "tools/measure/mma_run.h"
#include "tools/report/read.h"

static struct mma_stand_in opened;

static enum sc_status open_stand_in(int32_t slots, enum sc_products products,
                                    struct sc_mma_machine *machine, struct sc_error *error)
{
    (void)error;
    (void)products;
    *machine = (struct sc_mma_machine){mma_multiply, &opened, slots};
    return SC_OK;
}

static enum sc_status open_nothing(int32_t slots, enum sc_products products,
                                   struct sc_mma_machine *machine, struct sc_error *error)
{
    (void)slots;
    (void)products;
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

Test(mma_command, evidence_says_what_was_found, .timeout = 120)
{
    static const char *const words[] = {SMALL, "--record", "mma.bin", NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    for (int32_t flawed = 0; flawed < 2; flawed++) {
        opened = (struct mma_stand_in){.rules = flawed == 0 ? model_h100 : model_a100};
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

Test(mma_command, products_of_a_warpgroup_are_a_stage_of_their_own, .timeout = 120)
{
    static const char *const words[] = {SMALL, "--wgmma", "--record", "mma.bin", NULL};
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_read_evidence *read = NULL;

    scratch_create(directory);
    opened = (struct mma_stand_in){.rules = model_h100};
    cr_expect_eq(capture(directory, command, "tensor", words), 0);
    (void)snprintf(path, sizeof path, "%s/e/gpu-tensor-wgmma.json", directory);
    cr_assert_eq(sc_read_create(path, &read, NULL), SC_OK);
    cr_expect_str_eq(read->checks[0].name, "tensor_core.wgmma.fp16.normal");
    cr_expect_str_eq(read->figures[0].name, "gpu.tensor_core.wgmma.cases");
    char *record = scratch_read(directory, "mma.bin");
    cr_assert_not_null(record);
    cr_expect_eq(record[4], 2); /* fp16, by wgmma: tests/samples/h100/README.md */
    free(record);
    sc_read_destroy(read);
    scratch_remove(directory);
}

Test(mma_command, without_a_gpu_there_is_one_line_and_no_evidence)
{
    static const char *const words[] = {SMALL, NULL};
    char directory[SCRATCH_BYTES];

    scratch_create(directory);
    cr_expect_eq(capture(directory, command_without, "tensor", words), 3);
    char *err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "device: no GPU\n");
    free(err);
    cr_expect_null(scratch_read(directory, "e/gpu-tensor.json"));
    opened = (struct mma_stand_in){.rules = model_h100, .fails_at = 3};
    cr_expect_eq(capture(directory, command, "tensor", words), 3);
    err = scratch_read(directory, "err");
    cr_expect_str_eq(err, "stand-in: it stopped\n");
    free(err);
    cr_expect_null(scratch_read(directory, "e/gpu-tensor.json"));
    scratch_remove(directory);
}

Test(mma_command, usage_is_refused_with_a_line)
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
