(* SPDX-License-Identifier: Apache-2.0 *)
(* Softmax attention on the ball ||x_i|| <= R, at a fixed number of tokens, whatever the bias of its scores
   and its mask, without biases of Q, K and V:

     ||J(X)|| <= ||W_v|| (sqrt n + (1 + sqrt n) ||tau W_q^T W_k|| R^2).

   It is quadratic in R; counterexample.v holds sigmoid's against it. The value term is ||P|| <= sqrt n. In
   the other two a row of weights is a distribution, its Jacobian centres the tangents of the scores, and a
   centred vector is no longer; the key term adds the columns of P, each at most n. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm attention self_attention terms sharper softmax theorem_3_2 ball.
Open Scope R_scope.

Lemma weighted_dot_le n (p c y : nat -> R) : (forall j, 0 <= p j) ->
  sum n (fun j => p j * c j * y j) * sum n (fun j => p j * c j * y j)
  <= sum n (fun j => p j * (c j * c j)) * sum n (fun j => p j * (y j * y j)).
Proof.
  intros Hp.
  assert (C := cauchy_schwarz n (fun j => sqrt (p j) * c j) (fun j => sqrt (p j) * y j)).
  unfold dot, norm_sq in C.
  rewrite (sum_ext n (fun k => sqrt (p k) * c k * (sqrt (p k) * y k)) (fun j => p j * c j * y j)) in C.
  2:{ intros j _. rewrite <- (sqrt_sqrt (p j)) at 3 by auto. ring. }
  rewrite (sum_ext n (fun k => sqrt (p k) * c k * (sqrt (p k) * c k)) (fun j => p j * (c j * c j))) in C.
  2:{ intros j _. rewrite <- (sqrt_sqrt (p j)) at 3 by auto. ring. }
  rewrite (sum_ext n (fun k => sqrt (p k) * y k * (sqrt (p k) * y k)) (fun j => p j * (y j * y j))) in C.
  2:{ intros j _. rewrite <- (sqrt_sqrt (p j)) at 3 by auto. ring. }
  exact C.
Qed.

Section Row.
Variables n e : nat.
Variable p : nat -> R.
Hypothesis p_nonneg : forall j, 0 <= p j.
Hypothesis p_sum : sum n p = 1 \/ (forall j, p j = 0).

(* The variance is at most the mean square. *)
Lemma variance_le (z : nat -> R) :
  sum n (fun j => p j * ((z j - sum n (fun l => p l * z l)) * (z j - sum n (fun l => p l * z l))))
  <= sum n (fun j => p j * (z j * z j)).
Proof.
  set (mean := sum n (fun l => p l * z l)).
  rewrite (sum_ext n _ (fun j => p j * (z j * z j) - 2 * mean * (p j * z j) + mean * mean * p j))
      by (intros; ring).
  rewrite sum_plus, sum_minus, !sum_scale. fold mean. destruct p_sum as [-> | Z]; [nra | ].
  assert (M : mean = 0).
  { unfold mean. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero | intros; rewrite Z; ring]. }
  rewrite M. lra.
Qed.

Lemma mean_le (y : nat -> R) c : 0 <= c -> (forall j, (j < n)%nat -> y j <= c) ->
  sum n (fun j => p j * y j) <= c.
Proof.
  intros Pc Hy. apply Rle_trans with (sum n (fun j => p j * c)).
  { apply sum_le; intros j Hj. apply Rmult_le_compat_l; auto. }
  rewrite sum_scale_r. destruct p_sum as [-> | Z]; [lra | ].
  rewrite (sum_ext n p (fun _ => 0)), sum_zero by auto. lra.
Qed.

(* ||sum_j p_j (z_j - mean) x_j||^2 <= (sum_j p_j z_j^2) R^2 *)
Lemma response_in_ball (z : nat -> R) (x : array) r :
  0 <= r -> (forall j, (j < n)%nat -> norm_sq e (x j) <= r) ->
  norm_sq e (fun k => sum n (fun j => row_response n p z j * x j k))
  <= sum n (fun j => p j * (z j * z j)) * r.
Proof.
  intros Pr Hx. set (c := fun j => z j - sum n (fun l => p l * z l)).
  apply Rle_trans with
    (sum e (fun k => sum n (fun j => p j * (c j * c j)) * sum n (fun j => p j * (x j k * x j k)))).
  { apply sum_le; intros k _. apply weighted_dot_le; exact p_nonneg. }
  rewrite sum_scale.
  assert (V := variance_le z).
  assert (M : sum e (fun k => sum n (fun j => p j * (x j k * x j k))) <= r).
  { rewrite sum_swap. rewrite (sum_ext n _ (fun j => p j * norm_sq e (x j))) by (intros; apply sum_scale).
    apply mean_le; assumption. }
  apply Rmult_le_compat; [ | | exact V | exact M].
  - apply sum_nonneg; intros j _. apply Rmult_le_pos; [apply p_nonneg | nra].
  - apply sum_nonneg; intros k _. apply sum_nonneg; intros j _. apply Rmult_le_pos; [apply p_nonneg | nra].
Qed.
End Row.

Section Ball.
Variables n e : nat.
Variable h : head.
Variables alpha beta radius : R.
Variable X : array.
Hypothesis value_bound : norm_at_most (value_dim h) e (w_v h) beta.
Hypothesis form_bound : score_form_at_most n e h alpha.
Hypothesis no_bias : forall i k, b_q h i k = 0 /\ b_k h i k = 0 /\ b_v h k = 0.
Hypothesis X_in_ball : in_ball n e radius X.

Let P := self_soft_weight n e h X.
Let P_nonneg : forall i j, 0 <= P i j.
Proof. intros; apply soft_weight_nonneg. Qed.
Let P_sum : forall i, sum n (P i) = 1 \/ (forall j, P i j = 0).
Proof. intros; apply soft_weight_sum. Qed.
Let r := radius * radius.
Let r_nonneg : 0 <= r.
Proof. unfold r; nra. Qed.

Lemma P_le_1 i j : (j < n)%nat -> P i j <= 1.
Proof.
  intros Hj. destruct (P_sum i) as [S | Z]; [ | rewrite Z; lra].
  apply (p_le_1 n (P i)); auto.
Qed.

(* The rows sum_j D_ij W_v x_j, D the response of row i to z_i. *)
Lemma responses_le (z : array) :
  frob_sq n (value_dim h) (rows n (fun i => row_response n (P i) (z i)) (value e h X))
  <= beta * beta * r * sum n (fun i => sum n (fun j => P i j * (z i j * z i j))).
Proof.
  rewrite (frob_sq_ext n (value_dim h) _
    (rows n (fun i => row_response n (P i) (z i)) (fun j => mat_vec e (w_v h) (X j)))).
  2:{ intros i k _ _. apply sum_ext; intros j _. unfold value, linear_v.
      destruct (no_bias j k) as (_ & _ & ->). ring. }
  eapply Rle_trans; [apply (rows_mat_vec_le n e _ beta (w_v h) _ X value_bound) | ].
  rewrite (Rmult_assoc (beta * beta)). apply Rmult_le_compat_l; [nra | ].
  rewrite <- sum_scale. apply sum_le; intros i _. rewrite Rmult_comm.
  apply response_in_ball; [apply P_nonneg | apply P_sum | exact r_nonneg | exact X_in_ball].
Qed.

Lemma form_query H i j : (i < n)%nat -> (j < n)%nat ->
  from_query e h X H i j * from_query e h X H i j <= alpha * alpha * r * norm_sq e (H i).
Proof.
  intros Hi Hj. assert (F := proj2 form_bound i j (H i) (X j) Hi Hj). unfold Rsqr in F.
  replace (from_query e h X H i j)
    with (scale h * dot (head_dim h) (mat_vec e (w_q h i) (H i)) (mat_vec e (w_k h j) (X j))).
  2:{ unfold from_query. f_equal. apply sum_ext; intros k _. unfold key, linear_q, linear_k.
      destruct (no_bias j k) as (_ & -> & _). ring. }
  eapply Rle_trans; [exact F | ].
  replace (alpha * alpha * r * norm_sq e (H i)) with (alpha * alpha * (norm_sq e (H i) * r)) by ring.
  apply Rmult_le_compat_l; [nra | ].
  apply Rmult_le_compat_l; [apply norm_sq_nonneg | apply X_in_ball; exact Hj].
Qed.

Lemma form_key H i j : (i < n)%nat -> (j < n)%nat ->
  from_key e h X H i j * from_key e h X H i j <= alpha * alpha * r * norm_sq e (H j).
Proof.
  intros Hi Hj. assert (F := proj2 form_bound i j (X i) (H j) Hi Hj). unfold Rsqr in F.
  replace (from_key e h X H i j)
    with (scale h * dot (head_dim h) (mat_vec e (w_q h i) (X i)) (mat_vec e (w_k h j) (H j))).
  2:{ unfold from_key. f_equal. apply sum_ext; intros k _. unfold query, linear_q, linear_k.
      destruct (no_bias i k) as (-> & _). ring. }
  eapply Rle_trans; [exact F | ].
  replace (alpha * alpha * r * norm_sq e (H j)) with (alpha * alpha * (r * norm_sq e (H j))) by ring.
  apply Rmult_le_compat_l; [nra | ].
  apply Rmult_le_compat_r; [apply norm_sq_nonneg | apply X_in_ball; exact Hi].
Qed.

Theorem softmax_in_ball H :
  frob n (value_dim h) (self_soft_tangent n e h X H)
  <= beta * (sqrt (INR n) + (1 + sqrt (INR n)) * (alpha * r)) * frob n e H.
Proof.
  assert (Pa := proj1 form_bound). assert (Pb := proj1 value_bound).
  assert (Pn := pos_INR n). assert (Ps := sqrt_pos (INR n)).
  assert (Pt : 0 <= alpha * r) by (apply Rmult_le_pos; assumption).
  assert (Pst : 0 <= sqrt (INR n) * (alpha * r)) by (apply Rmult_le_pos; assumption).
  assert (Pw : 0 <= beta * beta * r) by (apply Rmult_le_pos; nra).
  assert (Q : frob n (value_dim h)
                (rows n (fun i => row_response n (P i) (from_query e h X H i)) (value e h X))
              <= beta * (alpha * r) * frob n e H).
  { apply frob_le; [apply Rmult_le_pos; assumption | apply frob_nonneg | rewrite frob_sqr].
    eapply Rle_trans; [apply responses_le | ].
    replace (beta * (alpha * r) * (beta * (alpha * r)) * frob_sq n e H)
      with (beta * beta * r * (alpha * alpha * r * frob_sq n e H)) by ring.
    apply Rmult_le_compat_l; [exact Pw | ]. unfold frob_sq. rewrite <- sum_scale. apply sum_le; intros i Hi.
    apply mean_le; [apply P_nonneg | apply P_sum | | intros j Hj; apply form_query; assumption].
    generalize (norm_sq_nonneg e (H i)); intros. apply Rmult_le_pos; nra. }
  assert (K : frob n (value_dim h) (rows n (fun i => row_response n (P i) (from_key e h X H i)) (value e h X))
              <= beta * (sqrt (INR n) * (alpha * r)) * frob n e H).
  { apply frob_le; [apply Rmult_le_pos; assumption | apply frob_nonneg | rewrite frob_sqr].
    eapply Rle_trans; [apply responses_le | ].
    replace (beta * (sqrt (INR n) * (alpha * r)) * (beta * (sqrt (INR n) * (alpha * r))) * frob_sq n e H)
      with (beta * beta * r * (alpha * alpha * r * (sqrt (INR n) * sqrt (INR n) * frob_sq n e H))) by ring.
    rewrite sqrt_sqrt by exact Pn.
    apply Rmult_le_compat_l; [exact Pw | ].
    apply Rle_trans with (sum n (fun i => alpha * alpha * r * frob_sq n e H)).
    - apply sum_le; intros i Hi. unfold frob_sq. rewrite <- sum_scale. apply sum_le; intros j Hj.
      generalize (form_key H i j Hi Hj) (P_le_1 i j Hj) (P_nonneg i j); intros.
      assert (0 <= from_key e h X H i j * from_key e h X H i j) by nra. nra.
    - rewrite sum_const. apply Req_le. ring. }
  assert (V : frob n (value_dim h) (rows n P (linear_v e h H)) <= sqrt (INR n) * beta * frob n e H).
  { apply (weighted_term_le n e h P); [exact Ps | apply self_soft_weight_norm | exact value_bound]. }
  assert (E := frob_three n (value_dim h) (self_soft_tangent n e h X H) _ _ _ (soft_tangent_terms n e h X H)).
  fold P in E. lra.
Qed.
End Ball.
