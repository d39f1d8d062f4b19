/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kernels/placed.h"

#include "fuzz/call.h"
#include "kernels/backward.h"
#include "reference/random.h"
#include "spec/format_value.h"

#include <stdlib.h>

#define GUARD   1024 /* bytes that an allocation takes beyond its own, at most */
#define GAP_MAX 2    /* elements after a row of a gradient */

/* Rows of a tensor and where they lie. */
struct tensor {
    struct sc_layout layout;
    int32_t entries, heads, rows, width;
    enum sc_format format;
};

static int64_t row_bytes(const struct tensor *t)
{
    return (int64_t)t->width * sc_format_bytes(t->format);
}

static int64_t row_offset(const struct tensor *t, int32_t b, int32_t h, int32_t row)
{
    return sc_layout_row(&t->layout, b, h, row, t->entries, t->heads, t->rows, t->width);
}

static void *at(void *buffer, const struct tensor *t, int64_t element)
{
    return (unsigned char *)buffer + element * sc_format_bytes(t->format);
}

/* Misaligned now and then, so that both ways to load a tile are taken. */
static size_t drawn_offset(uint64_t seed, int32_t which, enum sc_format format)
{
    struct sc_random random = {seed * 8 + (uint64_t)which};

    return sc_random_int(&random, 0, 3) > 0
               ? 0
               : (size_t)(sc_random_int(&random, 1, 15) * sc_format_bytes(format));
}

static void *allocate(struct sc_machine *machine, const struct tensor *t, size_t offset)
{
    void *buffer =
        sc_machine_allocate(machine, (size_t)(t->layout.size * sc_format_bytes(t->format)), offset);

    for (int32_t b = 0; buffer != NULL && b < t->entries; b++) {
        for (int32_t h = 0; h < t->heads; h++) {
            for (int32_t row = 0; row < t->rows; row++) {
                sc_machine_expose(machine, at(buffer, t, row_offset(t, b, h, row)),
                                  (size_t)row_bytes(t));
            }
        }
    }
    return buffer;
}

static void encode(const float *x, enum sc_format format, int64_t count, unsigned char *bytes)
{
    for (int64_t n = 0; n < count; n++) {
        const uint32_t bits = sc_format_encode(format, (double)x[n]);
        for (int32_t byte = 0; byte < sc_format_bytes(format); byte++) {
            *bytes++ = (unsigned char)(bits >> 8 * byte);
        }
    }
}

/* Writes a buffer whole: what is not exposed stays as it is. */
static enum sc_status fill(struct sc_machine *machine, const struct tensor *t, const float *values,
                           void *buffer, struct sc_error *error)
{
    const size_t size = (size_t)(t->layout.size * sc_format_bytes(t->format));
    unsigned char *bytes = malloc(size + 1);

    if (bytes == NULL) {
        return sc_fail(error, SC_E_MEMORY, "kernels: no memory for a tensor");
    }
    encode(values, t->format, t->layout.size, bytes);
    const enum sc_status status = sc_machine_write(machine, buffer, bytes, size, error);

    free(bytes);
    return status;
}

static enum sc_status place_input(struct sc_machine *machine, const struct tensor *t,
                                  const float *values, size_t offset, void **buffer,
                                  struct sc_error *error)
{
    *buffer = allocate(machine, t, offset);
    if (*buffer == NULL) {
        return sc_fail(error, SC_E_MEMORY, "kernels: no memory on the machine");
    }
    const enum sc_status status = fill(machine, t, values, *buffer, error);

    sc_machine_protect(machine, *buffer, (size_t)(t->layout.size * sc_format_bytes(t->format)));
    return status;
}

/* An array of the problem, `bytes` of it; NULL stays NULL. */
static enum sc_status place_array(struct sc_machine *machine, const void *array, int64_t bytes,
                                  const void **placed, struct sc_error *error)
{
    *placed = NULL;
    if (array == NULL) {
        return SC_OK;
    }
    void *memory = sc_machine_allocate(machine, (size_t)bytes, 0);
    if (memory == NULL) {
        return sc_fail(error, SC_E_MEMORY, "kernels: no memory on the machine");
    }
    sc_machine_expose(machine, memory, (size_t)bytes);
    const enum sc_status status = sc_machine_write(machine, memory, array, (size_t)bytes, error);

    sc_machine_protect(machine, memory, (size_t)bytes);
    *placed = memory;
    return status;
}

static enum sc_status place_arrays(const struct sc_problem *p, struct sc_machine *machine,
                                   struct sc_problem *placed, struct sc_error *error)
{
    const struct {
        const void *from;
        enum sc_call_array array;
        const void **to;
    } arrays[] = {
        {p->bias, SC_CALL_BIAS, (const void **)&placed->bias},
        {p->slopes, SC_CALL_SLOPES, (const void **)&placed->slopes},
        {p->key_lengths, SC_CALL_KEY_LENGTHS, (const void **)&placed->key_lengths},
        {p->starts_q, SC_CALL_STARTS_Q, (const void **)&placed->starts_q},
        {p->starts_k, SC_CALL_STARTS_K, (const void **)&placed->starts_k},
        {p->plane.visible, SC_CALL_PLANE, (const void **)&placed->plane.visible},
    };
    enum sc_status status = SC_OK;

    for (size_t n = 0; status == SC_OK && n < sizeof arrays / sizeof arrays[0]; n++) {
        status = place_array(machine, arrays[n].from, sc_call_array_bytes(p, arrays[n].array),
                             arrays[n].to, error);
    }
    return status;
}

/* [entries][heads][rows][width], every row followed by `gap` elements. */
static struct tensor result(int32_t entries, int32_t heads, int32_t rows, int32_t width,
                            int32_t gap, enum sc_format format)
{
    struct tensor t = {{0, 0, 0, 0}, entries, heads, rows, width, format};

    t.layout.stride_row = width + gap;
    t.layout.stride_head = rows * t.layout.stride_row;
    t.layout.stride_batch = heads * t.layout.stride_head;
    t.layout.size = entries * t.layout.stride_batch;
    return t;
}

static enum sc_status place_inputs(const struct sc_case *c, struct sc_machine *machine,
                                   struct sc_placed *placed, struct sc_error *error)
{
    const struct sc_problem *p = &c->problem;
    const int32_t entries = sc_problem_tensor_batch(p);
    const struct {
        struct tensor tensor;
        const float *values;
        void **buffer;
    } inputs[] = {
        {{p->q, entries, p->heads_q, p->n_q, p->d, p->format_in}, c->q, &placed->q},
        {{p->k, entries, p->heads_kv, p->n_k, p->d, p->format_in}, c->k, &placed->k},
        {{p->v, entries, p->heads_kv, p->n_k, p->d_v, p->format_in}, c->v, &placed->v},
        {{p->o, entries, p->heads_q, p->n_q, p->d_v, p->format_in}, c->d_o, &placed->d_o},
    };
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n < 4; n++) {
        const size_t offset = drawn_offset(c->seed, n, p->format_in);
        status = place_input(machine, &inputs[n].tensor, inputs[n].values, offset, inputs[n].buffer,
                             error);
    }
    return status;
}

static enum sc_status place_results(const struct sc_case *c, struct sc_machine *machine,
                                    struct sc_placed *placed, struct sc_error *error)
{
    const struct sc_problem *p = &c->problem;
    const int32_t entries = sc_problem_tensor_batch(p), gap = (int32_t)(c->seed % 3);
    const struct tensor o = {p->o, entries, p->heads_q, p->n_q, p->d_v, p->format_out};
    const struct tensor d_q = result(entries, p->heads_q, p->n_q, p->d, gap, p->format_in);
    const struct tensor d_k = result(entries, p->heads_kv, p->n_k, p->d, gap, p->format_in);
    const struct tensor d_v = result(entries, p->heads_kv, p->n_k, p->d_v, gap, p->format_in);
    const struct tensor d_b = result(1, 1, p->batch, p->heads_q, 0, SC_FORMAT_FP32);
    const struct tensor parts =
        result(1, 1, 1, (int32_t)(sc_backward_bias_bytes(p) / sizeof(float)), 0, SC_FORMAT_FP32);
    const struct tensor sums =
        result(1, 1, 1, (int32_t)(sc_backward_sums_bytes(p) / sizeof(float)), 0, SC_FORMAT_FP32);

    placed->o = allocate(machine, &o, drawn_offset(c->seed, 4, p->format_out));
    placed->d_q = allocate(machine, &d_q, 0);
    placed->d_k = allocate(machine, &d_k, 0);
    placed->d_v = allocate(machine, &d_v, 0);
    placed->d_b = allocate(machine, &d_b, 0);
    placed->bias_parts = allocate(machine, &parts, 0);
    placed->d_q_sums = allocate(machine, &sums, 0);
    placed->d_q_layout = d_q.layout;
    placed->d_k_layout = d_k.layout;
    placed->d_v_layout = d_v.layout;
    return placed->o != NULL && placed->d_q != NULL && placed->d_k != NULL && placed->d_v != NULL &&
                   placed->d_b != NULL && placed->bias_parts != NULL && placed->d_q_sums != NULL
               ? SC_OK
               : sc_fail(error, SC_E_MEMORY, "kernels: no memory on the machine");
}

enum sc_status sc_placed_create(const struct sc_case *c, struct sc_machine *machine,
                                struct sc_placed *placed, struct sc_error *error)
{
    enum sc_status status;

    placed->problem = c->problem;
    status = place_arrays(&c->problem, machine, &placed->problem, error);
    if (status == SC_OK) {
        status = place_inputs(c, machine, placed, error);
    }
    return status == SC_OK ? place_results(c, machine, placed, error) : status;
}

size_t sc_placed_bytes(const struct sc_case *c)
{
    const struct sc_problem *p = &c->problem;
    const int64_t entries = sc_problem_tensor_batch(p);
    const int64_t arrays =
        ((int64_t)p->heads_q * 2 + (int64_t)p->batch * 4 + 3) * 4 + p->plane.layout.size;
    const int64_t inputs = p->q.size + p->k.size + p->v.size + 2 * p->o.size;
    const int64_t gradients = entries * p->heads_q * p->n_q * (p->d + GAP_MAX) +
                              entries * p->heads_kv * p->n_k * (p->d + p->d_v + 2 * GAP_MAX) +
                              (int64_t)p->batch * p->heads_q;

    return (size_t)((inputs + gradients) * 4 + arrays) + sc_backward_bias_bytes(p) +
           sc_backward_sums_bytes(p) + 24 * GUARD;
}

struct sc_backward_buffers sc_placed_backward(const struct sc_placed *placed, bool fast)
{
    return (struct sc_backward_buffers){.q = placed->q,
                                        .k = placed->k,
                                        .v = placed->v,
                                        .d_o = placed->d_o,
                                        .d_q = placed->d_q,
                                        .d_k = placed->d_k,
                                        .d_v = placed->d_v,
                                        .d_q_layout = placed->d_q_layout,
                                        .d_k_layout = placed->d_k_layout,
                                        .d_v_layout = placed->d_v_layout,
                                        .d_b = placed->d_b,
                                        .bias_parts = placed->bias_parts,
                                        .d_q_sums = fast ? placed->d_q_sums : NULL};
}
