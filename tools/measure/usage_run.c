/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/usage_run.h"

#include "tools/measure/usage_sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum sc_pass_kind pass;
    bool with_bias;
} kinds[SC_USAGE_KINDS] = {{"forward", SC_PASS_FORWARD, false},
                           {"backward", SC_PASS_BACKWARD, false},
                           {"backward_db", SC_PASS_BACKWARD, true},
                           {"backward_fast", SC_PASS_BACKWARD_FAST, false},
                           {"backward_fast_db", SC_PASS_BACKWARD_FAST, true},
                           {"unfused", SC_PASS_FORWARD, false}};

const char *sc_usage_name(enum sc_usage_kind kind)
{
    return kinds[kind].name;
}

/* A pass with its buffers. */
struct job {
    struct sc_gpu *gpu;
    enum sc_usage_kind kind;
    struct sc_pass_shape shape;
    size_t bytes; /* of a tensor */
    struct sc_pass_buffers buffers;
    void *workspace; /* of the unfused pass */
    struct sc_pass pass;
    struct sc_usage_found *found;
};

static bool is_backward(const struct job *job)
{
    return kinds[job->kind].pass != SC_PASS_FORWARD;
}

/* Sets the pointer at `memory`, of whatever type, to poisoned bytes on the device; to NULL for none. */
static enum sc_status allocate(struct job *job, size_t bytes, void *memory, struct sc_error *error)
{
    void *found = NULL;
    enum sc_status status = bytes > 0 ? sc_gpu_allocate(job->gpu, bytes, &found, error) : SC_OK;

    memcpy(memory, &found, sizeof found);
    if (status == SC_OK && bytes > 0) {
        job->found->buffers++;
        job->found->asked += (int64_t)bytes;
        status = sc_gpu_poison(job->gpu, found, bytes, error);
    }
    return status;
}

static struct sc_baseline baseline_of(const struct sc_pass_shape *shape)
{
    const struct sc_baseline baseline = {shape->heads,
                                         shape->n,
                                         shape->n,
                                         shape->d,
                                         shape->d,
                                         false,
                                         1.0f / sqrtf((float)shape->d),
                                         sc_pass_bias(shape)};

    return baseline;
}

/* What the pass needs beside inputs and outputs. */
static enum sc_status allocate_workspace(struct job *job, struct sc_error *error)
{
    const struct sc_pass_workspace needed =
        sc_pass_workspace(&job->shape, kinds[job->kind].pass, kinds[job->kind].with_bias);
    const struct sc_baseline baseline = baseline_of(&job->shape);
    const size_t unfused =
        job->kind == SC_USAGE_UNFUSED ? sc_baseline_bytes(&baseline, SC_FORMAT_BF16, 1) : 0;
    enum sc_status status = allocate(job, needed.bias_parts, &job->buffers.bias_parts, error);

    job->found->workspace = (int64_t)(needed.bias_parts + needed.d_q_sums + unfused);
    if (status == SC_OK) {
        status = allocate(job, needed.d_q_sums, &job->buffers.d_q_sums, error);
    }
    return status == SC_OK ? allocate(job, unfused, &job->workspace, error) : status;
}

static enum sc_status allocate_all(struct job *job, struct sc_error *error)
{
    struct sc_pass_buffers *const x = &job->buffers;
    const bool backward = is_backward(job), bias = kinds[job->kind].with_bias;
    uint16_t **const forward_tensors[] = {&x->q, &x->k, &x->v, &x->o};
    uint16_t **const backward_tensors[] = {&x->q, &x->k, &x->v, &x->d_o, &x->d_q, &x->d_k, &x->d_v};
    uint16_t **const *const tensors = backward ? backward_tensors : forward_tensors;
    enum sc_status status = allocate(job, sizeof *x->bias, &x->bias, error);

    x->products = sc_gpu_traits(job->gpu)->products;
    for (int n = 0; n < (backward ? 7 : 4) && status == SC_OK; n++) {
        status = allocate(job, job->bytes, tensors[n], error);
    }
    if (status == SC_OK) {
        status = allocate(job, bias ? SC_USAGE_HEADS * sizeof *x->d_b : 0, &x->d_b, error);
    }
    return status == SC_OK ? allocate_workspace(job, error) : status;
}

static void release(struct job *job)
{
    const struct sc_pass_buffers *const x = &job->buffers;
    void *const all[] = {x->q,   x->k,    x->v,   x->d_o,        x->o,        x->d_q,        x->d_k,
                         x->d_v, x->bias, x->d_b, x->bias_parts, x->d_q_sums, job->workspace};

    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++) {
        sc_gpu_free(job->gpu, all[n]);
    }
}

static enum sc_status write(struct job *job, const struct sc_usage_inputs *inputs,
                            struct sc_error *error)
{
    const struct sc_pass_buffers *const x = &job->buffers;
    const float bias = sc_pass_bias(&job->shape);
    uint16_t *const to[] = {x->q, x->k, x->v, x->d_o};
    const uint16_t *const from[] = {inputs->q, inputs->k, inputs->v, inputs->d_o};
    enum sc_status status = sc_gpu_write(job->gpu, x->bias, &bias, sizeof bias, error);

    for (int n = 0; n < 4 && status == SC_OK; n++) {
        if (to[n] != NULL) {
            status = sc_gpu_write(job->gpu, to[n], from[n], job->bytes, error);
        }
    }
    return status;
}

/* Launch by launch, so that a failure has the name of its pass. */
static enum sc_status execute(struct job *job, struct sc_error *error)
{
    const struct sc_pass_buffers *const x = &job->buffers;
    const char *const name = kinds[job->kind].name;
    enum sc_status status = SC_OK;

    if (job->kind == SC_USAGE_UNFUSED) {
        const struct sc_baseline baseline = baseline_of(&job->shape);
        status =
            sc_gpu_unfused(job->gpu, &baseline, x->q, x->k, x->v, x->o, job->workspace, 1, error);
        return status == SC_OK ? sc_gpu_wait(job->gpu, name, error) : status;
    }
    for (int32_t n = 0; n < job->pass.count && status == SC_OK; n++) {
        status = sc_gpu_launch(job->gpu, &job->pass.launches[n], 1, error);
        status = status == SC_OK ? sc_gpu_wait(job->gpu, name, error) : status;
    }
    return status;
}

/* Infinities and NaN that the results have. */
static enum sc_status look(struct job *job, struct sc_error *error)
{
    const struct sc_pass_buffers *const x = &job->buffers;
    const uint16_t *const results[] = {x->o, x->d_q, x->d_k, x->d_v};
    enum sc_status status = SC_OK;
    int64_t found = 0;

    for (int n = 0; n < 4 && status == SC_OK; n++) {
        if (results[n] != NULL) {
            status = sc_gpu_count_not_finite(job->gpu, results[n], SC_FORMAT_BF16,
                                             sc_pass_elements(&job->shape), &found, error);
            job->found->not_finite += found;
        }
    }
    if (status == SC_OK && x->d_b != NULL) {
        status = sc_gpu_count_not_finite(job->gpu, x->d_b, SC_FORMAT_FP32, SC_USAGE_HEADS, &found,
                                         error);
        job->found->not_finite += found;
    }
    return status;
}

/* The results of the last head, some rows of which are held against the reference. */
static enum sc_status sample(struct job *job, const struct sc_usage_inputs *inputs,
                             struct sc_error *error)
{
    const struct sc_pass_buffers *const x = &job->buffers;
    const uint16_t *const results[] = {x->o, x->d_q, x->d_k, x->d_v};
    const size_t count = job->bytes / sizeof(uint16_t) / SC_USAGE_HEADS;
    const size_t from = (SC_USAGE_HEADS - 1) * count;
    uint16_t *const host = malloc(4 * count * sizeof *host);
    enum sc_status status =
        host != NULL ? SC_OK : sc_fail(error, SC_E_MEMORY, "memory: no memory for a head");

    for (size_t n = 0; n < 4 && status == SC_OK; n++) {
        if (results[n] != NULL) {
            status = sc_gpu_read(job->gpu, host + n * count, results[n] + from,
                                 count * sizeof *host, error);
        }
    }
    if (status == SC_OK) {
        const struct sc_usage_head head = {
            job->shape.n,     job->shape.d,       inputs->q + from,           inputs->k + from,
            inputs->v + from, inputs->d_o + from, x->o != NULL ? host : NULL, host + count,
            host + 2 * count, host + 3 * count};
        status = sc_usage_sample(&head, &job->found->distance, error);
    }
    free(host);
    return status;
}

enum sc_status sc_usage_run(struct sc_gpu *gpu, enum sc_usage_kind kind, int32_t n, int32_t d,
                            const struct sc_usage_inputs *inputs, struct sc_usage_found *found,
                            const char **refusal, struct sc_error *error)
{
    struct job job = {
        .gpu = gpu, .kind = kind, .shape = {1, SC_USAGE_HEADS, n, d, false}, .found = found};
    int64_t before = 0, after = 0;

    memset(found, 0, sizeof *found);
    *refusal = NULL;
    job.bytes = (size_t)sc_pass_elements(&job.shape) * sizeof(uint16_t);
    enum sc_status status = sc_gpu_free_bytes(gpu, &before, error);
    status = status == SC_OK ? allocate_all(&job, error) : status;
    status = status == SC_OK ? write(&job, inputs, error) : status;
    if (status == SC_OK && kind != SC_USAGE_UNFUSED) {
        *refusal = sc_pass_plan(&job.pass, kinds[kind].pass, &job.shape, &job.buffers);
    }
    if (status == SC_OK && *refusal == NULL) {
        status = execute(&job, error);
        status = status == SC_OK ? sc_gpu_free_bytes(gpu, &after, error) : status;
        found->taken = before - after;
        status = status == SC_OK ? look(&job, error) : status;
        status = status == SC_OK ? sample(&job, inputs, error) : status;
    }
    release(&job);
    return status;
}
