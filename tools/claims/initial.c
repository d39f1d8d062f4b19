/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/initial.h"

#include "reference/regularity/point.h"
#include "tools/claims/claims.h"
#include "tools/claims/layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Claim 8: the size of attention's output at random initialisation, in binary64 without an error bound. */

#define WIDTH 64
#define HEADS 4

/* Tokens with a common part: what all have is half of the squared norm, as embeddings and positions have. */
static void draw_tokens(struct sc_layers_drawn *drawn, bool common)
{
    struct sc_random random = {8};
    const int32_t width = drawn->layer.width;
    double shared[WIDTH];

    for (int32_t c = 0; c < width; c++) {
        shared[c] = sc_random_normal(&random);
    }
    for (int64_t n = 0; common && n < sc_layer_inputs(&drawn->layer); n++) {
        drawn->x[n] = sqrt(0.5) * (drawn->x[n] + shared[n % width]);
    }
}

/* Vaswani et al., "Attention is all you need", section 3.5. */
static void add_sinusoids(struct sc_layers_drawn *drawn)
{
    const int32_t width = drawn->layer.width;

    for (int32_t i = 0; i < drawn->layer.tokens; i++) {
        for (int32_t c = 0; c < width; c++) {
            const double angle = i / pow(10000.0, (double)(c / 2 * 2) / width);
            drawn->x[(int64_t)i * width + c] += c % 2 == 0 ? sin(angle) : cos(angle);
        }
    }
}

static double square(const double *values, int64_t count)
{
    double sum = 0.0;

    for (int64_t n = 0; n < count; n++) {
        sum += values[n] * values[n];
    }
    return sum;
}

/* ||P V||_F^2 and ||V||_F^2 of one head, added. */
static enum sc_status add_head(const struct sc_point *point, int32_t h, double sums[2],
                               struct sc_error *error)
{
    const struct sc_layer *l = sc_point_layer(point);
    const double *const p = sc_point_p(point, h), *const v = sc_point_v(point, h);
    double *row = calloc((size_t)l->d_v, sizeof *row);

    if (row == NULL) {
        return sc_fail(error, SC_E_MEMORY, "claims: no memory for a row");
    }
    for (int32_t i = 0; i < l->tokens; i++) {
        for (int32_t c = 0; c < l->d_v; c++) {
            row[c] = 0.0;
        }
        for (int32_t j = 0; j < l->tokens; j++) {
            for (int32_t c = 0; c < l->d_v; c++) {
                row[c] += p[(int64_t)i * l->tokens + j] * v[(int64_t)j * l->d_v + c];
            }
        }
        sums[0] += square(row, l->d_v);
    }
    sums[1] += square(v, (int64_t)l->tokens * l->d_v);
    free(row);
    return SC_OK;
}

enum sc_status sc_initial_norm(int32_t n, enum sc_initial_positions positions, double bias,
                               bool common, double *norm, struct sc_error *error)
{
    const struct sc_layers_shape shape = {n, WIDTH, HEADS, WIDTH / HEADS, WIDTH / HEADS, 1.0, bias};
    struct sc_layers_drawn drawn;
    struct sc_point *point = NULL;
    double sums[2] = {0.0, 0.0};
    enum sc_status status = sc_layers_draw(&shape, 1, &drawn, error);

    if (status != SC_OK) {
        return status;
    }
    draw_tokens(&drawn, common);
    if (positions == SC_INITIAL_SINUSOIDS) {
        add_sinusoids(&drawn);
    } else if (positions == SC_INITIAL_ROTARY) {
        drawn.layer.rotation = 10000.0;
    } else if (positions == SC_INITIAL_ALIBI) {
        for (int32_t h = 0; h < HEADS; h++) {
            drawn.slopes[h] = ldexp(1.0, -2 * (h + 1)); /* 2^(-8 (h + 1) / heads) */
        }
        drawn.layer.slopes = drawn.slopes;
    }
    status = sc_point_create(&drawn.layer, drawn.x, 1, &point, error);
    for (int32_t h = 0; status == SC_OK && h < HEADS; h++) {
        status = add_head(point, h, sums, error);
    }
    *norm = sqrt(sums[0] / sums[1]);
    sc_point_destroy(point);
    sc_layers_destroy(&drawn);
    return status;
}

/* The norm at 64 and at 1024 tokens. */
static enum sc_status both(enum sc_initial_positions positions, bool shifted, bool common,
                           double norms[2], struct sc_error *error)
{
    const int32_t lengths[2] = {64, 1024};
    enum sc_status status = SC_OK;

    for (int32_t k = 0; status == SC_OK && k < 2; k++) {
        status = sc_initial_norm(lengths[k], positions, shifted ? -log((double)lengths[k]) : 0.0,
                                 common, &norms[k], error);
    }
    return status;
}

enum sc_status sc_initial_claim(const struct sc_claims_context *context,
                                struct sc_found_list *result, struct sc_error *error)
{
    static const char *const names[] = {"none", "SinCos", "RoPE", "ALiBi"};
    double norms[2], plain = 0.0;
    enum sc_status status = SC_OK;

    (void)context;
    for (int32_t k = 0; status == SC_OK && k < 4; k++) {
        const enum sc_initial_positions positions = (enum sc_initial_positions)k;
        char name[SC_FOUND_NAME_BYTES];
        status = both(positions, false, true, norms, error);
        if (status != SC_OK) {
            break;
        }
        plain = positions == SC_INITIAL_NONE ? norms[1] : plain;
        const bool alibi = positions == SC_INITIAL_ALIBI;
        (void)snprintf(name, sizeof name, "b-0-%s", names[k]);
        sc_found_add(result, name, SC_FOUND_STATED, SC_FOUND_COMPUTED,
                     sc_found_whether(alibi ? norms[1] < plain / 2.0
                                            : norms[1] > 8.0 * norms[0] && norms[1] > plain / 2.0),
                     norms[1],
                     "positions %s, b = 0: ||PV|| / ||V|| = %.4g at 64 tokens, %.4g at 1024: %s",
                     names[k], norms[0], norms[1],
                     alibi ? "less than half of no positions" : "grows with n");
        status = both(positions, true, true, norms, error);
        if (status == SC_OK) {
            (void)snprintf(name, sizeof name, "b-minus-log-n-%s", names[k]);
            sc_found_add(result, name, SC_FOUND_STATED, SC_FOUND_COMPUTED,
                         sc_found_whether(norms[1] < 1.5 * norms[0]), norms[1],
                         "positions %s, b = -log n: %.4g at 64 tokens, %.4g at 1024", names[k],
                         norms[0], norms[1]);
        }
    }
    if (status == SC_OK) {
        status = both(SC_INITIAL_NONE, false, false, norms, error);
    }
    if (status == SC_OK) {
        sc_found_add(result, "no-common-part", SC_FOUND_BEYOND, SC_FOUND_COMPUTED,
                     sc_found_whether(norms[1] < 8.0 * norms[0]), norms[1],
                     "tokens without a common part, b = 0: %.4g at 64, %.4g at 1024: like sqrt n, "
                     "not n",
                     norms[0], norms[1]);
    }
    return status;
}
