/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/worst/input.h"

#include "reference/constants.h"
#include "spec/mask.h"
#include "tools/input/values.h"
#include "tools/lipschitz/files.h"
#include "tools/lipschitz/radii.h"
#include "tools/plot/page.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char sc_worst_help[] =
    "usage: sigmacert worst --n LIST --radius LIST (--d D | --wq FILE --wk FILE --wv FILE) "
    "[OPTION]...\n"
    "How much a self-attention layer amplifies a change at most while no token is longer than R: "
    "tokens\n"
    "that are bad are searched for, and the norm of the Jacobian is certified there from below; "
    "beside it\n"
    "stands what it is at most in the whole ball, certified too.\n"
    "\n"
    "the layer, full attention without biases of Q, K and V\n"
    "  --d D               W_q, W_k and W_v the identity of D channels\n"
    "  --wq, --wk FILE     [heads d, width] (.npy, .safetensors:name; bf16 to fp64; taken as "
    "exact)\n"
    "  --wv FILE           [heads d_v, width]\n"
    "  --heads H           (1)\n"
    "  --scale X           (1 with --d, else 1/sqrt(d) rounded to fp32)\n"
    "  --bias X|-log-n     b of sigmoid (-log-n)\n"
    "the sweep\n"
    "  --n LIST            tokens\n"
    "  --radius LIST       R, the largest ||x_i||\n"
    "  --sigmoid           only sigmoid\n"
    "  --softmax           only softmax\n"
    "how far\n"
    "  --starts K          random starts, beside the families that are known to be bad (8)\n"
    "  --steps N           of ascent from a start; 0: none (20)\n"
    "  --seed S            of the random starts (1)\n"
    "  --threads N         (one for each processor)\n"
    "  --data FILE         the table for gnuplot, one block for each radius\n"
    "  --plot FILE.svg     curves over R, or over n where R does not vary, with gnuplot; the "
    "numbers in FILE.dat\n"
    "  --json              results as JSON\n"
    "\n"
    "Exit: 0 searched; 2 usage or bad input; 3 could not run here.\n"
    "\n"
    "example: sigmacert worst --d 1 --n 16,64,256 --radius 1,2 --data worst.dat\n";

/* Options with one value, and after TEXTS those without. */
enum key {
    N,
    RADIUS,
    D,
    WQ,
    WK,
    WV,
    HEADS,
    SCALE,
    BIAS,
    STARTS,
    STEPS,
    SEED,
    THREADS,
    DATA,
    PLOT,
    TEXTS,
    SIGMOID,
    SOFTMAX,
    JSON,
    HELP
};

static const struct option known[] = {{"n", required_argument, NULL, N},
                                      {"radius", required_argument, NULL, RADIUS},
                                      {"d", required_argument, NULL, D},
                                      {"wq", required_argument, NULL, WQ},
                                      {"wk", required_argument, NULL, WK},
                                      {"wv", required_argument, NULL, WV},
                                      {"heads", required_argument, NULL, HEADS},
                                      {"scale", required_argument, NULL, SCALE},
                                      {"bias", required_argument, NULL, BIAS},
                                      {"starts", required_argument, NULL, STARTS},
                                      {"steps", required_argument, NULL, STEPS},
                                      {"seed", required_argument, NULL, SEED},
                                      {"threads", required_argument, NULL, THREADS},
                                      {"data", required_argument, NULL, DATA},
                                      {"plot", required_argument, NULL, PLOT},
                                      {"sigmoid", no_argument, NULL, SIGMOID},
                                      {"softmax", no_argument, NULL, SOFTMAX},
                                      {"json", no_argument, NULL, JSON},
                                      {"help", no_argument, NULL, HELP},
                                      {NULL, 0, NULL, 0}};

/* Tells the options apart; nothing of their values is read. */
static enum sc_status split(int argc, char **argv, const char *text[TEXTS],
                            struct sc_worst_input *input, struct sc_error *error)
{
    int found, index = 0;

    optind = 0;
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", known, &index)) != -1) {
        if (found == '?' || found == ':') {
            return sc_fail(error, SC_E_INPUT, "worst: %s: %s (see --help)", argv[optind - 1],
                           found == ':' ? "no value, expected one" : "unknown option");
        }
        if (found < TEXTS && text[found] != NULL) {
            return sc_fail(error, SC_E_INPUT, "worst: --%s given twice, expected once",
                           known[index].name);
        }
        if (found < TEXTS) {
            text[found] = optarg;
        }
        input->sigmoid = input->sigmoid || found == SIGMOID;
        input->softmax = input->softmax || found == SOFTMAX;
        input->json = input->json || found == JSON;
        input->help = input->help || found == HELP;
    }
    if (!input->sigmoid && !input->softmax) {
        input->sigmoid = true;
        input->softmax = true;
    }
    return optind < argc
               ? sc_fail(error, SC_E_INPUT, "worst: '%s', expected options only", argv[optind])
               : SC_OK;
}

static enum sc_status set_identity(const char *text, int32_t heads, struct sc_worst_input *input,
                                   struct sc_error *error)
{
    int32_t d = 0;
    enum sc_status status = sc_values_int("worst: --d", text, 1, 4096, &d, error);
    double **const all[] = {&input->w_q, &input->w_k, &input->w_v};

    if (status == SC_OK && d % heads != 0) {
        status = sc_fail(error, SC_E_INPUT, "worst: --d %d, expected a multiple of --heads %d", d,
                         heads);
    }
    for (int32_t w = 0; status == SC_OK && w < 3; w++) {
        *all[w] = calloc((size_t)d * (size_t)d, sizeof(double));
        if (*all[w] == NULL) {
            status = sc_fail(error, SC_E_MEMORY, "worst: no memory for %d x %d numbers", d, d);
        }
        for (int64_t c = 0; status == SC_OK && c < d; c++) {
            (*all[w])[c * d + c] = 1.0;
        }
    }
    if (status == SC_OK) {
        input->identity = true;
        input->layer.width = d;
        input->layer.d = d / heads;
        input->layer.d_v = d / heads;
    }
    return status;
}

static enum sc_status read_files(const char *const text[TEXTS], int32_t heads,
                                 struct sc_worst_input *input, struct sc_error *error)
{
    const struct {
        const char *option;
        enum key key;
        double **values;
    } files[] = {{"wq", WQ, &input->w_q}, {"wk", WK, &input->w_k}, {"wv", WV, &input->w_v}};
    int64_t rows = 0, rows_v = 0, width = 0;
    enum sc_status status = SC_OK;

    for (size_t f = 0; status == SC_OK && f < sizeof files / sizeof files[0]; f++) {
        status = text[files[f].key] == NULL
                     ? sc_fail(error, SC_E_INPUT, "worst: no --%s, expected FILE, or --d",
                               files[f].option)
                     : sc_lipschitz_load_matrix(files[f].option, text[files[f].key],
                                                files[f].key == WV ? &rows_v : &rows, &width,
                                                files[f].values, error);
    }
    if (status == SC_OK && (rows % heads != 0 || rows_v % heads != 0)) {
        status = sc_fail(error, SC_E_INPUT,
                         "worst: %lld and %lld rows of --wq and --wv, expected multiples of "
                         "--heads %d",
                         (long long)rows, (long long)rows_v, heads);
    }
    input->layer.width = (int32_t)width;
    input->layer.d = (int32_t)rows / heads;
    input->layer.d_v = (int32_t)rows_v / heads;
    return status;
}

static enum sc_status read_layer(const char *const text[TEXTS], struct sc_worst_input *input,
                                 struct sc_error *error)
{
    struct sc_layer *l = &input->layer;
    int32_t heads = 1;
    float number = 0.0f, bias = 0.0f;
    enum sc_status status = SC_OK;

    if (text[HEADS] != NULL) {
        status = sc_values_int("worst: --heads", text[HEADS], 1, SC_LENGTH_MAX, &heads, error);
    }
    if (status == SC_OK && text[D] != NULL &&
        (text[WQ] != NULL || text[WK] != NULL || text[WV] != NULL)) {
        status = sc_fail(error, SC_E_INPUT, "worst: --d and files of weights, expected one");
    }
    if (status == SC_OK) {
        status = text[D] != NULL ? set_identity(text[D], heads, input, error)
                                 : read_files(text, heads, input, error);
    }
    if (status != SC_OK) {
        return status;
    }
    number = input->identity ? 1.0f : sc_constants_scale(l->d);
    if (text[SCALE] != NULL) {
        status = sc_values_float("worst: --scale", text[SCALE], &number, error);
    }
    input->minus_log = text[BIAS] == NULL || strcmp(text[BIAS], "-log-n") == 0;
    if (status == SC_OK && !input->minus_log) {
        status = sc_values_float("worst: --bias", text[BIAS], &bias, error);
    }
    input->bias = calloc((size_t)heads, sizeof *input->bias);
    if (status == SC_OK && input->bias == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "worst: no memory for %d heads", heads);
    }
    for (int32_t h = 0; status == SC_OK && h < heads; h++) {
        input->bias[h] = (double)bias;
    }
    l->heads = heads;
    l->scale = (double)number;
    l->left = SC_MASK_UNBOUNDED;
    l->right = SC_MASK_UNBOUNDED;
    l->w_q = input->w_q;
    l->w_k = input->w_k;
    l->w_v = input->w_v;
    l->bias = input->bias;
    return status;
}

static enum sc_status read_sweep(const char *const text[TEXTS], struct sc_worst_input *input,
                                 struct sc_error *error)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int32_t seed = 1;
    enum sc_status status = text[PLOT] == NULL ? SC_OK : sc_plot_page_name(text[PLOT], error);

    if (status != SC_OK) {
        return status;
    }
    input->plot = text[PLOT];
    input->options = sc_worst_defaults();
    input->options.ascent.threads = processors > 0 && processors < 1024 ? (int32_t)processors : 1;
    input->data = text[DATA];
    if (text[N] == NULL || text[RADIUS] == NULL) {
        return sc_fail(error, SC_E_INPUT, "worst: no --%s, expected a list (see --help)",
                       text[N] == NULL ? "n" : "radius");
    }
    const struct {
        const char *what, *text;
        int32_t low, high, *value;
    } numbers[] = {
        {"worst: --starts", text[STARTS], 0, 100000, &input->options.starts},
        {"worst: --steps", text[STEPS], 0, 100000, &input->options.ascent.steps},
        {"worst: --seed", text[SEED], 0, INT32_MAX, &seed},
        {"worst: --threads", text[THREADS], 1, 1024, &input->options.ascent.threads},
    };
    for (size_t n = 0; status == SC_OK && n < sizeof numbers / sizeof numbers[0]; n++) {
        if (numbers[n].text != NULL) {
            status = sc_values_int(numbers[n].what, numbers[n].text, numbers[n].low,
                                   numbers[n].high, numbers[n].value, error);
        }
    }
    input->options.seed = (uint64_t)seed;
    if (status == SC_OK) {
        status = sc_values_ints("worst: --n", text[N], &input->tokens, &input->tokens_count, error);
    }
    for (int32_t n = 0; status == SC_OK && n < input->tokens_count; n++) {
        if (input->tokens[n] < 1 || input->tokens[n] > SC_WORST_TOKENS_MAX) {
            status = sc_fail(error, SC_E_INPUT, "worst: --n %d, expected 1 to %d", input->tokens[n],
                             SC_WORST_TOKENS_MAX);
        }
    }
    if (status == SC_OK) {
        status = sc_lipschitz_radii("worst: --radius", text[RADIUS], &input->radii,
                                    &input->radii_count, error);
    }
    return status;
}

struct sc_layer sc_worst_input_layer(struct sc_worst_input *input, int32_t n,
                                     enum sc_layer_kind kind)
{
    struct sc_layer l = input->layer;

    l.kind = kind;
    l.tokens = n;
    for (int32_t h = 0; input->minus_log && h < l.heads; h++) {
        input->bias[h] = (double)sc_constants_minus_log(n);
    }
    return l;
}

enum sc_status sc_worst_input_read(int argc, char **argv, struct sc_worst_input *input,
                                   struct sc_error *error)
{
    const char *text[TEXTS] = {NULL};
    enum sc_status status;

    memset(input, 0, sizeof *input);
    status = split(argc, argv, text, input, error);
    if (status != SC_OK || input->help) {
        return status;
    }
    status = read_sweep(text, input, error);
    if (status == SC_OK) {
        status = read_layer(text, input, error);
    }
    if (status == SC_OK) {
        const struct sc_layer layer =
            sc_worst_input_layer(input, input->tokens[0], SC_LAYER_SIGMOID);
        status = sc_layer_check(&layer, error);
    }
    return status;
}

void sc_worst_input_destroy(struct sc_worst_input *input)
{
    free(input->w_q);
    free(input->w_k);
    free(input->w_v);
    free(input->bias);
    free(input->tokens);
    free(input->radii);
    memset(input, 0, sizeof *input);
}
