/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/stored.h"

#include "reference/certificate/upper.h"
#include "tools/certificate/base64.h"
#include "tools/file/bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COMMAS_MAX (1 << 22) /* bounds what the parser allocates beside texts */

const char *const sc_stored_names[SC_STORED_ARRAYS] = {
    "w_q", "w_k", "w_v", "w_o", "beta_q", "beta_k", "beta_v", "gain_q", "gain_k"};

/* What is being read, for messages, and whether anything was wrong. */
struct reader {
    const char *where;
    struct sc_error *error;
    enum sc_status status;
};

static void refuse(struct reader *r, const char *what, const char *expected)
{
    if (r->status == SC_OK) {
        r->status = sc_fail(r->error, SC_E_INPUT, "%s: %s, expected %s", r->where, what, expected);
    }
}

/* A double as %a prints it, finite and, of what a certificate holds but slopes and biases, not negative. */
static double real(struct reader *r, const json_t *value, const char *what, double low)
{
    const char *text = json_string_value(value);
    char *end = NULL;

    if (text == NULL || strlen(text) > 32 || text[strspn(text, "0123456789abcdefpx+-.")] != '\0' ||
        strstr(text, "0x") == NULL) {
        refuse(r, what, "a finite number in hexadecimal, \"0x1.8p+1\"");
        return 0.0;
    }
    const double x = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(x) || x < low) {
        refuse(r, what, low == 0.0 ? "a finite number >= 0" : "a finite number");
        return 0.0;
    }
    return x;
}

static int32_t integer(struct reader *r, const json_t *value, const char *what, int32_t low,
                       int32_t high)
{
    const json_int_t x = json_integer_value(value);

    if (!json_is_integer(value) || x < low || x > high) {
        refuse(r, what, "an integer in its range");
        return low;
    }
    return (int32_t)x;
}

/* A list of `count` doubles. */
static void reals(struct reader *r, const json_t *list, const char *what, int32_t count,
                  double *values)
{
    if (!json_is_array(list) || json_array_size(list) != (size_t)count) {
        refuse(r, what, "a list of one number for each head");
    }
    for (int32_t n = 0; r->status == SC_OK && n < count; n++) {
        values[n] = real(r, json_array_get(list, (size_t)n), what, -HUGE_VAL);
    }
}

static void file_of(struct reader *r, const char *name, const char *sha256, const char *what,
                    struct sc_stored_file *file)
{
    if (name[0] == '\0' || strlen(name) > 4096) {
        refuse(r, what, "the name of a file");
    }
    if (strlen(sha256) != SC_SHA256_TEXT - 1 ||
        sha256[strspn(sha256, "0123456789abcdef")] != '\0') {
        refuse(r, what, "a SHA-256 of 64 digits");
    }
    *file = (struct sc_stored_file){name, sha256};
}

/* Unpacks an object with exactly these keys. */
#define UNPACK(r, object, what, ...)                                                               \
    do {                                                                                           \
        json_error_t why;                                                                          \
        if ((r)->status == SC_OK &&                                                                \
            json_unpack_ex((object), &why, JSON_STRICT, __VA_ARGS__) != 0) {                       \
            refuse((r), (what), why.text);                                                         \
        }                                                                                          \
    } while (0)

static void read_layer(struct reader *r, json_t *object, struct sc_stored *stored)
{
    struct sc_subject *l = &stored->layer;
    json_t *of[7] = {NULL}, *scale = NULL, *epsilon = NULL, *rotation = NULL, *slopes = NULL;
    const char *norm = NULL;

    UNPACK(r, object, "layer", "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}",
           "width", &of[0], "heads", &of[1], "d", &of[2], "d_v", &of[3], "out", &of[4], "left",
           &of[5], "right", &of[6], "norm", &norm, "scale", &scale, "epsilon", &epsilon, "rotation",
           &rotation, "slopes", &slopes);
    if (r->status != SC_OK) {
        return;
    }
    l->width = integer(r, of[0], "layer: width", 1, SC_SUBJECT_MAX);
    l->heads = integer(r, of[1], "layer: heads", 1, SC_SUBJECT_MAX);
    l->d = integer(r, of[2], "layer: d", 1, SC_SUBJECT_MAX);
    l->d_v = integer(r, of[3], "layer: d_v", 1, SC_SUBJECT_MAX);
    l->out = integer(r, of[4], "layer: out", 0, SC_SUBJECT_MAX);
    l->left = integer(r, of[5], "layer: left", 0, SC_SUBJECT_MAX);
    l->right = integer(r, of[6], "layer: right", 0, SC_SUBJECT_MAX);
    l->scale = real(r, scale, "layer: scale", 0.0);
    l->epsilon = real(r, epsilon, "layer: epsilon", 0.0);
    l->rotation = real(r, rotation, "layer: rotation", 0.0);
    l->norm = strcmp(norm, "rms") == 0     ? SC_SUBJECT_RMS_NORM
              : strcmp(norm, "layer") == 0 ? SC_SUBJECT_LAYER_NORM
                                           : SC_SUBJECT_NO_NORM;
    if (l->norm == SC_SUBJECT_NO_NORM && strcmp(norm, "none") != 0) {
        refuse(r, "layer: norm", "none, rms or layer");
    }
    if (!json_is_null(slopes) && json_array_size(slopes) != (size_t)l->heads) {
        refuse(r, "layer: slopes", "null or a list of one number for each head");
    }
}

static void read_arrays(struct reader *r, json_t *object, struct sc_stored *stored)
{
    json_t *of[SC_STORED_ARRAYS] = {NULL};

    UNPACK(r, object, "inputs", "{s:o, s:o, s:o, s?o, s?o, s?o, s?o, s?o, s?o}", sc_stored_names[0],
           &of[0], sc_stored_names[1], &of[1], sc_stored_names[2], &of[2], sc_stored_names[3],
           &of[3], sc_stored_names[4], &of[4], sc_stored_names[5], &of[5], sc_stored_names[6],
           &of[6], sc_stored_names[7], &of[7], sc_stored_names[8], &of[8]);
    for (int32_t n = 0; r->status == SC_OK && n < SC_STORED_ARRAYS; n++) {
        const char *name = "", *sha256 = "";
        if (of[n] != NULL) {
            UNPACK(r, of[n], sc_stored_names[n], "{s:s, s:s}", "file", &name, "sha256", &sha256);
            file_of(r, name, sha256, sc_stored_names[n], &stored->arrays[n]);
        }
    }
    if ((stored->layer.out > 0) != (of[SC_STORED_W_O] != NULL)) {
        refuse(r, "layer: out", "the rows of w_o, 0 without it");
    }
    if (stored->layer.norm == SC_SUBJECT_NO_NORM &&
        (of[SC_STORED_GAIN_Q] != NULL || of[SC_STORED_GAIN_K] != NULL)) {
        refuse(r, "inputs: gains", "none without a norm");
    }
}

/* One kind of a sample: `claim` receives it. */
static void read_claim(struct reader *r, json_t *object, const struct sc_stored *stored,
                       int32_t tokens, struct sc_stored_claim *claim)
{
    const struct sc_subject *l = &stored->layer;
    const int64_t out = l->out > 0 ? l->out : (int64_t)l->heads * l->d_v;
    json_t *lower = NULL, *upper = NULL, *value = NULL, *shift = NULL;
    const char *side = "";
    size_t size = 0;

    UNPACK(r, object, "claim", "{s:o, s:s%, s:o}", "lower", &lower, "vector", &claim->vector, &size,
           "upper", &upper);
    if (r->status != SC_OK) {
        return;
    }
    claim->low = real(r, lower, "lower", 0.0);
    if (size != sc_base64_size((size_t)tokens * (size_t)l->width)) {
        refuse(r, "vector", "base64 of one double for each channel of each token");
    }
    claim->bounded = !json_is_null(upper);
    if (!claim->bounded) {
        return;
    }
    UNPACK(r, upper, "upper", "{s:o, s:o, s:s}", "value", &value, "shift", &shift, "side", &side);
    claim->high = real(r, value, "upper: value", 0.0);
    claim->shift = real(r, shift, "upper: shift", 0.0);
    if (r->status == SC_OK && claim->shift > sc_upper_shift(claim->high)) {
        refuse(r, "upper: shift", "at most the square of the value");
    }
    if (r->status == SC_OK && strcmp(side, l->width < out ? "inputs" : "outputs") != 0) {
        refuse(r, "upper: side", "the smaller one, \"inputs\" or \"outputs\"");
    }
}

static void read_sample(struct reader *r, json_t *object, struct sc_stored *stored, int32_t n)
{
    struct sc_stored_sample *s = &stored->samples[n];
    double *bias =
        stored->numbers + ((int64_t)n + 1) * stored->layer.heads; /* the slopes are first */
    json_t *index = NULL, *tokens = NULL, *list = NULL, *of[2] = {NULL, NULL};
    const char *name = "", *sha256 = "";

    UNPACK(r, object, "sample", "{s:s, s:o, s:o, s:s, s:o, s?o, s?o}", "file", &name, "index",
           &index, "tokens", &tokens, "sha256", &sha256, "bias", &list, "sigmoid", &of[0],
           "softmax", &of[1]);
    if (r->status != SC_OK) {
        return;
    }
    file_of(r, name, sha256, "sample", &s->tokens);
    s->index = integer(r, index, "sample: index", -1, SC_STORED_SAMPLES - 1);
    s->count = integer(r, tokens, "sample: tokens", 1, SC_SUBJECT_MAX);
    reals(r, list, "sample: bias", stored->layer.heads, bias);
    s->bias = bias;
    if (of[0] == NULL && of[1] == NULL) {
        refuse(r, "sample", "a claim, \"sigmoid\" or \"softmax\"");
    }
    for (int32_t k = 0; k < 2; k++) {
        if (of[k] != NULL) {
            read_claim(r, of[k], stored, s->count, &stored->claims[2 * (int64_t)n + k]);
            s->claims[k] = &stored->claims[2 * (int64_t)n + k];
        }
    }
}

/* Room for what the samples say: as many numbers as the text has words for. */
static void allocate(struct reader *r, struct sc_stored *stored, const json_t *slopes, size_t count)
{
    const struct sc_subject *l = &stored->layer;

    if (count < 1 || count > SC_STORED_SAMPLES) {
        refuse(r, "samples", "1 to 65536");
    }
    if ((double)count * l->heads > COMMAS_MAX) {
        refuse(r, "samples", "a bias for each head of each");
    }
    if (r->status != SC_OK) {
        return;
    }
    stored->numbers = calloc((count + 1) * (size_t)l->heads, sizeof *stored->numbers);
    stored->claims = calloc(2 * count, sizeof *stored->claims);
    stored->samples = calloc(count, sizeof *stored->samples);
    if (stored->numbers == NULL || stored->claims == NULL || stored->samples == NULL) {
        r->status =
            sc_fail(r->error, SC_E_MEMORY, "%s: no memory for %zu samples", r->where, count);
        return;
    }
    stored->samples_count = (int32_t)count;
    if (!json_is_null(slopes)) {
        reals(r, slopes, "layer: slopes", l->heads, stored->numbers);
        stored->layer.slopes = stored->numbers;
    }
}

static void read_root(struct reader *r, struct sc_stored *stored)
{
    const char *format = json_string_value(json_object_get(stored->root, "format"));
    json_t *version = NULL, *layer = NULL, *inputs = NULL, *samples = NULL;

    if (format == NULL || strcmp(format, SC_STORED_FORMAT) != 0) {
        refuse(r, "format", "\"" SC_STORED_FORMAT "\"");
    }
    UNPACK(r, stored->root, "certificate", "{s:s, s:o, s:o, s:o, s:o}", "format", &format,
           "version", &version, "layer", &layer, "inputs", &inputs, "samples", &samples);
    if (r->status == SC_OK &&
        (!json_is_integer(version) || json_integer_value(version) != SC_STORED_VERSION)) {
        refuse(r, "version", "1");
    }
    if (r->status == SC_OK && !json_is_array(samples)) {
        refuse(r, "samples", "a list");
    }
    if (r->status == SC_OK) {
        read_layer(r, layer, stored);
    }
    if (r->status == SC_OK) {
        read_arrays(r, inputs, stored);
    }
    if (r->status == SC_OK) {
        allocate(r, stored, json_object_get(layer, "slopes"), json_array_size(samples));
    }
    for (int32_t n = 0; r->status == SC_OK && n < stored->samples_count; n++) {
        read_sample(r, json_array_get(samples, (size_t)n), stored, n);
    }
}

enum sc_status sc_stored_read(const char *where, const char *text, size_t size,
                              struct sc_stored *stored, struct sc_error *error)
{
    struct reader r = {where, error, SC_OK};
    int64_t commas = 0;
    json_error_t why;

    memset(stored, 0, sizeof *stored);
    for (size_t n = 0; n < size; n++) {
        commas += text[n] == ',';
    }
    if (size > SC_STORED_BYTES_MAX || commas > COMMAS_MAX) {
        return sc_fail(error, SC_E_INPUT,
                       "%s: %zu bytes and %lld commas, expected at most %d and %d", where, size,
                       (long long)commas, SC_STORED_BYTES_MAX, COMMAS_MAX);
    }
    stored->root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(stored->root)) {
        return sc_fail(error, SC_E_INPUT, "%s: no JSON object: %s, line %d", where,
                       stored->root == NULL ? why.text : "something else",
                       stored->root == NULL ? why.line : 1);
    }
    read_root(&r, stored);
    return r.status;
}

enum sc_status sc_stored_load(const char *path, struct sc_stored *stored, struct sc_error *error)
{
    struct sc_bytes bytes;
    char *text = NULL;
    enum sc_status status = sc_bytes_open(path, &bytes, error);

    memset(stored, 0, sizeof *stored);
    if (status != SC_OK) {
        return status;
    }
    if (bytes.size > SC_STORED_BYTES_MAX) {
        status = sc_fail(error, SC_E_INPUT, "%s: %lld bytes, expected at most %d", path,
                         (long long)bytes.size, SC_STORED_BYTES_MAX);
        goto done;
    }
    text = malloc((size_t)bytes.size + 1);
    status = text == NULL ? sc_fail(error, SC_E_MEMORY, "%s: no memory for its bytes", path)
                          : sc_bytes_get(&bytes, 0, text, (size_t)bytes.size, error);
    if (status == SC_OK) {
        status = sc_bytes_check(&bytes, error);
    }
    if (status == SC_OK) {
        status = sc_stored_read(path, text, (size_t)bytes.size, stored, error);
    }
done:
    free(text);
    sc_bytes_close(&bytes);
    return status;
}

void sc_stored_destroy(struct sc_stored *stored)
{
    json_decref(stored->root);
    free(stored->numbers);
    free(stored->claims);
    free(stored->samples);
    memset(stored, 0, sizeof *stored);
}
