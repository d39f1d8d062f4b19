/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/write.h"

#include "reference/certificate/upper.h"
#include "reference/save.h"
#include "tools/certificate/base64.h"
#include "tools/certificate/stored.h"
#include "tools/lipschitz/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Failures are seen in sc_write_sample and sc_write_save: jansson makes NULL of what it has no memory for, and refuses to
 * put NULL into anything. */
static json_t *real(double x)
{
    char text[40];

    (void)snprintf(text, sizeof text, "%a", x);
    return json_string(text);
}

static json_t *reals(const double *values, int32_t count)
{
    json_t *list = json_array();

    for (int32_t n = 0; n < count; n++) {
        if (json_array_append_new(list, real(values[n])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *file_object(const char *file, const double *values, int64_t count)
{
    char sha256[SC_SHA256_TEXT];

    sc_sha256_doubles(values, (size_t)count, sha256);
    return json_pack("{s:s, s:s}", "file", file, "sha256", sha256);
}

static json_t *inputs_object(const struct sc_lipschitz_input *input)
{
    const struct sc_layer *l = &input->layer;
    const int64_t q = (int64_t)l->heads * l->d, v = (int64_t)l->heads * l->d_v;
    const struct {
        enum sc_lipschitz_key key;
        const double *values;
        int64_t count;
    } arrays[SC_STORED_ARRAYS] = {
        [SC_STORED_W_Q] = {SC_LIPSCHITZ_WQ, l->w_q, q * l->width},
        [SC_STORED_W_K] = {SC_LIPSCHITZ_WK, l->w_k, q * l->width},
        [SC_STORED_W_V] = {SC_LIPSCHITZ_WV, l->w_v, v * l->width},
        [SC_STORED_W_O] = {SC_LIPSCHITZ_WO, l->w_o, l->out * v},
        [SC_STORED_BETA_Q] = {SC_LIPSCHITZ_BQ, l->beta_q, q},
        [SC_STORED_BETA_K] = {SC_LIPSCHITZ_BK, l->beta_k, q},
        [SC_STORED_BETA_V] = {SC_LIPSCHITZ_BV, l->beta_v, v},
        [SC_STORED_GAIN_Q] = {SC_LIPSCHITZ_GAIN_Q, l->gain_q, l->d},
        [SC_STORED_GAIN_K] = {SC_LIPSCHITZ_GAIN_K, l->gain_k, l->d},
    };
    json_t *object = json_object();

    for (int32_t n = 0; n < SC_STORED_ARRAYS; n++) {
        if (arrays[n].values != NULL &&
            json_object_set_new(object, sc_stored_names[n],
                                file_object(input->text.of[arrays[n].key], arrays[n].values,
                                            arrays[n].count)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *layer_object(const struct sc_layer *l)
{
    static const char *const norms[] = {
        [SC_LAYER_NO_NORM] = "none", [SC_LAYER_RMS] = "rms", [SC_LAYER_MEAN0] = "layer"};

    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:o, s:o, s:o, s:o}", "width",
                     l->width, "heads", l->heads, "d", l->d, "d_v", l->d_v, "out", l->out, "left",
                     l->left, "right", l->right, "norm", norms[l->norm], "scale", real(l->scale),
                     "epsilon", real(l->epsilon), "rotation", real(l->rotation), "slopes",
                     l->slopes == NULL ? json_null() : reals(l->slopes, l->heads));
}

json_t *sc_write_begin(const struct sc_lipschitz_input *input)
{
    return json_pack("{s:s, s:i, s:o, s:o, s:[]}", "format", SC_STORED_FORMAT, "version",
                     SC_STORED_VERSION, "layer", layer_object(&input->layer), "inputs",
                     inputs_object(input), "samples");
}

static json_t *claim_object(const struct sc_layer *l, const struct sc_measurement *m)
{
    const bool transposed = sc_layer_inputs(l) < sc_layer_outputs(l);
    char *vector = sc_base64_encode(m->direction, (size_t)sc_layer_inputs(l));
    json_t *upper = json_null();

    if (isfinite(m->high)) {
        upper = json_pack("{s:o, s:o, s:s}", "value", real(m->high), "shift",
                          real(sc_upper_shift(m->high)), "side", transposed ? "inputs" : "outputs");
    }
    json_t *object = json_pack("{s:o, s:o, s:o}", "lower", real(m->low), "vector",
                               vector == NULL ? NULL : json_string_nocheck(vector), "upper", upper);
    free(vector);
    return object;
}

enum sc_status sc_write_sample(json_t *certificate, struct sc_lipschitz_input *input,
                               int32_t sample, const struct sc_lipschitz_pair *pair,
                               struct sc_error *error)
{
    const struct sc_lipschitz_sample *s = &input->samples[sample];
    const struct sc_layer layer = sc_lipschitz_layer(input, sample, SC_LAYER_SIGMOID);
    json_t *object = file_object(s->file, s->x, sc_layer_inputs(&layer));
    const struct {
        const char *name;
        const struct sc_measurement *measured;
    } kinds[] = {{"sigmoid", pair->sigmoid}, {"softmax", pair->softmax}};
    bool made = json_object_set_new(object, "index", json_integer(s->index)) == 0 &&
                json_object_set_new(object, "tokens", json_integer(s->tokens)) == 0 &&
                json_object_set_new(object, "bias", reals(layer.bias, layer.heads)) == 0;

    for (int32_t k = 0; k < 2; k++) {
        made = made && (kinds[k].measured == NULL ||
                        json_object_set_new(object, kinds[k].name,
                                            claim_object(&layer, kinds[k].measured)) == 0);
    }
    if (!made) {
        json_decref(object);
    }
    return made && json_array_append_new(json_object_get(certificate, "samples"), object) == 0
               ? SC_OK
               : sc_fail(error, SC_E_MEMORY,
                         "%s: no memory for its certificate, or a name that is not UTF-8", s->file);
}

enum sc_status sc_write_save(const json_t *certificate, const char *path, struct sc_error *error)
{
    char *text = json_dumps(certificate, JSON_INDENT(1));
    enum sc_status status = SC_OK;

    if (text == NULL) {
        return sc_fail(error, SC_E_MEMORY, "%s: no memory for a certificate", path);
    }
    const struct sc_save_part parts[] = {{text, strlen(text)}, {"\n", 1}};
    if (parts[0].size + 1 > SC_STORED_BYTES_MAX) {
        status =
            sc_fail(error, SC_E_INPUT,
                    "%s: %zu bytes of certificate, expected at most %d: fewer --x for one file",
                    path, parts[0].size, SC_STORED_BYTES_MAX);
    } else {
        status = sc_save(path, parts, 2, error);
    }
    free(text);
    return status;
}
