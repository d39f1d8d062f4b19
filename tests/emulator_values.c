/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/primitives/number.h"
#include "kernels/primitives/special.h"
#include "tests/kernels/run.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What kernels compute in the emulator, and the emulator's own interface. */

void atomic_clean(const void *arguments);
void atomic_order(const void *arguments);
void bounds_clean(const void *arguments);
void contract_cell(const void *arguments);
void contract_clean(const void *arguments);
void copy_peek(const void *arguments);
void copy_clean(const void *arguments);
void copy_zero_fill(const void *arguments);
void matrix_formulas(const void *arguments);
void matrix_loaded(const void *arguments);
void matrix_shuffled(const void *arguments);
void matrix_special(const void *arguments);
void race_blocks_clean(const void *arguments);
void race_blocks_read(const void *arguments);
void race_blocks_reads(const void *arguments);
void race_interleaved(const void *arguments);
extern int32_t race_switches, race_first_block;
void race_long(const void *arguments);
void race_long_clean(const void *arguments);
void shared_overrun(const void *arguments);

static uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static void launch(struct run *run, void (*kernel)(const void *), uint64_t seed)
{
    char text[2048];

    if (run_launch(run, kernel, seed) != SC_FAULT_NONE) {
        sc_fault_describe(&run->fault, text, sizeof text);
        cr_assert_fail("seed %d: %s", (int)seed, text);
    }
}

/* Integers: exact in any order and in every arithmetic. */
static void expect_product(const struct run *run, enum sc_format format, const char *name)
{
    for (int32_t i = 0; i < 16; i++) {
        for (int32_t j = 0; j < 8; j++) {
            double sum = (double)run->arguments.c[8 * i + j];
            for (int32_t k = 0; k < 16; k++) {
                sum += sc_format_decode(format, run->arguments.a[16 * i + k]) *
                       sc_format_decode(format, run->arguments.b[8 * k + j]);
            }
            for (int32_t block = 0; block < FAULTY_BLOCKS; block++) {
                const double found = (double)run->arguments.out[128 * block + 8 * i + j];
                cr_expect_eq(found, sum, "%s: [%d][%d] = %a, expected %a", name, i, j, found, sum);
            }
        }
    }
}

Test(emulator_values, the_layouts_of_matrices_give_the_product)
{
    struct run run;

    run_create(&run, SC_FORMAT_BF16);
    launch(&run, matrix_loaded, 1);
    expect_product(&run, SC_FORMAT_BF16, "loaded");
    sc_emulator_destroy(run.emulator);
    run_create(&run, SC_FORMAT_FP16);
    launch(&run, matrix_formulas, 1);
    expect_product(&run, SC_FORMAT_FP16, "formulas");
    sc_emulator_destroy(run.emulator);
}

Test(emulator_values, shuffles_exchange_within_a_warp)
{
    struct run run;

    run_create(&run, SC_FORMAT_BF16);
    launch(&run, matrix_shuffled, 1);
    for (int32_t thread = 0; thread < FAULTY_THREADS; thread++) {
        float sum = 0.0f;
        for (int32_t mask = 0; mask < 32; mask++) {
            sum = 0.5f * sum + (float)(thread ^ mask);
        }
        sum = 0.5f * sum + (float)(thread / 32 * 32 + (thread + 3) % 32);
        cr_expect_eq(run.arguments.out[thread], sum, "thread %d", thread);
        cr_expect_eq(run.arguments.out[FAULTY_THREADS + thread], thread / 32 == 1 ? 1.0f : 0.0f,
                     "any, thread %d", thread);
    }
    sc_emulator_destroy(run.emulator);
}

Test(emulator_values, copies_arrive_whenever_they_land)
{
    static const enum sc_emulator_landing landings[] = {
        SC_EMULATOR_LANDING_DRAWN, SC_EMULATOR_LANDING_EARLIEST, SC_EMULATOR_LANDING_LATEST};

    for (int l = 0; l < 3; l++) {
        struct run run;
        run_create(&run, SC_FORMAT_BF16);
        run.options.landing = landings[l];
        launch(&run, copy_clean, 1);
        for (int32_t i = 0; i < FAULTY_BLOCKS * FAULTY_THREADS; i++) {
            cr_expect_eq(run.arguments.fresh[i], 480.0f, "landing %d: [%d] = %a, expected 480", l,
                         i, (double)run.arguments.fresh[i]);
        }
        sc_emulator_destroy(run.emulator);
    }
}

/* How many of the threads see the data before their wait; the others see the poison. */
static int32_t landed_early(enum sc_emulator_landing landing)
{
    int32_t early = 0;
    struct run run;

    run_create(&run, SC_FORMAT_BF16);
    run.options.landing = landing;
    launch(&run, copy_peek, 1);
    for (int32_t i = 0; i < FAULTY_THREADS; i++) {
        const uint32_t found = bits_of(run.arguments.fresh[i]);
        cr_expect(found == 0xffffffffu || found == bits_of(4.0f), "[%d] = %08x", i, found);
        early += found != 0xffffffffu;
    }
    sc_emulator_destroy(run.emulator);
    return early;
}

Test(emulator_values, a_copy_lands_when_the_option_says)
{
    const int32_t drawn = landed_early(SC_EMULATOR_LANDING_DRAWN);

    cr_expect_eq(landed_early(SC_EMULATOR_LANDING_EARLIEST), FAULTY_THREADS);
    cr_expect_eq(landed_early(SC_EMULATOR_LANDING_LATEST), 0);
    cr_expect(drawn > 16 && drawn < 80, "%d of %d drawn early", drawn, FAULTY_THREADS);
}

Test(emulator_values, what_a_copy_does_not_cover_is_zero)
{
    struct run run;

    run_create(&run, SC_FORMAT_BF16);
    launch(&run, copy_zero_fill, 1);
    for (int32_t bytes = 0; bytes <= 16; bytes++) {
        float expected[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        memcpy(expected, run.arguments.in + 64, (size_t)bytes);
        cr_expect_eq(memcmp(expected, run.arguments.out + 4 * bytes, 16), 0, "%d bytes", bytes);
    }
    sc_emulator_destroy(run.emulator);
}

/* out[0], and steps and both flushed and kept sums checked on the way. */
static float ordered_sum(uint64_t seed, enum sc_emulator_order order, int32_t every, int64_t *steps)
{
    const float tiny = 0x1p-149f;
    struct run run;

    run_create(&run, SC_FORMAT_BF16);
    run.options.order = order;
    run.options.switch_every = every;
    cr_assert(sc_emulator_write(run.emulator, run.arguments.fresh + FAULTY_VALUES - 1, &tiny, 4));
    launch(&run, atomic_order, seed);
    const float sum = run.arguments.out[0];
    cr_expect_eq(run.arguments.out[1], 0.0f, "global memory keeps a subnormal number");
    cr_expect_eq(run.arguments.fresh[0], (float)FAULTY_THREADS * tiny,
                 "shared memory flushes a subnormal number");
    *steps = sc_emulator_steps(run.emulator);
    sc_emulator_destroy(run.emulator);
    return sum;
}

Test(emulator_values, a_seed_fixes_the_run_and_another_gives_another)
{
    int32_t others = 0;
    int64_t steps[2];
    const float first = ordered_sum(1, SC_EMULATOR_SHUFFLED, 64, &steps[0]);

    for (uint64_t seed = 1; seed <= 16; seed++) {
        const float one = ordered_sum(seed, SC_EMULATOR_SHUFFLED, 4, &steps[0]);
        const float two = ordered_sum(seed, SC_EMULATOR_SHUFFLED, 4, &steps[1]);
        cr_expect_eq(bits_of(one), bits_of(two), "seed %d: %a, then %a", (int)seed, (double)one,
                     (double)two);
        cr_expect_eq(steps[0], steps[1]);
        others += bits_of(one) != bits_of(first);
        (void)ordered_sum(seed, SC_EMULATOR_ASCENDING, 0, &steps[0]);
    }
    cr_expect_gt(others, 4, "only %d of 16 seeds add in another order", others);
}

/* Switches between threads in a launch; its first block in *block. */
static int32_t switches(uint64_t seed, enum sc_emulator_order order, int32_t every, int32_t *block)
{
    struct run run;

    run_create(&run, SC_FORMAT_BF16);
    run.options.order = order;
    run.options.switch_every = every;
    race_switches = 0;
    race_first_block = -1;
    launch(&run, race_interleaved, seed);
    *block = race_first_block;
    sc_emulator_destroy(run.emulator);
    return race_switches;
}

Test(emulator_values, threads_and_blocks_run_in_the_order_that_the_options_say)
{
    int32_t first[2] = {0, 0}, block;

    for (uint64_t seed = 1; seed <= 16; seed++) {
        const int32_t never = switches(seed, SC_EMULATOR_ASCENDING, 0, &block);
        cr_expect_leq(never, FAULTY_BLOCKS * FAULTY_THREADS);
        cr_expect_eq(block, 0);
        const int32_t often = switches(seed, SC_EMULATOR_SHUFFLED, 4, &block);
        cr_expect_gt(often, 10 * FAULTY_BLOCKS * FAULTY_THREADS, "seed %d: %d", (int)seed, often);
        first[block]++;
    }
    cr_expect(first[0] > 0 && first[1] > 0, "block 0 first: %d of 16", first[0]);
}

Test(emulator_values, launches_are_ordered_and_their_blocks_are_not)
{
    struct run run;

    run_create(&run, SC_FORMAT_BF16);
    for (uint64_t seed = 1; seed <= 16; seed++) {
        launch(&run, race_blocks_reads, seed);
        cr_expect_eq(run_launch(&run, race_blocks_read, seed), SC_FAULT_RACE, "seed %d", (int)seed);
    }
    sc_emulator_destroy(run.emulator);
}

Test(emulator_values, a_race_is_seen_after_a_million_reads, .timeout = 300)
{
    struct run run;

    run_create(&run, SC_FORMAT_BF16);
    run.options.steps_max = 1 << 28;
    launch(&run, race_long_clean, 1);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        cr_expect_eq(run_launch(&run, race_long, seed), SC_FAULT_RACE);
        cr_expect(run.fault.here.thread / 32 == 1 && run.fault.other.thread / 32 == 2,
                  "threads %d and %d", run.fault.here.thread, run.fault.other.thread);
    }
    sc_emulator_destroy(run.emulator);
}

Test(emulator_values, a_fault_reads_as_a_sentence)
{
    struct run run;
    char text[2048];
    int32_t block, thread, line, bytes, offset, end = 0;

    run_create(&run, SC_FORMAT_BF16);
    (void)run_launch(&run, shared_overrun, 1);
    sc_fault_describe(&run.fault, text, sizeof text);
    const int fields = sscanf(
        text,
        "out of bounds: block %d, thread %d, tests/kernels/bounds.c:%d, %d bytes at shared %d%n",
        &block, &thread, &line, &bytes, &offset, &end);
    cr_assert(fields == 5 && text[end] == '\0', "%s", text);
    cr_expect(thread == 5 && bytes == 4 && offset == FAULTY_SHARED, "%s", text);
    launch(&run, bounds_clean, 2); /* and the emulator goes on */
    sc_emulator_destroy(run.emulator);
}

Test(emulator_values, a_broken_requires_is_named)
{
    struct run run;
    char text[2048];
    int32_t block, thread, line, end = 0;

    run_create(&run, SC_FORMAT_BF16);
    (void)run_launch(&run, contract_cell, 1);
    sc_fault_describe(&run.fault, text, sizeof text);
    const int fields = sscanf(text,
                              "requires of a spec function broken: block %d, thread %d, "
                              "tests/kernels/contract.c:%d, sc_mask_cell requires block%n",
                              &block, &thread, &line, &end);
    cr_assert(fields == 3 && text[end] == '\0', "%s", text);
    cr_expect(thread == 5, "%s", text);
    launch(&run, contract_clean, 2); /* and the emulator goes on */
    sc_emulator_destroy(run.emulator);
}

Test(emulator_values, global_memory_is_what_the_host_said)
{
    struct run run;
    float x[4] = {1.0f, 2.0f, 3.0f, 4.0f};

    run_create(&run, SC_FORMAT_BF16);
    unsigned char *p = sc_emulator_allocate(run.emulator, 16, 2);
    unsigned char *next = sc_emulator_allocate(run.emulator, 16, 0);
    cr_assert(p != NULL && next != NULL);
    cr_expect_eq((uintptr_t)p % 256, 2);
    cr_expect_geq((size_t)(next - p), (size_t)16 + SC_EMULATOR_GUARD);
    cr_expect_eq(sc_emulator_unwritten(run.emulator, p, 16), 16);
    cr_expect(sc_emulator_hide(run.emulator, p + 4, 4));
    cr_expect(sc_emulator_write(run.emulator, p, x, 12));
    cr_expect_eq(sc_emulator_unwritten(run.emulator, p, 16), 4);
    cr_expect_eq(memcmp(p, x, 4), 0);
    cr_expect(p[4] == 0xff && p[7] == 0xff, "hidden bytes changed");
    cr_expect(sc_emulator_expose(run.emulator, p + 4, 4));
    cr_expect_eq(sc_emulator_unwritten(run.emulator, p, 16), 8);
    cr_expect_not(sc_emulator_write(run.emulator, p + 8, x, 9), "written beyond the end");
    cr_expect_not(sc_emulator_hide(run.emulator, p - 1, 2), "hidden before the start");
    cr_expect_not(sc_emulator_protect(run.emulator, x, 4, true), "memory of the host");
    cr_expect_null(sc_emulator_allocate(run.emulator, 1 << 16, 0));
    sc_emulator_destroy(run.emulator);
    sc_emulator_destroy(NULL);
}

Test(emulator_values, a_launch_out_of_range_is_refused)
{
    static const struct {
        const char *name;
        int32_t blocks, threads;
        size_t shared;
        enum sc_fault_kind expected;
    } rows[] = {
        {"no block", 0, 96, 4096, SC_FAULT_LAUNCH},
        {"no thread", 1, 0, 4096, SC_FAULT_LAUNCH},
        {"half a warp", 1, 48, 4096, SC_FAULT_LAUNCH},
        {"too many threads", 1, 1056, 4096, SC_FAULT_LAUNCH},
        {"too much shared memory", 1, 96, SC_EMULATOR_SHARED_MAX + 1, SC_FAULT_LAUNCH},
        {"all of shared memory", 1, 96, SC_EMULATOR_SHARED_MAX, SC_FAULT_NONE},
        {"too little of it", 1, 96, 4092, SC_FAULT_BOUNDS},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct run run;
        run_create(&run, SC_FORMAT_BF16);
        const enum sc_fault_kind found =
            sc_emulator_launch(run.emulator, bounds_clean, &run.arguments, sizeof run.arguments,
                               rows[r].blocks, rows[r].threads, rows[r].shared, NULL);
        cr_expect_eq(found, rows[r].expected, "%s: %s", rows[r].name, sc_fault_name(found));
        sc_emulator_destroy(run.emulator);
    }
}

struct function {
    const char *name;
    float (*emulated)(const struct sc_emulator_special *, float);
    double (*exact)(double);
    double relative, ulps; /* limits of kernels/primitives/special.h */
    float low, high;       /* arguments whose results are normal */
};

static double reciprocal(double x)
{
    return 1.0 / x;
}

static const struct function functions[] = {
    {"exp2", sc_emulator_exp2, exp2, 1.46e-7, 1e9, -126.0f, 0x1.fffffep6f},
    {"reciprocal", sc_emulator_reciprocal, reciprocal, 2.14e-7, 1.0, -0x1p126f, 0x1p126f},
    {"tanh", sc_emulator_tanh, tanh, 1.12e-5, 1e9, -100.0f, 100.0f},
};

static void expect_within(const struct function *f, float x)
{
    const double exact = f->exact((double)x), size = fabs(exact);
    const double error = fmin(size * f->relative, f->ulps * sc_format_ulp(SC_FORMAT_FP32, exact));
    float y[4];

    for (int mode = 0; mode < 4; mode++) {
        const struct sc_emulator_special special = {(enum sc_emulator_special_mode)mode, 7};
        y[mode] = f->emulated(&special, x);
        cr_expect(
            fabs((double)y[mode] - exact) <= error * (1 + 1e-6) && fabsf(y[mode]) >= 0x1p-126f,
            "%s(%a), mode %d: %a, exact %a", f->name, (double)x, mode, (double)y[mode], exact);
    }
    cr_expect(y[SC_EMULATOR_LOWEST] <= y[SC_EMULATOR_DRAWN] &&
                  y[SC_EMULATOR_DRAWN] <= y[SC_EMULATOR_HIGHEST] &&
                  y[SC_EMULATOR_NEAREST] == (float)exact,
              "%s(%a): %a, %a, %a, %a", f->name, (double)x, (double)y[0], (double)y[1],
              (double)y[2], (double)y[3]);
    cr_expect(f->exact != tanh || fabsf(y[SC_EMULATOR_HIGHEST]) <= 1.0f);
}

/* Encodings far apart and close together, in the range of each function. */
Test(emulator_values, special_functions_keep_within_their_limits)
{
    for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++) {
        int32_t seen = 0;
        for (uint32_t i = 0; i < 200000; i++) {
            const float x = from_bits(i * 2654435761u);
            if (x >= functions[f].low && x <= functions[f].high && fabsf(x) >= 0x1p-126f) {
                expect_within(&functions[f], x);
                seen++;
            }
        }
        cr_expect_gt(seen, 10000, "%s: only %d arguments", functions[f].name, seen);
        expect_within(&functions[f], functions[f].low);
        expect_within(&functions[f], functions[f].high);
        expect_within(&functions[f], -0x1p-126f);
    }
}

Test(emulator_values, special_functions_have_no_choice_at_special_values)
{
    static const struct {
        int function;
        float x, expected;
    } rows[] = {
        {0, 0.0f, 1.0f},         {0, -0.0f, 1.0f},
        {0, 0x1p-140f, 1.0f},    {0, -INFINITY, 0.0f},
        {0, INFINITY, INFINITY}, {0, 128.0f, INFINITY},
        {0, -126.5f, 0.0f},      {1, 0.0f, INFINITY},
        {1, -0.0f, -INFINITY},   {1, -0x1p-140f, -INFINITY},
        {1, INFINITY, 0.0f},     {1, -INFINITY, -0.0f},
        {1, 0x1.8p126f, 0.0f},   {1, 0x1p126f, 0x1p-126f},
        {1, -4.0f, -0.25f},      {1, 0x1p-126f, 0x1p126f},
        {2, 0.0f, 0.0f},         {2, -0.0f, -0.0f},
        {2, -0x1p-140f, -0.0f},  {2, INFINITY, 1.0f},
        {2, -INFINITY, -1.0f},
    };

    for (int mode = 0; mode < 4; mode++) {
        const struct sc_emulator_special special = {(enum sc_emulator_special_mode)mode, 7};
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            const struct function *f = &functions[rows[r].function];
            const float found = f->emulated(&special, rows[r].x);
            cr_expect_eq(bits_of(found), bits_of(rows[r].expected), "%s(%a), mode %d: %a", f->name,
                         (double)rows[r].x, mode, (double)found);
        }
        for (size_t f = 0; f < 3; f++) {
            cr_expect_eq(bits_of(functions[f].emulated(&special, -NAN)), 0x7fffffffu);
        }
    }
}

static uint32_t packed(float low, float high)
{
    return sc_format_encode(SC_FORMAT_BF16, (double)low) |
           sc_format_encode(SC_FORMAT_BF16, (double)high) << 16;
}

Test(emulator_values, a_nan_has_one_encoding_in_a_pair)
{
    cr_expect_eq(sc_number_pack_bf16(NAN, -1.0f), 0xbf807fffu);
    cr_expect_eq(sc_number_pack_bf16(1.0f, -NAN), 0x7fff3f80u);
    cr_expect_eq(sc_number_pack_fp16(-NAN, 65520.0f), 0x7c007fffu);
    cr_expect_eq(sc_number_bits(sc_special_fma(INFINITY, 0.0f, 1.0f)), 0x7fffffffu);
}

Test(emulator_values, whoever_knows_the_setting_can_predict_a_kernel)
{
    for (int mode = 0; mode < 4; mode++) {
        struct run run;
        run_create(&run, SC_FORMAT_BF16);
        run.options.special.mode = (enum sc_emulator_special_mode)mode;
        run.options.special.seed = 11;
        launch(&run, matrix_special, 1);
        const struct sc_emulator_special *special = &run.options.special;
        for (int32_t i = 0; i < 64; i++) {
            const float x = 0.37f * (float)(i - 40);
            const float *out = run.arguments.out + i;
            cr_expect_eq(bits_of(out[0]), bits_of(sc_emulator_exp2(special, x)));
            cr_expect_eq(bits_of(out[64]), bits_of(sc_emulator_reciprocal(special, x)));
            cr_expect_eq(bits_of(out[128]), bits_of(sc_emulator_tanh(special, x)));
            cr_expect_eq(bits_of(out[192]), packed(x, fmaf(x, x, 1.0f)));
        }
        sc_emulator_destroy(run.emulator);
    }
}

Test(emulator_values, a_drawn_value_depends_on_the_seed)
{
    const struct sc_emulator_special one = {SC_EMULATOR_DRAWN, 1}, two = {SC_EMULATOR_DRAWN, 2};
    int32_t differ = 0;

    for (int32_t i = 1; i <= 100; i++) {
        const float x = 0.013f * (float)i;
        differ += bits_of(sc_emulator_tanh(&one, x)) != bits_of(sc_emulator_tanh(&two, x));
    }
    cr_expect_gt(differ, 80, "only %d of 100", differ);
}

Test(emulator_values, bytes_of_global_memory_are_counted_as_the_source_says)
{
    static const struct {
        const char *name;
        void (*kernel)(const void *arguments);
        int64_t read, written;
    } rows[] = {
        {"asynchronous copies: 16 of 16 bytes each thread, then a store", copy_clean,
         FAULTY_BLOCKS * FAULTY_THREADS * 16 * 16, FAULTY_BLOCKS * FAULTY_THREADS * 4},
        {"64 threads of a block load three times and store once", race_blocks_clean,
         FAULTY_BLOCKS * 64 * 12, FAULTY_BLOCKS * 64 * 4},
        {"an atomic addition reads and writes; in shared memory it does not count", atomic_clean,
         FAULTY_BLOCKS * FAULTY_THREADS * 4, FAULTY_BLOCKS * FAULTY_THREADS * 4},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct run run;
        run_create(&run, SC_FORMAT_BF16);
        for (int64_t launches = 1; launches <= 2; launches++) {
            launch(&run, rows[r].kernel, 1);
            cr_expect_eq(sc_emulator_bytes_read(run.emulator), launches * rows[r].read, "%s: read",
                         rows[r].name);
            cr_expect_eq(sc_emulator_bytes_written(run.emulator), launches * rows[r].written,
                         "%s: written", rows[r].name);
        }
        sc_emulator_destroy(run.emulator);
    }
}
