/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/mma.h"

#include "tools/kernels/machine.h"

#include <stdlib.h>

#define GUARDS 1024 /* bytes that an allocation takes beyond its own on the emulator, at most */

/* Buffers of the largest batch. */
struct device {
    struct sc_machine *machine;
    bool group; /* products of a warpgroup */
    void *a, *b, *c, *d;
};

static size_t tiles_bytes(int64_t tiles, int32_t elements, size_t size)
{
    return (size_t)tiles * (size_t)elements * size;
}

static enum sc_status read_answer(const struct device *my, const struct sc_mma_batch *batch,
                                  struct sc_error *error)
{
    const struct sc_mma_arguments arguments = {batch->format == SC_FORMAT_BF16 ? 1 : 0,
                                               batch->tiles,
                                               batch->steps,
                                               my->a,
                                               my->b,
                                               my->c,
                                               my->d};
    const struct sc_launch launch = {my->group ? sc_mma_multiply_group : sc_mma_multiply,
                                     &arguments,
                                     sizeof arguments,
                                     (batch->tiles + SC_MMA_WARPS - 1) / SC_MMA_WARPS,
                                     32 * SC_MMA_WARPS,
                                     my->group ? SC_MMA_GROUP_BYTES : 0};
    struct sc_machine_fault fault = {""};
    enum sc_status status = sc_machine_launch(my->machine, &launch, &fault, error);

    if (status == SC_OK && fault.text[0] != '\0') {
        status = sc_fail(error, SC_E_UNAVAILABLE, "tensor: the kernel: %s", fault.text);
    }
    return status == SC_OK ? sc_machine_read(my->machine, batch->d, my->d,
                                             tiles_bytes((int64_t)batch->tiles * batch->steps,
                                                         SC_MMA_C, sizeof *batch->d),
                                             error)
                           : status;
}

static enum sc_status multiply(void *context, const struct sc_mma_batch *batch,
                               struct sc_error *error)
{
    const struct device *my = context;
    const int64_t slots = (int64_t)batch->tiles * batch->steps;
    enum sc_status status = sc_machine_write(my->machine, my->a, batch->a,
                                             tiles_bytes(slots, SC_MMA_A, sizeof *batch->a), error);

    if (status == SC_OK) {
        status = sc_machine_write(my->machine, my->b, batch->b,
                                  tiles_bytes(slots, SC_MMA_B, sizeof *batch->b), error);
    }
    if (status == SC_OK) {
        status = sc_machine_write(my->machine, my->c, batch->c,
                                  tiles_bytes(batch->tiles, SC_MMA_C, sizeof *batch->c), error);
    }
    return status == SC_OK ? read_answer(my, batch, error) : status;
}

static void *room(struct sc_machine *machine, int32_t slots, int32_t elements, size_t size)
{
    const size_t bytes = tiles_bytes(slots, elements, size);
    void *const memory = sc_machine_allocate(machine, bytes, 0);

    if (memory != NULL) {
        sc_machine_expose(machine, memory, bytes);
    }
    return memory;
}

enum sc_status sc_mma_machine_create(int32_t slots, enum sc_products products,
                                     struct sc_mma_machine *machine, struct sc_error *error)
{
    const size_t bytes = tiles_bytes(slots, SC_MMA_A + SC_MMA_B, sizeof(uint16_t)) +
                         2 * tiles_bytes(slots, SC_MMA_C, sizeof(float)) + 4 * GUARDS;
    struct device *my = calloc(1, sizeof *my);
    enum sc_status status = my == NULL ? sc_fail(error, SC_E_MEMORY, "tensor: no memory")
                                       : sc_machine_create(0, 0, bytes, &my->machine, error);

    if (status == SC_OK && products > sc_machine_products(my->machine)) {
        status =
            sc_fail(error, SC_E_UNAVAILABLE, "tensor: this machine has no products of a warpgroup");
    }
    if (status == SC_OK) {
        my->group = products == SC_PRODUCTS_GROUP;
        my->a = room(my->machine, slots, SC_MMA_A, sizeof(uint16_t));
        my->b = room(my->machine, slots, SC_MMA_B, sizeof(uint16_t));
        my->c = room(my->machine, slots, SC_MMA_C, sizeof(float));
        my->d = room(my->machine, slots, SC_MMA_C, sizeof(float));
        if (my->a == NULL || my->b == NULL || my->c == NULL || my->d == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "tensor: no memory of the machine for %zu bytes",
                             bytes);
        }
    }
    *machine = (struct sc_mma_machine){multiply, my, slots};
    return status;
}

void sc_mma_machine_destroy(struct sc_mma_machine *machine)
{
    struct device *my = machine->context;

    if (my != NULL) {
        sc_machine_destroy(my->machine);
        free(my);
    }
    machine->context = NULL;
}
