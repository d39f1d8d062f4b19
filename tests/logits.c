/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/logits.h"

#include "tools/claims/layers.h"

#include <criterion/criterion.h>
#include <math.h>

/* Tokens 1, -2 and 3 of width 1, W_k = -1: the scores are -x_i x_j, from -9 to 6, and 6 + b has the largest weight. */
Test(logits, the_largest_score_and_weight_are_found)
{
    static const double tokens[] = {1.0, -2.0, 3.0};
    struct sc_layers_drawn drawn;
    struct sc_logits logits;
    double p = 0.0, s = 0.0;

    cr_assert_eq(sc_layers_scalar(SC_LAYER_SIGMOID, 3, -1.0, -5.5, 0.0, &drawn, NULL), SC_OK);
    for (int32_t n = 0; n < 9; n++) {
        const double one = 1.0 / (1.0 + exp(tokens[n / 3] * tokens[n % 3] + 5.5));
        drawn.x[n % 3] = tokens[n % 3];
        p = fmax(p, one);
        s = fmax(s, one * (1.0 - one));
    }
    cr_assert_eq(sc_logits_compute(&drawn.layer, drawn.x, &logits, NULL), SC_OK);
    cr_expect(logits.low <= 9.0 && 9.0 <= logits.high && logits.high - logits.low < 1e-13, "%g %g",
              logits.low, logits.high);
    cr_expect(logits.p >= p * (1.0 - 1e-15) && logits.p < p * (1.0 + 1e-14), "%.17g, %.17g",
              logits.p, p);
    cr_expect(logits.s >= s * (1.0 - 1e-15) && logits.s < s * (1.0 + 1e-14), "%.17g, %.17g",
              logits.s, s);
    sc_layers_destroy(&drawn);
}
