/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/clock.h"
#include "fuzz/trial.h"
#include "tools/bench/bench.h"
#include "tools/bench/small.h"
#include "tools/command/target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Cases of one measurement, and measurements. */
#define HOST     512
#define EMULATED 64
#define REPEATS  3
/* Of the emulated kernel's worker. */
#define CALL_SECONDS  60.0
#define START_SECONDS 30.0
#define MEMORY        ((int64_t)1 << 30)

/* A kernel on the host that does every case. */
static struct sc_worker_kernel host_kernel(void)
{
    struct sc_worker_kernel kernel = {.name = "rounded",
                                      .traits = {.features = (1u << SC_KERNEL_FEATURES) - 1u,
                                                 .formats_in = 7,
                                                 .formats_out = 7,
                                                 .d_max = SC_BENCH_WIDTH,
                                                 .d_v_max = SC_BENCH_WIDTH,
                                                 .d_multiple = 1}};

    (void)strcpy(kernel.arithmetic,
                 "core=fma score=fused p=fp32 order=any spread=products activation=limits");
    return kernel;
}

static enum sc_status judge(const struct sc_prepared *prepared,
                            const struct sc_worker_kernel *kernel, const struct sc_outcome *outcome,
                            struct sc_error *error)
{
    const struct sc_assess_options options = sc_assess_defaults();
    struct sc_assessment found;
    const enum sc_status status = sc_assess(prepared, kernel, outcome, &options, &found, error);

    if (status == SC_OK && (found.conforms.beyond > 0 || found.wrong_bits > 0)) {
        return sc_fail(error, SC_E_UNAVAILABLE,
                       "bench: results of %s that are right are called wrong: worst ratio %g, %lld "
                       "wrong bits",
                       kernel->name, found.conforms.worst.ratio, (long long)found.wrong_bits);
    }
    return status;
}

/* Prepares a case; with a result, judges that. A step of a climb takes what the case itself takes, its run by the kernel
 * aside, so the same work stands for each. */
static enum sc_status host_case(const struct sc_recipe *recipe, const struct sc_outcome *result,
                                struct sc_error *error)
{
    const struct sc_worker_kernel kernel = host_kernel();
    enum sc_status status = SC_OK;

    for (int32_t n = 0; status == SC_OK && n <= (result != NULL ? recipe->climb : 0); n++) {
        struct sc_prepared prepared;
        status = sc_prepared_create(recipe, &prepared, error);
        if (status == SC_OK) {
            status = result != NULL ? judge(&prepared, &kernel, result, error) : SC_OK;
            sc_prepared_destroy(&prepared);
        }
    }
    return status;
}

/* The first cases, drawn and prepared. With results: they are there, and judged; NULL: that is all. */
static enum sc_status host_cases(const struct sc_outcome *results, struct sc_error *error)
{
    const struct sc_worker_kernel kernel = host_kernel();
    struct sc_bench_small small;
    enum sc_status status = sc_bench_small_begin(&kernel.traits, 4, &small, error);

    for (int n = 0; status == SC_OK && n < HOST; n++) {
        struct sc_recipe recipe;
        sc_bench_small_next(&small, &recipe);
        status = host_case(&recipe, results != NULL ? &results[n] : NULL, error);
    }
    sc_bench_small_end(&small);
    return status;
}

/* The results of these cases, before anything is measured. */
static enum sc_status host_results(struct sc_outcome *results, struct sc_error *error)
{
    const struct sc_worker_kernel kernel = host_kernel();
    struct sc_bench_small small;
    enum sc_status status = sc_bench_small_begin(&kernel.traits, 4, &small, error);

    for (int n = 0; status == SC_OK && n < HOST; n++) {
        struct sc_recipe recipe;
        struct sc_prepared prepared;
        sc_bench_small_next(&small, &recipe);
        status = sc_prepared_create(&recipe, &prepared, error);
        if (status == SC_OK) {
            status = sc_bench_small_results(&prepared, &results[n], error);
            sc_prepared_destroy(&prepared);
        }
    }
    sc_bench_small_end(&small);
    return status;
}

static enum sc_status measure_host(struct sc_evidence *evidence, struct sc_error *error)
{
    struct sc_outcome *const results = calloc(HOST, sizeof *results);
    double whole[REPEATS], alone[REPEATS], ratio[REPEATS];
    enum sc_status status = results != NULL
                                ? host_results(results, error)
                                : sc_fail(error, SC_E_MEMORY, "bench: no memory for results");

    for (int r = 0; r < REPEATS && status == SC_OK; r++) {
        const double begin = sc_bench_processor();
        status = host_cases(NULL, error);
        const double drawn = sc_bench_processor();
        if (status == SC_OK) {
            status = host_cases(results, error);
        }
        const double judged = sc_bench_processor();
        alone[r] = HOST / (drawn - begin);
        whole[r] = HOST / (judged - drawn);
        ratio[r] = alone[r] / whole[r];
    }
    if (status == SC_OK) {
        sc_bench_figure(evidence, "fuzz.cases_per_s.host", sc_bench_times(whole, REPEATS), "1/s",
                        SC_EVIDENCE_AT_LEAST, 200);
        sc_bench_figure(evidence, "fuzz.cases_per_s.host.generator_alone",
                        sc_bench_times(alone, REPEATS), "1/s", SC_EVIDENCE_NONE, 0);
        sc_bench_figure(evidence, "fuzz.generator_alone_vs_judged", sc_bench_times(ratio, REPEATS),
                        "1", SC_EVIDENCE_NONE, 0);
    }
    for (int n = 0; results != NULL && n < HOST; n++) {
        sc_outcome_destroy(&results[n]);
    }
    free(results);
    return status;
}

/* The case and its climb, without variants. */
static enum sc_status emulated_case(struct sc_worker *worker, const struct sc_recipe *recipe,
                                    struct sc_error *error)
{
    struct sc_examine_options options = sc_examine_defaults();
    struct sc_trial trial;

    options.variants = 0;
    options.repeats = 0;
    const enum sc_status status = sc_trial_run(worker, &options, recipe, &trial, error);
    const struct sc_examination *const found = sc_trial_found(&trial);
    if (status == SC_OK && (found->ending != SC_ENDING_DONE || found->failed != 0)) {
        return sc_fail(error, SC_E_UNAVAILABLE, "bench: the emulated kernel: %.400s", found->text);
    }
    return status;
}

/* Cases per second of processor time of both processes, and of the clock on the wall. The worker's own time is known
 * when it has ended; its start counts. */
static enum sc_status time_emulated(bool backward, double *per_core, double *per_wall,
                                    struct sc_error *error)
{
    char command[SC_TARGET_COMMAND_MAX];
    const struct sc_target target = {.emulated = true};
    const struct sc_worker_options options = {command, CALL_SECONDS, START_SECONDS, MEMORY};
    const double processor = sc_bench_processor(), now = sc_clock_now();
    struct sc_worker *worker = NULL;
    struct sc_bench_small small = {.coverage = NULL};
    enum sc_status status = sc_target_command("bench", &target, command, error);

    if (status == SC_OK) {
        status = sc_worker_create(&options, &worker, error);
    }
    if (status == SC_OK) {
        struct sc_kernel_traits traits = sc_worker_kernel(worker)->traits;
        traits.features &= backward ? ~0u : ~(uint32_t)SC_KERNEL_BACKWARD;
        status = sc_bench_small_begin(&traits, backward ? 4 : 1, &small, error);
    }
    for (int n = 0; status == SC_OK && n < EMULATED; n++) {
        struct sc_recipe recipe;
        do {
            sc_bench_small_next(&small, &recipe);
        } while (recipe.backward != backward);
        status = emulated_case(worker, &recipe, error);
    }
    sc_worker_destroy(worker);
    sc_bench_small_end(&small);
    *per_core = EMULATED / (sc_bench_processor() - processor);
    *per_wall = EMULATED / (sc_clock_now() - now);
    return status;
}

/* One head and the forward pass; up to four heads and both passes. */
static enum sc_status measure_emulated(struct sc_evidence *evidence, struct sc_error *error)
{
    double forward[REPEATS], both[REPEATS], wall[REPEATS], both_wall[REPEATS];
    enum sc_status status = SC_OK;

    for (int r = 0; r < REPEATS && status == SC_OK; r++) {
        status = time_emulated(false, &forward[r], &wall[r], error);
        if (status == SC_OK) {
            status = time_emulated(true, &both[r], &both_wall[r], error);
        }
    }
    if (status == SC_OK) {
        sc_bench_figure(evidence, "fuzz.cases_per_s.emulated", sc_bench_times(forward, REPEATS),
                        "1/s", SC_EVIDENCE_AT_LEAST, 50);
        sc_bench_figure(evidence, "fuzz.cases_per_s.emulated.wall", sc_bench_times(wall, REPEATS),
                        "1/s", SC_EVIDENCE_NONE, 0);
        sc_bench_figure(evidence, "fuzz.cases_per_s.emulated.backward",
                        sc_bench_times(both, REPEATS), "1/s", SC_EVIDENCE_NONE, 0);
        sc_bench_figure(evidence, "fuzz.cases_per_s.emulated.backward.wall",
                        sc_bench_times(both_wall, REPEATS), "1/s", SC_EVIDENCE_NONE, 0);
    }
    return status;
}

enum sc_status sc_bench_fuzz(struct sc_evidence *evidence, struct sc_error *error)
{
    const enum sc_status status = measure_host(evidence, error);

    return status == SC_OK ? measure_emulated(evidence, error) : status;
}
