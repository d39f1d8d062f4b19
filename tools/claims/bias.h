/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_BIAS_H
#define SC_TOOLS_CLAIMS_BIAS_H

/* Rows of n independent logits s_j, normal(0, spread^2), and values of mean 0 and variance 1, independent of them: the
 * mean square of an output is sum_j E P_j^2. By the trapezoidal rule in binary64; rounding and the rule's error are not
 * bounded, tests/claims_bias.c compares with sampling. n in [2, 2^24], spread in (0, 2]. */

/* n E sigma(s + b)^2. */
double sc_bias_sigmoid_square(double n, double spread, double b);

/* n E [e^(2 s_1) / (sum_j e^(s_j))^2]: with 1 / S^2 = int_0^inf lambda e^(-lambda S) d lambda it is
 *   n int lambda E[e^(2 s) e^(-lambda e^s)] E[e^(-lambda e^s)]^(n - 1) d lambda, over log lambda. */
double sc_bias_softmax_square(double n, double spread);

/* The b where the two are equal, by bisection. For large n the two are n e^(2 b + 2 spread^2) and e^(spread^2) / n, so
 * that b is near -log n - spread^2 / 2. */
double sc_bias_matching(double n, double spread);

#endif
