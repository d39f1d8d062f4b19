/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/input.h"

#include "reference/constants.h"
#include "spec/mask.h"
#include "tools/file/tensor.h"
#include "tools/input/decode.h"
#include "tools/input/values.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char sc_lipschitz_help[] =
    "usage: sigmacert lipschitz --x FILE... --wq FILE --wk FILE --wv FILE [OPTION]...\n"
    "How much a small change of the tokens is amplified at most: the spectral norm of the Jacobian "
    "of\n"
    "a self-attention layer at sample inputs, with sigmoid and with softmax. Every bound is "
    "certified.\n"
    "\n"
    "inputs (.npy, .safetensors:name; bf16, fp16, fp32 or fp64; taken as exact)\n"
    "  --x FILE            tokens, [n, width] or [batch, n, width]; may be given several times\n"
    "  --wq, --wk FILE     [heads d, width]\n"
    "  --wv FILE           [heads d_v, width]\n"
    "  --bq, --bk, --bv FILE   biases of Q, K and V, [heads d] and [heads d_v]\n"
    "  --wo FILE           [out, heads d_v]; without it the heads lie side by side\n"
    "  --heads H           (1)\n"
    "the layer\n"
    "  --scale X           (1/sqrt(d), rounded to fp32)\n"
    "  --bias X|-log-n     b, the same for all heads (-log-n: -log of the tokens of each sample)\n"
    "  --bias-head LIST    b of each head\n"
    "  --alibi LIST        slopes, one for each head\n"
    "  --causal | --window LEFT,RIGHT\n"
    "  --qk-norm rms|layer with --gain-q, --gain-k FILE [d] (1) and --epsilon X (1e-6)\n"
    "  --rope BASE         rotary positions: channels c and c + d/2 of a head turn together\n"
    "  --kind sigmoid|softmax|both   (both)\n"
    "how far\n"
    "  --exact-max N       largest smaller side of the Jacobian whose norm is certified (4096)\n"
    "  --memory MIB        that it may take (8192)\n"
    "  --steps N           of Lanczos, at most (200)\n"
    "  --threads N         (one for each processor)\n"
    "  --json              results as JSON\n"
    "\n"
    "Exit: 0 measured; 2 usage or bad input; 3 could not run here.\n"
    "\n"
    "example: sigmacert lipschitz --x x.npy --wq w.safetensors:w_q --wk w.safetensors:w_k \\\n"
    "           --wv w.safetensors:w_v --heads 4 --causal\n";

enum key {
    WQ,
    WK,
    WV,
    WO,
    BQ,
    BK,
    BV,
    GAIN_Q,
    GAIN_K,
    HEADS,
    SCALE,
    BIAS,
    BIAS_HEAD,
    ALIBI,
    WINDOW,
    QK_NORM,
    EPSILON,
    ROPE,
    KIND,
    EXACT_MAX,
    MEMORY,
    STEPS,
    THREADS,
    TEXTS,
    X,
    CAUSAL,
    JSON,
    HELP
};

static const struct option known[] = {{"wq", required_argument, NULL, WQ},
                                      {"wk", required_argument, NULL, WK},
                                      {"wv", required_argument, NULL, WV},
                                      {"wo", required_argument, NULL, WO},
                                      {"bq", required_argument, NULL, BQ},
                                      {"bk", required_argument, NULL, BK},
                                      {"bv", required_argument, NULL, BV},
                                      {"gain-q", required_argument, NULL, GAIN_Q},
                                      {"gain-k", required_argument, NULL, GAIN_K},
                                      {"heads", required_argument, NULL, HEADS},
                                      {"scale", required_argument, NULL, SCALE},
                                      {"bias", required_argument, NULL, BIAS},
                                      {"bias-head", required_argument, NULL, BIAS_HEAD},
                                      {"alibi", required_argument, NULL, ALIBI},
                                      {"window", required_argument, NULL, WINDOW},
                                      {"qk-norm", required_argument, NULL, QK_NORM},
                                      {"epsilon", required_argument, NULL, EPSILON},
                                      {"rope", required_argument, NULL, ROPE},
                                      {"kind", required_argument, NULL, KIND},
                                      {"exact-max", required_argument, NULL, EXACT_MAX},
                                      {"memory", required_argument, NULL, MEMORY},
                                      {"steps", required_argument, NULL, STEPS},
                                      {"threads", required_argument, NULL, THREADS},
                                      {"x", required_argument, NULL, X},
                                      {"causal", no_argument, NULL, CAUSAL},
                                      {"json", no_argument, NULL, JSON},
                                      {"help", no_argument, NULL, HELP},
                                      {NULL, 0, NULL, 0}};

/* The command line before any of it is read. */
struct text {
    const char *of[TEXTS];
    const char *x[SC_LIPSCHITZ_FILES];
    int32_t files;
    bool causal;
};

static enum sc_status split(int argc, char **argv, struct text *text,
                            struct sc_lipschitz_input *input, struct sc_error *error)
{
    int found, index = 0;

    optind = 0;
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", known, &index)) != -1) {
        if (found == '?' || found == ':') {
            return sc_fail(error, SC_E_INPUT, "lipschitz: %s: %s (see --help)", argv[optind - 1],
                           found == ':' ? "no value, expected one" : "unknown option");
        }
        if (found == X && text->files == SC_LIPSCHITZ_FILES) {
            return sc_fail(error, SC_E_INPUT, "lipschitz: more than %d --x, expected fewer",
                           SC_LIPSCHITZ_FILES);
        }
        if (found == X) {
            text->x[text->files++] = optarg;
        } else if (found < TEXTS && text->of[found] != NULL) {
            return sc_fail(error, SC_E_INPUT, "lipschitz: --%s given twice, expected once",
                           known[index].name);
        } else if (found < TEXTS) {
            text->of[found] = optarg;
        }
        text->causal = text->causal || found == CAUSAL;
        input->json = input->json || found == JSON;
        input->help = input->help || found == HELP;
    }
    return optind < argc
               ? sc_fail(error, SC_E_INPUT, "lipschitz: '%s', expected options only", argv[optind])
               : SC_OK;
}

/* The elements of a tensor as doubles, exact. */
static enum sc_status load(const char *file, struct sc_tensor *tensor, double **values,
                           struct sc_error *error)
{
    enum sc_format format;
    enum sc_status status = sc_tensor_load(file, false, tensor, error);

    if (status != SC_OK) {
        return status;
    }
    if (tensor->type != SC_TENSOR_FP64) {
        status = sc_decode_format(file, tensor, &format, error);
    }
    *values = malloc((size_t)tensor->count * sizeof **values + 1);
    if (status == SC_OK && *values == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory for %lld values", file,
                         (long long)tensor->count);
    }
    for (int64_t n = 0; status == SC_OK && n < tensor->count; n++) {
        (*values)[n] = tensor->type == SC_TENSOR_FP64 ? ((const double *)tensor->data)[n]
                                                      : sc_decode_element(tensor, n);
    }
    return status;
}

/* A matrix [rows][columns]; 0: not known yet, and set. */
static enum sc_status load_matrix(const char *option, const char *file, int64_t *rows,
                                  int64_t *columns, double **values, struct sc_error *error)
{
    struct sc_tensor tensor = {.data = NULL};
    enum sc_status status = SC_OK;

    if (file == NULL) {
        return sc_fail(error, SC_E_INPUT, "lipschitz: no --%s, expected FILE", option);
    }
    status = load(file, &tensor, values, error);
    if (status == SC_OK && (tensor.rank != 2 || tensor.shape[0] < 1 || tensor.shape[1] < 1 ||
                            tensor.shape[0] > SC_LENGTH_MAX || tensor.shape[1] > SC_LENGTH_MAX)) {
        status = sc_fail(error, SC_E_INPUT, "%s: --%s, expected a matrix", file, option);
    }
    if (status == SC_OK && ((*rows != 0 && tensor.shape[0] != *rows) ||
                            (*columns != 0 && tensor.shape[1] != *columns))) {
        status = sc_fail(error, SC_E_INPUT, "%s: --%s is [%lld, %lld], expected [%lld, %lld]%s",
                         file, option, (long long)tensor.shape[0], (long long)tensor.shape[1],
                         (long long)*rows, (long long)*columns,
                         *rows == 0 || *columns == 0 ? " (0: any)" : "");
    }
    if (status == SC_OK) {
        *rows = tensor.shape[0];
        *columns = tensor.shape[1];
    }
    sc_tensor_destroy(&tensor);
    return status;
}

static enum sc_status load_vector(const char *option, const char *file, int64_t count,
                                  double **values, struct sc_error *error)
{
    struct sc_tensor tensor = {.data = NULL};

    if (file == NULL) {
        return SC_OK;
    }
    enum sc_status status = load(file, &tensor, values, error);
    if (status == SC_OK && (tensor.rank != 1 || tensor.count != count)) {
        status = sc_fail(error, SC_E_INPUT, "%s: --%s, expected %lld values in one dimension", file,
                         option, (long long)count);
    }
    sc_tensor_destroy(&tensor);
    return status;
}

static enum sc_status read_weights(const struct text *text, struct sc_lipschitz_input *input,
                                   struct sc_error *error)
{
    struct sc_layer *l = &input->layer;
    int32_t heads = 1;
    int64_t rows = 0, rows_v = 0, width = 0, out = 0;
    enum sc_status status = SC_OK;

    if (text->of[HEADS] != NULL) {
        status =
            sc_values_int("lipschitz: --heads", text->of[HEADS], 1, SC_LENGTH_MAX, &heads, error);
    }
    if (status == SC_OK) {
        status = load_matrix("wq", text->of[WQ], &rows, &width, &input->w_q, error);
    }
    if (status == SC_OK) {
        status = load_matrix("wk", text->of[WK], &rows, &width, &input->w_k, error);
    }
    if (status == SC_OK) {
        status = load_matrix("wv", text->of[WV], &rows_v, &width, &input->w_v, error);
    }
    if (status == SC_OK && (rows % heads != 0 || rows_v % heads != 0)) {
        status = sc_fail(error, SC_E_INPUT,
                         "lipschitz: %lld and %lld rows of --wq and --wv, expected multiples of "
                         "--heads %d",
                         (long long)rows, (long long)rows_v, heads);
    }
    if (status == SC_OK && text->of[WO] != NULL) {
        status = load_matrix("wo", text->of[WO], &out, &rows_v, &input->w_o, error);
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
        enum key key;
        const char *option;
        int64_t count;
        double **values;
    } vectors[] = {{BQ, "bq", rows, &input->beta_q},
                   {BK, "bk", rows, &input->beta_k},
                   {BV, "bv", rows_v, &input->beta_v},
                   {GAIN_Q, "gain-q", l->d, &input->gain_q},
                   {GAIN_K, "gain-k", l->d, &input->gain_k}};
    for (size_t n = 0; status == SC_OK && n < sizeof vectors / sizeof vectors[0]; n++) {
        status = load_vector(vectors[n].option, text->of[vectors[n].key], vectors[n].count,
                             vectors[n].values, error);
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

static enum sc_status read_bias(const struct text *text, struct sc_lipschitz_input *input,
                                struct sc_error *error)
{
    const int32_t heads = input->layer.heads;
    float b = 0.0f;
    enum sc_status status = SC_OK;

    if (text->of[BIAS] != NULL && text->of[BIAS_HEAD] != NULL) {
        return sc_fail(error, SC_E_INPUT, "lipschitz: --bias and --bias-head, expected one");
    }
    if (text->of[BIAS_HEAD] != NULL) {
        return read_list("lipschitz: --bias-head", text->of[BIAS_HEAD], heads, &input->bias, error);
    }
    input->minus_log = text->of[BIAS] == NULL || strcmp(text->of[BIAS], "-log-n") == 0;
    if (!input->minus_log) {
        status = sc_values_float("lipschitz: --bias", text->of[BIAS], &b, error);
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

static enum sc_status read_band(const struct text *text, struct sc_layer *l, struct sc_error *error)
{
    int32_t *sides = NULL, count = 0;

    l->left = SC_MASK_UNBOUNDED;
    l->right = text->causal ? 0 : SC_MASK_UNBOUNDED;
    if (text->of[WINDOW] == NULL) {
        return SC_OK;
    }
    enum sc_status status =
        sc_values_ints("lipschitz: --window", text->of[WINDOW], &sides, &count, error);
    if (status == SC_OK && (count != 2 || sides[0] > SC_MASK_UNBOUNDED ||
                            sides[1] > SC_MASK_UNBOUNDED || text->causal)) {
        status = sc_fail(error, SC_E_INPUT,
                         "lipschitz: --window '%s', expected LEFT,RIGHT, and not with --causal",
                         text->of[WINDOW]);
    }
    if (status == SC_OK) {
        l->left = sides[0];
        l->right = sides[1];
    }
    free(sides);
    return status;
}

static enum sc_status read_norm(const struct text *text, struct sc_layer *l, struct sc_error *error)
{
    const char *norm = text->of[QK_NORM];
    float epsilon = 1e-6f;

    if (norm == NULL &&
        (text->of[GAIN_Q] != NULL || text->of[GAIN_K] != NULL || text->of[EPSILON] != NULL)) {
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
        text->of[EPSILON] == NULL
            ? SC_OK
            : sc_values_float("lipschitz: --epsilon", text->of[EPSILON], &epsilon, error);
    l->epsilon = (double)epsilon;
    return status;
}

static enum sc_status read_layer(const struct text *text, struct sc_lipschitz_input *input,
                                 struct sc_error *error)
{
    struct sc_layer *l = &input->layer;
    float number = sc_constants_scale(l->d);
    enum sc_status status = SC_OK;

    if (text->of[SCALE] != NULL) {
        status = sc_values_float("lipschitz: --scale", text->of[SCALE], &number, error);
    }
    l->scale = (double)number;
    if (status == SC_OK && text->of[ROPE] != NULL) {
        status = sc_values_float("lipschitz: --rope", text->of[ROPE], &number, error);
        l->rotation = (double)number;
    }
    if (status == SC_OK) {
        status = read_bias(text, input, error);
    }
    if (status == SC_OK && text->of[ALIBI] != NULL) {
        status = read_list("lipschitz: --alibi", text->of[ALIBI], l->heads, &input->slopes, error);
    }
    if (status == SC_OK) {
        status = read_band(text, l, error);
    }
    return status == SC_OK ? read_norm(text, l, error) : status;
}

static enum sc_status read_how(const struct text *text, struct sc_lipschitz_input *input,
                               struct sc_error *error)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int32_t side = 4096, memory = 8192;
    const char *kind = text->of[KIND] == NULL ? "both" : text->of[KIND];
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
        enum key key;
        const char *what;
        int32_t low, high;
        int32_t *value;
    } numbers[] = {
        {THREADS, "lipschitz: --threads", 1, 1024, &input->options.threads},
        {STEPS, "lipschitz: --steps", 1, 100000, &input->options.steps_max},
        {EXACT_MAX, "lipschitz: --exact-max", 0, 1 << 20, &side},
        {MEMORY, "lipschitz: --memory", 1, 1 << 24, &memory},
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
    enum sc_status status = load(file, &tensor, &values, error);
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
    struct text text;
    enum sc_status status;

    memset(input, 0, sizeof *input);
    memset(&text, 0, sizeof text);
    status = split(argc, argv, &text, input, error);
    if (status != SC_OK || input->help) {
        return status;
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
