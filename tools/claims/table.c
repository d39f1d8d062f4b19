/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/claims/claims.h"

#include <stddef.h>

/* README.md repeats number, mark and verdict; tests/claims_table.c compares. */
const struct sc_claims_row sc_claims_rows[SC_CLAIMS_ROWS] = {
    {1, 'A',
     "sigmoid transformers are universal approximators of equivariant functions (theorem 3.1)",
     "the attention part of the proof: the selective shift from four heads exhausted in integers, "
     "its "
     "error with sigmoids for steps in ball arithmetic, ids of a contextual mapping exhausted",
     "up to 4 tokens, distinct, on a grid; lambda g^2 well above log n; no network was built and "
     "no "
     "L^p error was looked at",
     sc_approximation_claim, SC_FOUND_TRIED},
    {2, 'R', "||J|| <= ||W_v|| (sigma_inf + 2 sigma'_inf ||W_q^T W_k|| mean ||x||^2) (theorem 3.2)",
     "Coq; certified norms on random, adversarial and real layers with scales, masks, ALiBi, heads",
     "false in ||X|| with Q/K/V biases (the affine form holds), and with rotary positions for "
     "||W_q^T W_k|| (||W_q|| ||W_k|| holds)",
     sc_theorem_claim, SC_FOUND_PROVED},
    {3, 'A', "sigmoid attention is more regular than softmax attention",
     "bounds on a ball and equal tokens in closed form, norms certified on layers and samples, Coq",
     "bounds over all n are ordered so; at fixed n and R, and at sample inputs, sigmoid's constant "
     "can be the larger one",
     sc_regularity_claim, SC_FOUND_LIMITED},
    {4, 'R', "the constant depends on the mean of ||x||^2 only, and grows like R^2",
     "concentrated tokens and equal tokens, certified; Coq",
     "true of the theorem's right-hand side while sigma_inf and sigma'_inf are held fixed; they "
     "grow with the largest ||x||: e^t (1 + 2 t) for t = R^2 with n free, linear in R^2 at fixed n",
     sc_mean_claim, SC_FOUND_FALSE},
    {5, 'R', "logits bounded by mu give sigma_inf, sigma'_inf <= e^mu, and QK-norm gives mu",
     "certified logits and weights of layers with QK-norm, mu from the gains; the first half is "
     "proved inside of Coq's bound on the ball",
     "b = -log n; no additive bias above it", sc_logits_claim, SC_FOUND_TRIED},
    {6, 'R', "softmax attention's local constant can be c R^2 e^(c R^2) or more",
     "an explicit point for every R, c = 1/2, certified in closed form and by the norm of the "
     "layer",
     "n must be about e^(2 R^2): at fixed n it is at most sqrt n + (1 + sqrt n) R^2",
     sc_softmax_worst_claim, SC_FOUND_LIMITED},
    {7, 'R',
     "b = -log n has a limit, only alpha = 1 in n^-alpha has one that is not trivial, and doubling "
     "a "
     "sequence keeps the output",
     "sums over a stream of keys in ball arithmetic against derived error terms; exponents fitted",
     "a weight changes by e^u / (e^u + 2 n) of itself when the sequence doubles: a third at u = "
     "log n",
     sc_growth_claim, SC_FOUND_LIMITED},
    {8, 'A', "large attention norms at initialisation are what must be stabilised",
     "random layers at 64 and 1024 tokens, four position codes, b = 0 and -log n, in binary64",
     "that norms are large, not that training fails; tokens with a common part", sc_initial_claim,
     SC_FOUND_TRIED},
    {9, 'R', "the best b is near -log n",
     "the b that gives Gaussian logits softmax's norm, by quadrature",
     "b = -log n - s^2 / 2 for logits of deviation s and large n: near for s up to 1",
     sc_best_bias_claim, SC_FOUND_LIMITED},
    {10, 'R', "LayerScale 1e-4, hybrid-norm and QK-norm stabilise",
     "||I + 1e-4 J||, logits under QK-norm, the size and slope of a normed output, certified",
     "hybrid-norm fixes the size of the output, and its derivative is unbounded near zero output",
     sc_remedies_claim, SC_FOUND_LIMITED},
    {11, 'R', "at a fixed b the output grows like n'/n on longer sequences",
     "repeated keys exactly, new keys of the same kind, in ball arithmetic",
     "values of mean 0: the root of n'/n", sc_longer_claim, SC_FOUND_LIMITED},
    {12, 'R', "the backward pass needs Q, K and V only, by the published formulas",
     "gradients against tangents and against differences in 300 bits; our backward kernels alone "
     "on "
     "the emulator; Coq",
     "the published code keeps O as well, as read in its source", sc_gradients_claim,
     SC_FOUND_TRIED},
    {13, 'A', "memory is linear in n, with fewer bytes moved",
     "work space that our kernels ask for; bytes of global memory counted on the emulator",
     "the memory is linear, the bytes moved are not: n^2 d / 32 with no cache counted, at d = 64 "
     "half of what writing and reading the weights once in bf16 takes",
     sc_memory_claim, SC_FOUND_LIMITED},
    {14, 'R', "fewer operations per score than softmax", "nothing",
     "there is no softmax kernel here whose instructions could be counted beside ours", NULL,
     SC_FOUND_UNCHECKED},
    {15, 'R', "multi-query and grouped heads work alike",
     "outputs of the reference bit for bit with key heads repeated; the bound with shared W_k, W_v",
     "6 query heads on 1, 2, 3 and 6 key heads", sc_grouped_claim, SC_FOUND_TRIED},
    {16, 'A', "17 % faster forward than FlashAttention-2 on an H100",
     "quoted: medians of one run on an H100, 2026-11-24, 16,384 tokens; not re-run here",
     "one machine, one day; a mean over two head sizes; FlashAttention-3 is faster still",
     sc_speed_claim, SC_FOUND_TRIED},
    {17, '-', "the published kernel's activation is accurate at b = -log n",
     "quoted: all arguments on an H100, 2026-11-24; a correctly rounded tanh computed beside",
     "to n = 2048; from 4096 on it errs by more than fp16's unit roundoff, at 16384 bf16's",
     sc_accuracy_claim, SC_FOUND_LIMITED},
    {18, 'A', "matches softmax in language, vision and speech; 8 % and 4 % faster end to end",
     "nothing", "training at scale", NULL, SC_FOUND_UNCHECKED},
};

bool sc_claims_as_expected(const struct sc_claims_row *row, const struct sc_found_list *result)
{
    return sc_found_judge(result) == row->expected && sc_found_surprises(result) == 0;
}
