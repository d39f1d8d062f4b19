/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "kernels/backward.h"
#include "tools/claims/differences.h"
#include "tools/kernels/outputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Claim 12: the gradients need Q, K and V and are what the formulas say. */

#define CASES    48 /* every kind of mask with every class of values */
#define ALONE    8  /* problems for the kernels alone */
#define WORK_MAX 4e6

/* The gradient formulas against differences of the definition, and against the tangents. */
static enum sc_status compare_formulas(struct sc_found_list *result, struct sc_error *error)
{
    double adjoint = 0.0, slope = 0.0;
    enum sc_status status = SC_OK;

    for (uint64_t seed = 0; status == SC_OK && seed < CASES; seed++) {
        struct sc_differences x;
        struct sc_case c;
        status = sc_generate_case(seed, &c, error);
        if (status != SC_OK) {
            break;
        }
        if (c.values == SC_GENERATE_NORMAL || c.values == SC_GENERATE_CANCELLING) {
            status = sc_differences_compute(&c, seed, &x, error);
            if (status == SC_OK && x.size > 0.0) {
                adjoint = fmax(adjoint, fabs(x.tangent - x.gradient) / x.size);
                slope = fmax(slope, fabs(x.gradient - x.difference) / x.size);
            }
        }
        sc_generate_destroy(&c);
    }
    /* a few thousand roundings of 2^-53, each of one term */
    sc_found_add(result, "adjoint", SC_FOUND_STATED, SC_FOUND_COMPUTED,
                 sc_found_whether(adjoint < 0x1p-40), adjoint,
                 "problems of every mask kind: <dO, JVP t> and <VJP dO, t> differ by %.2g of their "
                 "terms at most",
                 adjoint);
    sc_found_add(
        result, "differences", SC_FOUND_STATED, SC_FOUND_COMPUTED,
        sc_found_whether(slope > 0.0 && slope < 0x1p-40), slope,
        "the gradients by Q, K, V and b against differences of the definition in 300 bits: "
        "%.2g of their terms",
        slope);
    return status;
}

/* Launches the backward pass alone, into memory where no forward pass left anything. */
static enum sc_status backward_alone(const struct sc_case *c, struct sc_machine *machine,
                                     const struct sc_placed *at, struct sc_machine_fault *fault,
                                     bool *refused, struct sc_error *error)
{
    const struct sc_backward_buffers buffers = sc_placed_backward(at, false);
    struct sc_backward_arguments arguments;
    struct sc_launch launches[SC_BACKWARD_LAUNCHES];
    int32_t count = 0;
    enum sc_status status = SC_OK;

    *refused = sc_backward_plan(&c->problem, &at->problem, &buffers,
                                sc_products_by_turns(sc_machine_products(machine), &c->problem),
                                &arguments, launches, &count) != NULL;
    for (int32_t n = 0; status == SC_OK && !*refused && fault->text[0] == '\0' && n < count; n++) {
        status = sc_machine_launch(machine, &launches[n], fault, error);
    }
    return status;
}

/* Bytes of dQ, dK and dV that differ from those of a run after the forward pass. */
static int64_t other_bytes(const struct sc_outputs *whole, const struct sc_placed *at,
                           struct sc_machine *machine, struct sc_error *error)
{
    const void *const buffers[] = {at->d_q, at->d_k, at->d_v};
    const int64_t sizes[] = {at->d_q_layout.size, at->d_k_layout.size, at->d_v_layout.size};
    int64_t other = 0;

    for (int32_t n = 0; n < 3; n++) {
        const enum sc_outputs_kind kind = (enum sc_outputs_kind)(SC_OUTPUTS_D_Q + n);
        const size_t bytes = (size_t)(sizes[n] * sc_format_bytes(sc_outputs_format(whole, kind)));
        unsigned char *copy = malloc(bytes + 1);
        if (copy == NULL || sc_machine_read(machine, copy, buffers[n], bytes, error) != SC_OK) {
            free(copy);
            return -1;
        }
        for (size_t k = 0; k < bytes; k++) {
            other += copy[k] != whole->bytes[kind][k] ? 1 : 0;
        }
        free(copy);
    }
    return other;
}

struct alone {
    int32_t ran, faults;
    int64_t other;
};

/* Products of a pass, about: how long the emulator takes. */
static double work(const struct sc_problem *p)
{
    return (double)p->batch * p->heads_q * (p->n_q + 64.0) * (p->n_k + 64.0) * (p->d + p->d_v);
}

static enum sc_status run_alone(uint64_t seed, struct alone *tally, struct sc_error *error)
{
    struct sc_machine *first = NULL, *second = NULL;
    struct sc_outputs whole = {.c = NULL};
    struct sc_machine_fault fault = {""};
    struct sc_placed at;
    struct sc_case c;
    bool refused = false;
    enum sc_status status = sc_generate_tiled(seed, &c, error);

    if (status != SC_OK) {
        return status;
    }
    if (work(&c.problem) > WORK_MAX) {
        sc_generate_destroy(&c);
        return SC_OK;
    }
    status = sc_machine_create(seed, seed, sc_placed_bytes(&c), &first, error);
    if (status == SC_OK) {
        status = sc_outputs_run(&c, first, false, &whole, error);
    }
    if (status == SC_OK) {
        status = sc_machine_create(seed, seed, sc_placed_bytes(&c), &second, error);
    }
    if (status == SC_OK) {
        status = sc_placed_create(&c, second, &at, error);
    }
    if (status == SC_OK) {
        status = backward_alone(&c, second, &at, &fault, &refused, error);
    }
    if (status == SC_OK && !refused && whole.refusal == NULL) {
        tally->ran++;
        tally->faults += fault.text[0] != '\0' || whole.fault.text[0] != '\0' ? 1 : 0;
        if (fault.text[0] == '\0' && whole.fault.text[0] == '\0') {
            const int64_t other = other_bytes(&whole, &at, second, error);
            tally->other += other;
            status =
                other < 0 ? sc_fail(error, SC_E_MEMORY, "claims: no memory for gradients") : SC_OK;
        }
    }
    sc_outputs_destroy(&whole);
    sc_machine_destroy(first);
    sc_machine_destroy(second);
    sc_generate_destroy(&c);
    return status;
}

enum sc_status sc_gradients_claim(const struct sc_claims_context *context,
                                  struct sc_found_list *result, struct sc_error *error)
{
    struct alone tally = {.ran = 0};
    enum sc_status status = sc_theorems_add(context, "derivative", "gradient_is_adjoint",
                                            SC_FOUND_LEMMA, result, error);

    if (status == SC_OK) {
        status = sc_theorems_add(context, "derivative", "tangent_is_derivative", SC_FOUND_LEMMA,
                                 result, error);
    }
    if (status == SC_OK) {
        status = compare_formulas(result, error);
    }
    for (uint64_t seed = 0; status == SC_OK && tally.ran < ALONE && seed < 64 * ALONE; seed++) {
        status = run_alone(seed, &tally, error);
    }
    if (status == SC_OK) {
        sc_found_add(
            result, "nothing-kept", SC_FOUND_STATED, SC_FOUND_EXACT,
            sc_found_whether(tally.ran == ALONE && tally.faults == 0 && tally.other == 0),
            (double)tally.other,
            "our backward kernels alone, on the emulator, which reports reads of what nobody "
            "wrote: %d problems, %d faults, %lld bytes other than after a forward pass",
            tally.ran, tally.faults, (long long)tally.other);
    }
    return status;
}
