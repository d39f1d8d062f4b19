(* SPDX-License-Identifier: Apache-2.0 *)
(* What the scripts of Gappa (proofs/gappa) assume about the true exponential and logarithm, of the very
   numbers that sc_fp64_exp compiles: constants.v is made from reference/oracle/fp64_constants.h by
   constants.sh, digit by digit, and Coq reads a hexadecimal literal as the exact rational. Used by
   fp64_sigmoid.v, where these and Gappa's certificates meet. *)
From Coq Require Import Reals Lra.
From Sigmacert Require Import constants exact_interval.
Import Exact.
Open Scope R_scope.

(* Y of exp_polynomial.g *)
Definition polynomial (r : R) : R :=
  ((((((((((((SC_FP64_C13 * r + SC_FP64_C12) * r + SC_FP64_C11) * r + SC_FP64_C10) * r
  + SC_FP64_C9) * r + SC_FP64_C8) * r + SC_FP64_C7) * r + SC_FP64_C6) * r
  + SC_FP64_C5) * r + SC_FP64_C4) * r + SC_FP64_C3) * r + SC_FP64_C2) * r + 1) * r + 1.

(* Literals to quotients of integers *)
Ltac numbers :=
  literals; cbn [QArith_base.Qnum QArith_base.Qden] in *;
  repeat match goal with
  | |- context [Z.pow_pos ?b ?e] =>
    let v := eval vm_compute in (Z.pow_pos b e) in change (Z.pow_pos b e) with v
  | h : context [Z.pow_pos ?b ?e] |- _ =>
    let v := eval vm_compute in (Z.pow_pos b e) in change (Z.pow_pos b e) with v in h
  end.

Theorem log2_split : Rabs (ln 2 - (SC_FP64_LOG2_HI + SC_FP64_LOG2_LO)) <= 0x1p-93.
Proof. numbers. interval with (i_prec 130). Qed.

Theorem log2e_near : Rabs (SC_FP64_LOG2E - 1 / ln 2) <= 0x1p-53.
Proof. numbers. interval with (i_prec 90). Qed.

Theorem log2_range : 0.693 <= ln 2 <= 0.694.
Proof. split; numbers; interval with (i_prec 60). Qed.

(* The least e^x of the reduced range, and that where sc_fp64_sigmoid cuts *)
Lemma exp_least r : -0.3468 <= r <= 0.3468 -> 0.7 <= exp r.
Proof. intros. numbers. interval with (i_prec 60). Qed.

Lemma exp_at_limit : 0x1.1p-1010 <= exp (- SC_FP64_LIMIT) <= 0x1.2p-1010.
Proof. split; numbers; interval with (i_prec 60). Qed.

Theorem polynomial_range r : -0.3467 <= r <= 0.3467 -> 0.707 <= polynomial r <= 1.4145.
Proof.
  intros. unfold polynomial. numbers.
  split; interval with (i_prec 60, i_autodiff r, i_bisect r).
Qed.

(* The truth is about 0.85 of the bound, where r is least: the remainder of the Taylor series of degree 13. *)
Lemma polynomial_over_exp r : -0.3467 <= r <= 0.3467 -> Rabs (polynomial r * exp (- r) - 1) <= 0x1p-57.
Proof.
  intros. unfold polynomial. numbers.
  interval with (i_prec 90, i_taylor r, i_degree 18, i_bisect r).
Qed.

Theorem polynomial_near_exp r :
  -0.3467 <= r <= 0.3467 -> Rabs (polynomial r - exp r) <= 0x1p-57 * exp r.
Proof.
  intros range. apply polynomial_over_exp in range.
  replace (polynomial r - exp r) with ((polynomial r * exp (- r) - 1) * exp r)
    by (rewrite exp_Ropp; field; apply Rgt_not_eq, exp_pos).
  rewrite Rabs_mult, (Rabs_pos_eq (exp r)) by apply Rlt_le, exp_pos.
  apply Rmult_le_compat_r; [apply Rlt_le, exp_pos | exact range].
Qed.

Lemma exp_near_1 h : Rabs h <= 0x1p-54 -> Rabs (exp h - 1) <= 0x1.1p-54.
Proof. intros. numbers. interval with (i_prec 130). Qed.

Theorem exp_moves r exact :
  Rabs (r - exact) <= 0x1p-54 -> Rabs (exp r - exp exact) <= 0x1.1p-54 * exp exact.
Proof.
  intros near. apply exp_near_1 in near.
  replace (exp r - exp exact) with ((exp (r - exact) - 1) * exp exact)
    by (replace r with (r - exact + exact) at 2 by ring; rewrite exp_plus; ring).
  rewrite Rabs_mult, (Rabs_pos_eq (exp exact)) by apply Rlt_le, exp_pos.
  apply Rmult_le_compat_r; [apply Rlt_le, exp_pos | exact near].
Qed.
