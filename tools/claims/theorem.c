/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "spec/mask.h"
#include "tools/claims/closed.h"
#include "tools/claims/layers.h"
#include "tools/claims/samples.h"

#include <math.h>

/* Claim 2: Theorem 3.2, ||J|| <= ||W_v|| (sigma_inf + 2 sigma'_inf ||B|| (1/n) sum_i ||x_i||^2). Coq has it; here the
 * certified norm is looked for above the certified value of the bound. */

/* The largest ||J|| from below over the bound from above, and where it is above 1. */
struct search {
    double ratio;
    int32_t tried, violated;
};

static enum sc_status try(const struct sc_layers_drawn *drawn, struct search *search,
                          struct sc_error *error)
{
    struct sc_measure_options options = sc_measure_defaults();
    struct sc_measurement m;

    options.exact_max = 0;
    const enum sc_status status = sc_measure(&drawn->layer, drawn->x, &options, &m, error);
    if (status == SC_OK) {
        const double ratio = m.low / m.bounds.layer[SC_BOUND_T];
        search->ratio = fmax(search->ratio, ratio);
        search->violated += ratio > 1.0 ? 1 : 0;
        search->tried++;
    }
    sc_measurement_destroy(&m);
    return status;
}

/* Random layers: scale, heads, masks and ALiBi, by the bits of the seed. */
static enum sc_status try_random(struct sc_found_list *result, struct sc_error *error)
{
    struct search search = {.ratio = 0.0};
    enum sc_status status = SC_OK;

    for (uint64_t seed = 0; status == SC_OK && seed < 256; seed++) {
        const int32_t heads = seed % 2 == 0 ? 1 : 3, n = 2 + (int32_t)(seed % 11);
        const struct sc_layers_shape shape = {
            n, 5, heads, 3, 4, 1.5, seed % 4 < 2 ? sc_layers_minus_log(n) : 0.0};
        struct sc_layers_drawn drawn;
        status = sc_layers_draw(&shape, seed, &drawn, error);
        if (status == SC_OK) {
            drawn.layer.scale *= seed % 5 == 0 ? 4.0 : 1.0;
            drawn.layer.right = seed % 8 < 4 ? SC_MASK_UNBOUNDED : 0;
            drawn.layer.left = seed % 32 < 24 ? SC_MASK_UNBOUNDED : 2;
            for (int32_t h = 0; seed % 16 < 8 && h < heads; h++) {
                drawn.slopes[h] = ldexp(1.0, -1 - h);
                drawn.layer.slopes = drawn.slopes;
            }
            status = try(&drawn, &search, error);
            sc_layers_destroy(&drawn);
        }
    }
    sc_found_add(result, "random", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                 sc_found_whether(search.violated == 0 && search.tried > 0), search.ratio,
                 "%d random layers with scales, causal and windowed masks, ALiBi, 1 and 3 heads: "
                 "largest ||J|| / bound %.4g",
                 search.tried, search.ratio);
    return status;
}

/* Near the tokens that attain it: equal ones, W_q = W_k = W_v = 1, disturbed more and more. */
static enum sc_status try_adversarial(struct sc_found_list *result, struct sc_error *error)
{
    static const double sizes[] = {0.0, 0x1p-40, 0x1p-20, 0x1p-10, 0x1p-5, 0.1, 0.3};
    struct search search = {.ratio = 0.0};
    enum sc_status status = SC_OK;

    for (int32_t k = 0; status == SC_OK && k < 7 * 8; k++) {
        const int32_t n = 1 << k % 8 % 6;
        struct sc_layers_drawn drawn;
        status =
            sc_layers_scalar(SC_LAYER_SIGMOID, n, 1.0, k % 2 == 0 ? sc_layers_minus_log(n) : 0.0,
                             0.5 * (1 + k % 5), &drawn, error);
        if (status == SC_OK) {
            struct sc_random random = {(uint64_t)k};
            for (int32_t i = 0; i < n; i++) {
                drawn.x[i] += sizes[k / 8] * sc_random_normal(&random);
            }
            status = try(&drawn, &search, error);
            sc_layers_destroy(&drawn);
        }
    }
    sc_found_add(result, "adversarial", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                 sc_found_whether(search.violated == 0 && search.tried > 0), search.ratio,
                 "%d layers at and near equal tokens, where the bound is attained: largest ||J|| / "
                 "bound %.15g",
                 search.tried, search.ratio);
    return status;
}

/* One token x = 0, W = 1 and Q/K/V biases 1: f(x) = sigma((x + 1)^2) (x + 1), so that the derivative is
 * sigma(1) + 2 sigma'(1), and the theorem in ||X|| = 0 says sigma(1). */
static enum sc_status break_by_biases(struct sc_found_list *result, struct sc_error *error)
{
    struct sc_layers_drawn drawn;
    struct sc_found_range norm;
    enum sc_status status = sc_layers_scalar(SC_LAYER_SIGMOID, 1, 1.0, 0.0, 0.0, &drawn, error);

    if (status != SC_OK) {
        return status;
    }
    drawn.beta_q[0] = drawn.beta_k[0] = drawn.beta_v[0] = 1.0;
    drawn.layer.beta_q = drawn.beta_q;
    drawn.layer.beta_k = drawn.beta_k;
    drawn.layer.beta_v = drawn.beta_v;
    status = sc_layers_norm(&drawn.layer, drawn.x, 1, &norm, error);
    sc_layers_destroy(&drawn);
    if (status == SC_OK) {
        const struct sc_found_range bound = sc_closed_at(sc_closed_mass, 1.0, 1.0);
        sc_found_add(result, "q-k-v-biases", SC_FOUND_BEYOND, SC_FOUND_CERTIFIED,
                     sc_found_whether(norm.low > bound.high), norm.low,
                     "with Q/K/V biases 1, one token X = 0, W = 1: ||J|| >= %.9g, the bound in "
                     "||X|| is %.9g; the affine form holds",
                     norm.low, bound.high);
    }
    return status;
}

/* Rotary positions: W_q reads the first channel and W_k the second, so that B = W_q^T W_k = 0 and the theorem says
 * ||W_v|| n s <= 2; the rotation joins the channels. b = R^2 sin 1 puts one score near 0, where the slope is 1/4. */
static enum sc_status break_by_rotation(struct sc_found_list *result, struct sc_error *error)
{
    const double r = 4.0;
    const struct sc_layers_shape shape = {2, 2, 1, 2, 2, 0.0, 0.0};
    struct sc_layers_drawn drawn;
    struct sc_found_range norm;
    enum sc_status status = sc_layers_draw(&shape, 0, &drawn, error);

    if (status != SC_OK) {
        return status;
    }
    for (int32_t n = 0; n < 4; n++) {
        drawn.x[n] = n == 0 || n == 3 ? r : 0.0;
        drawn.w_v[n] = n == 0 || n == 3 ? 1.0 : 0.0;
    }
    drawn.w_q[0] = drawn.w_k[3] = 1.0;
    drawn.layer.scale = 1.0;
    drawn.layer.rotation = 10000.0;
    drawn.bias[0] = r * r * sin(1.0);
    status = sc_layers_norm(&drawn.layer, drawn.x, 4, &norm, error);
    sc_layers_destroy(&drawn);
    if (status == SC_OK) {
        sc_found_add(
            result, "rotary", SC_FOUND_BEYOND, SC_FOUND_CERTIFIED, sc_found_whether(norm.low > 2.0),
            norm.low,
            "with rotary positions, two tokens of norm 4, W_q^T W_k = 0, ||W_v|| = 1: ||J|| "
            ">= %.7g, the bound is at most 2; with ||W_q|| ||W_k|| for ||W_q^T W_k|| it holds",
            norm.low);
    }
    return status;
}

enum sc_status sc_theorem_claim(const struct sc_claims_context *context,
                                struct sc_found_list *result, struct sc_error *error)
{
    static const struct {
        const char *file, *name;
        enum sc_found_part part;
    } theorems[] = {{"theorem_3_2", "theorem_3_2", SC_FOUND_THEOREM},
                    {"theorem_3_2", "theorem_3_2_affine", SC_FOUND_LEMMA},
                    {"theorem_3_2", "multi_head_bound", SC_FOUND_LEMMA},
                    {"equality", "theorem_3_2_is_attained", SC_FOUND_LEMMA},
                    {"rotary", "rotary_form_exceeds_product", SC_FOUND_LEMMA}};
    static enum sc_status (*const tries[])(struct sc_found_list *, struct sc_error *) = {
        try_random, try_adversarial, break_by_biases, break_by_rotation};
    enum sc_status status = SC_OK;

    for (size_t n = 0; status == SC_OK && n < sizeof theorems / sizeof theorems[0]; n++) {
        status = sc_theorems_add(context, theorems[n].file, theorems[n].name, theorems[n].part,
                                 result, error);
    }
    for (size_t n = 0; status == SC_OK && n < sizeof tries / sizeof tries[0]; n++) {
        status = tries[n](result, error);
    }
    return status == SC_OK ? sc_samples_bound(context, result, error) : status;
}
