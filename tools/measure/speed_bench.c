/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/speed_bench.h"

#include "tools/measure/normal.h"

#include <stdlib.h>
#include <string.h>

/* Sets the pointer at `memory`, of whatever type. */
static enum sc_status allocate(struct sc_speed_bench *bench, size_t bytes, void *memory,
                               struct sc_error *error)
{
    void *found = NULL;
    const enum sc_status status = sc_gpu_allocate(bench->gpu, bytes, &found, error);

    memcpy(memory, &found, sizeof found);
    return status;
}

/* An input, in bf16 and in binary64. */
static enum sc_status draw(struct sc_speed_bench *bench, uint64_t seed, uint16_t *host,
                           uint16_t **bits, const double **values, struct sc_error *error)
{
    double *wide = NULL;
    enum sc_status status = allocate(bench, SC_SPEED_ELEMENTS * sizeof **bits, bits, error);

    status =
        status == SC_OK ? allocate(bench, SC_SPEED_ELEMENTS * sizeof *wide, &wide, error) : status;
    *values = wide;
    if (status == SC_OK) {
        sc_normal_bf16(seed, host, SC_SPEED_ELEMENTS);
        status = sc_gpu_write(bench->gpu, *bits, host, SC_SPEED_ELEMENTS * sizeof **bits, error);
    }
    return status == SC_OK ? sc_gpu_widen(bench->gpu, *bits, wide, SC_SPEED_ELEMENTS, error)
                           : status;
}

enum sc_status sc_speed_prepare(struct sc_speed_bench *bench, struct sc_error *error)
{
    struct sc_pass_buffers *const ours = &bench->ours;
    struct sc_baseline_tensors *const exact = &bench->exact;
    const struct {
        uint16_t **bits;
        const double **values;
    } inputs[] = {{&ours->q, &exact->q},
                  {&ours->k, &exact->k},
                  {&ours->v, &exact->v},
                  {&ours->d_o, &exact->d_o}};
    uint16_t **const results[] = {&ours->o, &ours->d_q, &ours->d_k, &ours->d_v, &bench->unfused};
    double **const wide[] = {&exact->o, &exact->d_q, &exact->d_k, &exact->d_v};
    uint16_t *const host = malloc(SC_SPEED_ELEMENTS * sizeof *host);
    enum sc_status status = host != NULL ? SC_OK : sc_fail(error, SC_E_MEMORY, "speed: no memory");

    ours->products = sc_gpu_traits(bench->gpu)->products;
    for (uint64_t n = 0; n < 4 && status == SC_OK; n++) {
        status = draw(bench, n + 1, host, inputs[n].bits, inputs[n].values, error);
    }
    for (size_t n = 0; n < sizeof results / sizeof results[0] && status == SC_OK; n++) {
        status = allocate(bench, SC_SPEED_ELEMENTS * sizeof **results[n], results[n], error);
    }
    for (size_t n = 0; n < sizeof wide / sizeof wide[0] && status == SC_OK; n++) {
        status = allocate(bench, SC_SPEED_ELEMENTS * sizeof **wide[n], wide[n], error);
    }
    free(host);
    status = status == SC_OK ? allocate(bench, sizeof *ours->bias, &ours->bias, error) : status;
    return status == SC_OK ? allocate(bench, SC_SPEED_WORK_BYTES, &bench->workspace, error)
                           : status;
}

void sc_speed_release(struct sc_speed_bench *bench)
{
    const struct sc_pass_buffers *const ours = &bench->ours;
    const struct sc_baseline_tensors *const exact = &bench->exact;
    const void *const all[] = {ours->q,    ours->k,    ours->v,        ours->d_o,       ours->o,
                               ours->d_q,  ours->d_k,  ours->d_v,      ours->bias,      exact->q,
                               exact->k,   exact->v,   exact->d_o,     exact->o,        exact->d_q,
                               exact->d_k, exact->d_v, bench->unfused, bench->workspace};

    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++) {
        sc_gpu_free(bench->gpu, (void *)(uintptr_t)all[n]);
    }
}
