/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/inputs.h"

#include "tools/file/tensor.h"
#include "tools/input/decode.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".safetensors:"

/* Whether the file of a tensor's name is there. */
static bool exists(const char *name)
{
    const char *suffix = strstr(name, SUFFIX);
    const size_t size =
        suffix == NULL ? strlen(name) : (size_t)(suffix - name) + strlen(SUFFIX) - 1;
    char *file = strndup(name, size);
    const bool there = file != NULL && access(file, F_OK) == 0;

    free(file);
    return there;
}

/* `name` in the directory that is the first `size` bytes of `directory`, to be freed; NULL: no memory. */
static char *join(const char *directory, size_t size, const char *name)
{
    char *path = malloc(size + strlen(name) + 2);

    if (path != NULL) {
        memcpy(path, directory, size);
        path[size] = '/';
        strcpy(path + size + 1, name);
    }
    return path;
}

/* Where a file of the certificate is looked for (check.h); to be freed. */
static char *place(const struct sc_inputs *inputs, const char *name)
{
    const char *slash = strrchr(inputs->certificate, '/');
    const char *suffix = strstr(name, SUFFIX), *last = name;
    char *path;

    for (const char *c = name; *c != '\0' && (suffix == NULL || c < suffix); c++) {
        last = *c == '/' ? c + 1 : last;
    }
    if (inputs->directory != NULL) {
        path = join(inputs->directory, strlen(inputs->directory), name);
        if (path == NULL || exists(path)) {
            return path;
        }
        free(path);
        return join(inputs->directory, strlen(inputs->directory), last);
    }
    if (name[0] == '/' || slash == NULL || exists(name)) {
        return strdup(name);
    }
    path = join(inputs->certificate, (size_t)(slash - inputs->certificate), name);
    if (path == NULL || exists(path)) {
        return path;
    }
    free(path);
    return strdup(name);
}

/* A tensor of a shape that is wanted, as doubles.
 *   rank, shape  what is wanted; the first dimension of rank 3 may be any above `index`, and its slice `index` is taken */
static enum sc_status load(const struct sc_inputs *inputs, const struct sc_stored_file *file,
                           int32_t rank, const int64_t *shape, int64_t index, double **values,
                           bool *matches, struct sc_error *error)
{
    const int64_t count = (rank == 1 ? 1 : shape[rank - 2]) * shape[rank - 1];
    struct sc_tensor tensor = {.data = NULL};
    enum sc_format format;
    char *name = place(inputs, file->file), sha256[SC_SHA256_TEXT];
    enum sc_status status = name == NULL ? sc_fail(error, SC_E_MEMORY, "certificate: no memory")
                                         : sc_tensor_load(name, false, &tensor, error);

    *matches = true;
    if (status == SC_OK && tensor.type != SC_TENSOR_FP64) {
        status = sc_decode_format(name, &tensor, &format, error);
    }
    if (status != SC_OK) {
        goto done;
    }
    bool same = tensor.rank == rank && (rank < 3 || tensor.shape[0] > index);
    for (int32_t n = rank < 3 ? 0 : 1; same && n < rank; n++) {
        same = tensor.shape[n] == shape[n];
    }
    if (!same) {
        *matches = false;
        (void)sc_fail(error, SC_E_INPUT,
                      "%s: another shape than the certificate's: not what was certified", name);
        goto done;
    }
    free(*values);
    *values = malloc((size_t)count * sizeof **values);
    if (*values == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "%s: no memory for its values", name);
        goto done;
    }
    for (int64_t n = 0; n < count; n++) {
        const int64_t at = index * count + n;
        (*values)[n] = tensor.type == SC_TENSOR_FP64 ? ((const double *)tensor.data)[at]
                                                     : sc_decode_element(&tensor, at);
    }
    sc_sha256_doubles(*values, (size_t)count, sha256);
    if (strcmp(sha256, file->sha256) != 0) {
        *matches = false;
        (void)sc_fail(error, SC_E_INPUT,
                      "%s: SHA-256 %s, the certificate has %s: not what was certified", name,
                      sha256, file->sha256);
    }
done:
    sc_tensor_destroy(&tensor);
    free(name);
    return status;
}

enum sc_status sc_inputs_layer(struct sc_inputs *inputs, struct sc_subject *s, bool *matches,
                               struct sc_error *error)
{
    const int64_t q = (int64_t)s->heads * s->d, v = (int64_t)s->heads * s->d_v;
    const struct {
        int32_t rank;
        int64_t shape[2];
        const double **place;
    } arrays[SC_STORED_ARRAYS] = {
        [SC_STORED_W_Q] = {2, {q, s->width}, &s->w_q},
        [SC_STORED_W_K] = {2, {q, s->width}, &s->w_k},
        [SC_STORED_W_V] = {2, {v, s->width}, &s->w_v},
        [SC_STORED_W_O] = {2, {s->out, v}, &s->w_o},
        [SC_STORED_BETA_Q] = {1, {q}, &s->beta_q},
        [SC_STORED_BETA_K] = {1, {q}, &s->beta_k},
        [SC_STORED_BETA_V] = {1, {v}, &s->beta_v},
        [SC_STORED_GAIN_Q] = {1, {s->d}, &s->gain_q},
        [SC_STORED_GAIN_K] = {1, {s->d}, &s->gain_k},
    };
    enum sc_status status = SC_OK;

    *matches = true;
    for (int32_t n = 0; status == SC_OK && *matches && n < SC_STORED_ARRAYS; n++) {
        if (inputs->stored->arrays[n].file != NULL) {
            status = load(inputs, &inputs->stored->arrays[n], arrays[n].rank, arrays[n].shape, 0,
                          &inputs->arrays[n], matches, error);
            *arrays[n].place = inputs->arrays[n];
        }
    }
    return status;
}

enum sc_status sc_inputs_sample(struct sc_inputs *inputs, int32_t sample, struct sc_subject *s,
                                bool *matches, struct sc_error *error)
{
    const struct sc_stored_sample *x = &inputs->stored->samples[sample];
    const bool batch = x->index >= 0;
    const int64_t shape[] = {batch ? 0 : x->count, batch ? x->count : s->width, s->width};
    const enum sc_status status = load(inputs, &x->tokens, batch ? 3 : 2, shape,
                                       batch ? x->index : 0, &inputs->tokens, matches, error);

    s->tokens = x->count;
    s->bias = x->bias;
    s->x = inputs->tokens;
    return status;
}

void sc_inputs_destroy(struct sc_inputs *inputs)
{
    for (int32_t n = 0; n < SC_STORED_ARRAYS; n++) {
        free(inputs->arrays[n]);
    }
    free(inputs->tokens);
    memset(inputs, 0, sizeof *inputs);
}
