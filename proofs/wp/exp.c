/* SPDX-License-Identifier: Apache-2.0 */
/* The axioms of spec/sigma.acsl and spec/quotient.acsl, proved of \exp in Why3's theory of the real exponential. */
/*@ lemma sc_exp_positive_holds: \forall real x; 0.0 < \exp(x); */
/*@ lemma sc_exp_inverse_holds: \forall real x; \exp(x) * \exp(-x) == 1.0; */
/*@ lemma sc_exp_sum_holds: \forall real x, y, z; z == x + y ==> \exp(z) == \exp(x) * \exp(y); */
