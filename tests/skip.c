/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/skip.h"

#include "tools/claims/layers.h"

#include <criterion/criterion.h>
#include <math.h>

/* W_q = 0 and b = 0: every weight is 1/2, J = 1/2 11^T W_v, and ||I + g J|| = 1 + g n W_v / 2 for W_v > 0. */
Test(skip, the_norm_of_a_layer_of_equal_weights_is_known)
{
    static const double factors[] = {1e-4, 0.5, 1.0};

    for (int32_t k = 0; k < 9; k++) {
        const int32_t n = 1 + 7 * (k / 3);
        const double g = factors[k % 3], expected = 1.0 + g * n * 1.5 / 2.0;
        struct sc_layers_drawn drawn;
        struct sc_found_range norm;
        cr_assert_eq(sc_layers_scalar(SC_LAYER_SIGMOID, n, 1.0, 0.0, 0.25, &drawn, NULL), SC_OK);
        drawn.w_q[0] = 0.0;
        drawn.w_v[0] = 1.5;
        cr_assert_eq(sc_skip_norm(&drawn.layer, drawn.x, g, &norm, NULL), SC_OK);
        cr_expect(norm.low <= expected && expected <= norm.high, "n %d g %g: [%.17g, %.17g], %.17g",
                  n, g, norm.low, norm.high, expected);
        cr_expect(norm.high - norm.low < 1e-6 * expected, "n %d g %g: [%.17g, %.17g]", n, g,
                  norm.low, norm.high);
        sc_layers_destroy(&drawn);
    }
}

/* With g = 0 it is the identity; a layer that is not square is refused. */
Test(skip, what_is_no_residual_block_is_refused)
{
    const struct sc_layers_shape square = {3, 4, 2, 3, 2, 1.0, 0.0},
                                 wide = {3, 4, 2, 3, 3, 1.0, 0.0};
    struct sc_layers_drawn drawn;
    struct sc_found_range norm;
    struct sc_error error;

    cr_assert_eq(sc_layers_draw(&square, 1, &drawn, NULL), SC_OK);
    cr_assert_eq(sc_skip_norm(&drawn.layer, drawn.x, 0.0, &norm, NULL), SC_OK);
    cr_expect(norm.low <= 1.0 && 1.0 <= norm.high && norm.high < 1.0 + 1e-6);
    sc_layers_destroy(&drawn);
    cr_assert_eq(sc_layers_draw(&wide, 1, &drawn, NULL), SC_OK);
    cr_expect_eq(sc_skip_norm(&drawn.layer, drawn.x, 1.0, &norm, &error), SC_E_INPUT);
    cr_expect_str_eq(error.text, "claims: a layer of 12 inputs and 18 outputs");
    sc_layers_destroy(&drawn);
}
