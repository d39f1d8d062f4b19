/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_KERNELS_RUN_H
#define SC_TESTS_KERNELS_RUN_H

#include "kernels/emulator/emulator.h"
#include "reference/oracle/tensorcore.h"
#include "spec/format_value.h"
#include "tests/kernels/faulty.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

/* An emulator with the memory of struct faulty, and one launch in it. */

struct run {
    struct sc_emulator *emulator;
    struct sc_emulator_options options;
    struct faulty arguments;
    int32_t threads; /* of a block */
    size_t shared_bytes;
    struct sc_fault fault;
};

static inline void run_matrix_add(enum sc_format format, const uint16_t a[16][16],
                                  const uint16_t b[8][16], float c[16][8])
{
    struct sc_tensorcore_factors rows[16], columns[8];
    float values[16];

    for (int32_t i = 0; i < 24; i++) {
        for (int32_t k = 0; k < 16; k++) {
            values[k] = (float)sc_format_decode(format, i < 16 ? a[i][k] : b[i - 16][k]);
        }
        sc_tensorcore_decode(format, values, 16, i < 16 ? &rows[i] : &columns[i - 16]);
    }
    for (int32_t i = 0; i < 16; i++) {
        sc_tensorcore_add(SC_CORE_H100, &rows[i], columns, 1, 8, c[i]);
    }
}

static inline void *run_allocate(struct sc_emulator *emulator, const void *source, size_t bytes)
{
    void *memory = sc_emulator_allocate(emulator, bytes, 0);

    cr_assert_not_null(memory);
    if (source != NULL) {
        cr_assert(sc_emulator_write(emulator, memory, source, bytes));
    }
    return memory;
}

/* a, b in a format and c in fp32: small integers. */
static inline void run_create_matrices(struct run *run, enum sc_format format)
{
    uint16_t a[256], b[128];
    float c[128];

    for (int32_t i = 0; i < 256; i++) {
        a[i] = (uint16_t)sc_format_encode(format, i * 7 % 31 - 15);
        b[i % 128] = (uint16_t)sc_format_encode(format, i % 128 * 11 % 29 - 14);
        c[i % 128] = (float)(i % 128 * 5 % 97);
    }
    run->arguments.a = run_allocate(run->emulator, a, sizeof a);
    run->arguments.b = run_allocate(run->emulator, b, sizeof b);
    run->arguments.c = run_allocate(run->emulator, c, sizeof c);
}

/* Memory in the midst of 2^30 bytes, of which it alone is exposed; or of its own. */
static inline void *run_allocate_far(struct sc_emulator *emulator, bool far, const void *source,
                                     size_t bytes)
{
    if (!far) {
        return run_allocate(emulator, source, bytes);
    }
    unsigned char *memory = sc_emulator_reserve(emulator, (size_t)1 << 30, 0);

    cr_assert_not_null(memory);
    memory += (size_t)1 << 29;
    cr_assert(sc_emulator_expose(emulator, memory, bytes));
    cr_assert(sc_emulator_write(emulator, memory, source, bytes));
    return memory;
}

/* far: inputs and outputs are gigabytes apart */
static inline void run_create_far(struct run *run, enum sc_format format, bool far)
{
    static const float zeros[2 * FAULTY_VALUES + 16];
    float numbers[FAULTY_VALUES];

    memset(run, 0, sizeof *run);
    run->threads = FAULTY_THREADS;
    run->shared_bytes = FAULTY_SHARED;
    run->options = sc_emulator_defaults();
    run->options.global_bytes = far ? (size_t)3 << 30 : 1 << 16;
    run->options.steps_max = 1 << 20;
    run->options.matrix_add = run_matrix_add;
    run->emulator = sc_emulator_create(&run->options);
    cr_assert_not_null(run->emulator);
    for (int32_t i = 0; i < FAULTY_VALUES; i++) {
        numbers[i] = (float)i;
    }
    float *out = run_allocate_far(run->emulator, far, zeros, sizeof zeros);
    float *in = run_allocate_far(run->emulator, far, numbers, sizeof numbers);
    cr_assert(sc_emulator_hide(run->emulator, out + FAULTY_VALUES, 64));
    cr_assert(sc_emulator_protect(run->emulator, in, sizeof numbers, true));
    run->arguments.out = out;
    run->arguments.in = in;
    run->arguments.fresh = run_allocate(run->emulator, NULL, sizeof numbers);
    run_create_matrices(run, format);
}

static inline void run_create(struct run *run, enum sc_format format)
{
    run_create_far(run, format, false);
}

static inline enum sc_fault_kind run_launch(struct run *run, void (*kernel)(const void *),
                                            uint64_t seed)
{
    run->options.seed = seed;
    sc_emulator_set(run->emulator, &run->options);
    return sc_emulator_launch(run->emulator, kernel, &run->arguments,
                              offsetof(struct faulty, zero) + sizeof run->arguments.zero,
                              FAULTY_BLOCKS, run->threads, run->shared_bytes, &run->fault);
}

#endif
