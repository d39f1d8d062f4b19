/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/norms/report.h"

#include "tools/report/outward.h"

#include <math.h>

#define DIGITS 6

enum rounding { NEAREST, UP, DOWN };

/* A row of the table: a number of each kind that is there. */
static void print_row(const char *name, const struct sc_norms_sample *s, enum rounding rounding,
                      double sigmoid, double softmax, FILE *out)
{
    const struct {
        const struct sc_norms_result *kind;
        double value;
    } cells[] = {{s->sigmoid, sigmoid}, {s->softmax, softmax}};

    (void)fprintf(out, "    %-30s", name);
    for (int32_t n = 0; n < 2; n++) {
        char text[SC_OUTWARD_BYTES];
        if (cells[n].kind == NULL) {
            continue;
        }
        if (rounding == DOWN) {
            sc_outward_below(cells[n].value, DIGITS, text);
        } else if (rounding == UP || !isfinite(cells[n].value)) {
            sc_outward_above(cells[n].value, DIGITS, text);
        } else {
            (void)snprintf(text, sizeof text, "%.*g", DIGITS, cells[n].value);
        }
        (void)fprintf(out, "  %-26s", text);
    }
    (void)fputc('\n', out);
}

static void row(const char *name, const struct sc_norms_sample *s, double sigmoid, double softmax,
                FILE *out)
{
    print_row(name, s, NEAREST, sigmoid, softmax, out);
}

static const struct sc_statistics_head *head_of(const struct sc_norms_result *kind, int32_t h)
{
    static const struct sc_statistics_head none = {.score_min = 0.0};

    return kind != NULL ? &kind->heads[h] : &none;
}

static void print_masses(const struct sc_norms_sample *s, int32_t h, FILE *out)
{
    const struct sc_norms_result *const kinds[] = {s->sigmoid, s->softmax};

    (void)fprintf(out, "    %-30s", "row masses, quartiles");
    for (int32_t k = 0; k < 2; k++) {
        if (kinds[k] != NULL) {
            const double *m = kinds[k]->heads[h].mass;
            char text[96];
            (void)snprintf(text, sizeof text, "%.3g %.3g %.3g %.3g %.3g", m[0], m[1], m[2], m[3],
                           m[4]);
            (void)fprintf(out, "  %-26s", text);
        }
    }
    (void)fputc('\n', out);
}

static void print_norms(const struct sc_norms_sample *s, int32_t h, FILE *out)
{
    const struct sc_norms_result *const kinds[] = {s->sigmoid, s->softmax};

    (void)fprintf(out, "    %-30s", "||P||, between");
    for (int32_t k = 0; k < 2; k++) {
        if (kinds[k] != NULL) {
            char text[64], low[SC_OUTWARD_BYTES], high[SC_OUTWARD_BYTES];
            sc_outward_below(kinds[k]->heads[h].norm_low, 9, low);
            sc_outward_above(kinds[k]->heads[h].norm_high, 9, high);
            (void)snprintf(text, sizeof text, "%s %s", low, high);
            (void)fprintf(out, "  %-26s", text);
        }
    }
    (void)fputc('\n', out);
}

static void print_head(const struct sc_norms_sample *s, int32_t h, FILE *out)
{
    const struct sc_statistics_head *a = head_of(s->sigmoid, h), *b = head_of(s->softmax, h);
    const struct sc_statistics_head *any = s->sigmoid != NULL ? a : b;

    char score_form[SC_OUTWARD_BYTES], values[SC_OUTWARD_BYTES];

    sc_outward_above(s->weights[h].score_form, DIGITS, score_form);
    sc_outward_above(s->weights[h].values, DIGITS, values);
    (void)fprintf(out,
                  "  head %d: ||A|| <= %s, ||W_v|| <= %s; scores %.5g to %.5g, mean %.5g, "
                  "deviation %.5g\n",
                  h, score_form, values, any->score_min, any->score_max, any->score_mean,
                  any->score_deviation);
    row("n max P", s, a->weight_top, b->weight_top, out);
    row("n max P (1 - P)", s, a->slope_top, b->slope_top, out);
    print_masses(s, h, out);
    print_norms(s, h, out);
    row("||o_i|| / |v|, mean", s, a->ratio_mean, b->ratio_mean, out);
    row("||o_i|| / |v|, largest", s, a->ratio_max, b->ratio_max, out);
    row("||P V||_F", s, a->output_norm, b->output_norm, out);
    row("share of P > 0.99", s, a->large, b->large, out);
    row("share of P < 0.01 / n", s, a->small, b->small, out);
}

static double bounded(const struct sc_norms_result *r, double value)
{
    return r != NULL && r->bounded ? value : HUGE_VAL;
}

static void print_bounds(const struct sc_norms_sample *s, FILE *out)
{
    static const struct sc_norms_result none = {.heads = NULL};
    const struct sc_norms_result *a = s->sigmoid != NULL ? s->sigmoid : &none;
    const struct sc_norms_result *b = s->softmax != NULL ? s->softmax : &none;

    print_row("||J|| >=", s, DOWN, bounded(a, a->lower), bounded(b, b->lower), out);
    print_row("||J|| <=", s, UP, bounded(a, a->upper), bounded(b, b->upper), out);
    row("of B3: the P term, %", s, bounded(a, 100.0 * a->weight_share),
        bounded(b, 100.0 * b->weight_share), out);
    row("of B3: the A terms, %", s, bounded(a, 100.0 * (1.0 - a->weight_share)),
        bounded(b, 100.0 * (1.0 - b->weight_share)), out);
}

static void print_after(const struct sc_norms_input *input, const struct sc_norms_sample *s,
                        FILE *out)
{
    static const struct sc_norms_result none = {.heads = NULL};
    const struct sc_norms_result *a = s->sigmoid != NULL ? s->sigmoid : &none;
    const struct sc_norms_result *b = s->softmax != NULL ? s->softmax : &none;
    const double g = fabs(input->layer_scale);

    if (input->scaled) {
        (void)fprintf(out, "  layer scale %g\n", input->layer_scale);
        row("||G O||_F", s, g * a->output_norm, g * b->output_norm, out);
        print_row("||I + G J|| <=", s, UP, a->scaled_bound, b->scaled_bound, out);
    }
    if (input->hybrid != SC_LAYER_NO_NORM) {
        (void)fprintf(out, "  hybrid norm, %s, epsilon %g\n",
                      input->hybrid == SC_LAYER_RMS ? "RMS" : "LayerNorm", input->hybrid_epsilon);
        row("||N(O)||_F", s, a->hybrid.norm, b->hybrid.norm, out);
        row("rms(O_i), mean", s, a->hybrid.rms_mean, b->hybrid.rms_mean, out);
        row("rms(O_i), least", s, a->hybrid.rms_min, b->hybrid.rms_min, out);
        row("1 / rms(O_i), mean", s, a->hybrid.factor_mean, b->hybrid.factor_mean, out);
        print_row("||N'(O_i)|| <=", s, UP, a->hybrid.factor_max, b->hybrid.factor_max, out);
        print_row("||N'(O) J|| <=", s, UP, a->hybrid_bound, b->hybrid_bound, out);
    }
}

static void print_errors(const char *kind, const struct sc_norms_result *r, int32_t heads,
                         FILE *out)
{
    double score = 0.0, weight = 0.0, open = 0.0;

    for (int32_t h = 0; r != NULL && h < heads; h++) {
        score = fmax(score, r->heads[h].score_error);
        weight = fmax(weight, r->heads[h].weight_error);
        open = fmax(open, r->heads[h].undecided);
    }
    if (r != NULL) {
        (void)fprintf(out,
                      "  errors, %s: scores at most %.2g, weights and masses %.2g of themselves, "
                      "attention norm %.2g",
                      kind, score, weight, r->attention_error);
        (void)fprintf(out, open > 0.0 ? "; shares of P %.2g\n" : "\n", open);
    }
}

void sc_norms_print(const struct sc_norms_input *input, const struct sc_norms_sample *sample,
                    FILE *out)
{
    const struct sc_norms_sample *s = sample;
    const struct sc_layer *l = &s->place->layer;
    char norm[SC_OUTWARD_BYTES];

    sc_outward_above(s->tokens.norm_square, DIGITS, norm);
    (void)fprintf(out, "\nsample  %s", s->place->file);
    if (s->place->index >= 0) {
        (void)fprintf(out, "[%d]", s->place->index);
    }
    (void)fprintf(out, ": %d tokens, mean ||x||^2 %.6g, largest %.6g, ||X||^2 / n <= %s\n    %-30s",
                  l->tokens, s->tokens.mean_square, s->tokens.max_square, norm, "");
    (void)fprintf(out, s->sigmoid != NULL ? "  %-26s" : "%.0s", "sigmoid");
    (void)fprintf(out, s->softmax != NULL ? "  %-26s\n" : "%.0s\n", "softmax");
    for (int32_t h = 0; h < l->heads; h++) {
        print_head(s, h, out);
    }
    (void)fputs("  layer\n", out);
    row("attention norm", s, s->sigmoid != NULL ? s->sigmoid->attention_norm : 0.0,
        s->softmax != NULL ? s->softmax->attention_norm : 0.0, out);
    print_bounds(s, out);
    print_after(input, s, out);
    print_errors("sigmoid", s->sigmoid, l->heads, out);
    print_errors("softmax", s->softmax, l->heads, out);
}

void sc_norms_print_all(const char *kind, const double *norms, int32_t count, FILE *out)
{
    double low = norms[0], high = norms[0], mean = 0.0;

    for (int32_t n = 0; n < count; n++) {
        low = fmin(low, norms[n]);
        high = fmax(high, norms[n]);
        mean += norms[n] / (double)count;
    }
    (void)fprintf(out, "attention norm, %s, of %d sample%s: min %.6g, mean %.6g, max %.6g\n", kind,
                  count, count == 1 ? "" : "s", low, mean, high);
}

void sc_norms_print_meaning(FILE *out)
{
    (void)fputs("\nThe attention norm is ||sigma(tau Q K^T + b) V||_F of all heads of one sample. "
                "|v| is the root mean square of\n"
                "||v_j||. Bounds (<=, >=, between) are certified; the rest is computed in binary64 "
                "with the errors above.\n"
                "Scores are those with b, of the pairs that are seen. '-': not certified, since "
                "heads n^2 is above --bounds-max.\n",
                out);
}
