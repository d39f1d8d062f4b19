/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_GPU_H
#define SC_TOOLS_MEASURE_GPU_H

#include "kernels/baseline.h"
#include "kernels/launch.h"
#include "kernels/products.h"
#include "reference/status.h"
#include "tools/bench/bench.h"

#include <stddef.h>
#include <stdint.h>

/* The first GPU of this machine, as the measuring programs see it. gpu.cu is the real one; tests have a stand-in. Every
 * function returns SC_E_UNAVAILABLE, with what CUDA or cuBLAS said, where the device refuses. */
struct sc_gpu;

struct sc_gpu_traits {
    char name[128];
    int64_t l2_bytes;
    int32_t driver, runtime; /* versions of CUDA: 13000 is 13.0 */
    enum sc_products products;
};

/* SC_E_UNAVAILABLE: there is none. SC_E_MEMORY. */
enum sc_status sc_gpu_create(struct sc_gpu **created, struct sc_error *error);
void sc_gpu_destroy(struct sc_gpu *gpu); /* NULL is allowed */
const struct sc_gpu_traits *sc_gpu_traits(const struct sc_gpu *gpu);

/* Memory. What the device has free is said by the driver, for all processes together. SC_E_MEMORY: there is not so
 * much. */
enum sc_status sc_gpu_allocate(struct sc_gpu *gpu, size_t bytes, void **memory,
                               struct sc_error *error);
void sc_gpu_free(struct sc_gpu *gpu, void *memory); /* NULL is allowed */
enum sc_status sc_gpu_free_bytes(struct sc_gpu *gpu, int64_t *bytes, struct sc_error *error);
enum sc_status sc_gpu_write(struct sc_gpu *gpu, void *memory, const void *source, size_t bytes,
                            struct sc_error *error);
enum sc_status sc_gpu_read(struct sc_gpu *gpu, void *destination, const void *memory, size_t bytes,
                           struct sc_error *error);

/* Every byte 0xff: a NaN in each format. */
enum sc_status sc_gpu_poison(struct sc_gpu *gpu, void *memory, size_t bytes,
                             struct sc_error *error);

/* Counts the infinities and NaN among `count` elements of bf16 or fp32. */
enum sc_status sc_gpu_count_not_finite(struct sc_gpu *gpu, const void *memory,
                                       enum sc_format format, int64_t count, int64_t *found,
                                       struct sc_error *error);

/* Values of bf16 encodings, exactly. Both on the device. */
enum sc_status sc_gpu_widen(struct sc_gpu *gpu, const uint16_t *bits, double *values, int64_t count,
                            struct sc_error *error);

/* ||x - y|| / ||y||, Euclidean, x in bf16, both on the device. A NaN if x has one, or y is 0. */
enum sc_status sc_gpu_distance(struct sc_gpu *gpu, const uint16_t *x, const double *y,
                               int64_t count, double *distance, struct sc_error *error);

/* Queues launches in their order; sc_gpu_wait sees how they end.
 *   what  was queued: begins the message */
enum sc_status sc_gpu_launch(struct sc_gpu *gpu, const struct sc_launch *launches, int32_t count,
                             struct sc_error *error);
enum sc_status sc_gpu_wait(struct sc_gpu *gpu, const char *what, struct sc_error *error);

/* Queues what is to be measured, and does not wait for it. */
typedef enum sc_status sc_gpu_run(void *context, struct sc_error *error);

/* How often: warm-ups without a time, then at least `repeats`, and until about `ms` have gone by, at most
 * SC_GPU_REPEATS_MAX. */
#define SC_GPU_REPEATS_MAX 4096
struct sc_gpu_effort {
    int32_t warm_ups, repeats; /* >= 1 */
    double ms;
};

/* Milliseconds between two events of the device around `run`. All repeats are queued before one is waited for: as long
 * as the processor is quicker than the device, none has the time of a launch in it. */
enum sc_status sc_gpu_time(struct sc_gpu *gpu, const struct sc_gpu_effort *effort, sc_gpu_run *run,
                           void *context, struct sc_bench_times *ms, struct sc_error *error);

/* kernels/baseline.h, on a handle of this device, queued. */
enum sc_status sc_gpu_unfused(struct sc_gpu *gpu, const struct sc_baseline *problem,
                              const uint16_t *q, const uint16_t *k, const uint16_t *v, uint16_t *o,
                              void *workspace, int32_t at_once, struct sc_error *error);
enum sc_status sc_gpu_exact(struct sc_gpu *gpu, const struct sc_baseline *problem,
                            const struct sc_baseline_tensors *tensors, double *workspace,
                            int32_t at_once, struct sc_error *error);

#endif
