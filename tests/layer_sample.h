/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TESTS_LAYER_SAMPLE_H
#define SC_TESTS_LAYER_SAMPLE_H

#include "reference/random.h"
#include "reference/regularity/layer.h"
#include "spec/mask.h"

#include <stddef.h>

/* Small random layers with tokens. A sample is a function of its seed; each feature is there or not,
 * independently of the others. */

#define LAYER_TOKENS 6
#define LAYER_WIDTH  5
#define LAYER_HEADS  2
#define LAYER_D      4
#define LAYER_D_V    3
#define LAYER_OUT    4
#define LAYER_IN     (LAYER_TOKENS * LAYER_WIDTH)
#define LAYER_ALL    (LAYER_TOKENS * LAYER_HEADS * LAYER_D_V)

struct layer_sample {
    struct sc_layer layer;
    double x[LAYER_IN];
    double w_q[LAYER_HEADS * LAYER_D * LAYER_WIDTH], w_k[LAYER_HEADS * LAYER_D * LAYER_WIDTH];
    double w_v[LAYER_HEADS * LAYER_D_V * LAYER_WIDTH], w_o[LAYER_OUT * LAYER_HEADS * LAYER_D_V];
    double beta_q[LAYER_HEADS * LAYER_D], beta_k[LAYER_HEADS * LAYER_D];
    double beta_v[LAYER_HEADS * LAYER_D_V], bias[LAYER_HEADS], slopes[LAYER_HEADS];
    double gain_q[LAYER_D], gain_k[LAYER_D];
};

static inline double *layer_normals(struct sc_random *random, double *values, int32_t count,
                                    double size)
{
    for (int32_t n = 0; n < count; n++) {
        values[n] = size * sc_random_normal(random);
    }
    return values;
}

#define LAYER_FILL(field, size)                                                                    \
    layer_normals(random, s->field, (int32_t)(sizeof s->field / sizeof *s->field), size)

static inline void layer_sample_positions(struct layer_sample *s, struct sc_random *random)
{
    const int32_t mask = sc_random_int(random, 0, 2);

    if (sc_random_int(random, 0, 1) == 0) {
        s->layer.slopes = LAYER_FILL(slopes, 0.3);
    }
    s->layer.left = mask == 2 ? sc_random_int(random, 0, 2) : SC_MASK_UNBOUNDED;
    s->layer.right = mask == 0 ? SC_MASK_UNBOUNDED : mask - 1;
    s->layer.rotation = sc_random_int(random, 0, 1) == 0 ? 0.0 : 10.0;
}

static inline void layer_sample_norm(struct layer_sample *s, struct sc_random *random)
{
    s->layer.norm = (enum sc_layer_norm)sc_random_int(random, 0, 2);
    s->layer.epsilon = s->layer.norm == SC_LAYER_NO_NORM ? 0.0 : 0.01;
    if (s->layer.norm != SC_LAYER_NO_NORM && sc_random_int(random, 0, 1) == 0) {
        s->layer.gain_q = LAYER_FILL(gain_q, 1.0);
        s->layer.gain_k = LAYER_FILL(gain_k, 1.0);
    }
}

/* A layer without biases, positions, norm and W_o; sigmoid for even seeds. */
static inline void layer_sample_plain(struct layer_sample *s, uint64_t seed)
{
    struct sc_random stream = {seed}, *const random = &stream;

    *s = (struct layer_sample){.bias = {0.0}};
    s->layer.kind = seed % 2 == 0 ? SC_LAYER_SIGMOID : SC_LAYER_SOFTMAX;
    s->layer.tokens = sc_random_int(random, 1, LAYER_TOKENS);
    s->layer.width = sc_random_int(random, 1, LAYER_WIDTH);
    s->layer.heads = sc_random_int(random, 1, LAYER_HEADS);
    s->layer.d = 2 * sc_random_int(random, 1, LAYER_D / 2);
    s->layer.d_v = sc_random_int(random, 1, LAYER_D_V);
    s->layer.scale = 0.25 + sc_random_unit(random);
    s->layer.left = s->layer.right = SC_MASK_UNBOUNDED;
    (void)LAYER_FILL(x, 1.0);
    s->layer.w_q = LAYER_FILL(w_q, 0.7);
    s->layer.w_k = LAYER_FILL(w_k, 0.7);
    s->layer.w_v = LAYER_FILL(w_v, 0.7);
    s->layer.bias = LAYER_FILL(bias, 1.5);
}

static inline void layer_sample_make(struct layer_sample *s, uint64_t seed)
{
    struct sc_random stream = {~seed}, *const random = &stream;

    layer_sample_plain(s, seed);
    layer_sample_positions(s, random);
    layer_sample_norm(s, random);
    if (sc_random_int(random, 0, 1) == 0) {
        s->layer.out = sc_random_int(random, 1, LAYER_OUT);
        s->layer.w_o = LAYER_FILL(w_o, 0.7);
    }
    if (sc_random_int(random, 0, 1) == 0) {
        s->layer.beta_q = LAYER_FILL(beta_q, 0.5);
        s->layer.beta_v = LAYER_FILL(beta_v, 0.5);
        s->layer.beta_k = sc_random_int(random, 0, 1) == 0 ? LAYER_FILL(beta_k, 0.5) : NULL;
    }
}

/* Width 1, one head, all matrices 1, full attention. The bias is borrowed. */
static inline struct sc_layer layer_sample_scalar(enum sc_layer_kind kind, int32_t tokens,
                                                  const double *bias)
{
    static const double one = 1.0;

    return (struct sc_layer){.kind = kind,
                             .tokens = tokens,
                             .width = 1,
                             .heads = 1,
                             .d = 1,
                             .d_v = 1,
                             .scale = 1.0,
                             .w_q = &one,
                             .w_k = &one,
                             .w_v = &one,
                             .bias = bias,
                             .left = SC_MASK_UNBOUNDED,
                             .right = SC_MASK_UNBOUNDED};
}

#endif
