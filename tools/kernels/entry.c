/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/entry.h"

#include "kernels/backward.h"
#include "kernels/forward.h"
#include "tools/kernels/machine.h"
#include "tools/measure/binade_model.h"

#include <stdio.h>

/* Of the emulator: a byte that is there takes about 60 of the host's, one that is not takes addresses alone. */
#define MEMORY_MAX  ((size_t)64 << 20)
#define ADDRESS_MAX ((size_t)1 << 36)
/* The special functions of the machine: drawn within their limits, always the same. */
#define FUNCTIONS 3
#define ALIGNMENT 256
/* A second of emulation, or so. */
#define ELEMENTS_MAX (1 << 21)
#define TILES_MAX    24

static struct sc_machine *machine;
static bool full; /* rows were not exposed */

static int begin(uint64_t seed, size_t bytes)
{
    full = false;
    return (!sc_machine_traits.emulated || bytes <= ADDRESS_MAX) &&
           sc_machine_create(seed, FUNCTIONS, bytes, &machine, NULL) == SC_OK;
}

static void end(void)
{
    sc_machine_destroy(machine);
    machine = NULL;
}

static void *allocate(size_t bytes)
{
    void *const memory = sc_machine_allocate(machine, bytes, 0);

    return sc_machine_taken(machine) <= MEMORY_MAX ? memory : NULL;
}

/* The machine's memory goes with the machine. */
static void release(void *memory)
{
    (void)memory;
}

static int write_memory(void *memory, const void *source, size_t bytes)
{
    return sc_machine_write(machine, memory, source, bytes, NULL) == SC_OK;
}

static int read_memory(void *destination, const void *memory, size_t bytes)
{
    return sc_machine_read(machine, destination, memory, bytes, NULL) == SC_OK;
}

static void expose(void *memory, size_t bytes)
{
    full = full || sc_machine_taken(machine) > MEMORY_MAX;
    if (!full) {
        sc_machine_expose(machine, memory, bytes);
    }
}

static void protect(void *memory, size_t bytes)
{
    sc_machine_protect(machine, memory, bytes);
}

static size_t unwritten(const void *memory, size_t bytes)
{
    return sc_machine_unwritten(machine, memory, bytes);
}

static size_t bias_bytes(const struct sc_problem *problem)
{
    return (sc_backward_bias_bytes(problem) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t workspace(const struct sc_problem *problem, bool backward)
{
    return backward ? bias_bytes(problem) : 0;
}

static size_t workspace_fast(const struct sc_problem *problem, bool backward)
{
    return backward ? bias_bytes(problem) + sc_backward_sums_bytes(problem) : 0;
}

static int launch_all(const struct sc_launch *launches, int32_t count, char *text,
                      size_t text_bytes)
{
    struct sc_machine_fault fault = {""};
    struct sc_error error = {SC_OK, ""};

    for (int32_t n = 0; n < count; n++) {
        if (sc_machine_launch(machine, &launches[n], &fault, &error) != SC_OK) {
            (void)snprintf(text, text_bytes, "%s", error.text);
            return SC_KERNEL_FAILED;
        }
        if (fault.text[0] != '\0') {
            (void)snprintf(text, text_bytes, "%s", fault.text);
            return SC_KERNEL_FAULT;
        }
    }
    return SC_KERNEL_DONE;
}

static int run(const struct sc_kernel_call *call, bool fast, char *text, size_t text_bytes)
{
    const struct sc_kernel_buffers *at = &call->buffers;
    const struct sc_forward_buffers forward = {at->q, at->k, at->v, at->o};
    unsigned char *const space = at->workspace;
    const struct sc_backward_buffers backward = {
        .q = at->q,
        .k = at->k,
        .v = at->v,
        .d_o = at->d_o,
        .d_q = at->d_q,
        .d_k = at->d_k,
        .d_v = at->d_v,
        .d_q_layout = at->d_q_layout,
        .d_k_layout = at->d_k_layout,
        .d_v_layout = at->d_v_layout,
        .d_b = at->d_b,
        .bias_parts = (float *)(void *)space,
        .d_q_sums = fast ? (float *)(void *)(space + bias_bytes(call->problem)) : NULL,
    };
    struct sc_forward_arguments forward_arguments;
    struct sc_backward_arguments backward_arguments;
    struct sc_launch launches[1 + SC_BACKWARD_LAUNCHES];
    struct sc_problem host = *call->problem, placed = *call->placed;
    const enum sc_products products = sc_products_by_turns(sc_machine_products(machine), &host);
    int32_t count = 0;
    const char *refusal = full ? "more than the memory of the machine" : NULL;

    if (refusal == NULL) {
        refusal = sc_forward_plan(&host, &placed, &forward, products, &forward_arguments, launches);
    }
    if (refusal == NULL && call->backward) {
        /* the backward pass reads dO where the problem has O */
        host.o = at->d_o_layout;
        placed.o = at->d_o_layout;
        refusal = sc_backward_plan(&host, &placed, &backward, products, &backward_arguments,
                                   launches + 1, &count);
    }
    if (refusal != NULL) {
        (void)snprintf(text, text_bytes, "%s", refusal);
        return SC_KERNEL_REFUSED;
    }
    return launch_all(launches, 1 + count, text, text_bytes);
}

static int run_deterministic(const struct sc_kernel_call *call, char *text, size_t text_bytes)
{
    return run(call, false, text, text_bytes);
}

static int run_fast(const struct sc_kernel_call *call, char *text, size_t text_bytes)
{
    return run(call, true, text, text_bytes);
}

const struct sc_kernel *sc_entry_kernel(bool fast, const struct sc_activation_error *activation)
{
    static char arithmetic[2 * SC_BINADE_MODEL_BYTES + 128];
    char word[SC_BINADE_MODEL_BYTES] = "activation=limits";

    static const struct sc_kernel_memory watched = {
        allocate, release, write_memory, read_memory, expose, protect, unwritten, begin, end};
    static const struct sc_kernel_memory plain = {
        allocate, release, write_memory, read_memory, NULL, NULL, NULL, begin, end};
    static struct sc_kernel kernels[2];
    struct sc_kernel *const kernel = &kernels[fast ? 1 : 0];
    const struct sc_kernel made = {
        .version = SC_KERNEL_VERSION,
        .bytes = sizeof made,
        .name = fast ? "sigmacert-fast" : "sigmacert",
        .traits = {((1u << SC_KERNEL_FEATURES) - 1u) &
                       ~(fast ? (uint32_t)SC_KERNEL_BACKWARD_DETERMINISTIC : 0u),
                   7, 7, 256, 256, 1, sc_machine_traits.emulated ? ELEMENTS_MAX : 0,
                   sc_machine_traits.emulated ? TILES_MAX : 0},
        .arithmetic = fast ? "unknown" : arithmetic,
        .memory = sc_machine_traits.emulated ? &watched : &plain,
        .workspace = fast ? workspace_fast : workspace,
        .run = fast ? run_fast : run_deterministic,
    };

    if (activation != NULL) {
        sc_binade_model_print(activation, word);
    }
    (void)snprintf(arithmetic, sizeof arithmetic,
                   "bf16,fp16: core=h100 score=fused p=input split=0 %s; "
                   "fp32: core=fma score=fused p=fp32 split=0 %s",
                   word, word);
    *kernel = made;
    return kernel;
}
