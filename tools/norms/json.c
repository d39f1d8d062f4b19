/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/report.h"

#include <math.h>

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void set(json_t *object, const char *key, double value)
{
    (void)json_object_set_new(object, key, number(value));
}

static json_t *head_json(const struct sc_statistics_head *s, const struct sc_norms_weights *w)
{
    json_t *object = json_object(), *masses = json_array();
    const struct {
        const char *key;
        double value;
    } values[] = {{"score_min", s->score_min},
                  {"score_mean", s->score_mean},
                  {"score_deviation", s->score_deviation},
                  {"score_max", s->score_max},
                  {"score_error", s->score_error},
                  {"n_max_p", s->weight_top},
                  {"n_max_s", s->slope_top},
                  {"weight_error", s->weight_error},
                  {"norm_p_lower", s->norm_low},
                  {"norm_p_upper", s->norm_high},
                  {"output_ratio_mean", s->ratio_mean},
                  {"output_ratio_max", s->ratio_max},
                  {"value_length", s->value_length},
                  {"output_norm", s->output_norm},
                  {"output_error", s->output_error},
                  {"share_above_0.99", s->large},
                  {"share_below_0.01_over_n", s->small},
                  {"share_undecided", s->undecided},
                  {"norm_a_upper", w->score_form},
                  {"norm_w_v_upper", w->values}};

    for (size_t n = 0; n < sizeof values / sizeof values[0]; n++) {
        set(object, values[n].key, values[n].value);
    }
    for (int32_t n = 0; n < SC_STATISTICS_QUANTILES; n++) {
        (void)json_array_append_new(masses, number(s->mass[n]));
    }
    (void)json_object_set_new(object, "mass_quartiles", masses);
    return object;
}

static json_t *kind_json(const struct sc_norms_input *input, const struct sc_norms_result *r,
                         const struct sc_norms_weights *weights, int32_t heads)
{
    json_t *object = json_object(), *list = json_array();

    for (int32_t h = 0; h < heads; h++) {
        (void)json_array_append_new(list, head_json(&r->heads[h], &weights[h]));
    }
    (void)json_object_set_new(object, "heads", list);
    set(object, "attention_norm", r->attention_norm);
    set(object, "attention_error", r->attention_error);
    set(object, "output_norm", r->output_norm);
    set(object, "jacobian_lower", r->bounded ? r->lower : HUGE_VAL);
    set(object, "jacobian_upper", r->bounded ? r->upper : HUGE_VAL);
    (void)json_object_set_new(object, "jacobian_upper_by",
                              r->bounded ? json_string(r->bound) : json_null());
    set(object, "b3_share_of_p", r->bounded ? r->weight_share : HUGE_VAL);
    if (input->scaled) {
        set(object, "layer_scale", input->layer_scale);
        set(object, "layer_scale_norm", fabs(input->layer_scale) * r->output_norm);
        set(object, "layer_scale_upper", r->scaled_bound);
    }
    if (input->hybrid != SC_LAYER_NO_NORM) {
        set(object, "hybrid_norm", r->hybrid.norm);
        set(object, "hybrid_rms_mean", r->hybrid.rms_mean);
        set(object, "hybrid_rms_min", r->hybrid.rms_min);
        set(object, "hybrid_factor_mean", r->hybrid.factor_mean);
        set(object, "hybrid_factor_upper", r->hybrid.factor_max);
        set(object, "hybrid_upper", r->hybrid_bound);
    }
    return object;
}

json_t *sc_norms_json(const struct sc_norms_input *input, const struct sc_norms_sample *sample)
{
    const struct sc_norms_sample *s = sample;
    const struct sc_layer *l = &s->place->layer;
    json_t *object = json_object();

    (void)json_object_set_new(object, "file", json_string(s->place->file));
    if (s->place->index >= 0) {
        (void)json_object_set_new(object, "index", json_integer(s->place->index));
    }
    (void)json_object_set_new(object, "tokens", json_integer(l->tokens));
    (void)json_object_set_new(object, "position",
                              json_string(sc_norms_position_name(input->positions[0])));
    set(object, "bias", l->bias[0]);
    set(object, "mean_square", s->tokens.mean_square);
    set(object, "max_square", s->tokens.max_square);
    set(object, "norm_square_upper", s->tokens.norm_square);
    if (s->sigmoid != NULL) {
        (void)json_object_set_new(object, "sigmoid",
                                  kind_json(input, s->sigmoid, s->weights, l->heads));
    }
    if (s->softmax != NULL) {
        (void)json_object_set_new(object, "softmax",
                                  kind_json(input, s->softmax, s->weights, l->heads));
    }
    return object;
}
