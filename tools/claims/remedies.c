/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "reference/regularity/jacobian.h"
#include "reference/regularity/spectral.h"
#include "tools/claims/closed.h"
#include "tools/claims/hybrid.h"
#include "tools/claims/layers.h"
#include "tools/claims/logits.h"
#include "tools/claims/skip.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Claim 10: LayerScale, hybrid-norm and QK-norm keep a layer stable. */

#define SCALE 1e-4 /* of LayerScale */

/* x + Gamma attention(x) with Gamma = 1e-4: its norm is within 1e-4 ||J|| of 1, whatever the bias. */
static enum sc_status scale_layers(struct sc_found_list *result, struct sc_error *error)
{
    enum sc_found_outcome within = SC_FOUND_YES;
    double largest = 0.0, block = 0.0, plain = 0.0;
    enum sc_status status = SC_OK;

    for (uint64_t seed = 0; status == SC_OK && seed < 6; seed++) {
        const int32_t n = 8 << seed % 3;
        const struct sc_layers_shape shape = {
            n, 12, 2, 6, 6, 2.0, seed < 3 ? 0.0 : sc_layers_minus_log(n)};
        struct sc_layers_drawn drawn;
        struct sc_found_range norm = {0.0, 0.0}, scaled = {0.0, 0.0}, whole = {0.0, 0.0};
        status = sc_layers_draw(&shape, seed, &drawn, error);
        if (status != SC_OK) {
            return status;
        }
        status = sc_layers_norm(&drawn.layer, drawn.x, 1 << 12, &norm, error);
        if (status == SC_OK) {
            status = sc_skip_norm(&drawn.layer, drawn.x, SCALE, &scaled, error);
        }
        if (status == SC_OK) {
            status = sc_skip_norm(&drawn.layer, drawn.x, 1.0, &whole, error);
        }
        sc_layers_destroy(&drawn);
        /* 1 + fl(1e-4 low) is rounded down by less than 2^-52 of itself */
        const double limit = (1.0 + SCALE * norm.low) * (1.0 - 0x1p-51);
        within = sc_found_both(
            within,
            sc_found_at_most(scaled, (struct sc_found_range){limit, (1.0 + SCALE * norm.high) *
                                                                        (1.0 + 0x1p-51)}));
        largest = fmax(largest, norm.low);
        block = fmax(block, scaled.high);
        plain = fmax(plain, whole.low);
    }
    sc_found_add(
        result, "layer-scale", SC_FOUND_STATED, SC_FOUND_CERTIFIED, within, block,
        "6 layers, b = 0 and -log n, ||J|| up to %.5g: ||I + 1e-4 J|| <= 1 + 1e-4 ||J||, at "
        "most %.8g; without the factor ||I + J|| >= %.5g",
        largest, block, plain);
    return status;
}

/* With QK-norm the logits stay where they are as tokens grow; without it they grow like the square. */
static enum sc_status norm_queries(struct sc_found_list *result, struct sc_error *error)
{
    double normed = 0.0, mu = 0.0, free_low[2] = {0.0, 0.0};
    enum sc_status status = SC_OK;

    for (int32_t k = 0; status == SC_OK && k < 8; k++) {
        const struct sc_layers_shape shape = {12, 6, 2, 4, 2, 1.0, sc_layers_minus_log(12)};
        struct sc_layers_drawn drawn;
        struct sc_logits logits;
        const double size = pow(10.0, k / 2);
        status = sc_layers_draw(&shape, 3, &drawn, error);
        if (status != SC_OK) {
            return status;
        }
        for (int32_t n = 0; n < shape.tokens * shape.width; n++) {
            drawn.x[n] *= size;
        }
        drawn.layer.norm = k % 2 == 0 ? SC_LAYER_RMS : SC_LAYER_NO_NORM;
        mu = drawn.layer.scale * shape.d; /* 4 / 2, exact */
        status = sc_logits_compute(&drawn.layer, drawn.x, &logits, error);
        sc_layers_destroy(&drawn);
        if (k % 2 == 0) {
            normed = fmax(normed, logits.high);
        } else if (k == 1 || k == 7) {
            free_low[k / 7] = logits.low;
        }
    }
    sc_found_add(
        result, "qk-norm", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
        sc_found_whether(normed <= mu && free_low[1] > 1e5 * free_low[0]), normed,
        "tokens times 1 to 1000: |logits| with QK-norm at most %.6g, mu = %.6g; without it "
        "they go from %.4g to %.4g",
        normed, mu, free_low[0], free_low[1]);
    return status;
}

/* RMS of the output: its size is fixed, its derivative is not. */
static void norm_outputs(struct sc_found_list *result)
{
    enum sc_found_outcome fixed = SC_FOUND_YES, grows = SC_FOUND_YES;
    struct sc_found_range raw = {0.0, 0.0}, slope = {0.0, 0.0};

    for (int32_t n = 2; n <= 4096; n *= 2) {
        const struct sc_found_range normed = sc_hybrid_output(n, true);
        raw = sc_hybrid_output(n, false);
        fixed = sc_found_both(fixed, sc_found_whether(normed.low >= sqrt(2.0) * (1.0 - 0x1p-50) &&
                                                      normed.high <= sqrt(2.0) * (1.0 + 0x1p-50)));
    }
    for (int32_t e = 4; e <= 40; e += 4) {
        slope = sc_hybrid_slope(e);
        grows = sc_found_both(grows, sc_found_whether(slope.low > ldexp(1.0, e)));
    }
    sc_found_add(
        result, "hybrid-norm", SC_FOUND_STATED, SC_FOUND_CERTIFIED, fixed, raw.low,
        "2 to 4096 tokens, b = 0: the normed output has norm sqrt d; without the norm it is "
        "%.5g at 4096",
        raw.low);
    sc_found_add(
        result, "hybrid-norm-slope", SC_FOUND_LIMIT, SC_FOUND_CERTIFIED, grows, slope.low,
        "two tokens whose outputs cancel to 2^-41: the normed output moves %.4g times as much "
        "as a token; more the closer they cancel",
        slope.low);
}

enum sc_status sc_remedies_claim(const struct sc_claims_context *context,
                                 struct sc_found_list *result, struct sc_error *error)
{
    (void)context;
    enum sc_status status = scale_layers(result, error);

    if (status == SC_OK) {
        status = norm_queries(result, error);
    }
    norm_outputs(result);
    return status;
}
