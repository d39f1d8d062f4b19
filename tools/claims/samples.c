/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/samples.h"

#include "tools/claims/layers.h"

#include <stdio.h>

#define PATH_BYTES 4096
#define FILES      7

enum sc_status sc_samples_read(const struct sc_claims_context *context, const char *layer,
                               const char *sample, struct sc_lipschitz_input *input,
                               struct sc_error *error)
{
    static const char *const weights[FILES - 1][2] = {{"--wq", "w_q"}, {"--wk", "w_k"},
                                                      {"--wv", "w_v"}, {"--bq", "b_q"},
                                                      {"--bk", "b_k"}, {"--bv", "b_v"}};
    char paths[FILES][PATH_BYTES], words[FILES][8], command[] = "lipschitz", heads[] = "--heads",
                                                    four[] = "4", threads[] = "--threads",
                                                    one[] = "1";
    char *argv[2 * FILES + 6];
    int argc = 0;

    argv[argc++] = command;
    for (int32_t n = 0; n < FILES; n++) {
        if (n < FILES - 1) {
            (void)snprintf(words[n], sizeof words[n], "%s", weights[n][0]);
            (void)snprintf(paths[n], sizeof paths[n], "%s/%s/weights.safetensors:%s",
                           context->samples, layer, weights[n][1]);
        } else {
            (void)snprintf(words[n], sizeof words[n], "--x");
            (void)snprintf(paths[n], sizeof paths[n], "%s/%s/%s-x.npy", context->samples, layer,
                           sample);
        }
        argv[argc++] = words[n];
        argv[argc++] = paths[n];
    }
    argv[argc++] = heads;
    argv[argc++] = four;
    argv[argc++] = threads;
    argv[argc++] = one;
    argv[argc] = NULL;
    const enum sc_status status = sc_lipschitz_input_read(argc, argv, input, error);
    for (int32_t n = 0; n < input->samples_count; n++) {
        input->samples[n].file = sample; /* its own name ends with this call */
    }
    return status;
}

static enum sc_status compare(const struct sc_claims_context *context, const char *name,
                              struct sc_found_list *result, struct sc_error *error)
{
    struct sc_lipschitz_input input;
    struct sc_found_range norms[2];
    enum sc_status status = sc_samples_read(context, name, "short", &input, error);

    for (int32_t kind = 0; status == SC_OK && kind < 2; kind++) {
        const struct sc_layer layer = sc_lipschitz_layer(&input, 0, (enum sc_layer_kind)kind);
        status = sc_layers_norm(&layer, input.samples[0].x, 1 << 12, &norms[kind], error);
    }
    if (status == SC_OK) {
        char finding[SC_FOUND_NAME_BYTES];
        (void)snprintf(finding, sizeof finding, "sample-%s", name);
        sc_found_add(result, finding, SC_FOUND_LIMIT, SC_FOUND_CERTIFIED,
                     sc_found_at_most(norms[1], norms[0]), norms[0].low / norms[1].high,
                     "%s, 8 tokens: ||J|| in [%.7g, %.7g] with sigmoid, [%.7g, %.7g] with softmax, "
                     "for which these weights were trained",
                     name, norms[0].low, norms[0].high, norms[1].low, norms[1].high);
    }
    sc_lipschitz_input_destroy(&input);
    return status;
}

enum sc_status sc_samples_compare(const struct sc_claims_context *context,
                                  struct sc_found_list *result, struct sc_error *error)
{
    const enum sc_status status = compare(context, "layer0", result, error);

    return status == SC_OK ? compare(context, "layer5", result, error) : status;
}

enum sc_status sc_samples_bound(const struct sc_claims_context *context,
                                struct sc_found_list *result, struct sc_error *error)
{
    static const char *const layers[] = {"layer0", "layer5"}, *const lengths[] = {"short", "medium",
                                                                                  "long"};
    struct sc_measure_options options = sc_measure_defaults();
    enum sc_status status = SC_OK;

    options.exact_max = 0;
    for (int32_t k = 0; status == SC_OK && k < 6; k++) {
        struct sc_lipschitz_input input;
        struct sc_measurement m = {.direction = NULL};
        const char *const layer_name = layers[k / 3], *const length = lengths[k % 3];
        char name[SC_FOUND_NAME_BYTES];
        (void)snprintf(name, sizeof name, "%s-%s", layer_name, length);
        status = sc_samples_read(context, layer_name, length, &input, error);
        if (status == SC_OK) {
            const struct sc_layer layer = sc_lipschitz_layer(&input, 0, SC_LAYER_SIGMOID);
            status = sc_measure(&layer, input.samples[0].x, &options, &m, error);
        }
        if (status == SC_OK) {
            const double bound = m.bounds.layer[SC_BOUND_T];
            sc_found_add(result, name, SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                         sc_found_whether(m.low <= bound), m.low / bound,
                         "%s, %s, %d tokens, affine form: ||J|| >= %.6g, bound %.6g, ratio %.3g",
                         layer_name, length, input.samples[0].tokens, m.low, bound, m.low / bound);
        }
        sc_measurement_destroy(&m);
        sc_lipschitz_input_destroy(&input);
    }
    return status;
}
