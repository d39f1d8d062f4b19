/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/logits.h"

#include "reference/regularity/balls.h"
#include "tools/claims/claims.h"
#include "tools/claims/closed.h"
#include "tools/claims/layers.h"

#include <math.h>
#include <stdlib.h>

/* Claim 5: logits of size at most mu give sigma_inf, sigma'_inf <= e^mu with b = -log n, and QK-norm gives such a mu. */

static void find_scores(const struct sc_balls *balls, struct sc_logits *logits)
{
    const struct sc_layer *l = balls->layer;
    const int64_t rows = (int64_t)l->tokens * l->tokens;
    arb_t score, scale;

    arb_init(score);
    arb_init(scale);
    arb_set_d(scale, l->scale);
    for (int64_t n = 0; n < l->heads * rows; n++) {
        const int64_t h = n / rows, i = n % rows / l->tokens, j = n % l->tokens;
        arb_dot(score, NULL, 0, balls->q + (h * l->tokens + i) * l->d, 1,
                balls->k + (h * l->tokens + j) * l->d, 1, l->d, balls->precision);
        arb_mul(score, score, scale, balls->precision);
        arb_abs(score, score);
        const struct sc_found_range range = sc_closed_range(score);
        logits->low = fmax(logits->low, range.low);
        logits->high = fmax(logits->high, range.high);
    }
    arb_clear(score);
    arb_clear(scale);
}

static void find_weights(const struct sc_layer *l, const double *p, const struct sc_nearness *near,
                         struct sc_logits *logits)
{
    for (int64_t n = 0; n < (int64_t)l->heads * l->tokens * l->tokens; n++) {
        const double error = near->relative * p[n] + near->absolute;
        const double high = nextafter(p[n] + 2.0 * error, HUGE_VAL);
        const double rest = nextafter(1.0 - p[n] + 2.0 * error, HUGE_VAL);
        logits->p = fmax(logits->p, high);
        logits->s = fmax(logits->s, nextafter(high * rest, HUGE_VAL));
    }
}

enum sc_status sc_logits_compute(const struct sc_layer *layer, const double *x,
                                 struct sc_logits *logits, struct sc_error *error)
{
    struct sc_balls balls;
    struct sc_nearness near;
    double *p = NULL;
    enum sc_status status = sc_balls_weigh(layer, x, 1, &balls, &p, &near, error);

    *logits = (struct sc_logits){.low = 0.0};
    if (status == SC_OK) {
        find_scores(&balls, logits);
        find_weights(layer, p, &near, logits);
    }
    sc_balls_destroy(&balls);
    free(p);
    return status;
}

/* What holds over all layers of a search: the least room below each bound, as bound over value. */
struct rooms {
    double mu, p, s, tightest;
    int32_t tried;
};

/* mu = c ||gain_q||_max ||gain_k||_max d: a normed row has norm at most sqrt d before its gains. */
static double norm_mu(const struct sc_layers_drawn *drawn)
{
    double q = 0.0, k = 0.0;

    for (int32_t c = 0; c < drawn->layer.d; c++) {
        q = fmax(q, fabs(drawn->gain_q[c]));
        k = fmax(k, fabs(drawn->gain_k[c]));
    }
    return drawn->layer.scale * q * k * drawn->layer.d;
}

static enum sc_status try(const struct sc_layers_drawn *drawn, struct rooms *rooms,
                          struct sc_error *error)
{
    struct sc_logits logits;
    const enum sc_status status = sc_logits_compute(&drawn->layer, drawn->x, &logits, error);
    const double n = drawn->layer.tokens, mu = norm_mu(drawn);

    if (status == SC_OK) {
        /* three products round mu, and exp of a double errs by 1 ulp: 2^-50 is more than all of it */
        const double limit = exp(logits.high) * (1.0 - 0x1p-50);
        rooms->mu = fmin(rooms->mu, mu * (1.0 - 0x1p-50) / logits.high);
        rooms->tightest = fmax(rooms->tightest, logits.high / mu);
        rooms->p = fmin(rooms->p, limit / (n * logits.p));
        rooms->s = fmin(rooms->s, limit / (n * logits.s));
        rooms->tried++;
    }
    return status;
}

/* Layers with QK-norm, random gains and biases of q and k; every fourth with all rows along (1, ..., 1), where mu is
 * attained. */
static enum sc_status search(struct rooms *rooms, struct sc_error *error)
{
    enum sc_status status = SC_OK;

    for (uint64_t seed = 0; status == SC_OK && seed < 64; seed++) {
        const int32_t n = 2 + (int32_t)(seed % 15);
        const struct sc_layers_shape shape = {n, 6, 2, 4, 2, 2.0, sc_layers_minus_log(n)};
        struct sc_random random = {~seed};
        struct sc_layers_drawn drawn;
        status = sc_layers_draw(&shape, seed, &drawn, error);
        if (status != SC_OK) {
            return status;
        }
        drawn.layer.norm = seed % 2 == 0 ? SC_LAYER_RMS : SC_LAYER_MEAN0;
        drawn.layer.epsilon = 1e-6;
        drawn.layer.gain_q = drawn.gain_q;
        drawn.layer.gain_k = drawn.gain_k;
        for (int32_t c = 0; seed % 4 != 0 && c < shape.d; c++) {
            drawn.gain_q[c] = sc_random_normal(&random);
            drawn.gain_k[c] = sc_random_normal(&random);
        }
        for (int32_t c = 0; seed % 4 == 0 && c < shape.heads * shape.d * shape.width; c++) {
            drawn.w_q[c] = drawn.w_k[c] = c % shape.width == 0 ? 1.0 : 0.0;
        }
        status = try(&drawn, rooms, error);
        sc_layers_destroy(&drawn);
    }
    return status;
}

enum sc_status sc_logits_claim(const struct sc_claims_context *context,
                               struct sc_found_list *result, struct sc_error *error)
{
    struct rooms rooms = {HUGE_VAL, HUGE_VAL, HUGE_VAL, 0.0, 0};
    enum sc_status status =
        sc_theorems_add(context, "ball", "jacobian_in_ball", SC_FOUND_LEMMA, result, error);

    if (status == SC_OK) {
        status = search(&rooms, error);
    }
    if (status != SC_OK) {
        return status;
    }
    sc_found_add(
        result, "qk-norm-mu", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
        sc_found_whether(rooms.mu >= 1.0), rooms.tightest,
        "%d layers with QK-norm: |logits| <= mu = c max|gain_q| max|gain_k| d; the largest "
        "is %.9g of it",
        rooms.tried, rooms.tightest);
    sc_found_add(result, "sigma-inf", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                 sc_found_whether(rooms.p >= 1.0), 1.0 / rooms.p,
                 "the same: n max P <= e^mu, mu the largest |logit|; at most %.6g of it",
                 1.0 / rooms.p);
    sc_found_add(result, "sigma-prime-inf", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                 sc_found_whether(rooms.s >= 1.0), 1.0 / rooms.s,
                 "the same: n max P (1 - P) <= e^mu; at most %.6g of it", 1.0 / rooms.s);
    const struct sc_found_range half = sc_closed_at(sc_closed_mass, 64.0, 0.0);
    sc_found_add(result, "b-is-0", SC_FOUND_BEYOND, SC_FOUND_CERTIFIED,
                 sc_found_whether(half.low > 1.0), half.low,
                 "with b = 0, n = 64 and logits 0: sigma_inf = %.6g, and e^mu = 1", half.low);
    return status;
}
