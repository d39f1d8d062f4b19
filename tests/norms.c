/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/random.h"
#include "reference/regularity/statistics.h"
#include "spec/mask.h"
#include "tests/layer_command.h"
#include "tools/command/command.h"
#include "tools/norms/draw.h"
#include "tools/report/outward.h"

#include <math.h>

/* Files of a layer of width 4, two heads of 2. */
static void create(char directory[SCRATCH_BYTES])
{
    static const double eye[16] = {1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0,
                                   0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0};
    static const double zero[16] = {0.0};
    static const double x[] = {1.0,  0.5,  -1.0, 2.0, 0.25, 0.0, 3.0,  -2.0, 1.0, 1.0, 0.5,  -0.5,
                               -1.0, 0.75, 0.0,  1.5, 2.0,  1.0, -1.0, 0.25, 0.5, 0.5, -0.5, 1.0};
    double sines[24];

    scratch_create(directory);
    write_npy(directory, "x.npy", "(6, 4)", x, 24);
    write_npy(directory, "three.npy", "(3, 4)", x, 12);
    write_npy(directory, "batch.npy", "(2, 3, 4)", x, 24);
    write_npy(directory, "zeros.npy", "(4, 4)", zero, 16);
    write_npy(directory, "w.npy", "(4, 4)", eye, 16);
    write_npy(directory, "wo.npy", "(2, 4)", eye, 8);
    for (int32_t n = 0; n < 24; n++) { /* 10000^(-2 / 4) = 1 / 100 */
        const double angle = n % 4 < 2 ? n / 4 : (double)(n / 4) / 100.0;
        sines[n] = x[n] + (n % 2 == 0 ? sin(angle) : cos(angle));
    }
    write_npy(directory, "sines.npy", "(6, 4)", sines, 24);
}

static int run(const char *directory, const char *const *words)
{
    return layer_command(sc_command_norms, directory, words);
}

static json_t *run_json(const char *directory, const char *const *words)
{
    return layer_command_json(sc_command_norms, directory, words);
}

#define W    "--wq", "w.npy", "--wk", "w.npy", "--wv", "w.npy", "--heads", "2"
#define X    "--x", "x.npy"
#define DRAW "--random", "5,4"

Test(norms, bad_input_is_one_line_and_exit_2)
{
    static const struct {
        const char *word;
        const char *words[WORDS];
    } rows[] = {
        {"--x", {W}},
        {"--wk", {X, "--wq", "w.npy", "--wv", "w.npy"}},
        {"--random", {DRAW, W}},
        {"--random", {DRAW, X}},
        {"--random", {"--random", "5"}},
        {"--random", {"--random", "5,1"}},
        {"--random", {"--random", "0,4"}},
        {"--random", {"--random", "5,4,3"}},
        {"--random", {"--random", "99999999,4"}},
        {"--heads", {DRAW, "--heads", "3"}},
        {"--samples", {DRAW, "--samples", "0"}},
        {"--seed", {DRAW, "--seed", "-1"}},
        {"--seed", {X, W, "--seed", "1"}},
        {"--common", {DRAW, "--common", "1.5"}},
        {"--common", {DRAW, "--common", "nan"}},
        {"--sweep-bias", {X, W, "--sweep-bias", ""}},
        {"--sweep-bias", {X, W, "--sweep-bias", "1,,2"}},
        {"--sweep-bias", {X, W, "--sweep-bias", "1,"}},
        {"--sweep-bias", {X, W, "--sweep-bias", "-log"}},
        {"--sweep-n", {X, W, "--sweep-n", "0"}},
        {"--sweep-n", {X, W, "--sweep-n", "7"}},
        {"--sweep-n", {X, W, "--sweep-n", "2,x"}},
        {"--position", {X, W, "--position", "learned"}},
        {"--position", {X, W, "--position", "none,none"}},
        {"--position", {X, W, "--position", "none,"}},
        {"--position", {X, W, "--position", "given"}},
        {"--layer-scale", {X, W, "--layer-scale", "small"}},
        {"--layer-scale", {X, W, "--layer-scale", "1e-4", "--wo", "wo.npy"}},
        {"--hybrid-norm", {X, W, "--hybrid-norm", "batch"}},
        {"--hybrid-epsilon", {X, W, "--hybrid-epsilon", "1"}},
        {"--hybrid-epsilon", {X, W, "--hybrid-norm", "rms", "--hybrid-epsilon", "-1"}},
        {"--bounds-max", {X, W, "--bounds-max", "-1"}},
        {"--plot", {X, W, "--plot", "x.svg"}},
        {"--plot", {X, W, "--plot", "x.png", "--sweep-n", "2"}},
        {"--plot", {X, W, "--plot", "x.svg", "--sweep-bias", "2", "--kind", "softmax"}},
        {"--nonsense", {X, W, "--nonsense"}},
    };
    char directory[SCRATCH_BYTES];

    create(directory);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        const int code = run(directory, rows[n].words);
        capture_expect_refused(directory, code, n, rows[n].word);
    }
    scratch_remove(directory);
}

/* The bits of the documented draw, from an implementation of it in Python. */
Test(norms, draws_are_the_same_bits_everywhere)
{
    static const double tokens[] = {
        0x1.1d3ca6218c433p+0,  0x1.ba9f6156250aap-10, 0x1.e6e33f67c8ee7p-2, -0x1.97641dd3d4081p+0,
        -0x1.2363c6241c95bp+0, -0x1.94f6db7084737p-1, 0x1.4b70f326f0baap+0, 0x1.44dc816adc29ap-1,
        0x1.8bbebcb85d1e4p+0,  -0x1.2f169920a66d4p-1, 0x1.42645778af713p-3, -0x1.1c7ffb171fd5cp+0};
    static const double rows[] = {
        0x1.a09296f2c67dbp-1, -0x1.80d32f539ffd0p-3, -0x1.3a23fe165f25cp-1,
        0x1.872da5475773dp-3, 0x1.31e4886eccbc2p-1,  0x1.08e88e0160e83p-1,
        0x1.7805a7a87fdd0p-3, -0x1.1490084c00dd1p-3, 0x1.19296b8fb4b56p-1};
    double x[12], w[6];

    sc_norms_draw_tokens(7, 1, 3, 4, 0.5, x);
    for (int32_t n = 0; n < 12; n++) {
        cr_expect_eq(x[n], tokens[n], "token %d, channel %d: %a", n / 4, n % 4, x[n]);
    }
    for (int32_t m = 0; m < 3; m++) {
        sc_norms_draw_weights(7, m, 2, 3, w);
        for (int32_t c = 0; c < 3; c++) {
            cr_expect_eq(w[3 + c], rows[3 * m + c], "matrix %d, channel %d: %a", m, c, w[3 + c]);
        }
    }
}

Test(norms, drawn_tokens_have_the_length_and_the_cosine_that_is_said)
{
    enum { N = 200, WIDTH = 64 };
    double *x = malloc(N * WIDTH * sizeof *x), cosines = 0.0;

    sc_norms_draw_tokens(1, 0, N, WIDTH, 0.5, x);
    for (int32_t i = 0; i < N; i++) {
        const double *row = x + (int64_t)i * WIDTH, *next = x + (int64_t)((i + 1) % N) * WIDTH;
        double mean = 0.0, square = 0.0;
        for (int32_t c = 0; c < WIDTH; c++) {
            mean += row[c];
            square += row[c] * row[c];
            cosines += row[c] * next[c] / WIDTH / N;
        }
        cr_expect_float_eq(mean, 0.0, 1e-12);
        cr_expect_float_eq(square, WIDTH, 1e-11);
    }
    /* mean of 200 cosines near 1/4, each with deviation about 1 / sqrt(64) */
    cr_expect_float_eq(cosines, 0.25, 5.0 / sqrt(64.0) / sqrt(200.0) + 0.06, "%g", cosines);
    free(x);
}

/* The mean of ||o_i|| / |v| of a random head of 64 channels. */
static double ratio(uint64_t seed, int32_t sample, int32_t n, double bias, enum sc_layer_kind kind)
{
    enum { D = 64 };
    double *x = malloc((size_t)n * D * sizeof *x), *w = malloc(3 * D * D * sizeof *w);
    struct sc_statistics_head head;

    sc_norms_draw_tokens(seed, sample, n, D, 0.5, x);
    for (int32_t m = 0; m < 3; m++) {
        sc_norms_draw_weights(seed, m, D, D, w + m * D * D);
    }
    const struct sc_layer layer = {.kind = kind,
                                   .tokens = n,
                                   .width = D,
                                   .heads = 1,
                                   .d = D,
                                   .d_v = D,
                                   .scale = 0.125,
                                   .w_q = w,
                                   .w_k = w + D * D,
                                   .w_v = w + 2 * D * D,
                                   .bias = &bias,
                                   .left = SC_MASK_UNBOUNDED,
                                   .right = SC_MASK_UNBOUNDED};
    cr_assert_eq(sc_statistics_head(&layer, x, 0, 1, NULL, &head, NULL), SC_OK);
    free(x);
    free(w);
    return head.ratio_mean;
}

/* Figures of one draw each, of LayerNorm-like tokens with d = 64 (their common part is taken as 1/2, which is what the
 * softmax's 0.49, 0.50, 0.46 say): each within three deviations of the mean, in logarithms, over these draws. */
Test(norms, mean_outputs_of_random_layers_are_as_expected, .timeout = 600)
{
    static const struct {
        const char *name;
        enum sc_layer_kind kind;
        double bias; /* 1: -log n */
        double expected[3];
    } rows[] = {
        {"b = 0", SC_LAYER_SIGMOID, 0.0, {15.6, 59.0, 253.0}},
        {"b = -log n", SC_LAYER_SIGMOID, 1.0, {1.04, 0.98, 1.69}},
        {"b = -10", SC_LAYER_SIGMOID, -10.0, {0.0035, 0.012, 0.081}},
        {"softmax", SC_LAYER_SOFTMAX, 0.0, {0.49, 0.50, 0.46}},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (int32_t k = 0; k < 3; k++) {
            const int32_t n = 64 << 2 * k, draws = k < 2 ? 24 : 12;
            double sum = 0.0, squares = 0.0;
            for (int32_t s = 0; s < draws; s++) {
                const double bias = rows[r].bias > 0.0 ? -log(n) : rows[r].bias;
                const double one = log(ratio((uint64_t)(s / 2), s % 2, n, bias, rows[r].kind));
                sum += one;
                squares += one * one;
            }
            const double mean = sum / draws, deviation = sqrt(squares / draws - mean * mean);
            cr_expect(fabs(log(rows[r].expected[k]) - mean) <= 3.0 * deviation,
                      "%s, n = %d: %g within a factor %g, expected %g", rows[r].name, n, exp(mean),
                      exp(3.0 * deviation), rows[r].expected[k]);
            cr_expect(deviation < 0.5, "%s, n = %d: a spread that excludes little", rows[r].name,
                      n);
        }
    }
}

static double of(const json_t *root, size_t n, const char *kind, const char *key)
{
    return number(json_object_get(json_array_get(root, n), kind), key);
}

/* X = 0: every weight is sigma(b) = 3/4; with beta_v = (1, 1, 1, 1) every output is 6 times 3/4 times 1. */
Test(norms, attention_norm_of_equal_weights_is_known)
{
    static const double one[4] = {1.0, 1.0, 1.0, 1.0}, zeros[24] = {0.0};
    static const char *const words[] = {"--x",    "zero.npy",      W,        "--bv", "one.npy",
                                        "--bias", "0x1.193ea8p+0", "--json", NULL}; /* log 3 */
    char directory[SCRATCH_BYTES];

    create(directory);
    write_npy(directory, "one.npy", "(4,)", one, 4);
    write_npy(directory, "zero.npy", "(6, 4)", zeros, 24);
    json_t *root = run_json(directory, words);
    /* 6 rows, 4 channels of 4.5 each */
    cr_expect_float_eq(of(root, 0, "sigmoid", "attention_norm"), 4.5 * sqrt(24.0), 1e-6);
    cr_expect_float_eq(of(root, 0, "softmax", "attention_norm"), sqrt(24.0), 1e-12);
    const json_t *head = json_array_get(
        json_object_get(json_object_get(json_array_get(root, 0), "sigmoid"), "heads"), 1);
    cr_expect_float_eq(number(head, "n_max_p"), 4.5, 1e-6);
    cr_expect_float_eq(number(head, "output_ratio_mean"), 4.5, 1e-6);
    cr_expect_eq(number(head, "score_deviation"), 0.0);
    cr_expect(number(head, "norm_p_lower") <= number(head, "norm_p_upper"));
    json_decref(root);
    scratch_remove(directory);
}

/* One run has the numbers of another. */
static void expect_same(const char *directory, const char *name, const char *const *a,
                        const char *const *b)
{
    static const char *const keys[] = {"attention_norm", "output_ratio_mean", "norm_p_upper"};
    json_t *first = run_json(directory, a), *second = run_json(directory, b);

    cr_assert_eq(json_array_size(first), json_array_size(second), "%s", name);
    for (size_t n = 0; n < json_array_size(first); n++) {
        for (size_t k = 0; k < 3; k++) {
            const json_t *x = json_object_get(json_array_get(first, n), keys[k]);
            const json_t *y = json_object_get(json_array_get(second, n), keys[k]);
            const double p = json_is_object(x) ? number(x, "mean") : json_number_value(x);
            const double q = json_is_object(y) ? number(y, "mean") : json_number_value(y);
            cr_expect(p > 0.0 && fabs(p - q) <= 1e-13 * p, "%s, %zu, %s: %.17g, %.17g", name, n,
                      keys[k], p, q);
        }
    }
    json_decref(first);
    json_decref(second);
}

Test(norms, sweeps_and_positions_measure_what_their_names_say)
{
    static const struct {
        const char *name;
        const char *a[WORDS], *b[WORDS];
    } rows[] = {
        {"the first tokens",
         {X, W, "--sweep-n", "3", "--json"},
         {"--x", "three.npy", W, "--sweep-n", "3", "--json"}},
        {"-log n of the tokens that are left",
         {X, W, "--sweep-n", "3", "--sweep-bias", "-log-n", "--json"},
         {X, W, "--sweep-n", "3", "--sweep-bias", "-0x1.193ea8p+0", "--json"}},
        {"none",
         {X, W, "--position", "none", "--alibi", "1,2", "--sweep-n", "6", "--json"},
         {X, W, "--sweep-n", "6", "--json"}},
        {"sincos",
         {X, W, "--position", "sincos", "--sweep-n", "6", "--json"},
         {"--x", "sines.npy", W, "--sweep-n", "6", "--json"}},
        {"rope",
         {X, W, "--position", "rope", "--sweep-n", "6", "--json"},
         {X, W, "--rope", "10000", "--sweep-n", "6", "--json"}},
        {"rope of a base",
         {X, W, "--position", "rope", "--rope", "10", "--sweep-n", "6", "--json"},
         {X, W, "--rope", "10", "--sweep-n", "6", "--json"}},
        {"alibi",
         {X, W, "--position", "alibi", "--sweep-n", "6", "--json"},
         {X, W, "--alibi", "0.0625,0.00390625", "--sweep-n", "6", "--json"}},
        {"slopes",
         {X, W, "--position", "alibi", "--alibi", "1,2", "--sweep-n", "6", "--json"},
         {X, W, "--alibi", "1,2", "--sweep-n", "6", "--json"}},
        {"a causal layer",
         {X, W, "--causal", "--sweep-n", "4", "--json"},
         {X, W, "--window", "9,0", "--sweep-n", "4", "--json"}},
    };
    char directory[SCRATCH_BYTES];

    create(directory);
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        expect_same(directory, rows[n].name, rows[n].a, rows[n].b);
    }
    scratch_remove(directory);
}

Test(norms, a_sweep_has_each_combination_and_the_softmax_once)
{
    static const char *const words[] = {X,           "--x",        "batch.npy", W,
                                        "--sweep-n", "2,3",        "--json",    "--sweep-bias",
                                        "0,-log-n",  "--position", "none,rope", NULL};
    char directory[SCRATCH_BYTES];
    size_t at = 0;

    create(directory);
    json_t *root = run_json(directory, words);
    cr_assert_eq(json_array_size(root), 12u);
    for (int32_t p = 0; p < 2; p++) {
        for (int32_t n = 2; n <= 3; n++) {
            for (int32_t k = 0; k < 3; k++, at++) {
                const json_t *cell = json_array_get(root, at);
                const json_t *norm = json_object_get(cell, "attention_norm");
                cr_expect_str_eq(json_string_value(json_object_get(cell, "position")),
                                 p == 0 ? "none" : "rope");
                cr_expect_str_eq(json_string_value(json_object_get(cell, "kind")),
                                 k == 2 ? "softmax" : "sigmoid");
                cr_expect_eq((int)number(cell, "tokens"), n);
                cr_expect_eq((int)number(cell, "samples"), 3);
                cr_expect(number(norm, "min") < number(norm, "mean") &&
                          number(norm, "mean") < number(norm, "max"));
                cr_expect(k == 2 ? json_object_get(cell, "bias") == NULL
                                 : fabs(number(cell, "bias") - (k == 0 ? 0.0 : -log(n))) < 1e-7);
            }
        }
    }
    json_decref(root);
    scratch_remove(directory);
}

/* The mean over samples is that of the samples. */
Test(norms, ranges_are_those_of_the_samples)
{
    static const char *const one[] = {DRAW, "--samples", "3", "--json", NULL};
    static const char *const all[] = {DRAW, "--samples", "3", "--sweep-n", "5", "--json", NULL};
    char directory[SCRATCH_BYTES];
    double low = HUGE_VAL, high = 0.0, sum = 0.0;

    create(directory);
    json_t *samples = run_json(directory, one), *sweep = run_json(directory, all);
    cr_assert_eq(json_array_size(samples), 3u);
    for (size_t n = 0; n < 3; n++) {
        const double norm = of(samples, n, "softmax", "attention_norm");
        low = fmin(low, norm);
        high = fmax(high, norm);
        sum += norm;
    }
    const json_t *range = json_object_get(json_array_get(sweep, 1), "attention_norm");
    cr_expect_float_eq(number(range, "min"), low, 1e-14);
    cr_expect_float_eq(number(range, "max"), high, 1e-14);
    cr_expect_float_eq(number(range, "mean"), sum / 3.0, 1e-14);
    cr_expect(low < high);
    json_decref(samples);
    json_decref(sweep);
    scratch_remove(directory);
}

/* W_v = 0: J = 0 and O = 0, so ||I + G J|| = 1, and the hybrid norm's factor is 1 / sqrt(epsilon). */
Test(norms, a_layer_of_zeros_is_bounded_by_1_and_its_hybrid_norm_blows_up)
{
    static const char *const words[] = {X,         "--wq",          "w.npy",     "--wk",
                                        "w.npy",   "--wv",          "zeros.npy", "--layer-scale",
                                        "0.5",     "--hybrid-norm", "rms",       "--hybrid-epsilon",
                                        "0x1p-20", "--json",        NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    json_t *root = run_json(directory, words);
    cr_expect_float_eq(of(root, 0, "sigmoid", "layer_scale_upper"), 1.0, 1e-12);
    cr_expect_geq(of(root, 0, "sigmoid", "layer_scale_upper"), 1.0);
    cr_expect_eq(of(root, 0, "sigmoid", "layer_scale_norm"), 0.0);
    cr_expect_float_eq(of(root, 0, "softmax", "hybrid_factor_upper"), 1024.0, 1e-6);
    cr_expect_eq(of(root, 0, "softmax", "hybrid_rms_min"), 0.0);
    json_decref(root);
    scratch_remove(directory);
}

/* 1 + |G| ||J|| is at least its lower bound, and ||N'J|| <= factor times ||J||; nothing is certified beyond --bounds-max. */
Test(norms, what_follows_the_attention_is_bounded_where_the_jacobian_is)
{
    static const char *const words[] = {
        X, W, "--layer-scale", "-2", "--hybrid-norm", "layer", "--json", NULL};
    static const char *const none[] = {X,       W,        "--layer-scale", "-2", "--hybrid-norm",
                                       "layer", "--json", "--bounds-max",  "71", NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    json_t *root = run_json(directory, words);
    for (int32_t k = 0; k < 2; k++) {
        const char *kind = k == 0 ? "sigmoid" : "softmax";
        const double high = of(root, 0, kind, "jacobian_upper");
        cr_expect(of(root, 0, kind, "jacobian_lower") <= high);
        cr_expect_float_eq(of(root, 0, kind, "layer_scale_upper"), 1.0 + 2.0 * high, 1e-12 * high);
        cr_expect_float_eq(of(root, 0, kind, "layer_scale_norm"),
                           2.0 * of(root, 0, kind, "attention_norm"), 1e-12);
        cr_expect_float_eq(of(root, 0, kind, "hybrid_upper"),
                           high * of(root, 0, kind, "hybrid_factor_upper"), 1e-9 * high);
        /* 6 rows of 4 channels: sqrt(24), but for epsilon */
        cr_expect_float_eq(of(root, 0, kind, "hybrid_norm"), sqrt(24.0), 1e-2);
        cr_expect(of(root, 0, kind, "hybrid_norm") < sqrt(24.0));
        cr_expect(of(root, 0, kind, "b3_share_of_p") > 0.0 &&
                  of(root, 0, kind, "b3_share_of_p") < 1.0);
    }
    json_decref(root);
    root = run_json(directory, none);
    const json_t *kind = json_object_get(json_array_get(root, 0), "sigmoid");
    cr_expect(json_is_null(json_object_get(kind, "jacobian_upper")));
    cr_expect(json_is_null(json_object_get(kind, "layer_scale_upper")));
    cr_expect(json_is_null(json_object_get(kind, "hybrid_upper")));
    json_decref(root);
    scratch_remove(directory);
}

Test(norms, the_table_has_every_head_and_no_nan)
{
    static const char *const words[] = {X,      W,   "--hybrid-norm", "rms", "--layer-scale",
                                        "1e-4", NULL};
    static const char *const sweep[] = {X,
                                        W,
                                        "--hybrid-norm",
                                        "rms",
                                        "--layer-scale",
                                        "1e-4",
                                        "--sweep-bias",
                                        "0,-log-n",
                                        "--bounds-max",
                                        "0",
                                        NULL};
    char directory[SCRATCH_BYTES];

    create(directory);
    for (int32_t n = 0; n < 2; n++) {
        const int code = run(directory, n == 0 ? words : sweep);
        char *out = scratch_read(directory, "out");
        cr_expect_eq(code, 0);
        cr_expect(strstr(out, "nan") == NULL && strstr(out, "inf") == NULL, "%s", out);
        cr_expect_not_null(strstr(out, n == 0 ? "  head 1: " : "given         6  -log n"), "%s",
                           out);
        free(out);
    }
    scratch_remove(directory);
}

/* The points of the picture are the cells of the JSON, and without gnuplot they stay. */
Test(norms, a_picture_has_its_numbers_beside_it)
{
    static const char *const words[] = {"--random",  "4,4",     "--samples",    "2",
                                        "--sweep-n", "4,8",     "--sweep-bias", "0",
                                        "--plot",    "out.svg", "--json",       NULL};
    char directory[SCRATCH_BYTES], path[2 * SCRATCH_BYTES];

    create(directory);
    cr_assert_eq(setenv("PATH", directory, 1), 0);
    const int without = run(directory, words);
    cr_assert_eq(setenv("PATH", "/usr/bin:/bin", 1), 0);
    cr_expect_eq(without, 3);
    char *err = scratch_read(directory, "err");
    cr_expect_not_null(strstr(err, "gnuplot-nox"), "%s", err);
    free(err);
    char *out = scratch_read(directory, "out"), *data = scratch_read(directory, "out.dat");
    json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_eq(json_array_size(root), 4u, "%s", out);
    cr_assert_not_null(data);
    for (size_t n = 0; n < 4; n++) {
        const json_t *cell = json_array_get(root, n);
        const json_t *range = json_object_get(cell, "output_ratio_mean");
        char row[160];
        (void)snprintf(row, sizeof row, "\n%d %s %.17g %.17g %.17g ", (int)number(cell, "tokens"),
                       n % 2 == 0 ? "0" : "?", number(range, "mean"), number(range, "min"),
                       number(range, "max"));
        cr_expect_not_null(strstr(data, row), "no row '%s' in\n%s", row, data);
    }
    json_decref(root);
    free(out);
    free(data);
    if (system("gnuplot --version >/dev/null 2>&1") == 0) {
        cr_expect_eq(run(directory, words), 0);
        (void)snprintf(path, sizeof path, "%s/out.svg", directory);
        cr_expect_eq(access(path, R_OK), 0);
        char *picture = scratch_read(directory, "out.svg");
        cr_expect_null(strstr(picture, "scale(0.00)"), "readers of SVG refuse a singular matrix");
        free(picture);
    }
    scratch_remove(directory);
}

/* Over b the softmax is a level: a row at each b. */
Test(norms, a_picture_over_b_has_the_softmax_as_a_level)
{
    static const char *const words[] = {X,       W,   "--sweep-bias", "-3,0,-log-n", "--plot",
                                        "b.svg", NULL};
    char directory[SCRATCH_BYTES];
    double b[3], y[3];

    create(directory);
    (void)run(directory, words);
    char *data = scratch_read(directory, "b.dat");
    cr_assert_not_null(data);
    const char *block = strstr(data, "# softmax");
    cr_assert_not_null(block, "%s", data);
    block = strchr(strchr(block, '\n') + 1, '\n') + 1;
    for (int32_t n = 0; n < 3; n++) {
        cr_assert_eq(sscanf(block, "6 %lf %lf", &b[n], &y[n]), 2, "%s", block);
        block = strchr(block, '\n') + 1;
    }
    cr_expect(b[0] == -3.0 && fabs(b[1] + log(6.0)) < 1e-7 && b[2] == 0.0);
    cr_expect(y[0] == y[1] && y[1] == y[2]);
    free(data);
    scratch_remove(directory);
}

Test(norms, a_bound_is_one_as_it_is_printed)
{
    static const struct {
        double value;
        int digits;
        const char *up, *down;
    } rows[] = {
        {1.0 / 3.0, 6, "0.333334", "0.333333"},
        {2.0 / 3.0, 6, "0.666667", "0.666666"},
        {0.25, 6, "0.25", "0.25"},
        {0x1.fffffffffffffp-1, 6, "1", "0.999999"},
        {0x1.0000000000001p+0, 6, "1.00001", "1"},
        {0.1, 3, "0.101", "0.1"}, /* the double is above the decimal */
        {0.0, 6, "0", "0"},
        {HUGE_VAL, 6, "-", "-"},
    };
    struct sc_random random = {1};
    char up[SC_OUTWARD_BYTES], down[SC_OUTWARD_BYTES];

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        sc_outward_above(rows[n].value, rows[n].digits, up);
        sc_outward_below(rows[n].value, rows[n].digits, down);
        cr_expect_str_eq(up, rows[n].up);
        cr_expect_str_eq(down, rows[n].down);
    }
    for (int32_t n = 0; n < 20000; n++) {
        const int digits = sc_random_int(&random, 1, 15);
        const double value = ldexp(1.0 + sc_random_unit(&random), sc_random_int(&random, -99, 99));
        sc_outward_above(value, digits, up);
        sc_outward_below(value, digits, down);
        const double high = strtod(up, NULL), low = strtod(down, NULL);
        cr_expect(low <= value && value <= high, "%a, %d digits: %s, %s", value, digits, down, up);
        /* one unit of the last digit apart: at most 10^(1 - digits) of the value */
        cr_expect(high - low <= 1.001 * pow(10.0, 1 - digits) * high, "%a, %d digits: %s, %s",
                  value, digits, down, up);
    }
}

Test(norms, more_tokens_than_memory_allows_are_refused)
{
    static const char *const words[] = {"--random", "400,4", "--memory", "1", NULL}; /* 1.2 MiB */
    char directory[SCRATCH_BYTES];

    create(directory);
    const int code = run(directory, words);
    char *err = scratch_read(directory, "err"), *end = strchr(err, '\n');
    cr_expect_eq(code, 3, "%d: %s", code, err);
    cr_expect(end != NULL && end[1] == '\0' && strstr(err, "--memory") != NULL, "%s", err);
    free(err);
    scratch_remove(directory);
}
