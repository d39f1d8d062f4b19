/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/clock.h"
#include "fuzz/generate.h"
#include "reference/constants.h"
#include "reference/judge/compare.h"
#include "reference/problem.h"
#include "tools/command/command.h"
#include "tools/file/tensor.h"
#include "tools/input/decode.h"
#include "tools/input/values.h"
#include "tools/report/evidence.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PRECISION 128

static const char help[] =
    "usage: sigmacert verify [OPTION]...\n"
    "Runs the proved reference in fp64 and in fp32 against the oracle, on inputs of a real model "
    "and\n"
    "on generated problems, and judges every element by its rounding-error bound.\n"
    "\n"
    "  --samples DIR    tensors of a real model (tests/samples/minilm)\n"
    "  --cases N        generated problems, seeds 0 to N - 1 (480)\n"
    "  --missing FILE   what set-up could not find, a line each: a skipped check of the stage "
    "setup\n"
    "  --evidence DIR   where reference.json and setup.json go (build/evidence)\n"
    "\n"
    "Exit: 0 every element within its bound; 1 not; 2 usage or unreadable files; 3 could not run.\n"
    "\n"
    "example: sigmacert verify --cases 48\n";

struct options {
    const char *samples, *evidence, *missing;
    int32_t cases;
    bool help;
};

/* A check of one arithmetic. An element that is not judged is no pass: it is counted in the line, and
 * a tally of nothing but these is a skip. */
static void record(struct sc_evidence *evidence, const char *name, const char *arithmetic,
                   const struct sc_compare_tally *t, double seconds)
{
    char full[160], detail[256];
    enum sc_evidence_status status = SC_EVIDENCE_PASS;

    if (t->elements == t->unjudged) {
        status = SC_EVIDENCE_SKIPPED;
    }
    if (t->failed + t->undecided > 0 || t->elements == 0) {
        status = SC_EVIDENCE_FAIL;
    }
    (void)snprintf(full, sizeof full, "%s.%s", name, arithmetic);
    (void)snprintf(
        detail, sizeof detail,
        "%lld elements: %lld within the bound, %lld beyond, %lld undecided, %lld without "
        "a bound; worst error/bound %.3g at (%d, %d, %d, %d)",
        (long long)t->elements, (long long)t->passed, (long long)t->failed, (long long)t->undecided,
        (long long)t->unjudged, t->worst_ratio, t->b, t->h, t->i, t->c);
    sc_evidence_check(evidence, full, status, seconds, detail);
    if (status == SC_EVIDENCE_FAIL) {
        (void)fprintf(stderr, "verify: %s: %s\n", full, detail);
    }
}

/* One tensor of a sample, [1, heads, n, d]. */
static enum sc_status load(const char *directory, const char *name, struct sc_tensor *tensor,
                           enum sc_format *format, struct sc_decode_shape *shape, float **values,
                           struct sc_error *error)
{
    char path[1024];

    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path) {
        return sc_fail(error, SC_E_INPUT, "%s: name too long", directory);
    }
    enum sc_status status = sc_tensor_load(path, true, tensor, error);
    if (status == SC_OK) {
        status = sc_decode_format(path, tensor, format, error);
    }
    if (status == SC_OK) {
        status = sc_decode_shape(path, tensor, SC_DECODE_BHND, shape, error);
    }
    return status == SC_OK ? sc_decode_values(path, tensor, values, error) : status;
}

/* The masks under which a sample runs. */
struct variant {
    const char *name;
    int32_t left, right;
    bool alibi;
};

static enum sc_status run_variant(const struct sc_problem *sample, const struct variant *variant,
                                  float *const values[3], const char *name,
                                  struct sc_evidence *evidence, struct sc_error *error)
{
    struct sc_problem p = *sample;
    struct sc_compare_tally f64 = {.elements = 0}, f32 = {.elements = 0};
    char full[128];
    float slopes[64];
    float bias;
    const double begin = sc_clock_now();

    p.left = variant->left;
    p.right = variant->right;
    for (int32_t h = 0; h < 64; h++) {
        slopes[h] = 0x1p-8f * (float)(h + 1);
    }
    p.slopes = variant->alibi && p.heads_q <= 64 ? slopes : NULL;
    enum sc_status status =
        sc_constants_bias(&p, SC_BIAS_RULE_PADDED, 0, &bias, &p.bias_scope, error);
    p.bias = &bias;
    if (status == SC_OK) {
        status = sc_problem_explain(&p, error);
    }
    if (status == SC_OK) {
        status =
            sc_compare_forward(&p, values[0], values[1], values[2], PRECISION, &f64, &f32, error);
    }
    if (status == SC_OK) {
        (void)snprintf(full, sizeof full, "samples.%s.%s", name, variant->name);
        record(evidence, full, "f64", &f64, sc_clock_now() - begin);
        record(evidence, full, "f32", &f32, 0.0);
    }
    return status;
}

static enum sc_status run_sample(const char *directory, const char *name,
                                 const char *const files[3], struct sc_evidence *evidence,
                                 struct sc_error *error)
{
    static const struct variant variants[] = {
        {"full", SC_MASK_UNBOUNDED, SC_MASK_UNBOUNDED, false},
        {"causal", SC_MASK_UNBOUNDED, 0, false},
        {"window", 8, 4, false},
        {"alibi", SC_MASK_UNBOUNDED, SC_MASK_UNBOUNDED, true}};
    struct sc_tensor tensors[3] = {{.data = NULL}, {.data = NULL}, {.data = NULL}};
    struct sc_decode_shape shapes[3];
    enum sc_format formats[3];
    float *values[3] = {NULL, NULL, NULL};
    enum sc_status status = SC_OK;

    for (int t = 0; t < 3 && status == SC_OK; t++) {
        status = load(directory, files[t], &tensors[t], &formats[t], &shapes[t], &values[t], error);
    }
    if (status == SC_OK) {
        struct sc_problem p = {.batch = shapes[0].batch,
                               .heads_q = shapes[0].heads,
                               .heads_kv = shapes[1].heads,
                               .n_q = shapes[0].rows,
                               .n_k = shapes[1].rows,
                               .d = shapes[0].channels,
                               .d_v = shapes[2].channels,
                               .format_in = formats[0],
                               .format_out = formats[0],
                               .q = shapes[0].layout,
                               .k = shapes[1].layout,
                               .v = shapes[2].layout,
                               .o = shapes[0].layout};
        p.tau = sc_constants_scale(p.d);
        for (size_t m = 0; m < sizeof variants / sizeof variants[0] && status == SC_OK; m++) {
            status = run_variant(&p, &variants[m], values, name, evidence, error);
        }
    }
    for (int t = 0; t < 3; t++) {
        free(values[t]);
        sc_tensor_destroy(&tensors[t]);
    }
    return status;
}

static enum sc_status run_samples(const char *directory, struct sc_evidence *evidence,
                                  struct sc_error *error)
{
    static const struct {
        const char *name;
        const char *files[3];
    } samples[] = {
        {"layer0-short", {"layer0/short-q.npy", "layer0/short-k.npy", "layer0/short-v.npy"}},
        {"layer0-medium", {"layer0/medium-q.npy", "layer0/medium-k.npy", "layer0/medium-v.npy"}},
        {"layer0-long", {"layer0/long-q.npy", "layer0/long-k.npy", "layer0/long-v.npy"}},
        {"layer5-short", {"layer5/short-q.npy", "layer5/short-k.npy", "layer5/short-v.npy"}},
        {"layer5-medium", {"layer5/medium-q.npy", "layer5/medium-k.npy", "layer5/medium-v.npy"}},
        {"layer5-long", {"layer5/long-q.npy", "layer5/long-k.npy", "layer5/long-v.npy"}},
        {"layer5-long-fp16",
         {"layer5/long-f16-q.npy", "layer5/long-f16-k.npy", "layer5/long-f16-v.npy"}},
        {"layer5-long-bf16",
         {"layer5/long-bf16.safetensors:q", "layer5/long-bf16.safetensors:k",
          "layer5/long-bf16.safetensors:v"}}};
    enum sc_status status = SC_OK;

    for (size_t s = 0; s < sizeof samples / sizeof samples[0] && status == SC_OK; s++) {
        status = run_sample(directory, samples[s].name, samples[s].files, evidence, error);
    }
    return status;
}

/* Generated cases, one check for each mask kind and arithmetic. */
static enum sc_status run_generated(int32_t cases, struct sc_evidence *evidence,
                                    struct sc_error *error)
{
    struct sc_compare_tally f64[SC_GENERATE_MASKS], f32[SC_GENERATE_MASKS];
    const int shown = isatty(STDERR_FILENO);
    const double begin = sc_clock_now();
    enum sc_status status = SC_OK;

    memset(f64, 0, sizeof f64);
    memset(f32, 0, sizeof f32);
    for (int32_t seed = 0; seed < cases && status == SC_OK; seed++) {
        struct sc_case c;
        status = sc_generate_case((uint64_t)seed, &c, error);
        if (status == SC_OK) {
            status = sc_problem_explain(&c.problem, error);
        }
        if (status == SC_OK) {
            status = sc_compare_forward(&c.problem, c.q, c.k, c.v, PRECISION, &f64[c.mask],
                                        &f32[c.mask], error);
        }
        sc_generate_destroy(&c);
        if (shown && seed % 16 == 0) {
            (void)fprintf(stderr, "\rverify: case %d of %d", seed, cases);
        }
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    for (int m = 0; m < SC_GENERATE_MASKS && status == SC_OK; m++) {
        char name[64];
        (void)snprintf(name, sizeof name, "generated.%s",
                       sc_generate_mask_name((enum sc_generate_mask)m));
        record(evidence, name, "f64", &f64[m], m == 0 ? sc_clock_now() - begin : 0.0);
        record(evidence, name, "f32", &f32[m], 0.0);
    }
    return status;
}

/* The stage setup: one skipped check for each thing that set-up could not find. */
static enum sc_status record_setup(const struct options *options, struct sc_error *error)
{
    struct sc_evidence *evidence = NULL;
    char line[512];
    FILE *file = fopen(options->missing, "r");

    if (file == NULL) {
        return sc_fail(error, SC_E_IO, "%s: cannot read, expected the list of make setup",
                       options->missing);
    }
    enum sc_status status = sc_evidence_create("setup", "make setup", &evidence, error);
    if (status == SC_OK) {
        sc_evidence_check(evidence, "setup.required", SC_EVIDENCE_PASS, 0.0, NULL);
        while (fgets(line, sizeof line, file) != NULL) {
            char *reason = strchr(line, ':');
            char name[512];
            line[strcspn(line, "\n")] = '\0';
            if (line[0] == '\0') {
                continue;
            }
            if (reason != NULL) {
                *reason++ = '\0';
            }
            (void)snprintf(name, sizeof name, "setup.%.400s", line);
            sc_evidence_check(evidence, name, SC_EVIDENCE_SKIPPED, 0.0,
                              reason != NULL ? reason + strspn(reason, " ") : "missing");
        }
        status = sc_evidence_write(evidence, options->evidence, error);
    }
    sc_evidence_destroy(evidence);
    (void)fclose(file);
    return status;
}

static enum sc_status parse(int argc, char **argv, struct options *options, struct sc_error *error)
{
    static const struct option known[] = {
        {"samples", required_argument, NULL, 's'},  {"cases", required_argument, NULL, 'c'},
        {"evidence", required_argument, NULL, 'e'}, {"missing", required_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    enum sc_status status = SC_OK;
    int letter;

    optind = 0;
    opterr = 0;
    while (status == SC_OK && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (letter) {
        case 's':
            options->samples = optarg;
            break;
        case 'c':
            status = sc_values_int("verify: --cases", optarg, SC_GENERATE_MASKS, 1 << 24,
                                   &options->cases, error);
            break;
        case 'e':
            options->evidence = optarg;
            break;
        case 'm':
            options->missing = optarg;
            break;
        case 'h':
            options->help = true;
            return SC_OK;
        default:
            return sc_fail(error, SC_E_INPUT, "verify: %s: unknown option or no value (see --help)",
                           argv[optind - 1]);
        }
    }
    if (status == SC_OK && optind < argc) {
        status = sc_fail(error, SC_E_INPUT, "verify: '%s', expected options only", argv[optind]);
    }
    return status;
}

int sc_command_verify(int argc, char **argv)
{
    struct options options = {
        .samples = "tests/samples/minilm", .evidence = "build/evidence", .cases = 480};
    struct sc_error error = {SC_OK, ""};
    struct sc_evidence *evidence = NULL;
    int code = SC_EXIT_VERIFIED;

    enum sc_status status = parse(argc, argv, &options, &error);
    if (status == SC_OK && options.help) {
        (void)fputs(help, stdout);
        return fflush(stdout) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_INPUT;
    }
    if (status == SC_OK && options.missing != NULL) {
        status = record_setup(&options, &error);
    }
    if (status == SC_OK) {
        status = sc_evidence_create("reference", "sigmacert verify", &evidence, &error);
    }
    if (status == SC_OK) {
        status = run_samples(options.samples, evidence, &error);
    }
    if (status == SC_OK) {
        status = run_generated(options.cases, evidence, &error);
    }
    if (status == SC_OK) {
        sc_evidence_figure(evidence, "reference.cases", (double)options.cases, "1",
                           SC_EVIDENCE_NONE, 0.0);
        status = sc_evidence_write(evidence, options.evidence, &error);
    }
    if (status == SC_OK) {
        code = sc_evidence_failed(evidence) == 0 ? SC_EXIT_VERIFIED : SC_EXIT_FALSIFIED;
    } else {
        (void)fprintf(stderr, "%s\n", error.text);
        code = sc_command_exit(status);
    }
    sc_evidence_destroy(evidence);
    return code;
}
