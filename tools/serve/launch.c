/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/serve/serve.h"

#include <fenv.h>
#include <stdio.h>
#include <string.h>

struct sc_serve_buffer sc_serve_buffer(const struct sc_call *call, int32_t n)
{
    struct sc_serve_buffer buffer = {SC_CALL_NONE, 0, false};
    const int32_t tensor = n - SC_CALL_ARRAYS;

    if (n < SC_CALL_ARRAYS) {
        buffer.offset = call->arrays[n];
        buffer.bytes = sc_call_array_bytes(&call->problem, (enum sc_call_array)n);
    } else if (tensor == SC_TENSORS) {
        buffer.offset = call->d_b;
        buffer.bytes = sc_call_bias_bytes(&call->problem);
        buffer.written = true;
    } else if (sc_call_has(call, (enum sc_tensor)tensor)) {
        buffer.offset = call->tensors[tensor].offset;
        buffer.bytes = sc_call_tensor_bytes(call, (enum sc_tensor)tensor);
        buffer.written = tensor >= SC_TENSOR_O;
    }
    return buffer;
}

void sc_serve_stop(struct sc_serve_answer *answer, int word, const char *why)
{
    answer->word = word;
    (void)snprintf(answer->why, sizeof answer->why, "%s", why);
}

void sc_serve_launch(const struct sc_kernel *kernel, const struct sc_call *call,
                     const struct sc_problem *problem, void *const at[SC_SERVE_BUFFERS],
                     void *workspace, size_t workspace_bytes, struct sc_serve_answer *answer)
{
    void *const *const tensors = at + SC_CALL_ARRAYS;
    struct sc_problem placed = *problem;
    struct sc_kernel_call run = {
        .problem = problem,
        .placed = &placed,
        .buffers = {.q = tensors[SC_TENSOR_Q],
                    .k = tensors[SC_TENSOR_K],
                    .v = tensors[SC_TENSOR_V],
                    .o = tensors[SC_TENSOR_O],
                    .d_o = tensors[SC_TENSOR_D_O],
                    .d_q = tensors[SC_TENSOR_D_Q],
                    .d_k = tensors[SC_TENSOR_D_K],
                    .d_v = tensors[SC_TENSOR_D_V],
                    .d_b = tensors[SC_TENSORS],
                    .d_o_layout = call->tensors[SC_TENSOR_D_O].layout,
                    .d_q_layout = call->tensors[SC_TENSOR_D_Q].layout,
                    .d_k_layout = call->tensors[SC_TENSOR_D_K].layout,
                    .d_v_layout = call->tensors[SC_TENSOR_D_V].layout,
                    .workspace = workspace,
                    .workspace_bytes = workspace_bytes},
        .backward = call->backward,
    };

    placed.bias = at[SC_CALL_BIAS];
    placed.slopes = at[SC_CALL_SLOPES];
    placed.key_lengths = at[SC_CALL_KEY_LENGTHS];
    placed.starts_q = at[SC_CALL_STARTS_Q];
    placed.starts_k = at[SC_CALL_STARTS_K];
    placed.plane.visible = at[SC_CALL_PLANE];
    run.problem = kernel->memory == NULL ? &placed : problem;
    answer->why[0] = '\0';
    (void)fesetenv(FE_DFL_ENV); /* a call does not inherit what another one left */
    answer->word = kernel->run(&run, answer->why, sizeof answer->why);
    (void)fesetenv(FE_DFL_ENV);
    answer->why[sizeof answer->why - 1] = '\0';
}
