/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/lipschitz/report.h"

#include "spec/mask.h"
#include "tools/report/outward.h"

#include <math.h>
#include <string.h>

#define TOP 4 /* tokens of the worst direction that are named */

static void print_mask(const struct sc_layer *l, FILE *out)
{
    if (l->left == SC_MASK_UNBOUNDED && l->right == 0) {
        (void)fputs(", causal", out);
    } else if (l->left != SC_MASK_UNBOUNDED || l->right != SC_MASK_UNBOUNDED) {
        (void)fprintf(out, ", window %d,%d", l->left, l->right);
    }
    if (l->slopes != NULL) {
        (void)fputs(", ALiBi", out);
    }
    if (l->rotation > 0.0) {
        (void)fprintf(out, ", rotary positions of base %g", l->rotation);
    }
    if (l->norm != SC_LAYER_NO_NORM) {
        (void)fprintf(out, ", %s of q and k", l->norm == SC_LAYER_RMS ? "RMS norm" : "LayerNorm");
    }
}

void sc_lipschitz_print_layer(const struct sc_lipschitz_input *input, bool with_bias, FILE *out)
{
    const struct sc_layer *l = &input->layer;

    (void)fprintf(out, "layer   width %d, %d head%s of %d (values %d), scale %.9g", l->width,
                  l->heads, l->heads == 1 ? "" : "s", l->d, l->d_v, l->scale);
    if (with_bias && input->minus_log) {
        (void)fputs(", b = -log n", out);
    } else if (with_bias) {
        (void)fprintf(out, ", b = %.9g%s", input->bias[0], l->heads > 1 ? " (head 0)" : "");
    }
    print_mask(l, out);
    if (l->beta_q != NULL || l->beta_k != NULL || l->beta_v != NULL) {
        (void)fputs(", with Q/K/V biases", out);
    }
    (void)fprintf(out, "%s\n", l->w_o != NULL ? ", through W_o" : ", heads side by side");
}

/* Which way a printed bound is rounded: so that it is one as it stands. */
enum side { BELOW, ABOVE };

/* A bound, and its ratio to the lower bound of the sample. */
static void print_cell(const struct sc_measurement *m, double value, enum side side, FILE *out)
{
    char text[2 * SC_OUTWARD_BYTES], number[SC_OUTWARD_BYTES];

    if (m == NULL) {
        return;
    }
    if (side == BELOW) {
        sc_outward_below(value, 6, number);
    } else {
        sc_outward_above(value, 6, number);
    }
    if (!isfinite(value) || !(m->low > 0.0)) {
        (void)snprintf(text, sizeof text, "%s", number);
    } else {
        (void)snprintf(text, sizeof text, "%s  (%.3g)", number, value / m->low);
    }
    (void)fprintf(out, "  %-24s", text);
}

static void print_row(const char *name, const struct sc_lipschitz_pair *pair, double sigmoid,
                      double softmax, enum side side, FILE *out)
{
    (void)fprintf(out, "  %-26s", name);
    print_cell(pair->sigmoid, sigmoid, side, out);
    print_cell(pair->softmax, softmax, side, out);
    (void)fputc('\n', out);
}

static double bound(const struct sc_measurement *m, enum sc_bound_kind kind)
{
    return m != NULL && m->bounded ? m->bounds.layer[kind] : HUGE_VAL;
}

/* The tokens with the largest share of the worst direction. */
static void print_tokens(const char *kind, const struct sc_measurement *m, int32_t tokens,
                         FILE *out)
{
    int32_t top[TOP] = {-1, -1, -1, -1};

    (void)fprintf(out, "  worst direction, %s: ", kind);
    for (int32_t n = 0; n < TOP && n < tokens; n++) {
        for (int32_t i = 0; i < tokens; i++) {
            bool taken = false;
            for (int32_t before = 0; before < n; before++) {
                taken = taken || top[before] == i;
            }
            if (!taken && (top[n] < 0 || m->share[i] > m->share[top[n]])) {
                top[n] = i;
            }
        }
        (void)fprintf(out, "%stoken %d %.1f %%", n == 0 ? "" : ", ", top[n],
                      100.0 * m->share[top[n]]);
    }
    (void)fputc('\n', out);
}

static void print_kind(const char *kind, const struct sc_measurement *m, int32_t tokens,
                       enum sc_layer_kind layer, FILE *out)
{
    if (m == NULL) {
        return;
    }
    if (m->bounded) {
        (void)fprintf(
            out,
            "  %s: smallest bound %s%s; of B3 %.0f %% is ||P|| ||W_v||; max P %.3g, max S "
            "%.3g, ||P|| %.4g\n",
            kind, sc_bound_name(m->bounds.best, layer),
            m->bounds.affine ? " (the theorem in its affine form)" : "",
            100.0 * m->bounds.weight_share, m->bounds.p_max, m->bounds.s_max,
            m->bounds.weights_norm);
    }
    print_tokens(kind, m, tokens, out);
    (void)fprintf(
        out, "  %s: Lanczos %d steps %.2f s, lower bound %.2f s, norm %.2f s, bounds %.2f s\n",
        kind, m->steps, m->lanczos_seconds, m->low_seconds, m->high_seconds, m->bounds_seconds);
}

static const char *const sets[SC_MOVES_SETS] = {"all tokens", "each token"};

/* Two lines a set: the worst that was found in it, and the smallest bound. */
static void print_local(const struct sc_lipschitz_input *input,
                        const struct sc_lipschitz_pair *pair, FILE *out)
{
    const struct sc_local *a = pair->sigmoid_local, *b = pair->softmax_local;

    for (int32_t s = 0; s < input->radii_count * SC_MOVES_SETS; s++) {
        char name[64];
        (void)snprintf(name, sizeof name, "local(%.9g), %s", input->radii[s / SC_MOVES_SETS],
                       sets[s % SC_MOVES_SETS]);
        (void)fprintf(out, "  %s\n", name);
        print_row("  found inside, certified", pair, a == NULL ? 0.0 : a[s].low,
                  b == NULL ? 0.0 : b[s].low, BELOW, out);
        print_row("  bound of all inside", pair, a == NULL ? 0.0 : a[s].high,
                  b == NULL ? 0.0 : b[s].high, ABOVE, out);
    }
}

void sc_lipschitz_print(const struct sc_lipschitz_input *input, int32_t sample,
                        const struct sc_lipschitz_pair *pair, FILE *out)
{
    const struct sc_lipschitz_sample *s = &input->samples[sample];
    const struct sc_measurement *a = pair->sigmoid, *b = pair->softmax;

    (void)fprintf(out, "\nsample  %s", s->file);
    if (s->index >= 0) {
        (void)fprintf(out, "[%d]", s->index);
    }
    (void)fprintf(out, ": %d tokens\n  %-26s", s->tokens, "at this point");
    if (a != NULL) {
        (void)fprintf(out, "  %-24s", "sigmoid (x lower)");
    }
    if (b != NULL) {
        (void)fprintf(out, "  %-24s", "softmax (x lower)");
    }
    (void)fputc('\n', out);
    print_row("lower bound, certified", pair, a == NULL ? 0.0 : a->low, b == NULL ? 0.0 : b->low,
              BELOW, out);
    print_row("norm, certified from above", pair, a == NULL ? 0.0 : a->high,
              b == NULL ? 0.0 : b->high, ABOVE, out);
    print_row("B3", pair, bound(a, SC_BOUND_B3), bound(b, SC_BOUND_B3), ABOVE, out);
    print_row("B2", pair, bound(a, SC_BOUND_B2), bound(b, SC_BOUND_B2), ABOVE, out);
    print_row("B1", pair, bound(a, SC_BOUND_B1), bound(b, SC_BOUND_B1), ABOVE, out);
    print_row("Theorem 3.2 | Castin 3.3", pair, bound(a, SC_BOUND_T), bound(b, SC_BOUND_T), ABOVE,
              out);
    print_local(input, pair, out);
    print_kind("sigmoid", a, s->tokens, SC_LAYER_SIGMOID, out);
    print_kind("softmax", b, s->tokens, SC_LAYER_SOFTMAX, out);
}

void sc_lipschitz_print_meaning(const struct sc_lipschitz_input *input, FILE *out)
{
    (void)fputs("\nEvery number is the 2-norm of the Jacobian of all tokens to all outputs at the "
                "sample: the factor\n"
                "by which a small change of the tokens is amplified at most, there and nowhere "
                "else. The lower\n"
                "bound is attained by the worst direction; the norm from above and the bounds hold "
                "for every\n"
                "direction; all are certified, rounded outward. Castin's bound is of the whole "
                "ball of the longest\n"
                "token's radius, quoted and not proved here. '-': does not apply, or too large "
                "(--exact-max).\n",
                out);
    if (input->radii_count > 0) {
        (void)fputs("\nlocal(E) is of every X near the sample: 'all tokens' where ||X - X0||_F <= "
                    "E, 'each token' where no\n"
                    "token is further than E from its own. The bound holds for the norm at every "
                    "such X, so for the\n"
                    "Lipschitz constant there; what was found is attained at one of them. Ratios "
                    "are to the lower\n"
                    "bound at the sample.\n",
                    out);
    }
}

static json_t *finite_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *local_json(const struct sc_local *locals, int32_t sets_count,
                          enum sc_layer_kind kind)
{
    static const char *const names[SC_MOVES_SETS] = {"frobenius", "tokens"};
    json_t *all = json_array();

    for (int32_t s = 0; s < sets_count; s++) {
        const struct sc_around *upper = &locals[s].upper;
        json_t *object = json_object(), *bounds = json_object();
        (void)json_object_set_new(object, "radius", json_real(upper->radius));
        (void)json_object_set_new(object, "set", json_string(names[upper->set]));
        (void)json_object_set_new(object, "lower", json_real(locals[s].low));
        (void)json_object_set_new(object, "upper", finite_json(locals[s].high));
        for (int32_t n = 0; n < SC_BOUNDS; n++) {
            const char *name = n == SC_BOUND_T && kind == SC_LAYER_SOFTMAX
                                   ? "softmax in a ball"
                                   : sc_bound_name((enum sc_bound_kind)n, kind);
            (void)json_object_set_new(bounds, name, finite_json(upper->layer[n]));
        }
        (void)json_object_set_new(object, "bounds", bounds);
        (void)json_array_append_new(all, object);
    }
    return all;
}

static json_t *measurement_json(const struct sc_measurement *m, const struct sc_local *locals,
                                int32_t radii, int32_t tokens, enum sc_layer_kind kind)
{
    json_t *object = json_object(), *shares = json_array(), *bounds = json_object();

    (void)json_object_set_new(object, "lower", json_real(m->low));
    (void)json_object_set_new(object, "upper", finite_json(m->high));
    for (int32_t n = 0; m->bounded && n < SC_BOUNDS; n++) {
        (void)json_object_set_new(bounds, sc_bound_name((enum sc_bound_kind)n, kind),
                                  finite_json(m->bounds.layer[n]));
    }
    (void)json_object_set_new(object, "bounds", bounds);
    if (m->bounded) {
        (void)json_object_set_new(object, "best", json_string(sc_bound_name(m->bounds.best, kind)));
        (void)json_object_set_new(object, "affine", json_boolean(m->bounds.affine));
        (void)json_object_set_new(object, "weight_share", json_real(m->bounds.weight_share));
        (void)json_object_set_new(object, "max_p", json_real(m->bounds.p_max));
        (void)json_object_set_new(object, "max_s", json_real(m->bounds.s_max));
        (void)json_object_set_new(object, "norm_p", json_real(m->bounds.weights_norm));
    }
    for (int32_t i = 0; i < tokens; i++) {
        (void)json_array_append_new(shares, json_real(m->share[i]));
    }
    (void)json_object_set_new(object, "token_shares", shares);
    if (radii > 0) {
        (void)json_object_set_new(object, "local", local_json(locals, radii * SC_MOVES_SETS, kind));
    }
    (void)json_object_set_new(object, "lanczos_steps", json_integer(m->steps));
    return object;
}

json_t *sc_lipschitz_json(const struct sc_lipschitz_input *input, int32_t sample,
                          const struct sc_lipschitz_pair *pair)
{
    const struct sc_lipschitz_sample *s = &input->samples[sample];
    json_t *object = json_object();

    (void)json_object_set_new(object, "file", json_string(s->file));
    if (s->index >= 0) {
        (void)json_object_set_new(object, "index", json_integer(s->index));
    }
    (void)json_object_set_new(object, "tokens", json_integer(s->tokens));
    if (pair->sigmoid != NULL) {
        (void)json_object_set_new(object, "sigmoid",
                                  measurement_json(pair->sigmoid, pair->sigmoid_local,
                                                   input->radii_count, s->tokens,
                                                   SC_LAYER_SIGMOID));
    }
    if (pair->softmax != NULL) {
        (void)json_object_set_new(object, "softmax",
                                  measurement_json(pair->softmax, pair->softmax_local,
                                                   input->radii_count, s->tokens,
                                                   SC_LAYER_SOFTMAX));
    }
    return object;
}
