/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/input.h"

#include "reference/constants.h"
#include "spec/mask.h"
#include "tools/input/values.h"
#include "tools/lipschitz/files.h"
#include "tools/lipschitz/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum sc_status read_weights(const struct sc_lipschitz_text *text,
                                   struct sc_lipschitz_input *input, struct sc_error *error)
{
    struct sc_layer *l = &input->layer;
    int32_t heads = 1;
    int64_t rows = 0, rows_v = 0, width = 0, out = 0;
    enum sc_status status = SC_OK;

    if (text->of[SC_LIPSCHITZ_HEADS] != NULL) {
        status = sc_values_int("lipschitz: --heads", text->of[SC_LIPSCHITZ_HEADS], 1, SC_LENGTH_MAX,
                               &heads, error);
    }
    if (status == SC_OK) {
        status = sc_lipschitz_load_matrix("wq", text->of[SC_LIPSCHITZ_WQ], &rows, &width,
                                          &input->w_q, error);
    }
    if (status == SC_OK) {
        status = sc_lipschitz_load_matrix("wk", text->of[SC_LIPSCHITZ_WK], &rows, &width,
                                          &input->w_k, error);
    }
    if (status == SC_OK) {
        status = sc_lipschitz_load_matrix("wv", text->of[SC_LIPSCHITZ_WV], &rows_v, &width,
                                          &input->w_v, error);
    }
    if (status == SC_OK && (rows % heads != 0 || rows_v % heads != 0)) {
        status = sc_fail(error, SC_E_INPUT,
                         "lipschitz: %lld and %lld rows of --wq and --wv, expected multiples of "
                         "--heads %d",
                         (long long)rows, (long long)rows_v, heads);
    }
    if (status == SC_OK && text->of[SC_LIPSCHITZ_WO] != NULL) {
        status = sc_lipschitz_load_matrix("wo", text->of[SC_LIPSCHITZ_WO], &out, &rows_v,
                                          &input->w_o, error);
    }
    if (status != SC_OK) {
        return status;
    }
    l->heads = heads;
    l->d = (int32_t)rows / heads;
    l->d_v = (int32_t)rows_v / heads;
    l->width = (int32_t)width;
    l->out = (int32_t)out;
    const struct {
        enum sc_lipschitz_key key;
        const char *option;
        int64_t count;
        double **values;
    } vectors[] = {{SC_LIPSCHITZ_BQ, "bq", rows, &input->beta_q},
                   {SC_LIPSCHITZ_BK, "bk", rows, &input->beta_k},
                   {SC_LIPSCHITZ_BV, "bv", rows_v, &input->beta_v},
                   {SC_LIPSCHITZ_GAIN_Q, "gain-q", l->d, &input->gain_q},
                   {SC_LIPSCHITZ_GAIN_K, "gain-k", l->d, &input->gain_k}};
    for (size_t n = 0; status == SC_OK && n < sizeof vectors / sizeof vectors[0]; n++) {
        status = sc_lipschitz_load_vector(vectors[n].option, text->of[vectors[n].key],
                                          vectors[n].count, vectors[n].values, error);
    }
    return status;
}

/* A list of one value a head. */
static enum sc_status read_list(const char *what, const char *text, int32_t heads, double **values,
                                struct sc_error *error)
{
    float *list = NULL;
    int32_t count = 0;
    enum sc_status status = sc_values_floats(what, text, &list, &count, error);

    if (status == SC_OK && count != heads) {
        status = sc_fail(error, SC_E_INPUT, "%s: %d values, expected %d, one for each head", what,
                         count, heads);
    }
    if (status == SC_OK) {
        *values = malloc((size_t)heads * sizeof **values);
        status = *values == NULL ? sc_fail(error, SC_E_MEMORY, "%s: no memory", what) : SC_OK;
    }
    for (int32_t h = 0; status == SC_OK && h < heads; h++) {
        (*values)[h] = (double)list[h];
    }
    free(list);
    return status;
}

static enum sc_status read_bias(const struct sc_lipschitz_text *text,
                                struct sc_lipschitz_input *input, struct sc_error *error)
{
    const int32_t heads = input->layer.heads;
    float b = 0.0f;
    enum sc_status status = SC_OK;

    if (text->of[SC_LIPSCHITZ_BIAS] != NULL && text->of[SC_LIPSCHITZ_BIAS_HEAD] != NULL) {
        return sc_fail(error, SC_E_INPUT, "lipschitz: --bias and --bias-head, expected one");
    }
    if (text->of[SC_LIPSCHITZ_BIAS_HEAD] != NULL) {
        return read_list("lipschitz: --bias-head", text->of[SC_LIPSCHITZ_BIAS_HEAD], heads,
                         &input->bias, error);
    }
    input->minus_log =
        text->of[SC_LIPSCHITZ_BIAS] == NULL || strcmp(text->of[SC_LIPSCHITZ_BIAS], "-log-n") == 0;
    if (!input->minus_log) {
        status = sc_values_float("lipschitz: --bias", text->of[SC_LIPSCHITZ_BIAS], &b, error);
    }
    input->bias = calloc((size_t)heads, sizeof *input->bias);
    if (input->bias == NULL) {
        return sc_fail(error, SC_E_MEMORY, "lipschitz: no memory for %d heads", heads);
    }
    for (int32_t h = 0; h < heads; h++) {
        input->bias[h] = (double)b;
    }
    return status;
}

static enum sc_status read_band(const struct sc_lipschitz_text *text, struct sc_layer *l,
                                struct sc_error *error)
{
    int32_t *sides = NULL, count = 0;

    l->left = SC_MASK_UNBOUNDED;
    l->right = text->causal ? 0 : SC_MASK_UNBOUNDED;
    if (text->of[SC_LIPSCHITZ_WINDOW] == NULL) {
        return SC_OK;
    }
    enum sc_status status =
        sc_values_ints("lipschitz: --window", text->of[SC_LIPSCHITZ_WINDOW], &sides, &count, error);
    if (status == SC_OK && (count != 2 || sides[0] > SC_MASK_UNBOUNDED ||
                            sides[1] > SC_MASK_UNBOUNDED || text->causal)) {
        status = sc_fail(error, SC_E_INPUT,
                         "lipschitz: --window '%s', expected LEFT,RIGHT, and not with --causal",
                         text->of[SC_LIPSCHITZ_WINDOW]);
    }
    if (status == SC_OK) {
        l->left = sides[0];
        l->right = sides[1];
    }
    free(sides);
    return status;
}

static enum sc_status read_norm(const struct sc_lipschitz_text *text, struct sc_layer *l,
                                struct sc_error *error)
{
    const char *norm = text->of[SC_LIPSCHITZ_QK_NORM];
    float epsilon = 1e-6f;

    if (norm == NULL &&
        (text->of[SC_LIPSCHITZ_GAIN_Q] != NULL || text->of[SC_LIPSCHITZ_GAIN_K] != NULL ||
         text->of[SC_LIPSCHITZ_EPSILON] != NULL)) {
        return sc_fail(error, SC_E_INPUT, "lipschitz: gains or --epsilon without --qk-norm");
    }
    if (norm == NULL) {
        return SC_OK;
    }
    if (strcmp(norm, "rms") != 0 && strcmp(norm, "layer") != 0) {
        return sc_fail(error, SC_E_INPUT, "lipschitz: --qk-norm '%s', expected rms or layer", norm);
    }
    l->norm = norm[0] == 'r' ? SC_LAYER_RMS : SC_LAYER_MEAN0;
    const enum sc_status status =
        text->of[SC_LIPSCHITZ_EPSILON] == NULL
            ? SC_OK
            : sc_values_float("lipschitz: --epsilon", text->of[SC_LIPSCHITZ_EPSILON], &epsilon,
                              error);
    l->epsilon = (double)epsilon;
    return status;
}

static enum sc_status read_layer(const struct sc_lipschitz_text *text,
                                 struct sc_lipschitz_input *input, struct sc_error *error)
{
    struct sc_layer *l = &input->layer;
    float number = sc_constants_scale(l->d);
    enum sc_status status = SC_OK;

    if (text->of[SC_LIPSCHITZ_SCALE] != NULL) {
        status =
            sc_values_float("lipschitz: --scale", text->of[SC_LIPSCHITZ_SCALE], &number, error);
    }
    l->scale = (double)number;
    if (status == SC_OK && text->of[SC_LIPSCHITZ_ROPE] != NULL) {
        status = sc_values_float("lipschitz: --rope", text->of[SC_LIPSCHITZ_ROPE], &number, error);
        l->rotation = (double)number;
        if (status == SC_OK && number == 0.0f) {
            status = sc_fail(error, SC_E_INPUT, "lipschitz: --rope 0, expected a positive number");
        }
    }
    if (status == SC_OK) {
        status = read_bias(text, input, error);
    }
    if (status == SC_OK && text->of[SC_LIPSCHITZ_ALIBI] != NULL) {
        status = read_list("lipschitz: --alibi", text->of[SC_LIPSCHITZ_ALIBI], l->heads,
                           &input->slopes, error);
    }
    if (status == SC_OK) {
        status = read_band(text, l, error);
    }
    return status == SC_OK ? read_norm(text, l, error) : status;
}

static enum sc_status read_how(const struct sc_lipschitz_text *text,
                               struct sc_lipschitz_input *input, struct sc_error *error)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int32_t side = 4096, memory = 8192;
    const char *kind = text->of[SC_LIPSCHITZ_KIND] == NULL ? "both" : text->of[SC_LIPSCHITZ_KIND];
    enum sc_status status = SC_OK;

    input->options = sc_measure_defaults();
    input->options.threads = processors > 0 && processors < 1024 ? (int32_t)processors : 1;
    input->sigmoid = strcmp(kind, "softmax") != 0;
    input->softmax = strcmp(kind, "sigmoid") != 0;
    if (input->sigmoid && input->softmax && strcmp(kind, "both") != 0) {
        return sc_fail(error, SC_E_INPUT,
                       "lipschitz: --kind '%s', expected sigmoid, softmax or both", kind);
    }
    const struct {
        enum sc_lipschitz_key key;
        const char *what;
        int32_t low, high;
        int32_t *value;
    } numbers[] = {
        {SC_LIPSCHITZ_THREADS, "lipschitz: --threads", 1, 1024, &input->options.threads},
        {SC_LIPSCHITZ_STEPS, "lipschitz: --steps", 1, 100000, &input->options.steps_max},
        {SC_LIPSCHITZ_EXACT_MAX, "lipschitz: --exact-max", 0, 1 << 20, &side},
        {SC_LIPSCHITZ_MEMORY, "lipschitz: --memory", 1, 1 << 24, &memory},
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
        struct sc_lipschitz_sample *grown =
            realloc(input->samples, (size_t)(input->samples_count + 1) * sizeof *grown);
        double *x = malloc((size_t)size * sizeof *x);
        if (grown != NULL) {
            input->samples = grown;
        }
        if (grown == NULL || x == NULL) {
            free(x);
            status = sc_fail(error, SC_E_MEMORY, "%s: no memory for a sample", file);
            break;
        }
        memcpy(x, values + b * size, (size_t)size * sizeof *x);
        input->samples[input->samples_count++] =
            (struct sc_lipschitz_sample){file, axis == 1 ? b : -1, (int32_t)tensor.shape[axis], x};
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

enum sc_status sc_lipschitz_input_read(int argc, char **argv, struct sc_lipschitz_input *input,
                                       struct sc_error *error)
{
    struct sc_lipschitz_text text;
    enum sc_status status;

    memset(input, 0, sizeof *input);
    memset(&text, 0, sizeof text);
    status = sc_lipschitz_split(argc, argv, &text, error);
    input->text = text;
    input->json = text.json;
    input->help = text.help;
    if (status != SC_OK || input->help) {
        return status;
    }
    if (text.of[SC_LIPSCHITZ_CHECK] != NULL) {
        return read_how(&text, input, error);
    }
    status = text.files == 0
                 ? sc_fail(error, SC_E_INPUT, "lipschitz: no --x, expected FILE (see --help)")
                 : read_how(&text, input, error);
    if (status == SC_OK) {
        status = read_weights(&text, input, error);
    }
    if (status == SC_OK) {
        status = read_layer(&text, input, error);
    }
    for (int32_t n = 0; status == SC_OK && n < text.files; n++) {
        status = read_samples(text.x[n], input, error);
    }
    struct sc_layer *l = &input->layer;
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

void sc_lipschitz_input_destroy(struct sc_lipschitz_input *input)
{
    double *const arrays[] = {input->w_q,    input->w_k,    input->w_v,    input->w_o,
                              input->beta_q, input->beta_k, input->beta_v, input->bias,
                              input->slopes, input->gain_q, input->gain_k};

    for (size_t n = 0; n < sizeof arrays / sizeof arrays[0]; n++) {
        free(arrays[n]);
    }
    for (int32_t n = 0; n < input->samples_count; n++) {
        free(input->samples[n].x);
    }
    free(input->samples);
    memset(input, 0, sizeof *input);
}
