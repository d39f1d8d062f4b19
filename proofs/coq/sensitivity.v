(* SPDX-License-Identifier: Apache-2.0 *)
(* How far an error of the score moves the sigmoid: the one step of the error bounds where rounding errors
   pass through a function that is not linear.

   With p = sigma(s), |d| <= D: |sigma(s + d) - sigma(s)| <= p (1 - p) (e^D - 1). The bound keeps the factor
   p (1 - p), so that a small weight has a small error; a Lipschitz constant of 1/4 would not do. Found for
   this project; to first order it is the derivative. Also the two shortcuts of reference/judge/bound.c. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sigmoid.
Open Scope R_scope.

(* sigma'(s) = a / (1 + a)^2 with a = e^s. *)
Lemma sigmoid'_quotient s : sigmoid' s = exp s / ((1 + exp s) * (1 + exp s)).
Proof. unfold sigmoid'. rewrite sigmoid_quotient. assert (P := exp_pos s). field; lra. Qed.

(* With t = e^d, sigma(s + d) - sigma(s) = a (t - 1) / ((1 + a) (1 + a t)). *)
Lemma sigmoid_difference s d :
  sigmoid (s + d) - sigmoid s = exp s * (exp d - 1) / ((1 + exp s) * (1 + exp s * exp d)).
Proof.
  rewrite !sigmoid_quotient, exp_plus. assert (P := exp_pos s). assert (Q := exp_pos d).
  field; split; nra.
Qed.

Lemma sigmoid_sensitivity_up s d : 0 <= d -> sigmoid (s + d) - sigmoid s <= sigmoid' s * (exp d - 1).
Proof.
  intros Hd. rewrite sigmoid_difference, sigmoid'_quotient.
  assert (P := exp_pos s). assert (1 <= exp d) by (rewrite <- exp_0; apply exp_monotone; exact Hd).
  replace (exp s / ((1 + exp s) * (1 + exp s)) * (exp d - 1))
    with (exp s * (exp d - 1) / ((1 + exp s) * (1 + exp s))) by (field; lra).
  apply Rmult_le_compat_l; [nra | apply Rinv_le_contravar; nra].
Qed.

(* Downwards the denominator shrinks: 1 / t - 1 = e^(-d) - 1 in the place of 1 - t. *)
Lemma sigmoid_sensitivity_down s d : d <= 0 -> sigmoid s - sigmoid (s + d) <= sigmoid' s * (exp (- d) - 1).
Proof.
  intros Hd. replace (sigmoid s - sigmoid (s + d)) with (- (sigmoid (s + d) - sigmoid s)) by ring.
  rewrite sigmoid_difference, sigmoid'_quotient, exp_Ropp.
  assert (P := exp_pos s). assert (Q := exp_pos d).
  assert (exp d <= 1) by (rewrite <- exp_0; apply exp_monotone; exact Hd).
  replace (- (exp s * (exp d - 1) / ((1 + exp s) * (1 + exp s * exp d))))
    with (exp s * (1 - exp d) / ((1 + exp s) * (1 + exp s * exp d))) by (field; split; nra).
  replace (exp s / ((1 + exp s) * (1 + exp s)) * (/ exp d - 1))
    with (exp s * (1 - exp d) / ((1 + exp s) * ((1 + exp s) * exp d))) by (field; split; lra).
  apply Rmult_le_compat_l; [nra | apply Rinv_le_contravar; [apply Rmult_lt_0_compat | ]; nra].
Qed.

Theorem sigmoid_sensitivity s d D : Rabs d <= D ->
  Rabs (sigmoid (s + d) - sigmoid s) <= sigmoid s * (1 - sigmoid s) * (exp D - 1).
Proof.
  intros H. fold (sigmoid' s). assert (P := sigmoid'_pos s).
  destruct (Rle_dec 0 d) as [Hd | Hd].
  - rewrite Rabs_right in H by lra.
    assert (sigmoid s <= sigmoid (s + d)) by (apply sigmoid_increasing; lra).
    rewrite Rabs_right by lra.
    eapply Rle_trans; [apply sigmoid_sensitivity_up; exact Hd | ].
    apply Rmult_le_compat_l; [lra | ]. generalize (exp_monotone d D H); lra.
  - rewrite Rabs_left in H by lra.
    assert (sigmoid (s + d) <= sigmoid s) by (apply sigmoid_increasing; lra).
    rewrite Rabs_left1 by lra. rewrite Ropp_minus_distr.
    eapply Rle_trans; [apply sigmoid_sensitivity_down; lra | ].
    apply Rmult_le_compat_l; [lra | ]. generalize (exp_monotone (- d) D H); lra.
Qed.

(* Two weights differ by less than 1, whatever the error of the score. *)
Lemma sigmoid_difference_lt_1 x s : Rabs (sigmoid x - sigmoid s) < 1.
Proof.
  apply Rabs_def1; generalize (sigmoid_pos x) (sigmoid_lt_1 x) (sigmoid_pos s) (sigmoid_lt_1 s); lra.
Qed.

(* e^D - 1 <= D + D^2 for D <= 1: the partial sums of the series, where D^n / n! <= D^2 (1/(n - 1) - 1/n). *)
Theorem exp_minus_1_le D : 0 <= D <= 1 -> exp D - 1 <= D + D * D.
Proof.
  intros HD.
  assert (B : forall n, sum_f_R0 (fun i => / INR (fact i) * D ^ i) (S n)
                        <= 1 + D + D * D * (1 - / INR (S n))).
  { induction n as [ | n IH]; [simpl; lra | ].
    replace (sum_f_R0 (fun i => / INR (fact i) * D ^ i) (S (S n)))
      with (sum_f_R0 (fun i => / INR (fact i) * D ^ i) (S n) + / INR (fact (S (S n))) * D ^ S (S n))
      by reflexivity.
    assert (P : 1 <= INR (S n)) by (rewrite S_INR; generalize (pos_INR n); lra).
    assert (F : / INR (fact (S (S n))) * D ^ S (S n) <= / (INR (S (S n)) * INR (S n)) * (D * D)).
    { apply Rmult_le_compat.
      - apply Rlt_le, Rinv_0_lt_compat, INR_fact_lt_0.
      - apply pow_le; lra.
      - apply Rinv_le_contravar; [rewrite S_INR; nra | ].
        replace (fact (S (S n))) with (S (S n) * (S n * fact n))%nat by reflexivity.
        rewrite !mult_INR. apply Rmult_le_compat_l; [apply pos_INR | ].
        assert (Q := le_INR _ _ (lt_O_fact n)). simpl in Q. nra.
      - simpl. assert (D ^ n <= 1 ^ n) by (apply pow_incr; lra). rewrite pow1 in H.
        assert (0 <= D ^ n) by (apply pow_le; lra). nra. }
    replace (/ (INR (S (S n)) * INR (S n))) with (/ INR (S n) - / INR (S (S n))) in F
      by (rewrite (S_INR (S n)); field; lra). lra. }
  assert (L : forall n, sum_f_R0 (fun i => / INR (fact i) * D ^ i) (S n) <= 1 + D + D * D).
  { intros n. assert (P : 0 < / INR (S n)) by (apply Rinv_0_lt_compat, lt_0_INR; lia).
    generalize (B n); nra. }
  unfold exp. destruct (exist_exp D) as [l Hl]; simpl. apply Rnot_lt_le; intros C.
  destruct (Hl (l - (1 + D + D * D)) ltac:(lra)) as [N HN].
  specialize (HN (S N) ltac:(lia)). specialize (L N). unfold R_dist in HN.
  apply Rabs_def2 in HN. lra.
Qed.
