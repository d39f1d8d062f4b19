/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/place.h"

#include "reference/constants.h"
#include "tools/norms/draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BASE 10000.0

int32_t sc_norms_place_samples(const struct sc_norms_input *input)
{
    return input->random ? input->random_samples : input->base.samples_count;
}

static int32_t tokens_of(const struct sc_norms_input *input, int32_t sample)
{
    return input->random ? input->random_tokens : input->base.samples[sample].tokens;
}

bool sc_norms_place_fits(const struct sc_norms_input *input, int32_t sample,
                         const struct sc_norms_setting *setting)
{
    return input->random || setting->tokens <= tokens_of(input, sample);
}

static void add_sines(int32_t tokens, int32_t width, double *x)
{
    for (int32_t i = 0; i < tokens; i++) {
        for (int32_t c = 0; c < width; c++) {
            const double angle = (double)i * pow(BASE, -(double)(c - c % 2) / (double)width);
            x[(int64_t)i * width + c] += c % 2 == 0 ? sin(angle) : cos(angle);
        }
    }
}

static void set_position(const struct sc_norms_input *input, enum sc_norms_position position,
                         struct sc_norms_place *place)
{
    struct sc_layer *l = &place->layer;

    if (position == SC_NORMS_GIVEN) {
        return;
    }
    const double base = l->rotation, *slopes = l->slopes;
    l->rotation = 0.0;
    l->slopes = NULL;
    if (position == SC_NORMS_SINCOS) {
        add_sines(l->tokens, l->width, place->x);
    } else if (position == SC_NORMS_ROPE) {
        l->rotation = base > 0.0 ? base : BASE;
    } else if (position == SC_NORMS_ALIBI) {
        for (int32_t h = 0; h < l->heads; h++) {
            place->slopes[h] = input->base.slopes != NULL
                                   ? slopes[h]
                                   : exp2(-8.0 * (double)(h + 1) / (double)l->heads);
        }
        l->slopes = place->slopes;
    }
}

static void set_bias(const struct sc_norms_input *input, const struct sc_norms_bias *bias,
                     struct sc_norms_place *place)
{
    const bool minus_log = bias == NULL ? input->base.minus_log : bias->minus_log;

    for (int32_t h = 0; h < place->layer.heads; h++) {
        place->bias[h] = minus_log      ? (double)sc_constants_minus_log(place->layer.tokens)
                         : bias == NULL ? input->base.bias[h]
                                        : bias->value;
    }
    place->layer.bias = place->bias;
}

enum sc_status sc_norms_place_create(const struct sc_norms_input *input, int32_t sample,
                                     const struct sc_norms_setting *setting,
                                     struct sc_norms_place *place, struct sc_error *error)
{
    const int32_t tokens = setting->tokens > 0 ? setting->tokens : tokens_of(input, sample);
    const size_t heads = (size_t)input->base.layer.heads;
    const size_t size = (size_t)tokens * (size_t)input->base.layer.width;

    *place = (struct sc_norms_place){.layer = input->base.layer,
                                     .x = malloc(size * sizeof(double)),
                                     .bias = malloc(heads * sizeof(double)),
                                     .slopes = malloc(heads * sizeof(double)),
                                     .file = "random",
                                     .index = sample};
    if (place->x == NULL || place->bias == NULL || place->slopes == NULL) {
        return sc_fail(error, SC_E_MEMORY, "norms: no memory for %d tokens", tokens);
    }
    place->layer.tokens = tokens;
    if (input->random) {
        sc_norms_draw_tokens(input->seed, sample, tokens, place->layer.width, input->common,
                             place->x);
    } else {
        place->file = input->base.samples[sample].file;
        place->index = input->base.samples[sample].index;
        memcpy(place->x, input->base.samples[sample].x, size * sizeof(double));
    }
    set_position(input, setting->position, place);
    set_bias(input, setting->bias, place);
    return sc_layer_check(&place->layer, error);
}

void sc_norms_place_destroy(struct sc_norms_place *place)
{
    free(place->x);
    free(place->bias);
    free(place->slopes);
    *place = (struct sc_norms_place){.x = NULL};
}
