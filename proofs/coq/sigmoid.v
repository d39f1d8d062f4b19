(* SPDX-License-Identifier: Apache-2.0 *)
(* The sigmoid: its range, its derivative, and what the bias -log n does to it. *)
From Coq Require Import Reals Lra Psatz.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

Definition sigmoid (x : R) : R := / (1 + exp (- x)).
Definition sigmoid' (x : R) : R := sigmoid x * (1 - sigmoid x).

Lemma denominator_pos x : 0 < 1 + exp (- x).
Proof. generalize (exp_pos (- x)); lra. Qed.

Lemma sigmoid_pos x : 0 < sigmoid x.
Proof. apply Rinv_0_lt_compat, denominator_pos. Qed.

Lemma sigmoid_lt_1 x : sigmoid x < 1.
Proof.
  unfold sigmoid. rewrite <- Rinv_1.
  apply Rinv_lt_contravar; generalize (exp_pos (- x)); lra.
Qed.

Lemma sigmoid_is_derive x : is_derive sigmoid x (sigmoid' x).
Proof.
  unfold sigmoid', sigmoid. assert (H := denominator_pos x).
  assert (N := is_derive_opp (fun x => x) x 1 (is_derive_id x)).
  assert (E := is_derive_comp exp (fun x => - x) x _ _ (is_derive_exp (- x)) N).
  assert (D := is_derive_inv (fun x => 1 + exp (- x)) x _
                 (is_derive_plus (fun _ => 1) _ x _ _ (is_derive_const 1 x) E) (Rgt_not_eq _ _ H)).
  replace (/ (1 + exp (- x)) * (1 - / (1 + exp (- x)))) with
    (- plus zero (scal (opp 1) (exp (- x))) / (1 + exp (- x)) ^ 2); [exact D | ].
  unfold plus, zero, scal, opp; simpl; unfold mult; simpl. field; lra.
Qed.

Lemma sigmoid'_le x : sigmoid' x <= / 4.
Proof. unfold sigmoid'. generalize (Rle_0_sqr (sigmoid x - / 2)); unfold Rsqr; lra. Qed.

Lemma sigmoid'_pos x : 0 < sigmoid' x.
Proof. unfold sigmoid'. generalize (sigmoid_pos x) (sigmoid_lt_1 x); nra. Qed.

(* e^x >= 1 for x >= 0, from the partial sums of the series: exp_increasing of the library takes the mean
   value theorem, and so excluded middle, for it. *)
Lemma exp_ge_1 x : 0 <= x -> 1 <= exp x.
Proof.
  intros Hx. unfold exp. destruct (exist_exp x) as [l Hl]; simpl.
  replace 1 with (sum_f_R0 (fun i => / INR (fact i) * x ^ i) 0) by (simpl; field).
  apply (growing_ineq (fun n => sum_f_R0 (fun i => / INR (fact i) * x ^ i) n)); [ | exact Hl].
  intros n. change (sum_f_R0 (fun i => / INR (fact i) * x ^ i) (S n))
    with (sum_f_R0 (fun i => / INR (fact i) * x ^ i) n + / INR (fact (S n)) * x ^ S n).
    rewrite <- (Rplus_0_r (sum_f_R0 _ n)) at 1. apply Rplus_le_compat_l.
  apply Rmult_le_pos; [apply Rlt_le, Rinv_0_lt_compat, INR_fact_lt_0 | apply pow_le; exact Hx].
Qed.

Lemma exp_monotone x y : x <= y -> exp x <= exp y.
Proof.
  intros H. replace y with (x + (y - x)) by ring. rewrite exp_plus.
  generalize (exp_ge_1 (y - x)) (exp_pos x); intros. nra.
Qed.

Lemma sigmoid_increasing x y : x <= y -> sigmoid x <= sigmoid y.
Proof.
  intros H. unfold sigmoid. apply Rinv_le_contravar; [apply denominator_pos | ].
  apply Rplus_le_compat_l, exp_monotone; lra.
Qed.

(* With a = e^x, as the certificates of Gappa and the sensitivity lemma use it. *)
Lemma sigmoid_quotient x : sigmoid x = exp x / (1 + exp x).
Proof.
  unfold sigmoid. rewrite exp_Ropp. assert (P := exp_pos x). field; lra.
Qed.

Lemma sigmoid_0 : sigmoid 0 = / 2.
Proof. unfold sigmoid. rewrite Ropp_0, exp_0. f_equal; ring. Qed.

(* sigma(-x) = 1 - sigma(x): why O(Q, b) + O(-Q, -b) is the sum of V. *)
Lemma sigmoid_opp x : sigmoid (- x) = 1 - sigmoid x.
Proof.
  rewrite (sigmoid_quotient x). unfold sigmoid. rewrite Ropp_involutive.
  generalize (exp_pos x); intros; field; lra.
Qed.

(* With b = -log n: n sigma(s - log n) = e^s / (1 + e^s / n). *)
Lemma sigmoid_biased n s : 0 < n -> n * sigmoid (s - ln n) = exp s / (1 + exp s / n).
Proof.
  intros Hn. rewrite sigmoid_quotient. unfold Rminus. rewrite exp_plus, exp_Ropp, exp_ln by exact Hn.
  assert (P := exp_pos s). field. nra.
Qed.

(* n sigma(s - log n) <= e^s, the same of its derivative: why sigma_infinity does not grow with n. *)
Lemma sigmoid_biased_le n s : 0 < n -> n * sigmoid (s - ln n) <= exp s.
Proof.
  intros Hn. rewrite sigmoid_biased by exact Hn. assert (P := exp_pos s).
  assert (0 < exp s / n) by (apply Rdiv_lt_0_compat; assumption).
  apply (Rmult_le_reg_r (1 + exp s / n)); [lra | ].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l by (unfold Rdiv in *; lra). unfold Rdiv in *. nra.
Qed.

Lemma sigmoid'_biased_le n s : 0 < n -> n * sigmoid' (s - ln n) <= exp s.
Proof.
  intros Hn. eapply Rle_trans; [ | apply (sigmoid_biased_le n s Hn)].
  unfold sigmoid'. generalize (sigmoid_pos (s - ln n)) (sigmoid_lt_1 (s - ln n)); intros.
  apply Rmult_le_compat_l; nra.
Qed.
