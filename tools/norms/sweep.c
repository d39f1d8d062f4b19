/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void widen(struct sc_norms_range *range, int32_t sample, double value)
{
    range->low = sample == 0 ? value : fmin(range->low, value);
    range->high = sample == 0 ? value : fmax(range->high, value);
    range->mean += (value - range->mean) / (double)(sample + 1);
}

static void add(const struct sc_norms_place *place, const struct sc_norms_result *r,
                struct sc_norms_cell *cell)
{
    const int32_t s = cell->samples++;

    cell->tokens = s == 0 || cell->tokens == place->layer.tokens ? place->layer.tokens : 0;
    cell->bias = place->bias[0];
    widen(&cell->attention_norm, s, r->attention_norm);
    widen(&cell->ratio, s, r->ratio_mean);
    widen(&cell->hybrid_norm, s, r->hybrid.norm);
    cell->ratio_max = fmax(cell->ratio_max, r->ratio_max);
    cell->weight_top = fmax(cell->weight_top, r->weight_top);
    cell->slope_top = fmax(cell->slope_top, r->slope_top);
    cell->norm_high = fmax(cell->norm_high, r->norm_high);
    cell->attention_error = fmax(cell->attention_error, r->attention_error);
    for (int32_t h = 0; h < place->layer.heads; h++) {
        cell->weight_error = fmax(cell->weight_error, r->heads[h].weight_error);
    }
    cell->upper = fmax(cell->upper, r->bounded ? r->upper : HUGE_VAL);
    cell->scaled_bound = fmax(cell->scaled_bound, r->scaled_bound);
    cell->hybrid_bound = fmax(cell->hybrid_bound, r->hybrid_bound);
    cell->rms_min = s == 0 ? r->hybrid.rms_min : fmin(cell->rms_min, r->hybrid.rms_min);
    cell->factor_max = fmax(cell->factor_max, r->hybrid.factor_max);
}

static enum sc_status measure_cell(const struct sc_norms_input *input,
                                   const struct sc_norms_setting *setting, enum sc_layer_kind kind,
                                   struct sc_norms_cell *cell, struct sc_error *error)
{
    const bool bounds = input->scaled || input->hybrid != SC_LAYER_NO_NORM;
    enum sc_status status = SC_OK;

    *cell = (struct sc_norms_cell){.position = setting->position,
                                   .minus_log = setting->bias != NULL ? setting->bias->minus_log
                                                                      : input->base.minus_log,
                                   .kind = kind};
    for (int32_t s = 0; status == SC_OK && s < sc_norms_place_samples(input); s++) {
        struct sc_norms_place place;
        struct sc_norms_result result = {.heads = NULL};
        if (!sc_norms_place_fits(input, s, setting)) {
            continue;
        }
        status = sc_norms_place_create(input, s, setting, &place, error);
        if (status == SC_OK) {
            status = sc_norms_measure(input, &place, kind, bounds, &result, error);
        }
        if (status == SC_OK) {
            add(&place, &result, cell);
        } else if (error != NULL) {
            const struct sc_error why = *error;
            (void)sc_fail(error, status, "%s: %s", place.file, why.text);
        }
        sc_norms_result_destroy(&result);
        sc_norms_place_destroy(&place);
    }
    return status == SC_OK && cell->samples == 0
               ? sc_fail(error, SC_E_INPUT,
                         "--sweep-n: %d, expected at most the tokens of a sample", setting->tokens)
               : status;
}

static void show(bool progress, const struct sc_norms_setting *setting)
{
    if (progress) {
        (void)fprintf(stderr, "\r\033[Knorms: position %s, n %d",
                      sc_norms_position_name(setting->position), setting->tokens);
    }
}

enum sc_status sc_norms_sweep(const struct sc_norms_input *input, bool progress,
                              struct sc_norms_cell **cells, int32_t *count, struct sc_error *error)
{
    const int32_t lengths = input->lengths != NULL ? input->lengths_count : 1;
    const int32_t biases = input->biases != NULL ? input->biases_count : 1;
    struct sc_norms_cell *all =
        calloc((size_t)(input->positions_count * lengths * (biases + 1)), sizeof *all);
    enum sc_status status = SC_OK;

    *cells = all;
    *count = 0;
    if (all == NULL) {
        return sc_fail(error, SC_E_MEMORY, "norms: no memory for the cells of a sweep");
    }
    for (int32_t k = 0; status == SC_OK && k < input->positions_count * lengths; k++) {
        struct sc_norms_setting setting = {input->lengths != NULL ? input->lengths[k % lengths] : 0,
                                           input->positions[k / lengths], NULL};
        show(progress, &setting);
        for (int32_t b = 0; status == SC_OK && input->base.sigmoid && b < biases; b++) {
            setting.bias = input->biases != NULL ? &input->biases[b] : NULL;
            status = measure_cell(input, &setting, SC_LAYER_SIGMOID, &all[*count], error);
            *count += status == SC_OK ? 1 : 0;
        }
        if (status == SC_OK && input->base.softmax) {
            status = measure_cell(input, &setting, SC_LAYER_SOFTMAX, &all[*count], error);
            *count += status == SC_OK ? 1 : 0;
        }
    }
    (void)fputs(progress ? "\r\033[K" : "", stderr);
    return status;
}
