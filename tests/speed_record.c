/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/speed_record.h"

#include "tests/scratch.h"
#include "tools/report/read.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>

/* Records one case and reads what there is. The caller destroys it. */
static struct sc_read_evidence *record(const struct sc_speed_case *c,
                                       const struct sc_speed_times *times)
{
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    struct sc_evidence *evidence = NULL;
    struct sc_read_evidence *read = NULL;
    struct sc_error error = {SC_OK, ""};

    scratch_create(directory);
    cr_assert_eq(sc_evidence_create("gpu-speed", "make bench-gpu", &evidence, &error), SC_OK);
    sc_speed_record(c, times, evidence);
    cr_assert_eq(sc_evidence_write(evidence, directory, &error), SC_OK, "%s", error.text);
    sc_evidence_destroy(evidence);
    (void)snprintf(path, sizeof path, "%s/gpu-speed.json", directory);
    cr_assert_eq(sc_read_create(path, &read, &error), SC_OK, "%s", error.text);
    scratch_remove(directory);
    return read;
}

static const struct sc_read_figure *find(const struct sc_read_evidence *read, const char *name)
{
    for (size_t n = 0; n < read->n_figures; n++) {
        if (strcmp(read->figures[n].name, name) == 0) {
            return &read->figures[n];
        }
    }
    return NULL;
}

static void expect(const struct sc_read_evidence *read, const char *name, double value, double low,
                   double high)
{
    const struct sc_read_figure *const figure = find(read, name);

    cr_assert_not_null(figure, "%s", name);
    cr_expect(fabs(figure->value - value) <= 1e-12 * value, "%s: %g, expected %g", name,
              figure->value, value);
    const json_t *const spread = json_object_get(
        json_array_get(json_object_get(read->root, "figures"), (size_t)(figure - read->figures)),
        "spread");
    const double least = json_number_value(json_array_get(spread, 0)),
                 most = json_number_value(json_array_get(spread, 1));
    cr_expect(fabs(least - low) <= 1e-12 * low && fabs(most - high) <= 1e-12 * high,
              "%s: [%g, %g], expected [%g, %g]", name, least, most, low, high);
}

/* 4 b h n^2 d = 4 * 1 * 32 * 16384^2 * 64 = 2^41 operations at d = 64, n = 16384. */
static const struct sc_speed_case longest = {64, 16384, false};

static const struct sc_speed_times all = {{true, true, true, true, true, true, true, true},
                                          {{2.0, 4.0, 8.0},     /* forward */
                                           {5.0, 6.0, 7.0},     /* FA2 */
                                           {1.0, 2.0, 4.0},     /* cuDNN */
                                           {10.0, 20.0, 40.0},  /* unfused */
                                           {10.0, 20.0, 25.0},  /* backward */
                                           {8.0, 16.0, 20.0},   /* fast */
                                           {15.0, 20.0, 30.0},  /* FA2 */
                                           {5.0, 10.0, 20.0}}}; /* cuDNN */

Test(speed_record, speeds_are_operations_by_the_median)
{
    struct sc_read_evidence *read = record(&longest, &all);
    const double work = 0x1p41 * 1e-9; /* TFLOP/s for 1 ms */

    expect(read, "gpu.forward.tflops.d64.n16384.full", work / 4.0, work / 8.0, work / 2.0);
    expect(read, "gpu.forward.tflops_fa2.d64.n16384.full", work / 6.0, work / 7.0, work / 5.0);
    expect(read, "gpu.forward.tflops_cudnn.d64.n16384.full", work / 2.0, work / 4.0, work);
    expect(read, "gpu.forward.tflops_unfused.d64.n16384.full", work / 20.0, work / 40.0,
           work / 10.0);
    expect(read, "gpu.backward.tflops.d64.n16384.full", work / 8.0, work / 10.0, work / 4.0);
    expect(read, "gpu.backward.tflops_fast.d64.n16384.full", work / 6.4, work / 8.0, work / 3.2);
    expect(read, "gpu.backward.tflops_fa2.d64.n16384.full", work / 8.0, work / 12.0, work / 6.0);
    expect(read, "gpu.backward.tflops_cudnn.d64.n16384.full", work / 4.0, work / 8.0, work / 2.0);
    sc_read_destroy(read);
}

Test(speed_record, speedups_are_quotients_of_medians_between_those_of_extremes)
{
    struct sc_read_evidence *read = record(&longest, &all);

    expect(read, "gpu.forward.speedup_vs_fa2.d64.n16384.full", 1.5, 0.625, 3.5);
    expect(read, "gpu.forward.speedup_vs_cudnn.d64.n16384.full", 0.5, 0.125, 2.0);
    expect(read, "gpu.forward.speedup_vs_unfused.d64.n16384.full", 5.0, 1.25, 20.0);
    expect(read, "gpu.backward.speedup_vs_fa2.d64.n16384.full", 1.0, 0.6, 3.0);
    expect(read, "gpu.backward.speedup_vs_cudnn.d64.n16384.full", 0.5, 0.2, 2.0);
    expect(read, "gpu.backward.fast_speedup_vs_fa2.d64.n16384.full", 1.25, 0.75, 3.75);
    expect(read, "gpu.backward.fast_speedup_vs_cudnn.d64.n16384.full", 0.625, 0.25, 2.5);
    sc_read_destroy(read);
}

Test(speed_record, goals_are_those_of_the_longest_full_case_against_fa2)
{
    static const struct sc_speed_case cases[] = {{64, 16384, false},  {128, 16384, false},
                                                 {256, 16384, false}, {64, 16384, true},
                                                 {64, 4096, false},   {128, 1024, false}};

    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        struct sc_read_evidence *read = record(&cases[n], &all);
        size_t goals = 0;
        for (size_t f = 0; f < read->n_figures; f++) {
            goals += read->figures[f].kind != SC_EVIDENCE_NONE;
        }
        cr_expect_eq(goals, n < 2 ? 2 : 0, "case %zu: %zu goals", n, goals);
        if (n < 2) {
            const struct sc_read_figure *const forward =
                                                   find(read,
                                                        n == 0 ? "gpu.forward.speedup_vs_fa2.d64"
                                                               : "gpu.forward.speedup_vs_fa2.d128"),
                                               *const backward = find(
                                                   read, n == 0
                                                             ? "gpu.backward.speedup_vs_fa2.d64"
                                                             : "gpu.backward.speedup_vs_fa2.d128");
            cr_assert(forward != NULL && backward != NULL);
            cr_expect(forward->kind == SC_EVIDENCE_AT_LEAST && forward->goal == 1.25 &&
                      forward->value == 1.5 && forward->met);
            cr_expect(backward->kind == SC_EVIDENCE_AT_LEAST && backward->goal == 1.1 &&
                      backward->value == 1.0 && !backward->met);
        }
        sc_read_destroy(read);
    }
}

Test(speed_record, a_rival_without_a_time_has_no_figure)
{
    struct sc_speed_times some = all;

    some.known[SC_SPEED_FORWARD_FA2] = some.known[SC_SPEED_BACKWARD] = false;
    struct sc_read_evidence *read = record(&longest, &some);
    for (size_t f = 0; f < read->n_figures; f++) {
        const char *const name = read->figures[f].name;
        cr_expect(strncmp(name, "gpu.forward", 11) != 0 || strstr(name, "fa2") == NULL, "%s", name);
        cr_expect(strncmp(name, "gpu.backward.speedup", 20) != 0, "%s", name);
        cr_expect(strncmp(name, "gpu.backward.tflops.", 20) != 0, "%s", name);
    }
    cr_expect_not_null(find(read, "gpu.backward.fast_speedup_vs_fa2.d64.n16384.full"));
    cr_expect_not_null(find(read, "gpu.forward.speedup_vs_cudnn.d64.n16384.full"));
    sc_read_destroy(read);
}

Test(speed_record, work_is_counted_as_in_the_literature)
{
    static const struct sc_speed_case narrow = {64, 1024, false}, causal = {128, 16384, true};

    cr_expect_eq(sc_speed_operations(&narrow, SC_SPEED_FORWARD), 4.0 * 16 * 32 * 0x1p20 * 64);
    cr_expect_eq(sc_speed_operations(&causal, SC_SPEED_FORWARD_UNFUSED),
                 0.5 * 4.0 * 16 * 0x1p28 * 128);
    cr_expect_eq(sc_speed_operations(&causal, SC_SPEED_BACKWARD_CUDNN),
                 2.5 * 0.5 * 4.0 * 16 * 0x1p28 * 128);
}

Test(speed_record, a_row_has_a_dash_for_what_is_not_known)
{
    struct sc_speed_times some = all;
    char text[256];
    FILE *out = fmemopen(text, sizeof text, "w");

    cr_assert_not_null(out);
    some.known[SC_SPEED_FORWARD_CUDNN] = some.known[SC_SPEED_BACKWARD_FAST] = false;
    sc_speed_print_row(&longest, &some, out);
    (void)fclose(out);
    cr_expect_str_eq(text,
                     "| 64 | 16384 | full | 550 | 1.50 | – | 5.00 | 275 | – | 1.00 | 0.50 |\n");
}
