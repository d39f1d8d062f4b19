/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/speed_run.h"

#include "tools/measure/speed_measure.h"

#include <stdio.h>

const int32_t sc_speed_widths[3] = {64, 128, 256}, sc_speed_lengths[3] = {1024, 4096, 16384};

static enum sc_status measure_cases(const struct sc_speed_options *options,
                                    struct sc_speed_bench *bench, struct sc_rival *rival,
                                    struct sc_evidence *evidence, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    sc_speed_print_head(stdout);
    for (int n = 0; n < 12 && status == SC_OK; n++) {
        const struct sc_speed_case c = {sc_speed_widths[n / 4],
                                        sc_speed_lengths[n % 4 < 3 ? n % 4 : 2], n % 4 == 3};
        if ((options->d == 0 || options->d == c.d) && (options->n == 0 || options->n == c.n)) {
            status = sc_speed_measure(&c, options->quick, bench, rival, evidence, error);
        }
    }
    return status;
}

/* What the figures depend on. */
static void describe(const struct sc_gpu *gpu, struct sc_rival *rival, struct sc_evidence *evidence)
{
    const struct sc_gpu_traits *const traits = sc_gpu_traits(gpu);
    const size_t bytes = 3 * SC_SPEED_ELEMENTS * sizeof(uint16_t);
    char text[SC_RIVAL_TEXT_BYTES] = "not asked";

    (void)snprintf(text, sizeof text, "inputs of %zu MiB, L2 of %lld MiB", bytes >> 20,
                   (long long)(traits->l2_bytes >> 20));
    sc_evidence_check(evidence, "gpu.speed.beyond_caches",
                      (int64_t)bytes > traits->l2_bytes ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0,
                      text);
    (void)printf("%s, bf16, %s activation; %s\n", traits->name,
                 sc_speed_accurate ? "accurate" : "fast", text);
    (void)snprintf(text, sizeof text, "%d.%d, driver for %d.%d", traits->runtime / 1000,
                   traits->runtime % 1000 / 10, traits->driver / 1000, traits->driver % 1000 / 10);
    sc_evidence_tool(evidence, "cuda", text);
    sc_evidence_tool(evidence, "activation", sc_speed_accurate ? "accurate" : "fast");
    if (rival != NULL) {
        const bool there = sc_rival_version(rival, text);
        (void)printf("PyTorch: %s\n", text);
        sc_evidence_tool(evidence, "torch", there ? text : "none");
    }
    (void)puts("");
    (void)fflush(stdout);
}

enum sc_status sc_speed_run(const struct sc_speed_options *options, struct sc_evidence *evidence,
                            struct sc_error *error)
{
    struct sc_speed_bench bench = {.gpu = NULL};
    struct sc_rival *rival = NULL;
    enum sc_status status = sc_gpu_create(&bench.gpu, error);

    if (status == SC_OK && !options->quick) {
        status = sc_rival_create(options->torch, SC_RIVAL_SECONDS, SC_RIVAL_START_SECONDS, &rival,
                                 error);
    }
    if (status == SC_OK) {
        describe(bench.gpu, rival, evidence);
        status = sc_speed_prepare(&bench, error);
    }
    if (status == SC_OK) {
        status = measure_cases(options, &bench, rival, evidence, error);
    }
    sc_rival_destroy(rival);
    sc_speed_release(&bench);
    sc_gpu_destroy(bench.gpu);
    return status;
}
