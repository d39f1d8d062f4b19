/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/sweep_report.h"

#include "tools/report/outward.h"

#include <math.h>

static void print_bound(double value, FILE *out)
{
    char text[SC_OUTWARD_BYTES];

    sc_outward_above(value, 5, text);
    (void)fprintf(out, "  %11s", text);
}

static void print_head(const struct sc_norms_input *input, FILE *out)
{
    (void)fprintf(out, "%-8s %6s  %-10s %-8s %7s  %11s %11s %11s  %10s %10s  %10s  %10s",
                  "position", "n", "b", "", "samples", "||PV||_F", "min", "max", "||o||/|v|", "max",
                  "n max P", "||P|| <=");
    if (input->scaled) {
        (void)fprintf(out, "  %11s", "||I+GJ|| <=");
    }
    if (input->hybrid != SC_LAYER_NO_NORM) {
        (void)fprintf(out, "  %11s  %11s  %11s  %11s", "||N(O)||_F", "min rms(o)",
                      "1/rms <=", "||N'J|| <=");
    }
    (void)fputc('\n', out);
}

static void print_cell(const struct sc_norms_input *input, const struct sc_norms_cell *c, FILE *out)
{
    char tokens[16] = "-", bias[24] = "-";

    if (c->tokens > 0) {
        (void)snprintf(tokens, sizeof tokens, "%d", c->tokens);
    }
    if (c->kind == SC_LAYER_SIGMOID) {
        (void)snprintf(bias, sizeof bias, c->minus_log ? "-log n" : "%.6g", c->bias);
    }
    (void)fprintf(out, "%-8s %6s  %-10s %-8s %7d  %11.5g %11.5g %11.5g  %10.4g %10.4g  %10.4g",
                  sc_norms_position_name(c->position), tokens, bias,
                  c->kind == SC_LAYER_SIGMOID ? "sigmoid" : "softmax", c->samples,
                  c->attention_norm.mean, c->attention_norm.low, c->attention_norm.high,
                  c->ratio.mean, c->ratio_max, c->weight_top);
    print_bound(c->norm_high, out);
    if (input->scaled) {
        print_bound(c->scaled_bound, out);
    }
    if (input->hybrid != SC_LAYER_NO_NORM) {
        (void)fprintf(out, "  %11.5g  %11.5g", c->hybrid_norm.mean, c->rms_min);
        print_bound(c->factor_max, out);
        print_bound(c->hybrid_bound, out);
    }
    (void)fputc('\n', out);
}

void sc_norms_sweep_print(const struct sc_norms_input *input, const struct sc_norms_cell *cells,
                          int32_t count, FILE *out)
{
    print_head(input, out);
    for (int32_t n = 0; n < count; n++) {
        print_cell(input, &cells[n], out);
    }
    (void)fputs(
        "\n||PV||_F: the attention norm, all heads of a sample, mean, least and largest over "
        "the samples. ||o||/|v|: mean of\n"
        "||o_i|| over the root mean square of ||v_j||, and the largest. n max P, ||P||: the "
        "largest of heads and samples.\n"
        "The softmax does not depend on b. Bounds (<=) are certified, rounded upward; the rest is\n"
        "computed in binary64, each with a bound of its error (--json has it).\n",
        out);
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *range(const struct sc_norms_range *r)
{
    return json_pack("{s:o, s:o, s:o}", "mean", number(r->mean), "min", number(r->low), "max",
                     number(r->high));
}

json_t *sc_norms_sweep_json(const struct sc_norms_input *input, const struct sc_norms_cell *cells,
                            int32_t count)
{
    json_t *all = json_array();

    for (int32_t n = 0; n < count; n++) {
        const struct sc_norms_cell *c = &cells[n];
        json_t *one = json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "position",
                                sc_norms_position_name(c->position), "kind",
                                c->kind == SC_LAYER_SIGMOID ? "sigmoid" : "softmax", "samples",
                                (int)c->samples, "attention_norm", range(&c->attention_norm),
                                "output_ratio_mean", range(&c->ratio), "output_ratio_max",
                                number(c->ratio_max), "n_max_p", number(c->weight_top), "n_max_s",
                                number(c->slope_top), "norm_p_upper", number(c->norm_high));
        (void)json_object_set_new(one, "attention_error", number(c->attention_error));
        (void)json_object_set_new(one, "weight_error", number(c->weight_error));
        (void)json_object_set_new(one, "tokens",
                                  c->tokens > 0 ? json_integer(c->tokens) : json_null());
        if (c->kind == SC_LAYER_SIGMOID) {
            (void)json_object_set_new(one, "bias", number(c->bias));
            (void)json_object_set_new(one, "bias_is_minus_log_n", json_boolean(c->minus_log));
        }
        if (input->scaled) {
            (void)json_object_set_new(one, "layer_scale_upper", number(c->scaled_bound));
        }
        if (input->hybrid != SC_LAYER_NO_NORM) {
            (void)json_object_set_new(one, "hybrid_norm", range(&c->hybrid_norm));
            (void)json_object_set_new(one, "hybrid_rms_min", number(c->rms_min));
            (void)json_object_set_new(one, "hybrid_factor_upper", number(c->factor_max));
            (void)json_object_set_new(one, "hybrid_upper", number(c->hybrid_bound));
        }
        (void)json_array_append_new(all, one);
    }
    return all;
}
