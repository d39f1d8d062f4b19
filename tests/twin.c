/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/twin.h"
#include "fuzz/generate.h"
#include "tests/scratch.h"
#include "tools/kernels/placed.h"

#include <math.h>

/* The score of a row and a key, as the kernels have it. */
static float score(const struct sc_case *c, int32_t b, int32_t h, int32_t i, int32_t j)
{
    const struct sc_problem *p = &c->problem;
    const float *q = c->q + sc_problem_q_row(p, b, h, i);
    const float *k = c->k + sc_problem_k_row(p, b, sc_problem_group_head(p, h), j);
    double sum = 0.0;

    for (int32_t d = 0; d < p->d; d++) {
        sum += (double)q[d] * (double)k[d];
    }
    return fmaf(p->tau, (float)sum, sc_problem_bias(p, b, h));
}

Test(twin, every_finite_score_of_a_sharpened_case_is_0_or_beyond_256)
{
    int64_t zero = 0, far = 0, sharpened = 0;

    for (uint64_t seed = 0; seed < 64; seed++) {
        struct sc_case c;
        cr_assert_eq(sc_generate_tiled(seed, &c, NULL), SC_OK);
        if (!sc_twin_sharpen(&c)) {
            sc_generate_destroy(&c);
            continue;
        }
        sharpened++;
        const struct sc_problem *p = &c.problem;
        for (int32_t b = 0; b < p->batch; b++) {
            for (int32_t i = 0; i < sc_problem_rows(p, b); i += 7) {
                for (int32_t j = 0; j < sc_problem_keys(p, b); j += 5) {
                    const float s = score(&c, b, p->heads_q - 1, i, j);
                    zero += s == 0.0f;
                    far += fabsf(s) > 256.0f;
                    cr_assert(!isfinite(s) || s == 0.0f || fabsf(s) > 256.0f, "%llu: %a",
                              (unsigned long long)seed, (double)s);
                }
            }
        }
        sc_generate_destroy(&c);
    }
    cr_expect_gt(sharpened, 48);
    cr_expect_gt(zero, 1000);
    cr_expect_gt(far, 1000);
}

Test(twin, digests_see_each_output_and_take_every_nan_for_the_same)
{
    struct sc_case c;
    struct sc_machine *machine = NULL;
    struct sc_outputs outputs;
    struct sc_twin_digests first, second;

    cr_assert_eq(sc_generate_tiled(0, &c, NULL), SC_OK);
    cr_assert(sc_twin_sharpen(&c));
    cr_assert_eq(sc_machine_create(0, 0, sc_placed_bytes(&c), &machine, NULL), SC_OK);
    cr_assert_eq(sc_outputs_run(&c, machine, false, &outputs, NULL), SC_OK);
    sc_twin_digest(&outputs, &first);
    for (int32_t n = 0; n < SC_OUTPUTS; n++) {
        const enum sc_outputs_kind kind = (enum sc_outputs_kind)n;
        const enum sc_format format = sc_outputs_format(&outputs, kind);
        const int32_t bytes = sc_format_bytes(format);
        unsigned char *element = outputs.bytes[n] + sc_outputs_row(&outputs, kind, 0, 0, 0) * bytes;
        const unsigned char low = element[0];
        element[0] ^= 1;
        sc_twin_digest(&outputs, &second);
        for (int32_t m = 0; m < SC_OUTPUTS; m++) {
            cr_expect_eq(first.of[m] == second.of[m], m != n, "%d %d", n, m);
        }
        element[0] = low;
    }
    unsigned char *o = outputs.bytes[SC_OUTPUTS_O];
    const int32_t bytes = sc_format_bytes(c.problem.format_out);
    memset(o, 0xff, (size_t)bytes);
    sc_twin_digest(&outputs, &first);
    o[0] = 0xfe;
    sc_twin_digest(&outputs, &second);
    cr_expect_eq(first.of[SC_OUTPUTS_O], second.of[SC_OUTPUTS_O]);
    sc_outputs_destroy(&outputs);
    sc_machine_destroy(machine);
    sc_generate_destroy(&c);
}

Test(twin, a_list_is_read_as_it_was_written)
{
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];
    const struct sc_twin_digests entries[] = {{7, {1, 2, UINT64_MAX, 4}}, {9, {5, 6, 7, 8}}};
    struct sc_twin_list written = {NULL, 0}, read = {NULL, 0};

    scratch_create(directory);
    (void)snprintf(path, sizeof path, "%s/list", directory);
    cr_assert_eq(sc_twin_add(&written, &entries[0], NULL), SC_OK);
    cr_assert_eq(sc_twin_add(&written, &entries[1], NULL), SC_OK);
    cr_assert_eq(sc_twin_write(path, &written, NULL), SC_OK);
    cr_assert_eq(sc_twin_read(path, &read, NULL), SC_OK);
    cr_expect_eq(read.count, 2);
    const struct sc_twin_digests *found = sc_twin_find(&read, 9);
    cr_assert_not_null(found);
    cr_expect_eq(memcmp(found, &entries[1], sizeof *found), 0);
    cr_expect_eq(sc_twin_find(&read, 7)->of[SC_OUTPUTS_D_K], UINT64_MAX);
    cr_expect_null(sc_twin_find(&read, 8));
    sc_twin_destroy(&written);
    sc_twin_destroy(&read);
    scratch_remove(directory);
}

Test(twin, what_is_no_list_is_refused_naming_the_line)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "/list: expected 'twin/1' in the first line"},
        {"twin/2\n", "/list: expected 'twin/1' in the first line"},
        {"twin/1\n1 2 3 4\n",
         "/list: line 2: expected a seed and four digests of 16 hexadecimal digits"},
        {"twin/1\n1 2 3 4 5\n2 3 4 5 6",
         "/list: line 3: expected a seed and four digests of 16 hexadecimal digits"},
        {"twin/1\n1 2 3 4 5 6\n",
         "/list: line 2: expected a seed and four digests of 16 hexadecimal digits"},
    };
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];

    scratch_create(directory);
    (void)snprintf(path, sizeof path, "%s/list", directory);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct sc_twin_list list = {NULL, 0};
        struct sc_error error;
        scratch_write(directory, "list", rows[r].text);
        cr_expect_eq(sc_twin_read(path, &list, &error), SC_E_INPUT);
        cr_expect_str_eq(error.text + strlen(directory), rows[r].error);
        sc_twin_destroy(&list);
    }
    struct sc_twin_list list = {NULL, 0};
    cr_expect_eq(sc_twin_read("/nonexistent/list", &list, NULL), SC_E_IO);
    scratch_remove(directory);
}
