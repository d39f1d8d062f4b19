/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include "reference/forward.h"
#include "spec/problem.h"
#include "tools/claims/layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Claim 15: heads that share keys and values are heads whose keys and values are repeated. */

#define N     24
#define D     8
#define HEADS 6

static struct sc_layout dense(int32_t heads)
{
    return (struct sc_layout){(int64_t)heads * N * D, N * D, D, (int64_t)heads * N * D};
}

/* The output of a problem by the reference, [HEADS][N][D]. */
static bool forward(int32_t heads_kv, int32_t right, const float *q, const float *k, const float *v,
                    double *o)
{
    const float bias = -3.0f;
    const struct sc_problem p = {.batch = 1,
                                 .heads_q = HEADS,
                                 .heads_kv = heads_kv,
                                 .n_q = N,
                                 .n_k = N,
                                 .d = D,
                                 .d_v = D,
                                 .format_in = SC_FORMAT_FP32,
                                 .format_out = SC_FORMAT_FP32,
                                 .tau = 0.5f,
                                 .bias_scope = SC_BIAS_SCALAR,
                                 .bias = &bias,
                                 .left = SC_MASK_UNBOUNDED,
                                 .right = right,
                                 .q = dense(HEADS),
                                 .k = dense(heads_kv),
                                 .v = dense(heads_kv),
                                 .o = dense(HEADS)};
    double weights[N];

    if (sc_problem_check(&p) != SC_PROBLEM_OK) {
        return false;
    }
    sc_forward_f64(&p, q, k, v, weights, o);
    return true;
}

/* Groups of 1, 2, 3 and 6 query heads, full and causal: bits that differ from those with the heads repeated. */
static void compare_repeated(struct sc_found_list *result)
{
    static float q[HEADS * N * D], k[HEADS * N * D], v[HEADS * N * D];
    static float k_all[HEADS * N * D], v_all[HEADS * N * D];
    static double grouped[HEADS * N * D], repeated[HEADS * N * D];
    struct sc_random random = {15};
    int64_t other = 0, compared = 0;
    bool valid = true;

    for (int32_t n = 0; n < HEADS * N * D; n++) {
        q[n] = (float)sc_random_normal(&random);
        k[n] = (float)sc_random_normal(&random);
        v[n] = (float)sc_random_normal(&random);
    }
    for (int32_t kv = 1; kv <= HEADS; kv++) {
        for (int32_t h = 0; HEADS % kv == 0 && h < HEADS; h++) {
            const size_t head = N * D * sizeof *k;
            memcpy(k_all + h * N * D, k + h / (HEADS / kv) * N * D, head);
            memcpy(v_all + h * N * D, v + h / (HEADS / kv) * N * D, head);
        }
        for (int32_t causal = 0; HEADS % kv == 0 && causal < 2; causal++) {
            const int32_t right = causal ? 0 : SC_MASK_UNBOUNDED;
            valid = valid && forward(kv, right, q, k, v, grouped) &&
                    forward(HEADS, right, q, k_all, v_all, repeated);
            for (int32_t n = 0; valid && n < HEADS * N * D; n++) {
                other += memcmp(&grouped[n], &repeated[n], sizeof grouped[n]) != 0 ? 1 : 0;
                compared++;
            }
        }
    }
    sc_found_add(
        result, "repeated-heads", SC_FOUND_STATED, SC_FOUND_EXACT,
        sc_found_whether(valid && other == 0 && compared > 0), (double)other,
        "6 query heads on 1, 2, 3 and 6 key heads, full and causal: of %lld outputs of the "
        "reference %lld have other bits than with the key heads repeated",
        (long long)compared, (long long)other);
}

/* W_k and W_v shared by all heads: the theorem head by head, combined. */
static enum sc_status bound_shared(struct sc_found_list *result, struct sc_error *error)
{
    struct sc_measure_options options = sc_measure_defaults();
    double ratio = 0.0;
    enum sc_status status = SC_OK;

    options.exact_max = 0;
    for (uint64_t seed = 0; status == SC_OK && seed < 64; seed++) {
        const int32_t n = 2 + (int32_t)(seed % 9), heads = 4, d = 3, width = 6;
        const struct sc_layers_shape shape = {n, width, heads, d, d, 1.5, sc_layers_minus_log(n)};
        struct sc_layers_drawn drawn;
        struct sc_measurement m = {.direction = NULL};
        status = sc_layers_draw(&shape, seed, &drawn, error);
        if (status != SC_OK) {
            return status;
        }
        for (int32_t h = 1; h < heads; h++) {
            const size_t head = (size_t)(d * width) * sizeof *drawn.w_k;
            memcpy(drawn.w_k + h * d * width, drawn.w_k, head);
            memcpy(drawn.w_v + h * d * width, drawn.w_v, head);
        }
        status = sc_measure(&drawn.layer, drawn.x, &options, &m, error);
        ratio = status == SC_OK ? fmax(ratio, m.low / m.bounds.layer[SC_BOUND_T]) : ratio;
        sc_measurement_destroy(&m);
        sc_layers_destroy(&drawn);
    }
    sc_found_add(result, "shared-bound", SC_FOUND_STATED, SC_FOUND_CERTIFIED,
                 sc_found_whether(ratio > 0.0 && ratio <= 1.0), ratio,
                 "64 layers of 4 heads with one W_k and W_v: ||J|| is at most %.4g of the bound of "
                 "many heads",
                 ratio);
    return status;
}

enum sc_status sc_grouped_claim(const struct sc_claims_context *context,
                                struct sc_found_list *result, struct sc_error *error)
{
    enum sc_status status =
        sc_theorems_add(context, "theorem_3_2", "multi_head_bound", SC_FOUND_LEMMA, result, error);

    compare_repeated(result);
    return status == SC_OK ? bound_shared(result, error) : status;
}
