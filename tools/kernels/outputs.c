/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/outputs.h"

#include "kernels/backward.h"
#include "kernels/forward.h"

#include <stdlib.h>
#include <string.h>

const char *sc_outputs_name(enum sc_outputs_kind kind)
{
    static const char *const names[SC_OUTPUTS] = {"O", "dQ", "dK", "dV"};

    return names[kind];
}

/* The forward and the backward pass, until a fault. */
static enum sc_status launch_all(struct sc_outputs *x, struct sc_machine *machine, bool fast,
                                 struct sc_error *error)
{
    const struct sc_problem *host = &x->c->problem;
    const struct sc_placed *at = &x->placed;
    const struct sc_forward_buffers forward = {at->q, at->k, at->v, at->o};
    const struct sc_backward_buffers backward = sc_placed_backward(at, fast);
    const enum sc_products products = sc_products_by_turns(sc_machine_products(machine), host);
    struct sc_forward_arguments forward_arguments;
    struct sc_backward_arguments backward_arguments;
    struct sc_launch launches[1 + SC_BACKWARD_LAUNCHES];
    int32_t count = 0;
    enum sc_status status = SC_OK;

    x->refusal =
        sc_forward_plan(host, &at->problem, &forward, products, &forward_arguments, launches);
    if (x->refusal == NULL) {
        x->refusal = sc_backward_plan(host, &at->problem, &backward, products, &backward_arguments,
                                      launches + 1, &count);
    }
    for (int32_t n = 0;
         x->refusal == NULL && status == SC_OK && x->fault.text[0] == '\0' && n <= count; n++) {
        status = sc_machine_launch(machine, &launches[n], &x->fault, error);
    }
    return status;
}

static enum sc_status read_one(struct sc_machine *machine, const void *buffer, size_t size,
                               void **bytes, struct sc_error *error)
{
    *bytes = malloc(size + 1);
    return *bytes == NULL ? sc_fail(error, SC_E_MEMORY, "kernels: no memory for an output")
                          : sc_machine_read(machine, *bytes, buffer, size, error);
}

static enum sc_status read_all(struct sc_outputs *x, struct sc_machine *machine,
                               struct sc_error *error)
{
    const struct sc_problem *p = &x->c->problem;
    const struct sc_placed *at = &x->placed;
    const void *const buffers[SC_OUTPUTS] = {at->o, at->d_q, at->d_k, at->d_v};
    const int64_t sizes[SC_OUTPUTS] = {p->o.size, at->d_q_layout.size, at->d_k_layout.size,
                                       at->d_v_layout.size};
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n < SC_OUTPUTS; n++) {
        const int32_t bytes = sc_format_bytes(sc_outputs_format(x, (enum sc_outputs_kind)n));
        status =
            read_one(machine, buffers[n], (size_t)(sizes[n] * bytes), (void **)&x->bytes[n], error);
    }
    if (status == SC_OK) {
        status = read_one(machine, at->d_b, (size_t)p->batch * (size_t)p->heads_q * sizeof(float),
                          (void **)&x->d_b, error);
    }
    return status;
}

enum sc_status sc_outputs_run(const struct sc_case *c, struct sc_machine *machine, bool fast,
                              struct sc_outputs *outputs, struct sc_error *error)
{
    memset(outputs, 0, sizeof *outputs);
    outputs->c = c;
    enum sc_status status = sc_placed_create(c, machine, &outputs->placed, error);

    if (status == SC_OK) {
        status = launch_all(outputs, machine, fast, error);
    }
    if (status == SC_OK && outputs->refusal == NULL && outputs->fault.text[0] == '\0') {
        status = read_all(outputs, machine, error);
    }
    return status;
}

void sc_outputs_destroy(struct sc_outputs *outputs)
{
    for (int32_t n = 0; n < SC_OUTPUTS; n++) {
        free(outputs->bytes[n]);
        outputs->bytes[n] = NULL;
    }
    free(outputs->d_b);
    outputs->d_b = NULL;
}

int64_t sc_outputs_row(const struct sc_outputs *outputs, enum sc_outputs_kind kind, int32_t b,
                       int32_t head, int32_t index)
{
    const struct sc_problem *p = &outputs->c->problem;
    const struct sc_placed *at = &outputs->placed;
    const int32_t entry = sc_problem_entry(p, b), entries = sc_problem_tensor_batch(p);
    const int32_t width = sc_outputs_width(outputs, kind);

    if (kind == SC_OUTPUTS_O) {
        return sc_problem_o_row(p, b, head, index);
    }
    if (kind == SC_OUTPUTS_D_Q) {
        return sc_layout_row(&at->d_q_layout, entry, head, sc_problem_first_row(p, b) + index,
                             entries, p->heads_q, p->n_q, width);
    }
    return sc_layout_row(kind == SC_OUTPUTS_D_K ? &at->d_k_layout : &at->d_v_layout, entry, head,
                         sc_problem_first_key(p, b) + index, entries, p->heads_kv, p->n_k, width);
}

enum sc_format sc_outputs_format(const struct sc_outputs *outputs, enum sc_outputs_kind kind)
{
    const struct sc_problem *p = &outputs->c->problem;

    return kind == SC_OUTPUTS_O ? p->format_out : p->format_in;
}

int32_t sc_outputs_width(const struct sc_outputs *outputs, enum sc_outputs_kind kind)
{
    const struct sc_problem *p = &outputs->c->problem;

    return kind == SC_OUTPUTS_O || kind == SC_OUTPUTS_D_V ? p->d_v : p->d;
}

uint32_t sc_outputs_bits(const struct sc_outputs *outputs, enum sc_outputs_kind kind,
                         int64_t element)
{
    const int32_t bytes = sc_format_bytes(sc_outputs_format(outputs, kind));
    uint32_t bits = 0;

    for (int32_t n = 0; n < bytes; n++) {
        bits |= (uint32_t)outputs->bytes[kind][element * bytes + n] << 8 * n;
    }
    return bits;
}
