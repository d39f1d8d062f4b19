(* SPDX-License-Identifier: Apache-2.0 *)
(* Theorem 3.2 is attained, in every dimension and for every number of tokens: equal tokens, W_v and
   tau W_q^T W_k multiples of the identity. The direction that attains it moves all tokens alike, along
   themselves, and is an eigenvector. (Tokens that are 0 attain it too, as 0 = 0.) *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm attention self_attention theorem_3_2.
Open Scope R_scope.

Definition scaled_identity (c : R) : array := fun i k => c * delta i k.

(* tau W_q^T W_k = a I, W_v = c I, one bias for all scores, every key visible. *)
Definition aligned_head e a c b := Head e e a (fun _ _ => b) (fun _ _ => true)
  (fun _ => scaled_identity 1) (fun _ => scaled_identity 1) (scaled_identity c)
  (fun _ _ => 0) (fun _ _ => 0) (fun _ => 0).

Section Aligned.
Variables n e : nat.
Variables a c b : R.
Hypothesis a_nonneg : 0 <= a.
Hypothesis c_nonneg : 0 <= c.
Let h := aligned_head e a c b.

Lemma aligned_dot x y : dot e (mat_vec e (scaled_identity 1) x) (mat_vec e (scaled_identity 1) y) = dot e x y.
Proof. apply sum_ext; intros k Hk. unfold scaled_identity. rewrite !mat_vec_identity by exact Hk. ring. Qed.

Lemma aligned_query X : forall i k, (k < e)%nat -> query e h X i k = X i k.
Proof.
  intros i k Hk. unfold query, linear_q, h; simpl. unfold scaled_identity.
  rewrite mat_vec_identity by exact Hk. ring.
Qed.
Lemma aligned_key X : forall j k, (k < e)%nat -> key e h X j k = X j k.
Proof.
  intros j k Hk. unfold key, linear_k, h; simpl. unfold scaled_identity.
  rewrite mat_vec_identity by exact Hk. ring.
Qed.
Lemma aligned_value X : forall j k, (k < e)%nat -> value e h X j k = c * X j k.
Proof.
  intros j k Hk. unfold value, linear_v, h; simpl. unfold scaled_identity.
  rewrite mat_vec_identity by exact Hk. ring.
Qed.

Lemma aligned_score X i j : self_score e h X i j = a * dot e (X i) (X j) + b.
Proof.
  unfold self_score, score; simpl. f_equal. f_equal. apply sum_ext; intros k Hk.
  fold h. rewrite aligned_query, aligned_key by exact Hk. reflexivity.
Qed.

(* J(X) H of this head, with tokens in place of queries, keys and values. *)
Lemma aligned_tangent f f' X H i k : (k < e)%nat ->
  self_tangent n e f f' h X H i k
  = sum n (fun j => f (a * dot e (X i) (X j) + b) * (c * H j k)
                    + f' (a * dot e (X i) (X j) + b) * (a * (dot e (H i) (X j) + dot e (X i) (H j)))
                      * (c * X j k)).
Proof.
  intros Hk. apply sum_ext; intros j Hj.
  assert (S := aligned_score X i j). unfold self_score in S.
  unfold weight, slope; simpl sees; cbv iota. rewrite S, aligned_value by exact Hk.
  assert (V : linear_v e h H j k = c * H j k).
  { unfold linear_v, h; simpl. apply mat_vec_identity; exact Hk. }
  assert (T : score_tangent (head_dim h) (scale h) (query e h X) (key e h X)
                (linear_q e h H) (linear_k e h H) i j
              = a * (dot e (H i) (X j) + dot e (X i) (H j))).
  { unfold score_tangent; simpl. f_equal. f_equal; apply sum_ext; intros l Hl; fold h.
    - rewrite aligned_key by exact Hl. unfold linear_q, h; simpl. unfold scaled_identity.
      rewrite mat_vec_identity by exact Hl. ring.
    - rewrite aligned_query by exact Hl. unfold linear_k, h; simpl. unfold scaled_identity.
      rewrite mat_vec_identity by exact Hl. ring. }
  rewrite V, T. reflexivity.
Qed.

(* The hypotheses of the theorem, with equality in each. *)
Lemma aligned_value_norm : norm_at_most (value_dim h) e (w_v h) c.
Proof.
  split; [exact c_nonneg | intros x]. simpl. rewrite <- norm_sq_scale. apply Req_le, norm_sq_ext.
  intros k Hk. apply mat_vec_identity; exact Hk.
Qed.

Lemma aligned_form : score_form_at_most n e h a.
Proof.
  split; [exact a_nonneg | intros i j x y _ _]. simpl. rewrite aligned_dot.
  generalize (cauchy_schwarz e x y). unfold Rsqr. intros C.
  replace (a * dot e x y * (a * dot e x y)) with (a * a * (dot e x y * dot e x y)) by ring.
  apply Rmult_le_compat_l; nra.
Qed.

Variables f f' : R -> R.
Variable x : nat -> R.
Let s := a * norm_sq e x + b.
Let X : array := fun _ => x.

Definition eigenvalue := c * (INR n * f s + 2 * (INR n * f' s) * a * norm_sq e x).

Theorem equal_tokens_eigenvector i k : (k < e)%nat -> self_tangent n e f f' h X X i k = eigenvalue * X i k.
Proof.
  intros Hk. rewrite aligned_tangent by exact Hk.
  rewrite (sum_ext n _ (fun _ => f s * (c * x k) + f' s * (a * (norm_sq e x + norm_sq e x)) * (c * x k)))
    by (intros; reflexivity).
  rewrite sum_const. unfold eigenvalue, X. ring.
Qed.

Hypothesis weight_nonneg : 0 <= f s.
Hypothesis slope_nonneg : 0 <= f' s.

Lemma eigenvalue_nonneg : 0 <= eigenvalue.
Proof.
  unfold eigenvalue. apply Rmult_le_pos; [exact c_nonneg | ].
  assert (Pn := pos_INR n). assert (Px := norm_sq_nonneg e x).
  assert (0 <= INR n * f s) by (apply Rmult_le_pos; assumption).
  assert (0 <= 2 * (INR n * f' s)) by (assert (0 <= INR n * f' s) by (apply Rmult_le_pos; assumption); lra).
  assert (0 <= 2 * (INR n * f' s) * a * norm_sq e x)
    by (apply Rmult_le_pos; [apply Rmult_le_pos | ]; assumption).
  lra.
Qed.

Lemma equal_tokens_norm : frob n e (self_tangent n e f f' h X X) = eigenvalue * frob n e X.
Proof.
  rewrite <- frob_scale by exact eigenvalue_nonneg. apply frob_ext; intros i k _ Hk.
  apply equal_tokens_eigenvector; exact Hk.
Qed.

(* The right-hand side of theorem_3_2, with s0 = |f(s)| and s1 = |f'(s)|. *)
Theorem theorem_3_2_is_attained : n <> 0%nat ->
  frob n (value_dim h) (self_tangent n e f f' h X X)
  = c * (INR n * f s + 2 * (INR n * f' s) * a * (/ INR n * frob_sq n e X)) * frob n e X.
Proof.
  intros Hn. simpl value_dim. rewrite equal_tokens_norm. unfold eigenvalue. do 2 f_equal.
  f_equal. f_equal. unfold frob_sq, X. rewrite sum_const. field. apply not_0_INR; exact Hn.
Qed.
End Aligned.
