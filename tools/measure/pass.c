/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/pass.h"

#include <math.h>
#include <stddef.h>

const char *sc_pass_name(enum sc_pass_kind kind)
{
    static const char *const names[SC_PASS_KINDS] = {"forward", "backward", "backward_fast"};

    return names[kind];
}

int64_t sc_pass_elements(const struct sc_pass_shape *shape)
{
    return (int64_t)shape->batch * shape->heads * shape->n * shape->d;
}

float sc_pass_bias(const struct sc_pass_shape *shape)
{
    return -logf((float)shape->n);
}

static struct sc_layout contiguous(const struct sc_pass_shape *shape)
{
    const struct sc_layout layout = {(int64_t)shape->heads * shape->n * shape->d,
                                     (int64_t)shape->n * shape->d, shape->d,
                                     sc_pass_elements(shape)};

    return layout;
}

struct sc_problem sc_pass_problem(const struct sc_pass_shape *shape, const float *bias)
{
    const struct sc_layout layout = contiguous(shape);
    const struct sc_problem problem = {
        .batch = shape->batch,
        .heads_q = shape->heads,
        .heads_kv = shape->heads,
        .n_q = shape->n,
        .n_k = shape->n,
        .d = shape->d,
        .d_v = shape->d,
        .format_in = SC_FORMAT_BF16,
        .format_out = SC_FORMAT_BF16,
        .tau = 1.0f / sqrtf((float)shape->d),
        .bias_scope = SC_BIAS_SCALAR,
        .bias = bias,
        .left = SC_MASK_UNBOUNDED,
        .right = shape->causal ? 0 : SC_MASK_UNBOUNDED,
        .q = layout,
        .k = layout,
        .v = layout,
        .o = layout,
    };

    return problem;
}

struct sc_pass_workspace sc_pass_workspace(const struct sc_pass_shape *shape,
                                           enum sc_pass_kind kind, bool with_bias)
{
    const float bias = sc_pass_bias(shape);
    const struct sc_problem problem = sc_pass_problem(shape, &bias);
    const struct sc_pass_workspace workspace = {
        kind != SC_PASS_FORWARD && with_bias ? sc_backward_bias_bytes(&problem) : 0,
        kind == SC_PASS_BACKWARD_FAST ? sc_backward_sums_bytes(&problem) : 0};

    return workspace;
}

const char *sc_pass_plan(struct sc_pass *pass, enum sc_pass_kind kind,
                         const struct sc_pass_shape *shape, const struct sc_pass_buffers *buffers)
{
    const struct sc_layout layout = contiguous(shape);

    pass->bias = sc_pass_bias(shape);
    pass->count = 1;
    const struct sc_problem host = sc_pass_problem(shape, &pass->bias),
                            machine = sc_pass_problem(shape, buffers->bias);
    if (kind == SC_PASS_FORWARD) {
        const struct sc_forward_buffers forward = {buffers->q, buffers->k, buffers->v, buffers->o};
        return sc_forward_plan(&host, &machine, &forward, buffers->products, &pass->forward,
                               pass->launches);
    }
    const struct sc_backward_buffers backward = {
        .q = buffers->q,
        .k = buffers->k,
        .v = buffers->v,
        .d_o = buffers->d_o,
        .d_q = buffers->d_q,
        .d_k = buffers->d_k,
        .d_v = buffers->d_v,
        .d_q_layout = layout,
        .d_k_layout = layout,
        .d_v_layout = layout,
        .d_b = buffers->d_b,
        .bias_parts = buffers->bias_parts,
        .d_q_sums = kind == SC_PASS_BACKWARD_FAST ? buffers->d_q_sums : NULL};
    return sc_backward_plan(&host, &machine, &backward, buffers->products, &pass->backward,
                            pass->launches, &pass->count);
}
