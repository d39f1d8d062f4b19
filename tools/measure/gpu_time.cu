/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/gpu_state.cuh"

/* Two events for each repeat, and its time. */
struct clock {
    cudaEvent_t events[2 * SC_GPU_REPEATS_MAX];
    double ms[SC_GPU_REPEATS_MAX];
    int made; /* events */
};

/* `count` runs, each between two events. */
static enum sc_status timed(struct clock *clock, int count, sc_gpu_run *run, void *context,
                            struct sc_error *error)
{
    cudaEvent_t *events = clock->events;
    enum sc_status status = SC_OK;

    for (; clock->made < 2 * count && status == SC_OK; clock->made += status == SC_OK) {
        status = sc_gpu_said(cudaEventCreate(&events[clock->made]), "event", error);
    }
    for (int n = 0; n < count && status == SC_OK; n++) {
        status = sc_gpu_said(cudaEventRecord(events[2 * n]), "event", error);
        status = status == SC_OK ? run(context, error) : status;
        status = status == SC_OK ? sc_gpu_said(cudaEventRecord(events[2 * n + 1]), "event", error)
                                 : status;
    }
    status =
        status == SC_OK ? sc_gpu_said(cudaDeviceSynchronize(), "a measured run", error) : status;
    for (int n = 0; n < count && status == SC_OK; n++) {
        float ms = 0.0f;
        status =
            sc_gpu_said(cudaEventElapsedTime(&ms, events[2 * n], events[2 * n + 1]), "time", error);
        clock->ms[n] = (double)ms;
    }
    return status;
}

static int repeats_of(const struct sc_gpu_effort *effort, double once)
{
    const double wanted = 1.0 + effort->ms / (once > 1e-3 ? once : 1e-3);
    const int least = effort->repeats;

    return wanted > SC_GPU_REPEATS_MAX ? SC_GPU_REPEATS_MAX
                                       : (wanted > least ? (int)wanted : least);
}

extern "C" enum sc_status sc_gpu_time(struct sc_gpu *, const struct sc_gpu_effort *effort,
                                      sc_gpu_run *run, void *context, struct sc_bench_times *ms,
                                      struct sc_error *error)
{
    static struct clock clock;
    enum sc_status status = timed(&clock, effort->warm_ups, run, context, error);

    if (status == SC_OK) {
        const int repeats = repeats_of(effort, sc_bench_times(clock.ms, effort->warm_ups).least);
        status = timed(&clock, repeats, run, context, error);
        *ms = sc_bench_times(clock.ms, repeats);
    }
    return status;
}
