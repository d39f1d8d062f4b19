/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/emulator/emulator.h"
#include "reference/oracle/tensorcore.h"
#include "spec/format_value.h"
#include "tools/kernels/machine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sc_machine {
    struct sc_emulator *emulator;
};

static void decode(enum sc_format format, const uint16_t bits[16],
                   struct sc_tensorcore_factors *factors)
{
    float values[16];

    for (int32_t t = 0; t < 16; t++) {
        values[t] = (float)sc_format_decode(format, bits[t]);
    }
    sc_tensorcore_decode(format, values, 16, factors);
}

static void matrix_add(enum sc_format format, const uint16_t a[16][16], const uint16_t b[8][16],
                       float c[16][8])
{
    struct sc_tensorcore_factors columns[8], row;

    for (int32_t n = 0; n < 8; n++) {
        decode(format, b[n], &columns[n]);
    }
    for (int32_t m = 0; m < 16; m++) {
        decode(format, a[m], &row);
        sc_tensorcore_add(SC_CORE_H100, &row, columns, 1, 8, c[m]);
    }
}

static _Thread_local struct sc_emulator_special setting;

/* kernels/activation.h, as the kernels were compiled. */
#ifdef SC_FAST
/* Half of the limit of tanh, and the rounding of a number up to 1. */
static const struct sc_activation_error activation = {
    {{1e38, 0.0}, {1e38, 0.0}, {1e38, 0.0}, {1e38, 0.0}, {1e38, 0.0}, {INFINITY, 0.0}}, 5.7e-6};

static float sigmoid(float s)
{
    return fmaf(0.5f, sc_emulator_tanh(&setting, 0.5f * s), 0.5f);
}

const struct sc_machine_traits sc_machine_traits = {"the emulator, fast sigmoid", true, sigmoid,
                                                    &activation, NULL};
#else
static float sigmoid(float s)
{
    const float t = fmaf(-s, 0x1.715476p+0f, -s * 0x1.4ae0cp-26f);

    return sc_emulator_reciprocal(&setting, 1.0f + sc_emulator_exp2(&setting, t));
}

const struct sc_machine_traits sc_machine_traits = {"the emulator", true, sigmoid,
                                                    &sc_activation_limits, NULL};
#endif

static enum sc_status create(uint64_t seed, uint64_t functions, size_t bytes, bool unwatched,
                             struct sc_machine **created, struct sc_error *error)
{
    struct sc_machine *machine = calloc(1, sizeof *machine);
    struct sc_emulator_options options = sc_emulator_defaults();

    options.seed = seed;
    options.global_bytes = bytes;
    options.special.mode = (enum sc_emulator_special_mode)(functions / 3 % 4);
    options.special.seed = functions;
    options.matrix_add = matrix_add;
    options.unwatched = unwatched;
    setting = options.special;
    if (machine != NULL) {
        machine->emulator = sc_emulator_create(&options);
    }
    if (machine == NULL || machine->emulator == NULL) {
        free(machine);
        return sc_fail(error, SC_E_MEMORY, "kernels: no memory for the emulator");
    }
    *created = machine;
    return SC_OK;
}

enum sc_products sc_machine_products(const struct sc_machine *machine)
{
    (void)machine;
    return SC_PRODUCTS_GROUP;
}

enum sc_status sc_machine_create(uint64_t seed, uint64_t functions, size_t bytes,
                                 struct sc_machine **created, struct sc_error *error)
{
    return create(seed, functions, bytes, false, created, error);
}

enum sc_status sc_machine_create_unwatched(uint64_t seed, size_t bytes, struct sc_machine **created,
                                           struct sc_error *error)
{
    return create(seed, seed, bytes, true, created, error);
}

void sc_machine_destroy(struct sc_machine *machine)
{
    if (machine != NULL) {
        sc_emulator_destroy(machine->emulator);
        free(machine);
    }
}

void *sc_machine_allocate(struct sc_machine *machine, size_t bytes, size_t offset)
{
    return sc_emulator_reserve(machine->emulator, bytes, offset);
}

size_t sc_machine_taken(const struct sc_machine *machine)
{
    return sc_emulator_taken(machine->emulator);
}

void sc_machine_expose(struct sc_machine *machine, void *memory, size_t bytes)
{
    (void)sc_emulator_expose(machine->emulator, memory, bytes);
}

enum sc_status sc_machine_write(struct sc_machine *machine, void *memory, const void *source,
                                size_t bytes, struct sc_error *error)
{
    return sc_emulator_write(machine->emulator, memory, source, bytes) != 0
               ? SC_OK
               : sc_fail(error, SC_E_INPUT, "kernels: a write of %zu bytes leaves its buffer",
                         bytes);
}

enum sc_status sc_machine_read(struct sc_machine *machine, void *destination, const void *memory,
                               size_t bytes, struct sc_error *error)
{
    (void)machine;
    (void)error;
    memcpy(destination, memory, bytes);
    return SC_OK;
}

void sc_machine_protect(struct sc_machine *machine, void *memory, size_t bytes)
{
    (void)sc_emulator_protect(machine->emulator, memory, bytes, 1);
}

size_t sc_machine_unwritten(const struct sc_machine *machine, const void *memory, size_t bytes)
{
    return sc_emulator_unwritten(machine->emulator, memory, bytes);
}

enum sc_status sc_machine_launch(struct sc_machine *machine, const struct sc_launch *launch,
                                 struct sc_machine_fault *fault, struct sc_error *error)
{
    struct sc_fault found;

    (void)error;
    fault->text[0] = '\0';
    if (sc_emulator_launch(machine->emulator, launch->kernel, launch->arguments,
                           launch->arguments_bytes, launch->blocks, launch->threads,
                           (size_t)launch->shared_bytes, &found) != SC_FAULT_NONE) {
        sc_fault_describe(&found, fault->text, sizeof fault->text);
    }
    return SC_OK;
}

int64_t sc_machine_traffic(const struct sc_machine *machine)
{
    return sc_emulator_bytes_read(machine->emulator) + sc_emulator_bytes_written(machine->emulator);
}
