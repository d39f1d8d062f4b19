/* SPDX-License-Identifier: Apache-2.0 */
/* The axioms of spec/sigma.acsl, proved of \exp in Why3's theory of the real exponential. */
/*@ lemma sc_exp_positive_holds: \forall real x; 0.0 < \exp(x); */
/*@ lemma sc_exp_inverse_holds: \forall real x; \exp(x) * \exp(-x) == 1.0; */
