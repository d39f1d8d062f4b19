/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/samples.h"

#include "tools/claims/layers.h"

#include <stdio.h>

#define PATH_BYTES 4096

enum sc_status sc_samples_read(const struct sc_claims_context *context, const char *layer,
                               const char *sample, struct sc_lipschitz_input *input,
                               struct sc_error *error)
{
    static const struct {
        enum sc_lipschitz_key key;
        const char *tensor;
    } weights[] = {{SC_LIPSCHITZ_WQ, "w_q"}, {SC_LIPSCHITZ_WK, "w_k"}, {SC_LIPSCHITZ_WV, "w_v"},
                   {SC_LIPSCHITZ_BQ, "b_q"}, {SC_LIPSCHITZ_BK, "b_k"}, {SC_LIPSCHITZ_BV, "b_v"}};
    enum { WEIGHTS = sizeof weights / sizeof weights[0] };
    char paths[WEIGHTS][PATH_BYTES], x[PATH_BYTES];
    struct sc_lipschitz_text text = {.files = 1};

    *input = (struct sc_lipschitz_input){.w_q = NULL};
    for (int32_t n = 0; n < WEIGHTS; n++) {
        (void)snprintf(paths[n], sizeof paths[n], "%s/%s/weights.safetensors:%s", context->samples,
                       layer, weights[n].tensor);
        text.of[weights[n].key] = paths[n];
    }
    (void)snprintf(x, sizeof x, "%s/%s/%s-x.npy", context->samples, layer, sample);
    text.x[0] = x;
    text.of[SC_LIPSCHITZ_HEADS] = "4";
    text.of[SC_LIPSCHITZ_THREADS] = "1";
    const enum sc_status status = sc_lipschitz_input_read(&text, input, error);
    input->text = (struct sc_lipschitz_text){.files = 0}; /* the names end with this call */
    for (int32_t n = 0; n < input->samples_count; n++) {
        input->samples[n].file = sample;
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
