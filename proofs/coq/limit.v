(* SPDX-License-Identifier: Apache-2.0 *)
(* What the bias -log n does when n grows: equal tokens of norm R, with W_v = I and tau W_q^T W_k = a I, have
   ||J|| = n s + 2 n s (1 - s) t, s = e^t / (e^t + n), t = a R^2, which tends to e^t (1 + 2t). So no
   bound of sigmoid attention on a ball that is not exponential in R^2 holds for every n. x must not be 0. *)
From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From Sigmacert Require Import sum norm sigmoid attention self_attention theorem_3_2 equality.
Open Scope R_scope.

(* sigma(t - log n) *)
Definition share n t := exp t / (exp t + n).

Lemma share_is_sigmoid n t : 0 < n -> sigmoid (t - ln n) = share n t.
Proof.
  intros Hn. rewrite sigmoid_quotient. unfold share, Rminus. rewrite exp_plus, exp_Ropp, exp_ln by exact Hn.
  assert (P := exp_pos t). field. lra.
Qed.

Definition equal_tokens_value n t := n * share n t + 2 * (n * share n t * (1 - share n t)) * t.

(* The norm of J(X) X over that of X: exact, and by theorem_3_2 no direction has more. *)
Theorem equal_tokens n e a x : n <> 0%nat -> 0 <= a ->
  frob n e (self_tangent n e sigmoid sigmoid' (aligned_head e a 1 (- ln (INR n))) (fun _ => x) (fun _ => x))
  = equal_tokens_value (INR n) (a * norm_sq e x) * frob n e (fun _ => x).
Proof.
  intros Hn Ha. assert (Pn : 0 < INR n) by (apply lt_0_INR; lia).
  rewrite equal_tokens_norm; [ | exact Ha | lra | apply Rlt_le, sigmoid_pos | apply Rlt_le, sigmoid'_pos].
  f_equal. unfold eigenvalue, equal_tokens_value, sigmoid'.
  change (a * norm_sq e x + - ln (INR n)) with (a * norm_sq e x - ln (INR n)).
  rewrite share_is_sigmoid by exact Pn. ring.
Qed.

Theorem equal_tokens_is_largest n e a x H : n <> 0%nat -> 0 <= a ->
  frob n e (self_tangent n e sigmoid sigmoid' (aligned_head e a 1 (- ln (INR n))) (fun _ => x) H)
  <= equal_tokens_value (INR n) (a * norm_sq e x) * frob n e H.
Proof.
  intros Hn Ha. assert (Pn : 0 < INR n) by (apply lt_0_INR; lia).
  set (h := aligned_head e a 1 (- ln (INR n))). set (s := share (INR n) (a * norm_sq e x)).
  assert (S : forall i j, self_score e h (fun _ => x) i j = a * norm_sq e x - ln (INR n)).
  { intros. unfold h. rewrite aligned_score. reflexivity. }
  assert (E : sigmoid (a * norm_sq e x - ln (INR n)) = s) by (apply share_is_sigmoid; exact Pn).
  assert (P0 := sigmoid_pos (a * norm_sq e x - ln (INR n))).
  assert (P1 := sigmoid_lt_1 (a * norm_sq e x - ln (INR n))).
  rewrite E in P0, P1.
  eapply Rle_trans.
  { apply (theorem_3_2 n e sigmoid sigmoid' h (fun _ => x) s (s * (1 - s)) a 1); [lra | nra | | | | | ].
    - intros i j _ _ _. rewrite S, E. apply Req_le, Rabs_pos_eq; lra.
    - intros i j _ _ _. unfold sigmoid'. rewrite S, E. apply Req_le, Rabs_pos_eq; nra.
    - apply aligned_value_norm; lra.
    - apply aligned_form; exact Ha.
    - intros; repeat split. }
  apply Req_le. f_equal. unfold equal_tokens_value, frob_sq. fold s. rewrite sum_const. field. lra.
Qed.

Lemma share_of_infinity t : is_lim_seq (fun n => exp t / (exp t + INR n)) 0.
Proof.
  assert (P := exp_pos t).
  apply (is_lim_seq_ext (fun n => exp t * / (exp t + INR n))); [reflexivity | ].
  replace (Finite 0) with (Rbar_mult (exp t) (Finite 0)) by (simpl; f_equal; ring).
  apply is_lim_seq_scal_l. change (Finite 0) with (Rbar_inv p_infty).
  apply is_lim_seq_inv; [ | discriminate].
  eapply is_lim_seq_plus; [apply is_lim_seq_const | apply is_lim_seq_INR | reflexivity].
Qed.

(* n s -> e^t: what is left of it is e^t s. *)
Lemma mass_of_infinity t : is_lim_seq (fun n => INR n * share (INR n) t) (exp t).
Proof.
  assert (P := exp_pos t).
  apply (is_lim_seq_ext (fun n => exp t - exp t * share (INR n) t)).
  { intros n. assert (Pn := pos_INR n). unfold share. field. lra. }
  replace (exp t) with (exp t - exp t * 0) at 1 by ring.
  apply is_lim_seq_minus'; [apply is_lim_seq_const | ].
  apply (is_lim_seq_scal_l (fun n => share (INR n) t) (exp t) 0), share_of_infinity.
Qed.

Theorem equal_tokens_limit t : is_lim_seq (fun n => equal_tokens_value (INR n) t) (exp t * (1 + 2 * t)).
Proof.
  replace (exp t * (1 + 2 * t)) with (exp t + 2 * (exp t * (1 - 0)) * t) by ring.
  apply is_lim_seq_plus'; [apply mass_of_infinity | ].
  apply is_lim_seq_mult'; [ | apply is_lim_seq_const].
  apply is_lim_seq_mult'; [apply is_lim_seq_const | ].
  apply is_lim_seq_mult'; [apply mass_of_infinity | ].
  apply is_lim_seq_minus'; [apply is_lim_seq_const | apply share_of_infinity].
Qed.
