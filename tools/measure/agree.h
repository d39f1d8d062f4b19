/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_AGREE_H
#define SC_TOOLS_MEASURE_AGREE_H

/* How far a result of a kernel in bf16 may be from the exact one, in the norm: ||X' - X|| <= SC_AGREE_LEVEL ||X||, X
 * one of O, dQ, dK, dV of a whole problem or of many of its rows, for inputs drawn from symmetric distributions,
 * independently of each other.
 *
 * Two roundings to bf16 lie between them, u = 2^-9 each: of the elements of P or dS, which are one side of the last
 * product, and of X. The first: for given Q and K, O'_i - O_i = sum_j e_ij p_ij v_j with |e_ij| <= u, and the v_j are
 * independent, with mean 0, so that E ||O' - O||^2 = sum e_ij^2 p_ij^2 E ||v_j||^2 <= u^2 E ||O||^2. Likewise dV, with
 * dO in the place of V, and dQ and dK: given Q, K and one side of dP_ij = <dO_i, v_j>, the terms of one sum are
 * independent and odd in the other side, and so are the errors of rounding them. Means over thousands of elements are
 * near what is expected. The second is at most u ||X||. Together 2u = 2^-8.
 *
 * A quarter more is for what is left: sums in fp32, which a tensor core cuts off, 2^-23 of the partial sum for each of
 * n / 16 steps, 2^-13 at n = 16384; the sigmoid, 2^-20 (kernels/README.md); scores; fluctuation.
 *
 * What is typical of rounding is a third of it. One key of 16,384 that is forgotten, or seen twice, is 1 / 128 of the
 * norm in each row: beyond. */
#define SC_AGREE_LEVEL (1.25 * 0x1p-8)

#endif
