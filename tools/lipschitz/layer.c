/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/layer.h"

#include "reference/constants.h"
#include "spec/mask.h"
#include "tools/input/values.h"
#include "tools/lipschitz/files.h"

#include <stdlib.h>
#include <string.h>

enum sc_status sc_lipschitz_read_weights(const struct sc_lipschitz_text *text,
                                         struct sc_lipschitz_input *input, struct sc_error *error)
{
    struct sc_layer *l = &input->layer;
    int32_t heads = 1;
    int64_t rows = 0, rows_v = 0, width = 0, out = 0;
    enum sc_status status = SC_OK;

    if (text->of[SC_LIPSCHITZ_HEADS] != NULL) {
        status =
            sc_values_int("--heads", text->of[SC_LIPSCHITZ_HEADS], 1, SC_LENGTH_MAX, &heads, error);
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
                         "%lld and %lld rows of --wq and --wv, expected multiples of "
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
        return sc_fail(error, SC_E_INPUT, "--bias and --bias-head, expected one");
    }
    if (text->of[SC_LIPSCHITZ_BIAS_HEAD] != NULL) {
        return read_list("--bias-head", text->of[SC_LIPSCHITZ_BIAS_HEAD], heads, &input->bias,
                         error);
    }
    input->minus_log =
        text->of[SC_LIPSCHITZ_BIAS] == NULL || strcmp(text->of[SC_LIPSCHITZ_BIAS], "-log-n") == 0;
    if (!input->minus_log) {
        status = sc_values_float("--bias", text->of[SC_LIPSCHITZ_BIAS], &b, error);
    }
    input->bias = calloc((size_t)heads, sizeof *input->bias);
    if (input->bias == NULL) {
        return sc_fail(error, SC_E_MEMORY, "layer: no memory for %d heads", heads);
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
        sc_values_ints("--window", text->of[SC_LIPSCHITZ_WINDOW], &sides, &count, error);
    if (status == SC_OK && (count != 2 || sides[0] > SC_MASK_UNBOUNDED ||
                            sides[1] > SC_MASK_UNBOUNDED || text->causal)) {
        status =
            sc_fail(error, SC_E_INPUT, "--window '%s', expected LEFT,RIGHT, and not with --causal",
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
        return sc_fail(error, SC_E_INPUT, "gains or --epsilon without --qk-norm");
    }
    if (norm == NULL) {
        return SC_OK;
    }
    if (strcmp(norm, "rms") != 0 && strcmp(norm, "layer") != 0) {
        return sc_fail(error, SC_E_INPUT, "--qk-norm '%s', expected rms or layer", norm);
    }
    l->norm = norm[0] == 'r' ? SC_LAYER_RMS : SC_LAYER_MEAN0;
    const enum sc_status status =
        text->of[SC_LIPSCHITZ_EPSILON] == NULL
            ? SC_OK
            : sc_values_float("--epsilon", text->of[SC_LIPSCHITZ_EPSILON], &epsilon, error);
    l->epsilon = (double)epsilon;
    return status;
}

enum sc_status sc_lipschitz_read_scores(const struct sc_lipschitz_text *text,
                                        struct sc_lipschitz_input *input, struct sc_error *error)
{
    struct sc_layer *l = &input->layer;
    float number = sc_constants_scale(l->d);
    enum sc_status status = SC_OK;

    if (text->of[SC_LIPSCHITZ_SCALE] != NULL) {
        status = sc_values_float("--scale", text->of[SC_LIPSCHITZ_SCALE], &number, error);
    }
    l->scale = (double)number;
    if (status == SC_OK && text->of[SC_LIPSCHITZ_ROPE] != NULL) {
        status = sc_values_float("--rope", text->of[SC_LIPSCHITZ_ROPE], &number, error);
        l->rotation = (double)number;
        if (status == SC_OK && number == 0.0f) {
            status = sc_fail(error, SC_E_INPUT, "--rope 0, expected a positive number");
        }
    }
    if (status == SC_OK) {
        status = read_bias(text, input, error);
    }
    if (status == SC_OK && text->of[SC_LIPSCHITZ_ALIBI] != NULL) {
        status =
            read_list("--alibi", text->of[SC_LIPSCHITZ_ALIBI], l->heads, &input->slopes, error);
    }
    if (status == SC_OK) {
        status = read_band(text, l, error);
    }
    return status == SC_OK ? read_norm(text, l, error) : status;
}
