/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_SPEED_BENCH_H
#define SC_TOOLS_MEASURE_SPEED_BENCH_H

#include "tools/measure/gpu.h"
#include "tools/measure/pass.h"
#include "tools/measure/speed_record.h"

/* Elements of a tensor: 64 MiB of bf16. Inputs and result of a pass together are more than a cache holds. */
#define SC_SPEED_ELEMENTS ((size_t)SC_SPEED_TOKENS * SC_SPEED_HIDDEN)

/* Work space of the unfused passes: as many heads at a time as it holds, and one of any case. */
#define SC_SPEED_WORK_BYTES ((size_t)8 << 30)

/* One set of tensors on the device for all cases, which are the same data in other shapes: inputs normal(0, 1), in
 * bf16 and in binary64, and what is computed from them. */
struct sc_speed_bench {
    struct sc_gpu *gpu;
    struct sc_pass_buffers ours; /* without work space */
    uint16_t *unfused;           /* O */
    struct sc_baseline_tensors exact;
    void *workspace;
};

/* Fills `bench`, of which only `gpu` is set, the rest 0. sc_speed_release is due whatever it returns. */
enum sc_status sc_speed_prepare(struct sc_speed_bench *bench, struct sc_error *error);
void sc_speed_release(struct sc_speed_bench *bench);

#endif
