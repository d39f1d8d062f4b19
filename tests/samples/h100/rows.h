/* SPDX-License-Identifier: Apache-2.0 */
/* The cases of rows.bin, shared by the program that recorded them and the test that predicts them. */
#ifndef SC_TESTS_SAMPLES_H100_ROWS_H
#define SC_TESTS_SAMPLES_H100_ROWS_H

#include "reference/random.h"
#include "spec/format_value.h"

#include <stdint.h>

/* One head; bf16 or fp16; tau = 2^-3 d^-1/2 or so, b = -4; the values of a class. */
struct rows_case {
    int32_t format, n_q, n_k, d, d_v, causal, values;
};

enum { ROWS_NORMAL, ROWS_WIDE, ROWS_CANCELLING, ROWS_TINY };

static const struct rows_case rows_cases[] = {
    {SC_FORMAT_BF16, 32, 96, 64, 64, 0, ROWS_NORMAL},
    {SC_FORMAT_FP16, 32, 96, 64, 64, 0, ROWS_NORMAL},
    {SC_FORMAT_BF16, 80, 77, 40, 33, 1, ROWS_NORMAL},
    {SC_FORMAT_FP16, 80, 77, 40, 33, 1, ROWS_NORMAL},
    {SC_FORMAT_BF16, 32, 1000, 64, 64, 0, ROWS_WIDE},
    {SC_FORMAT_FP16, 32, 1000, 64, 64, 0, ROWS_WIDE},
    {SC_FORMAT_BF16, 48, 48, 16, 16, 1, ROWS_CANCELLING},
    {SC_FORMAT_FP16, 48, 48, 16, 16, 1, ROWS_CANCELLING},
    {SC_FORMAT_BF16, 17, 130, 64, 24, 0, ROWS_TINY},
    {SC_FORMAT_FP16, 17, 130, 64, 24, 0, ROWS_TINY},
};
#define ROWS_CASES ((int32_t)(sizeof rows_cases / sizeof rows_cases[0]))

#define ROWS_TAU  0x1p-3f
#define ROWS_BIAS -4.0f

/* A value as its bits in the format. */
static inline uint32_t rows_value(const struct rows_case *c, struct sc_random *random)
{
    double x = sc_random_normal(random);
    const int32_t draw = sc_random_int(random, 0, 15);

    if (c->values == ROWS_WIDE) {
        x *= sc_format_pow2(draw - 12);
    } else if (c->values == ROWS_CANCELLING) {
        x += draw % 2 == 0 ? 24.0 : -24.0;
    } else if (c->values == ROWS_TINY) {
        x *= sc_format_pow2(c->format == SC_FORMAT_FP16 ? -draw - 4 : -4 * draw);
    }
    return sc_format_encode((enum sc_format)c->format, x);
}

#endif
