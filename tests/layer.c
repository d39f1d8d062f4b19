/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/regularity/layer.h"

#include "tests/layer_sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static void expect_refused(const struct sc_layer *layer, const char *word)
{
    struct sc_error error = {SC_OK, ""};

    cr_expect_eq(sc_layer_check(layer, &error), SC_E_INPUT, "%s", word);
    cr_expect_not_null(strstr(error.text, word), "%s: %s", word, error.text);
}

Test(layer, every_number_out_of_range_is_named)
{
    struct layer_sample s;
    struct sc_layer l;

    layer_sample_plain(&s, 4);
    cr_expect_eq(sc_layer_check(&s.layer, NULL), SC_OK);
    l = s.layer, l.tokens = 0, expect_refused(&l, "tokens");
    l = s.layer, l.tokens = SC_LENGTH_MAX + 1, expect_refused(&l, "tokens");
    l = s.layer, l.width = 0, expect_refused(&l, "width");
    l = s.layer, l.heads = -1, expect_refused(&l, "heads");
    l = s.layer, l.d = 0, expect_refused(&l, "d is");
    l = s.layer, l.d_v = 0, expect_refused(&l, "d_v");
    l = s.layer, l.left = -1, expect_refused(&l, "left");
    l = s.layer, l.right = -1, expect_refused(&l, "right");
    l = s.layer, l.out = 3, expect_refused(&l, "W_o");
    l = s.layer, l.scale = 0.0, expect_refused(&l, "scale");
    l = s.layer, l.scale = NAN, expect_refused(&l, "scale");
    l = s.layer, l.scale = INFINITY, expect_refused(&l, "scale");
    l = s.layer, l.epsilon = -1.0, expect_refused(&l, "epsilon");
    l = s.layer, l.epsilon = NAN, expect_refused(&l, "epsilon");
    l = s.layer, l.rotation = -1.0, expect_refused(&l, "rotary");
    l = s.layer, l.rotation = 10.0, l.d = 3, expect_refused(&l, "even");
    l = s.layer, l.w_q = NULL, expect_refused(&l, "W_q");
    l = s.layer, l.bias = NULL, expect_refused(&l, "bias");
}

Test(layer, every_array_with_a_number_that_is_not_finite_is_named)
{
    struct layer_sample s;

    layer_sample_plain(&s, 4);
    s.layer.out = 1;
    s.layer.w_o = s.w_o;
    s.layer.beta_q = s.beta_q, s.layer.beta_k = s.beta_k, s.layer.beta_v = s.beta_v;
    s.layer.slopes = s.slopes, s.layer.gain_q = s.gain_q, s.layer.gain_k = s.gain_k;
    const struct {
        const char *name;
        double *value;
    } rows[] = {{"W_q", s.w_q},       {"W_k", s.w_k},       {"W_v", s.w_v},       {"W_o", s.w_o},
                {"beta_q", s.beta_q}, {"beta_k", s.beta_k}, {"beta_v", s.beta_v}, {"bias", s.bias},
                {"slopes", s.slopes}, {"gain_q", s.gain_q}, {"gain_k", s.gain_k}};
    cr_expect_eq(sc_layer_check(&s.layer, NULL), SC_OK);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const double before = *rows[n].value;
        *rows[n].value = NAN;
        expect_refused(&s.layer, rows[n].name);
        *rows[n].value = -INFINITY;
        expect_refused(&s.layer, rows[n].name);
        *rows[n].value = before;
    }
}
