(* SPDX-License-Identifier: Apache-2.0 *)
(* Theorem 3.2 of arXiv 2409.04431, with what an implementation adds to the paper's statement: a scale, any
   additive bias, any mask, rotary embeddings, biases of Q, K and V, many heads and W_o.

   With s0 and s1 the suprema of |sigma| and |sigma'| over the visible scores (so that the paper's
   sigma_infinity is n s0), ||tau W_q^T W_k|| <= alpha at every pair of positions, ||W_v|| <= beta, and
   without biases of Q, K and V (with them it is theorem_3_2_affine):

     ||J(X)|| <= beta (n s0 + 2 n s1 alpha (1/n) sum_i ||x_i||^2).

   ||J(X) H||_F <= c ||H||_F for every direction H is what ||J(X)|| <= c means. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm attention self_attention terms.
Open Scope R_scope.

Section Bound.
Variables n e : nat.
Variables f f' : R -> R.
Variable h : head.
Variable X : array.
Variables s0 s1 beta : R.
Hypothesis s0_nonneg : 0 <= s0.
Hypothesis s1_nonneg : 0 <= s1.
Hypothesis weight_bound : forall i j, (i < n)%nat -> (j < n)%nat -> sees h i j = true ->
  Rabs (f (self_score e h X i j)) <= s0.
Hypothesis slope_bound : forall i j, (i < n)%nat -> (j < n)%nat -> sees h i j = true ->
  Rabs (f' (self_score e h X i j)) <= s1.
Hypothesis value_bound : norm_at_most (value_dim h) e (w_v h) beta.

Lemma value_term_le H :
  frob n (value_dim h) (rows n (self_weight e f h X) (linear_v e h H)) <= beta * (INR n * s0) * frob n e H.
Proof.
  assert (Hb := proj1 value_bound). assert (Pn := pos_INR n).
  apply frob_le; [apply Rmult_le_pos; nra | apply frob_nonneg | rewrite frob_sqr].
  eapply Rle_trans; [apply (rows_mat_vec_le n e _ beta (w_v h) _ H value_bound) | ].
  replace (beta * (INR n * s0) * (beta * (INR n * s0)) * frob_sq n e H)
    with (beta * beta * (INR n * (INR n * (s0 * s0)) * frob_sq n e H)) by ring.
  apply Rmult_le_compat_l; [nra | ]. eapply Rle_trans; [apply rows_le | ].
  apply Rmult_le_compat_r; [apply frob_sq_nonneg | ].
  apply sum_le_const; intros i Hi. apply sum_le_const; intros j Hj.
  apply weight_le; [exact s0_nonneg | auto].
Qed.

(* A term whose coefficients are slope times z, with z_ij^2 <= a_i b_j. *)
Lemma score_term_le (z : array) (a b : nat -> R) :
  (forall i, 0 <= a i) -> (forall j, 0 <= b j) ->
  (forall i j, (i < n)%nat -> (j < n)%nat -> z i j * z i j <= a i * b j) ->
  frob n (value_dim h) (rows n (fun i j => self_slope e f' h X i j * z i j) (value e h X))
  <= s1 * frob n (value_dim h) (value e h X) * sqrt (sum n b) * sqrt (sum n a).
Proof.
  intros Pa Pb Hz.
  assert (Sa : 0 <= sum n a) by (apply sum_nonneg; auto).
  assert (Sb : 0 <= sum n b) by (apply sum_nonneg; auto).
  assert (Pv := frob_nonneg n (value_dim h) (value e h X)).
  apply frob_le; [ | apply sqrt_pos | ].
  { apply Rmult_le_pos; [nra | apply sqrt_pos]. }
  rewrite (sqrt_sqrt (sum n a)) by exact Sa.
  replace (s1 * frob n (value_dim h) (value e h X) * sqrt (sum n b)
           * (s1 * frob n (value_dim h) (value e h X) * sqrt (sum n b)) * sum n a)
    with (s1 * s1 * (sum n a * (sqrt (sum n b) * sqrt (sum n b)))
          * (frob n (value_dim h) (value e h X) * frob n (value_dim h) (value e h X))) by ring.
  rewrite sqrt_sqrt, frob_sqr by exact Sb.
  eapply Rle_trans; [apply rows_le | ].
  apply Rmult_le_compat_r; [apply frob_sq_nonneg | ].
  rewrite <- sum_scale_r, <- sum_scale. apply sum_le; intros i Hi.
  rewrite <- sum_scale, <- sum_scale. apply sum_le; intros j Hj.
  apply scaled_le; [apply weight_le; [exact s1_nonneg | auto] | auto].
Qed.

(* The affine form. reach_k j bounds ||tau W_q^T k_j||^2 and reach_q i bounds ||tau W_k^T q_i||^2, with k_j
   and q_i the keys and queries as they are, biases included: in ||X|| alone the theorem is false then (X = 0
   has keys that are not 0). *)
Variables reach_k reach_q : nat -> R.
Hypothesis reach_k_nonneg : forall j, 0 <= reach_k j.
Hypothesis reach_q_nonneg : forall i, 0 <= reach_q i.
Hypothesis reach_k_bound : forall i j x, (i < n)%nat -> (j < n)%nat ->
  Rsqr (scale h * dot (head_dim h) (mat_vec e (w_q h i) x) (key e h X j)) <= reach_k j * norm_sq e x.
Hypothesis reach_q_bound : forall i j x, (i < n)%nat -> (j < n)%nat ->
  Rsqr (scale h * dot (head_dim h) (query e h X i) (mat_vec e (w_k h j) x)) <= reach_q i * norm_sq e x.

Theorem theorem_3_2_affine H :
  frob n (value_dim h) (self_tangent n e f f' h X H)
  <= (beta * (INR n * s0)
      + s1 * frob n (value_dim h) (value e h X) * (sqrt (sum n reach_k) + sqrt (sum n reach_q)))
     * frob n e H.
Proof.
  assert (Q : frob n (value_dim h) (rows n (fun i j => self_slope e f' h X i j * from_query e h X H i j)
                                         (value e h X))
              <= s1 * frob n (value_dim h) (value e h X) * sqrt (sum n reach_k) * frob n e H).
  { apply (score_term_le _ (fun i => norm_sq e (H i)) reach_k);
      [intros; apply norm_sq_nonneg | assumption | ].
    intros i j Hi Hj. rewrite (Rmult_comm (norm_sq e (H i))). apply reach_k_bound; assumption. }
  assert (K : frob n (value_dim h) (rows n (fun i j => self_slope e f' h X i j * from_key e h X H i j)
                                         (value e h X))
              <= s1 * frob n (value_dim h) (value e h X) * frob n e H * sqrt (sum n reach_q)).
  { apply (score_term_le _ reach_q (fun j => norm_sq e (H j)));
      [assumption | intros; apply norm_sq_nonneg | ].
    intros i j Hi Hj. apply reach_q_bound; assumption. }
  generalize (value_term_le H); intros V.
  eapply Rle_trans; [apply (frob_three n (value_dim h) _ _ _ _ (tangent_terms n e h X f f' H)) | ].
  lra.
Qed.
End Bound.

(* |tau <W_q x, W_k y>| <= alpha ||x|| ||y||, at every pair of positions. *)
Definition score_form_at_most n e h alpha := 0 <= alpha /\
  forall i j x y, (i < n)%nat -> (j < n)%nat ->
    Rsqr (scale h * dot (head_dim h) (mat_vec e (w_q h i) x) (mat_vec e (w_k h j) y))
    <= alpha * alpha * (norm_sq e x * norm_sq e y).

(* Without positions that is the paper's ||tau W_q^T W_k||. *)
Theorem score_form_of_matrix n e h alpha wq wk :
  (forall i, w_q h i = wq) -> (forall j, w_k h j = wk) ->
  norm_at_most e e (fun a b => scale h * mat_mul (head_dim h) (transpose wq) wk a b) alpha ->
  score_form_at_most n e h alpha.
Proof.
  intros Eq Ek [Pa HA]; split; [exact Pa | intros i j x y _ _]. rewrite Eq, Ek.
  assert (E : scale h * dot (head_dim h) (mat_vec e wq x) (mat_vec e wk y)
              = dot e x (mat_vec e (fun a b => scale h * mat_mul (head_dim h) (transpose wq) wk a b) y)).
  { rewrite (dot_comm _ (mat_vec e wq x)), dot_mat_vec, (dot_comm _ _ x). unfold dot. rewrite <- sum_scale.
    apply sum_ext; intros a _. rewrite <- mat_vec_mul. unfold mat_vec.
    rewrite (sum_ext e (fun l => scale h * mat_mul (head_dim h) (transpose wq) wk a l * y l)
               (fun l => scale h * (mat_mul (head_dim h) (transpose wq) wk a l * y l))) by (intros; ring).
    rewrite sum_scale. ring. }
  rewrite E. unfold Rsqr. eapply Rle_trans; [apply cauchy_schwarz | ].
  generalize (HA y) (norm_sq_nonneg e x); nra.
Qed.

Section Paper.
Variables n e : nat.
Variables f f' : R -> R.
Variable h : head.
Variable X : array.
Variables s0 s1 alpha beta : R.
Hypothesis s0_nonneg : 0 <= s0.
Hypothesis s1_nonneg : 0 <= s1.
Hypothesis weight_bound : forall i j, (i < n)%nat -> (j < n)%nat -> sees h i j = true ->
  Rabs (f (self_score e h X i j)) <= s0.
Hypothesis slope_bound : forall i j, (i < n)%nat -> (j < n)%nat -> sees h i j = true ->
  Rabs (f' (self_score e h X i j)) <= s1.
Hypothesis value_bound : norm_at_most (value_dim h) e (w_v h) beta.
Hypothesis form_bound : score_form_at_most n e h alpha.
Hypothesis no_bias : forall i k, b_q h i k = 0 /\ b_k h i k = 0 /\ b_v h k = 0.

Theorem theorem_3_2 H :
  frob n (value_dim h) (self_tangent n e f f' h X H)
  <= beta * (INR n * s0 + 2 * (INR n * s1) * alpha * (/ INR n * frob_sq n e X)) * frob n e H.
Proof.
  destruct (Nat.eq_dec n 0) as [E | E].
  { unfold frob, frob_sq. rewrite E. simpl. rewrite sqrt_0. lra. }
  assert (Hn : INR n <> 0) by (apply not_0_INR; exact E).
  assert (Pa := proj1 form_bound). assert (Pb := proj1 value_bound).
  set (reach := fun j => alpha * alpha * norm_sq e (X j)).
  assert (reach_nonneg : forall j, 0 <= reach j).
  { intros j. unfold reach. generalize (norm_sq_nonneg e (X j)); nra. }
  assert (K : forall i j x, (i < n)%nat -> (j < n)%nat ->
    Rsqr (scale h * dot (head_dim h) (mat_vec e (w_q h i) x) (key e h X j)) <= reach j * norm_sq e x).
  { intros i j x Hi Hj. generalize (proj2 form_bound i j x (X j) Hi Hj). unfold reach.
    replace (dot (head_dim h) (mat_vec e (w_q h i) x) (key e h X j))
      with (dot (head_dim h) (mat_vec e (w_q h i) x) (mat_vec e (w_k h j) (X j))); [lra | ].
    apply sum_ext; intros k _. unfold key, linear_k. destruct (no_bias j k) as (_ & -> & _). ring. }
  assert (Q : forall i j x, (i < n)%nat -> (j < n)%nat ->
    Rsqr (scale h * dot (head_dim h) (query e h X i) (mat_vec e (w_k h j) x)) <= reach i * norm_sq e x).
  { intros i j x Hi Hj. generalize (proj2 form_bound i j (X i) x Hi Hj). unfold reach.
    replace (dot (head_dim h) (query e h X i) (mat_vec e (w_k h j) x))
      with (dot (head_dim h) (mat_vec e (w_q h i) (X i)) (mat_vec e (w_k h j) x)); [lra | ].
    apply sum_ext; intros k _. unfold query, linear_q. destruct (no_bias i k) as (-> & _). ring. }
  eapply Rle_trans.
  { exact (theorem_3_2_affine n e f f' h X s0 s1 beta s0_nonneg s1_nonneg weight_bound slope_bound
             value_bound reach reach reach_nonneg reach_nonneg K Q H). }
  apply Rmult_le_compat_r; [apply frob_nonneg | ].
  assert (R : sqrt (sum n reach) = alpha * frob n e X).
  { unfold reach. rewrite sum_scale. fold (frob_sq n e X). unfold frob.
    rewrite sqrt_mult_alt by nra. rewrite sqrt_square by exact Pa. reflexivity. }
  assert (V : frob n (value_dim h) (value e h X) <= beta * frob n e X).
  { apply frob_le; [exact Pb | apply frob_nonneg | rewrite frob_sqr]. unfold frob_sq. rewrite <- sum_scale.
    apply sum_le; intros j _. eapply Rle_trans; [ | apply (proj2 value_bound)].
    apply Req_le, norm_sq_ext; intros k _. unfold value, linear_v. destruct (no_bias j k) as (_ & _ & ->).
    ring. }
  rewrite R.
  replace (beta * (INR n * s0 + 2 * (INR n * s1) * alpha * (/ INR n * frob_sq n e X)))
    with (beta * (INR n * s0) + s1 * (beta * frob n e X) * (alpha * frob n e X + alpha * frob n e X)).
  2:{ rewrite <- frob_sqr. field. exact Hn. }
  apply Rplus_le_compat_l, Rmult_le_compat_r.
  - assert (P := frob_nonneg n e X). nra.
  - apply Rmult_le_compat_l; assumption.
Qed.
End Paper.

(* Heads combined by W_o, with ||W_o|| <= omega on their concatenation: ||J|| <= omega sqrt(sum bound_a^2). *)
Section MultiHead.
Variables n e e_o heads : nat.
Variables f f' : R -> R.
Variable head_of : nat -> head.
Variable w_o : nat -> array.
Variable X : array.
Variable omega : R.
Variable bound : nat -> R.
Hypothesis omega_nonneg : 0 <= omega.
Hypothesis w_o_bound : forall y : array,
  norm_sq e_o (fun k => sum heads (fun a => mat_vec (value_dim (head_of a)) (w_o a) (y a) k))
  <= omega * omega * sum heads (fun a => norm_sq (value_dim (head_of a)) (y a)).

Theorem multi_head_bound H :
  (forall a, (a < heads)%nat -> 0 <= bound a /\
     frob n (value_dim (head_of a)) (self_tangent n e f f' (head_of a) X H) <= bound a * frob n e H) ->
  frob n e_o (multi_head_tangent n e f f' heads head_of w_o X H)
  <= omega * sqrt (sum heads (fun a => bound a * bound a)) * frob n e H.
Proof.
  intros HB.
  assert (PB : 0 <= sum heads (fun a => bound a * bound a)) by (apply sum_nonneg; intros; nra).
  apply frob_le; [apply Rmult_le_pos; [exact omega_nonneg | apply sqrt_pos] | apply frob_nonneg | ].
  rewrite frob_sqr.
  replace (omega * sqrt (sum heads (fun a => bound a * bound a))
           * (omega * sqrt (sum heads (fun a => bound a * bound a))) * frob_sq n e H)
    with (omega * omega * (sqrt (sum heads (fun a => bound a * bound a))
           * sqrt (sum heads (fun a => bound a * bound a)) * frob_sq n e H)) by ring.
  rewrite sqrt_sqrt by exact PB.
  apply Rle_trans with (omega * omega * sum heads (fun a =>
    frob_sq n (value_dim (head_of a)) (self_tangent n e f f' (head_of a) X H))).
  - unfold frob_sq at 2. rewrite sum_swap. unfold frob_sq. rewrite <- sum_scale. apply sum_le; intros i _.
    apply w_o_bound.
  - apply Rmult_le_compat_l; [nra | ]. rewrite <- sum_scale_r. apply sum_le; intros a Ha.
    destruct (HB a Ha) as [Pa La]. rewrite <- !frob_sqr.
    generalize (frob_nonneg n (value_dim (head_of a)) (self_tangent n e f f' (head_of a) X H))
      (frob_nonneg n e H); intros.
    replace (bound a * bound a * (frob n e H * frob n e H))
      with (bound a * frob n e H * (bound a * frob n e H)) by ring.
    apply Rmult_le_compat; assumption.
Qed.
End MultiHead.
