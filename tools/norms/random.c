/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/random.h"

#include "tools/input/values.h"
#include "tools/norms/draw.h"

#include <stdlib.h>

/* The weights of a random layer: heads side by side, as wide as its tokens. */
static enum sc_status draw_weights(int32_t width, int32_t heads, struct sc_norms_input *input,
                                   struct sc_error *error)
{
    struct sc_lipschitz_input *base = &input->base;
    double **const matrices[] = {&base->w_q, &base->w_k, &base->w_v};

    if (width % heads != 0) {
        return sc_fail(error, SC_E_INPUT, "--random: width %d, expected a multiple of --heads %d",
                       width, heads);
    }
    base->layer.width = width;
    base->layer.heads = heads;
    base->layer.d = base->layer.d_v = width / heads;
    for (int32_t m = 0; m < 3; m++) {
        *matrices[m] = malloc((size_t)width * (size_t)width * sizeof(double));
        if (*matrices[m] == NULL) {
            return sc_fail(error, SC_E_MEMORY, "--random: no memory for weights of width %d",
                           width);
        }
        sc_norms_draw_weights(input->seed, m, width, width, *matrices[m]);
    }
    return SC_OK;
}

/* What --random excludes is there. */
static const char *excluded(const struct sc_lipschitz_text *text)
{
    static const struct {
        enum sc_lipschitz_key key;
        const char *name;
    } files[] = {{SC_LIPSCHITZ_WQ, "--wq"},        {SC_LIPSCHITZ_WK, "--wk"},
                 {SC_LIPSCHITZ_WV, "--wv"},        {SC_LIPSCHITZ_WO, "--wo"},
                 {SC_LIPSCHITZ_BQ, "--bq"},        {SC_LIPSCHITZ_BK, "--bk"},
                 {SC_LIPSCHITZ_BV, "--bv"},        {SC_LIPSCHITZ_GAIN_Q, "--gain-q"},
                 {SC_LIPSCHITZ_GAIN_K, "--gain-k"}};

    for (size_t n = 0; n < sizeof files / sizeof files[0]; n++) {
        if (text->of[files[n].key] != NULL) {
            return files[n].name;
        }
    }
    return text->files > 0 ? "--x" : NULL;
}

enum sc_status sc_norms_read_random(const struct sc_lipschitz_text *text,
                                    struct sc_norms_input *input, struct sc_error *error)
{
    const char *what = text->of[SC_LIPSCHITZ_RANDOM];
    int32_t *sizes = NULL, count = 0, heads = 1, seed = 0;
    float common = 0.0f;
    enum sc_status status = SC_OK;

    input->random = true;
    input->random_samples = 1;
    if (excluded(text) != NULL) {
        return sc_fail(error, SC_E_INPUT, "--random: %s, expected no files beside it",
                       excluded(text));
    }
    status = sc_values_ints("--random", what, &sizes, &count, error);
    if (status == SC_OK && (count != 2 || sizes[0] < 1 || sizes[0] > SC_NORMS_TOKENS_MAX ||
                            sizes[1] < 2 || sizes[1] > SC_NORMS_TOKENS_MAX)) {
        status = sc_fail(error, SC_E_INPUT,
                         "--random: '%s', expected N,WIDTH: up to %d tokens, and 2 to %d channels",
                         what, SC_NORMS_TOKENS_MAX, SC_NORMS_TOKENS_MAX);
    }
    const struct {
        enum sc_lipschitz_key key;
        const char *name;
        int32_t low, high;
        int32_t *value;
    } numbers[] = {
        {SC_LIPSCHITZ_HEADS, "--heads", 1, SC_NORMS_TOKENS_MAX, &heads},
        {SC_LIPSCHITZ_SAMPLES, "--samples", 1, SC_NORMS_TOKENS_MAX, &input->random_samples},
        {SC_LIPSCHITZ_SEED, "--seed", 0, INT32_MAX, &seed},
    };
    for (size_t n = 0; status == SC_OK && n < sizeof numbers / sizeof numbers[0]; n++) {
        if (text->of[numbers[n].key] != NULL) {
            status = sc_values_int(numbers[n].name, text->of[numbers[n].key], numbers[n].low,
                                   numbers[n].high, numbers[n].value, error);
        }
    }
    if (status == SC_OK && text->of[SC_LIPSCHITZ_COMMON] != NULL) {
        status = sc_values_float("--common", text->of[SC_LIPSCHITZ_COMMON], &common, error);
    }
    if (status == SC_OK && !(common >= 0.0f && common <= 1.0f)) {
        status = sc_fail(error, SC_E_INPUT, "--common: %g, expected 0 to 1", (double)common);
    }
    input->seed = (uint64_t)seed;
    input->common = (double)common;
    if (status == SC_OK) {
        input->random_tokens = sizes[0];
        status = draw_weights(sizes[1], heads, input, error);
    }
    free(sizes);
    return status;
}
