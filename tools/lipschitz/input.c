/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/input.h"

#include "reference/constants.h"
#include "spec/mask.h"
#include "tools/input/values.h"
#include "tools/lipschitz/files.h"
#include "tools/lipschitz/layer.h"
#include "tools/lipschitz/radii.h"
#include "tools/plot/page.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum sc_status sc_lipschitz_read_how(const struct sc_lipschitz_text *text,
                                     struct sc_lipschitz_input *input, struct sc_error *error)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int32_t side = 4096, memory = 8192;
    const char *kind = text->of[SC_LIPSCHITZ_KIND] == NULL ? "both" : text->of[SC_LIPSCHITZ_KIND];
    enum sc_status status = text->of[SC_LIPSCHITZ_PLOT] == NULL
                                ? SC_OK
                                : sc_plot_page_name(text->of[SC_LIPSCHITZ_PLOT], error);

    input->json = text->json;
    input->plot = text->of[SC_LIPSCHITZ_PLOT];
    input->options = sc_measure_defaults();
    input->options.spectrum = input->plot != NULL;
    input->options.threads = processors > 0 && processors < 1024 ? (int32_t)processors : 1;
    input->sigmoid = strcmp(kind, "softmax") != 0;
    input->softmax = strcmp(kind, "sigmoid") != 0;
    if (input->sigmoid && input->softmax && strcmp(kind, "both") != 0) {
        return sc_fail(error, SC_E_INPUT, "--kind '%s', expected sigmoid, softmax or both", kind);
    }
    const struct {
        enum sc_lipschitz_key key;
        const char *what;
        int32_t low, high;
        int32_t *value;
    } numbers[] = {
        {SC_LIPSCHITZ_THREADS, "--threads", 1, 1024, &input->options.threads},
        {SC_LIPSCHITZ_STEPS, "--steps", 1, 100000, &input->options.steps_max},
        {SC_LIPSCHITZ_EXACT_MAX, "--exact-max", 0, 1 << 20, &side},
        {SC_LIPSCHITZ_MEMORY, "--memory", 1, 1 << 24, &memory},
    };
    for (size_t n = 0; status == SC_OK && n < sizeof numbers / sizeof numbers[0]; n++) {
        if (text->of[numbers[n].key] != NULL) {
            status = sc_values_int(numbers[n].what, text->of[numbers[n].key], numbers[n].low,
                                   numbers[n].high, numbers[n].value, error);
        }
    }
    input->options.exact_max = side;
    input->options.bytes_max = (double)memory * 0x1p20;
    return status;
}

enum sc_status sc_lipschitz_add_sample(struct sc_lipschitz_input *input, const char *file,
                                       int32_t index, int32_t tokens, double *x,
                                       struct sc_error *error)
{
    struct sc_lipschitz_sample *grown =
        realloc(input->samples, (size_t)(input->samples_count + 1) * sizeof *grown);

    if (grown == NULL) {
        free(x);
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for a sample", file);
    }
    input->samples = grown;
    input->samples[input->samples_count++] = (struct sc_lipschitz_sample){file, index, tokens, x};
    return SC_OK;
}

/* The samples of a file: one, or those of its batch axis. */
static enum sc_status read_samples(const char *file, struct sc_lipschitz_input *input,
                                   struct sc_error *error)
{
    struct sc_tensor tensor = {.data = NULL};
    double *values = NULL;
    enum sc_status status = sc_lipschitz_load(file, &tensor, &values, error);
    const int32_t axis = tensor.rank - 2;

    if (status == SC_OK &&
        (axis < 0 || axis > 1 || tensor.count == 0 || tensor.shape[axis] > SC_LENGTH_MAX ||
         (axis == 1 && tensor.shape[0] > 65536) || tensor.shape[axis + 1] != input->layer.width)) {
        status =
            sc_fail(error, SC_E_INPUT, "%s: --x, expected [n, %d] or [batch, n, %d], not empty",
                    file, input->layer.width, input->layer.width);
    }
    const int32_t batch = status == SC_OK && axis == 1 ? (int32_t)tensor.shape[0] : 1;
    for (int32_t b = 0; status == SC_OK && b < batch; b++) {
        const int64_t size = tensor.count / batch;
        double *x = malloc((size_t)size * sizeof *x);
        if (x == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "%s: no memory for a sample", file);
            break;
        }
        memcpy(x, values + b * size, (size_t)size * sizeof *x);
        status = sc_lipschitz_add_sample(input, file, axis == 1 ? b : -1,
                                         (int32_t)tensor.shape[axis], x, error);
    }
    free(values);
    sc_tensor_destroy(&tensor);
    return status;
}

struct sc_layer sc_lipschitz_layer(struct sc_lipschitz_input *input, int32_t sample,
                                   enum sc_layer_kind kind)
{
    struct sc_layer l = input->layer;

    l.kind = kind;
    l.tokens = input->samples[sample].tokens;
    for (int32_t h = 0; input->minus_log && h < l.heads; h++) {
        input->bias[h] = (double)sc_constants_minus_log(l.tokens);
    }
    return l;
}

enum sc_status sc_lipschitz_connect(struct sc_lipschitz_input *input, struct sc_error *error)
{
    struct sc_layer *l = &input->layer;
    enum sc_status status = SC_OK;

    l->w_q = input->w_q;
    l->w_k = input->w_k;
    l->w_v = input->w_v;
    l->w_o = input->w_o;
    l->beta_q = input->beta_q;
    l->beta_k = input->beta_k;
    l->beta_v = input->beta_v;
    l->bias = input->bias;
    l->slopes = input->slopes;
    l->gain_q = input->gain_q;
    l->gain_k = input->gain_k;
    for (int32_t n = 0; status == SC_OK && n < input->samples_count; n++) {
        const struct sc_layer layer = sc_lipschitz_layer(input, n, SC_LAYER_SIGMOID);
        status = sc_layer_check(&layer, error);
    }
    return status;
}

enum sc_status sc_lipschitz_input_read(const struct sc_lipschitz_text *text,
                                       struct sc_lipschitz_input *input, struct sc_error *error)
{
    input->text = *text;
    enum sc_status status = text->files == 0
                                ? sc_fail(error, SC_E_INPUT, "no --x, expected FILE (see --help)")
                                : sc_lipschitz_read_how(text, input, error);

    if (status == SC_OK && text->of[SC_LIPSCHITZ_RADIUS] != NULL) {
        status = sc_lipschitz_radii("--radius", text->of[SC_LIPSCHITZ_RADIUS], &input->radii,
                                    &input->radii_count, error);
    }
    if (status == SC_OK) {
        status = sc_lipschitz_read_weights(text, input, error);
    }
    if (status == SC_OK) {
        status = sc_lipschitz_read_scores(text, input, error);
    }
    for (int32_t n = 0; status == SC_OK && n < text->files; n++) {
        status = read_samples(text->x[n], input, error);
    }
    return status == SC_OK ? sc_lipschitz_connect(input, error) : status;
}

void sc_lipschitz_input_destroy(struct sc_lipschitz_input *input)
{
    double *const arrays[] = {input->w_q,    input->w_k,    input->w_v,    input->w_o,
                              input->beta_q, input->beta_k, input->beta_v, input->bias,
                              input->slopes, input->gain_q, input->gain_k, input->radii};

    for (size_t n = 0; n < sizeof arrays / sizeof arrays[0]; n++) {
        free(arrays[n]);
    }
    for (int32_t n = 0; n < input->samples_count; n++) {
        free(input->samples[n].x);
    }
    free(input->samples);
    memset(input, 0, sizeof *input);
}
