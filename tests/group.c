/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/group.h"
#include "tests/kernels/product.h"
#include "tests/kernels/run.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What products of a warpgroup give in the emulator; their faults: tests/emulator.c. */

#define SEEDS  6
#define N_MOST 128

void group_peek(const void *arguments);
void product_columns_bf16(const void *arguments);
void product_columns_fp16(const void *arguments);
void product_overlapped(const void *arguments);
void product_rows_bf16(const void *arguments);
void product_rows_fp16(const void *arguments);

/* Operands of two warpgroups, and what should come of them. */
struct sample {
    enum sc_format format;
    bool columns;
    int32_t n, threads;
    uint16_t a[128][PRODUCT_K], b[PRODUCT_K * N_MOST];
    float expected[128][N_MOST];
};

/* Numbers of many sizes, so that the order of a sum shows in its bits. */
static uint16_t drawn(enum sc_format format, uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    const double sign = *state >> 31 != 0 ? -1.0 : 1.0;

    return (uint16_t)sc_format_encode(format, sign * (1.0 + (*state >> 16 & 127) / 128.0) /
                                                  (double)(1 << (*state >> 24 & 7)));
}

static uint16_t b_at(const struct sample *sample, bool columns, int32_t k, int32_t j)
{
    return sample->b[columns ? k * sample->n + j : j * PRODUCT_K + k];
}

/* d + A B, by pieces of 16 of the sum and of 16 x 8 of the matrix. */
static void add_product(const struct sample *sample, bool columns, float d[128][N_MOST])
{
    for (int32_t tile = 0; tile < sample->threads / 32 * (sample->n / 8); tile++) {
        const int32_t row = tile / (sample->n / 8) * 16, column = tile % (sample->n / 8) * 8;
        float c[16][8];
        for (int32_t i = 0; i < 16 * 8; i++) {
            c[i / 8][i % 8] = d[row + i / 8][column + i % 8];
        }
        for (int32_t k = 0; k < PRODUCT_K; k += 16) {
            uint16_t a[16][16], b[8][16];
            for (int32_t i = 0; i < 16 * 16; i++) {
                a[i / 16][i % 16] = sample->a[row + i / 16][k + i % 16];
                b[i / 16 % 8][i % 16] = b_at(sample, columns, k + i % 16, column + i / 16 % 8);
            }
            run_matrix_add(sample->format, (const uint16_t(*)[16])a, (const uint16_t(*)[16])b, c);
        }
        for (int32_t i = 0; i < 16 * 8; i++) {
            d[row + i / 8][column + i % 8] = c[i / 8][i % 8];
        }
    }
}

static void halve(float d[128][N_MOST])
{
    for (int32_t i = 0; i < 128 * N_MOST; i++) {
        d[i / N_MOST][i % N_MOST] *= 0.5f;
    }
}

static struct sample *sample_of(enum sc_format format, bool columns, int32_t n, int32_t threads)
{
    struct sample *sample = calloc(1, sizeof *sample);
    uint32_t state = (uint32_t)(n + threads);

    cr_assert_not_null(sample);
    sample->format = format;
    sample->columns = columns;
    sample->n = n;
    sample->threads = threads;
    for (int32_t i = 0; i < 128 * PRODUCT_K; i++) {
        sample->a[i / PRODUCT_K][i % PRODUCT_K] = drawn(format, &state);
    }
    for (int32_t i = 0; i < PRODUCT_K * N_MOST; i++) {
        sample->b[i] = drawn(format, &state);
    }
    return sample;
}

static void expect_sample(const struct sample *sample, void (*kernel)(const void *),
                          struct sc_emulator_options options, const char *name)
{
    const int32_t rows = sample->threads / 2;
    struct sc_emulator *emulator = sc_emulator_create(&options);
    struct sc_fault fault;
    char text[2048];

    cr_assert_not_null(emulator);
    const struct product arguments = {run_allocate(emulator, sample->a, sizeof sample->a),
                                      run_allocate(emulator, sample->b, sizeof sample->b),
                                      run_allocate(emulator, NULL, sizeof sample->expected),
                                      sample->n, sample->threads};
    if (sc_emulator_launch(emulator, kernel, &arguments, sizeof arguments, 1, sample->threads,
                           (size_t)16384 + (size_t)rows * 128, &fault) != SC_FAULT_NONE) {
        sc_fault_describe(&fault, text, sizeof text);
        cr_assert_fail("%s, n %d, seed %d: %s", name, sample->n, (int)options.seed, text);
    }
    for (int32_t i = 0; i < rows * sample->n; i++) {
        const float expected = sample->expected[i / sample->n][i % sample->n];
        cr_assert(memcmp(&arguments.out[i], &expected, sizeof expected) == 0,
                  "%s, n %d, threads %d, seed %d: [%d][%d] = %a, expected %a", name, sample->n,
                  sample->threads, (int)options.seed, i / sample->n, i % sample->n,
                  (double)arguments.out[i], (double)expected);
    }
    sc_emulator_destroy(emulator);
}

/* Whenever products land, watched or not. */
static void expect_always(const struct sample *sample, void (*kernel)(const void *),
                          const char *name)
{
    struct sc_emulator_options options = sc_emulator_defaults();

    options.global_bytes = 1 << 18;
    options.matrix_add = run_matrix_add;
    for (options.seed = 1; options.seed <= SEEDS; options.seed++) {
        options.landing = options.seed == 1   ? SC_EMULATOR_LANDING_EARLIEST
                          : options.seed == 2 ? SC_EMULATOR_LANDING_LATEST
                                              : SC_EMULATOR_LANDING_DRAWN;
        options.unwatched = options.seed == SEEDS;
        expect_sample(sample, kernel, options, name);
    }
    options.landing = SC_EMULATOR_LANDING_LATEST;
    expect_sample(sample, kernel, options, name);
}

Test(group, products_are_the_sums_that_the_header_declares, .timeout = 600)
{
    static const struct {
        const char *name;
        void (*kernel)(const void *arguments);
        enum sc_format format;
        bool columns;
        int32_t n;
    } rows[] = {
        {"rows, bf16", product_rows_bf16, SC_FORMAT_BF16, false, 32},
        {"rows, bf16", product_rows_bf16, SC_FORMAT_BF16, false, 64},
        {"rows, bf16", product_rows_bf16, SC_FORMAT_BF16, false, 128},
        {"rows, fp16", product_rows_fp16, SC_FORMAT_FP16, false, 64},
        {"columns, bf16", product_columns_bf16, SC_FORMAT_BF16, true, 64},
        {"columns, bf16, two panels", product_columns_bf16, SC_FORMAT_BF16, true, 128},
        {"columns, fp16, two panels", product_columns_fp16, SC_FORMAT_FP16, true, 128},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (int32_t threads = 128; threads <= 256; threads += 128) {
            struct sample *sample = sample_of(rows[r].format, rows[r].columns, rows[r].n, threads);
            add_product(sample, sample->columns, sample->expected);
            halve(sample->expected);
            add_product(sample, sample->columns, sample->expected);
            expect_always(sample, rows[r].kernel, rows[r].name);
            free(sample);
        }
    }
}

Test(group, products_into_two_matrices_do_not_disturb_each_other, .timeout = 600)
{
    struct sample *sample = sample_of(SC_FORMAT_BF16, false, 64, 256);
    struct sample *second = sample_of(SC_FORMAT_BF16, true, 64, 256);

    add_product(sample, false, sample->expected);
    halve(sample->expected);
    add_product(second, true, second->expected);
    for (int32_t i = 0; i < 128 * N_MOST; i++) {
        sample->expected[i / N_MOST][i % N_MOST] += second->expected[i / N_MOST][i % N_MOST];
    }
    expect_always(sample, product_overlapped, "overlapped");
    free(second);
    free(sample);
}

static void launch_peek(struct run *run, enum sc_emulator_landing landing, int32_t threads)
{
    run_create(run, SC_FORMAT_BF16);
    run->threads = threads;
    run->shared_bytes = FAULTY_GROUP_SHARED;
    run->options.landing = landing;
    (void)run_launch(run, group_peek, 1);
}

Test(group, before_the_wait_a_late_product_shows_no_number)
{
    struct run run;

    launch_peek(&run, SC_EMULATOR_LANDING_LATEST, FAULTY_GROUP_THREADS);
    cr_assert_eq(run.fault.kind, SC_FAULT_NONE);
    for (int32_t i = 0; i < FAULTY_GROUP_THREADS; i++) {
        cr_expect(run.arguments.out[i] != run.arguments.out[i], "%d", i);
        cr_expect(run.arguments.out[128 + i] == run.arguments.out[128 + i], "%d", i);
    }
    sc_emulator_destroy(run.emulator);
    launch_peek(&run, SC_EMULATOR_LANDING_EARLIEST, FAULTY_GROUP_THREADS);
    cr_expect_eq(memcmp(run.arguments.out, run.arguments.out + 128, 128 * sizeof(float)), 0);
    sc_emulator_destroy(run.emulator);
}

Test(group, a_block_that_is_no_warpgroup_has_no_products)
{
    struct run run;

    launch_peek(&run, SC_EMULATOR_LANDING_DRAWN, FAULTY_THREADS);
    cr_expect_eq(run.fault.kind, SC_FAULT_ARGUMENT, "%s", sc_fault_name(run.fault.kind));
    sc_emulator_destroy(run.emulator);
}
