/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/differences.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <math.h>

/* One row and key, one channel: O = sigma(tau q k + b) v, and its derivative by hand along the direction that the header
 * says is drawn: q', k', v', b' in this order. */
Test(differences, one_weight_has_the_derivative_of_a_product)
{
    const struct sc_layout one = {1, 1, 1, 1};
    float q = 0.75f, k = -1.5f, v = 2.0f, d_o = 0.5f, bias = 0.25f;
    const struct sc_case c = {.problem = {.batch = 1,
                                          .heads_q = 1,
                                          .heads_kv = 1,
                                          .n_q = 1,
                                          .n_k = 1,
                                          .d = 1,
                                          .d_v = 1,
                                          .format_in = SC_FORMAT_FP32,
                                          .format_out = SC_FORMAT_FP32,
                                          .tau = 0.5f,
                                          .bias_scope = SC_BIAS_SCALAR,
                                          .bias = &bias,
                                          .left = SC_MASK_UNBOUNDED,
                                          .right = SC_MASK_UNBOUNDED,
                                          .q = one,
                                          .k = one,
                                          .v = one,
                                          .o = one},
                              .q = &q,
                              .k = &k,
                              .v = &v,
                              .d_o = &d_o};

    for (uint64_t seed = 0; seed < 20; seed++) {
        struct sc_random random = {seed};
        const double q_t = (float)sc_random_normal(&random), k_t = (float)sc_random_normal(&random);
        const double v_t = (float)sc_random_normal(&random), b_t = sc_random_normal(&random);
        const double p = 1.0 / (1.0 + exp(-(0.5 * 0.75 * -1.5 + 0.25)));
        const double score = 0.5 * (q_t * -1.5 + 0.75 * k_t) + b_t;
        const double expected = 0.5 * (p * (1.0 - p) * score * 2.0 + p * v_t);
        struct sc_differences x;
        cr_assert_eq(sc_differences_compute(&c, seed, &x, NULL), SC_OK);
        cr_expect_float_eq(x.difference, expected, 1e-14, "seed %d: difference %.17g, %.17g",
                           (int)seed, x.difference, expected);
        cr_expect_float_eq(x.gradient, expected, 1e-14, "seed %d: gradient %.17g", (int)seed,
                           x.gradient);
        cr_expect_float_eq(x.tangent, expected, 1e-14, "seed %d: tangent %.17g", (int)seed,
                           x.tangent);
        cr_expect_geq(x.size, fabs(expected));
    }
}
