/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/input.h"

#include "tools/input/values.h"
#include "tools/lipschitz/layer.h"
#include "tools/norms/random.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX   64   /* values of a sweep */
#define EXACT_MAX  1024 /* a second; lipschitz takes a minute for 4096 */
#define WORD_BYTES 64

static const char *const positions[SC_NORMS_POSITIONS] = {"given", "none", "sincos", "rope",
                                                          "alibi"};

const char *sc_norms_position_name(enum sc_norms_position position)
{
    return positions[position];
}

/* The next word of a list with commas between; false: it is empty, too long, or there is none. */
static bool next_word(const char **list, char word[WORD_BYTES])
{
    const size_t length = strcspn(*list, ",");

    if (length == 0 || length >= WORD_BYTES) {
        return false;
    }
    memcpy(word, *list, length);
    word[length] = '\0';
    *list += length;
    *list +=
        **list == ',' && (*list)[1] != '\0' ? 1 : 0; /* a comma at the end stays, and is no word */
    return true;
}

static enum sc_status read_biases(const char *list, struct sc_norms_input *input,
                                  struct sc_error *error)
{
    char word[WORD_BYTES];
    enum sc_status status = SC_OK;

    input->biases = calloc(LIST_MAX, sizeof *input->biases);
    if (input->biases == NULL) {
        return sc_fail(error, SC_E_MEMORY, "--sweep-bias: no memory");
    }
    for (const char *at = list; status == SC_OK && (*at != '\0' || at == list);) {
        float value = 0.0f;
        if (input->biases_count == LIST_MAX || !next_word(&at, word)) {
            return sc_fail(error, SC_E_INPUT,
                           "--sweep-bias: '%s', expected 1 to %d numbers or -log-n with commas "
                           "between",
                           list, LIST_MAX);
        }
        const bool minus_log = strcmp(word, "-log-n") == 0;
        if (!minus_log) {
            status = sc_values_float("--sweep-bias", word, &value, error);
        }
        input->biases[input->biases_count++] = (struct sc_norms_bias){minus_log, (double)value};
    }
    return status;
}

static enum sc_status read_positions(const char *list, struct sc_norms_input *input,
                                     struct sc_error *error)
{
    char word[WORD_BYTES];

    for (const char *at = list; *at != '\0' || at == list;) {
        int32_t found = SC_NORMS_POSITIONS;
        bool fresh = next_word(&at, word);
        for (int32_t p = SC_NORMS_NONE; fresh && p < SC_NORMS_POSITIONS; p++) {
            found = strcmp(word, positions[p]) == 0 ? p : found;
        }
        for (int32_t n = 0; n < input->positions_count; n++) {
            fresh = fresh && (int32_t)input->positions[n] != found;
        }
        if (!fresh || found == SC_NORMS_POSITIONS) {
            return sc_fail(error, SC_E_INPUT,
                           "--position: '%s', expected none, sincos, rope or alibi, each at most "
                           "once, with commas between",
                           list);
        }
        input->positions[input->positions_count++] = (enum sc_norms_position)found;
    }
    return SC_OK;
}

static enum sc_status read_sweeps(const struct sc_lipschitz_text *text,
                                  struct sc_norms_input *input, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    if (text->of[SC_LIPSCHITZ_SWEEP_BIAS] != NULL) {
        status = read_biases(text->of[SC_LIPSCHITZ_SWEEP_BIAS], input, error);
    }
    if (status == SC_OK && text->of[SC_LIPSCHITZ_SWEEP_N] != NULL) {
        status = sc_values_ints("--sweep-n", text->of[SC_LIPSCHITZ_SWEEP_N], &input->lengths,
                                &input->lengths_count, error);
    }
    for (int32_t n = 0; status == SC_OK && n < input->lengths_count; n++) {
        if (input->lengths[n] < 1 || input->lengths[n] > SC_NORMS_TOKENS_MAX ||
            input->lengths_count > LIST_MAX) {
            status = sc_fail(error, SC_E_INPUT,
                             "--sweep-n: '%s', expected at most %d numbers from 1 to %d",
                             text->of[SC_LIPSCHITZ_SWEEP_N], LIST_MAX, SC_NORMS_TOKENS_MAX);
        }
    }
    if (status == SC_OK && text->of[SC_LIPSCHITZ_POSITION] != NULL) {
        status = read_positions(text->of[SC_LIPSCHITZ_POSITION], input, error);
    } else {
        input->positions_count = 1;
    }
    if (status == SC_OK && input->base.plot != NULL && input->biases == NULL &&
        input->lengths == NULL) {
        status = sc_fail(error, SC_E_INPUT,
                         "--plot: nothing to draw, expected --sweep-bias or --sweep-n");
    }
    if (status == SC_OK && input->base.plot != NULL && input->lengths == NULL &&
        !input->base.sigmoid) {
        status = sc_fail(error, SC_E_INPUT,
                         "--plot: the softmax does not depend on b, expected --sweep-n");
    }
    return status;
}

static enum sc_status read_after(const struct sc_lipschitz_text *text, struct sc_norms_input *input,
                                 struct sc_error *error)
{
    const char *norm = text->of[SC_LIPSCHITZ_HYBRID_NORM];
    float scale = 0.0f, epsilon = 1e-6f;
    int32_t most = 65536;
    enum sc_status status = SC_OK;

    input->scaled = text->of[SC_LIPSCHITZ_LAYER_SCALE] != NULL;
    if (input->scaled) {
        status =
            sc_values_float("--layer-scale", text->of[SC_LIPSCHITZ_LAYER_SCALE], &scale, error);
    }
    if (status == SC_OK && norm != NULL && strcmp(norm, "rms") != 0 && strcmp(norm, "layer") != 0) {
        status = sc_fail(error, SC_E_INPUT, "--hybrid-norm: '%s', expected rms or layer", norm);
    }
    if (status == SC_OK && text->of[SC_LIPSCHITZ_HYBRID_EPSILON] != NULL) {
        status = sc_values_float("--hybrid-epsilon", text->of[SC_LIPSCHITZ_HYBRID_EPSILON],
                                 &epsilon, error);
        if (status == SC_OK && (epsilon < 0.0f || norm == NULL)) {
            status = sc_fail(error, SC_E_INPUT,
                             "--hybrid-epsilon: %g, expected at least 0, and --hybrid-norm",
                             (double)epsilon);
        }
    }
    if (status == SC_OK && text->of[SC_LIPSCHITZ_BOUNDS_MAX] != NULL) {
        status = sc_values_int("--bounds-max", text->of[SC_LIPSCHITZ_BOUNDS_MAX], 0, 1 << 30, &most,
                               error);
    }
    if (text->of[SC_LIPSCHITZ_EXACT_MAX] == NULL) {
        input->base.options.exact_max = EXACT_MAX;
    }
    input->layer_scale = (double)scale;
    input->hybrid = norm == NULL     ? SC_LAYER_NO_NORM
                    : norm[0] == 'r' ? SC_LAYER_RMS
                                     : SC_LAYER_MEAN0;
    input->hybrid_epsilon = (double)epsilon;
    input->bounds_max = (double)most;
    return status;
}

/* Options of --random without it. */
static enum sc_status refuse_random(const struct sc_lipschitz_text *text, struct sc_error *error)
{
    return text->of[SC_LIPSCHITZ_COMMON] != NULL || text->of[SC_LIPSCHITZ_SAMPLES] != NULL ||
                   text->of[SC_LIPSCHITZ_SEED] != NULL
               ? sc_fail(error, SC_E_INPUT,
                         "--common, --samples or --seed, expected --random beside it")
               : SC_OK;
}

enum sc_status sc_norms_input_read(const struct sc_lipschitz_text *text,
                                   struct sc_norms_input *input, struct sc_error *error)
{
    struct sc_lipschitz_input *base = &input->base;
    enum sc_status status = SC_OK;

    if (text->of[SC_LIPSCHITZ_RANDOM] == NULL) {
        status = refuse_random(text, error);
        status = status == SC_OK ? sc_lipschitz_input_read(text, base, error) : status;
    } else {
        status = sc_lipschitz_read_how(text, base, error);
        status = status == SC_OK ? sc_norms_read_random(text, input, error) : status;
        status = status == SC_OK ? sc_lipschitz_read_scores(text, base, error) : status;
        status = status == SC_OK ? sc_lipschitz_connect(base, error) : status;
    }
    if (status == SC_OK) {
        status = read_sweeps(text, input, error);
    }
    if (status == SC_OK) {
        status = read_after(text, input, error);
    }
    if (status == SC_OK && input->scaled && sc_layer_out_width(&base->layer) != base->layer.width) {
        status = sc_fail(error, SC_E_INPUT,
                         "--layer-scale: outputs of %d channels, expected those of the tokens, %d",
                         sc_layer_out_width(&base->layer), base->layer.width);
    }
    return status;
}

void sc_norms_input_destroy(struct sc_norms_input *input)
{
    sc_lipschitz_input_destroy(&input->base);
    free(input->biases);
    free(input->lengths);
    *input = (struct sc_norms_input){.biases = NULL};
}
