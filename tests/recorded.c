/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/rounded_sigmoid.h"
#include "reference/oracle/tier.h"
#include "tests/plain.h"
#include "tests/samples/h100/rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORD "tests/samples/h100/rows.bin"

static float *draw(const struct rows_case *c, int32_t rows, int32_t width, struct sc_random *random)
{
    float *x = malloc((size_t)rows * (size_t)width * sizeof *x);

    for (int32_t n = 0; n < rows * width; n++) {
        x[n] = (float)sc_format_decode((enum sc_format)c->format, rows_value(c, random));
    }
    return x;
}

/* Elements whose predicted bits are not those that follow in the file. */
static int32_t differences(FILE *file, enum sc_format format, const struct sc_enclosure *found,
                           int32_t count)
{
    int32_t bad = 0;

    for (int32_t n = 0; n < count; n++) {
        uint8_t bytes[2];
        cr_assert_eq(fread(bytes, 1, 2, file), 2, "%s ends early", RECORD);
        const uint32_t recorded = (uint32_t)(bytes[0] | bytes[1] << 8);
        bad += sc_format_encode(format, found[n].lo) == recorded ? 0 : 1;
    }
    return bad;
}

/* O and dQ of whole rows, as an H100 computed them in the declared order. */
Test(recorded, rows_of_a_kernel_are_predicted_bit_for_bit)
{
    FILE *file = fopen(RECORD, "rb");
    int32_t total = 0;

    cr_assert_not_null(file, "%s: not there", RECORD);
    for (int32_t n = 0; n < ROWS_CASES; n++) {
        const struct rows_case *c = &rows_cases[n];
        const enum sc_format format = (enum sc_format)c->format;
        const float bias = ROWS_BIAS;
        struct sc_random random = {(uint64_t)n + 1};
        struct sc_problem p = plain_problem(c->n_q, c->n_k, c->d, c->d_v);
        float *q = draw(c, c->n_q, c->d, &random), *k = draw(c, c->n_k, c->d, &random);
        float *v = draw(c, c->n_k, c->d_v, &random), *d_o = draw(c, c->n_q, c->d_v, &random);
        const struct sc_oracle_values values = {q, k, v, d_o};
        const struct sc_schedule schedule = {SC_CORE_H100, SC_SCORE_FUSED, format, 0,
                                             sc_rounded_sigmoid};
        const struct sc_tier_options options = {0, 1, &schedule};
        const size_t rows = (size_t)c->n_q;
        struct sc_enclosure *o = malloc(rows * (size_t)c->d_v * sizeof *o);
        struct sc_enclosure *d_q = malloc(rows * (size_t)c->d * sizeof *d_q);
        const struct sc_row_enclosures wanted = {NULL, o, d_q};
        int32_t *list = malloc(rows * sizeof *list);
        struct sc_error error = {SC_OK, ""};
        void *state = NULL;
        p.tau = ROWS_TAU;
        p.bias = &bias;
        p.format_in = format;
        p.format_out = format;
        p.right = c->causal != 0 ? 0 : SC_MASK_UNBOUNDED;
        for (int32_t i = 0; i < c->n_q; i++) {
            list[i] = i;
        }
        cr_assert_eq(sc_tier_schedule.create(&p, &values, &options, &state, &error), SC_OK, "%s",
                     error.text);
        cr_assert_eq(sc_tier_schedule.rows(state, 0, 0, list, c->n_q, &wanted, &error), SC_OK, "%s",
                     error.text);
        const int32_t of_o = differences(file, format, o, c->n_q * c->d_v);
        const int32_t of_q = differences(file, format, d_q, c->n_q * c->d);
        cr_expect_eq(of_o, 0, "case %d: %d of %d elements of O", n, of_o, c->n_q * c->d_v);
        cr_expect_eq(of_q, 0, "case %d: %d of %d elements of dQ", n, of_q, c->n_q * c->d);
        total += c->n_q * (c->d + c->d_v);
        sc_tier_schedule.destroy(state);
        free(list);
        free(d_q);
        free(o);
        free(d_o);
        free(v);
        free(k);
        free(q);
    }
    cr_expect_eq(fgetc(file), EOF, "%s goes on", RECORD);
    cr_expect_gt(total, 30000);
    (void)fclose(file);
}
