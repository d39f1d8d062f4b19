(* SPDX-License-Identifier: Apache-2.0 *)
(* The sharper bound: spectral norms of what is at hand at a point X, in place of the Frobenius norms of
   Theorem 3.2. With P the matrix of weights and s1 a bound of the visible slopes,

     ||J(X)|| <= ||P|| ||W_v|| + s1 ||V|| (||tau K W_q|| + ||tau Q W_k||),

   Q, K and V with their biases. It is the same argument for softmax: only the response of a row's weights to
   a change of its scores differs, so that is a parameter here. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm attention self_attention terms.
Open Scope R_scope.

Section Sharper.
Variables n e : nat.
Variable h : head.
Variable X : array.

(* The weights, and how row i of them responds to a change z of the row's scores. *)
Variable P : array.
Variable response : nat -> (nat -> R) -> nat -> R.
Variables pi response_norm nu kappa rho beta : R.
Hypothesis pi_nonneg : 0 <= pi.
Hypothesis response_nonneg : 0 <= response_norm.
Hypothesis nu_nonneg : 0 <= nu.
Hypothesis kappa_nonneg : 0 <= kappa.
Hypothesis rho_nonneg : 0 <= rho.
Hypothesis weight_norm : norm_at_most n n P pi.
Hypothesis response_bound : forall i z, (i < n)%nat ->
  norm_sq n (response i z) <= response_norm * response_norm * norm_sq n z.
(* ||V||, as a bound of V transposed; ||tau K W_q||; ||tau Q W_k||. *)
Hypothesis value_norm : norm_at_most (value_dim h) n (transpose (value e h X)) nu.
Hypothesis key_norm : forall i x, (i < n)%nat ->
  norm_sq n (fun j => scale h * dot (head_dim h) (mat_vec e (w_q h i) x) (key e h X j))
  <= kappa * kappa * norm_sq e x.
Hypothesis query_norm : forall j x, (j < n)%nat ->
  norm_sq n (fun i => scale h * dot (head_dim h) (query e h X i) (mat_vec e (w_k h j) x))
  <= rho * rho * norm_sq e x.
Hypothesis value_bound : norm_at_most (value_dim h) e (w_v h) beta.

Lemma weighted_term_le H :
  frob n (value_dim h) (rows n P (linear_v e h H)) <= pi * beta * frob n e H.
Proof.
  assert (Pb := proj1 value_bound).
  apply frob_le; [apply Rmult_le_pos; assumption | apply frob_nonneg | rewrite frob_sqr].
  eapply Rle_trans; [apply (rows_mat_vec_le n e _ beta (w_v h) _ H value_bound) | ].
  replace (pi * beta * (pi * beta) * frob_sq n e H)
    with (beta * beta * (pi * pi * frob_sq n e H)) by ring.
  apply Rmult_le_compat_l; [nra | ].
  rewrite frob_sq_transpose, (frob_sq_transpose n e H). unfold frob_sq at 2. rewrite <- sum_scale.
  apply sum_le; intros k _. apply (proj2 weight_norm (transpose H k)).
Qed.

(* Rows of V weighted by the response to z, whose squares sum to at most c^2 ||H||^2. *)
Lemma response_term_le (z : array) c H : 0 <= c -> frob_sq n n z <= c * c * frob_sq n e H ->
  frob n (value_dim h) (rows n (fun i => response i (z i)) (value e h X))
  <= response_norm * nu * c * frob n e H.
Proof.
  intros Pc Hz. apply frob_le; [ | apply frob_nonneg | rewrite frob_sqr].
  { apply Rmult_le_pos; [apply Rmult_le_pos; assumption | exact Pc]. }
  replace (response_norm * nu * c * (response_norm * nu * c) * frob_sq n e H)
    with (nu * nu * (response_norm * response_norm) * (c * c * frob_sq n e H)) by ring.
  apply Rle_trans with (nu * nu * (response_norm * response_norm) * frob_sq n n z).
  2:{ apply Rmult_le_compat_l; [apply Rmult_le_pos; nra | exact Hz]. }
  unfold frob_sq. rewrite <- sum_scale. apply sum_le; intros i Hi.
  apply Rle_trans with (nu * nu * norm_sq n (response i (z i))).
  - eapply Rle_trans; [ | apply (proj2 value_norm)].
    apply Req_le, norm_sq_ext; intros k _. unfold rows, mat_vec, transpose. apply sum_ext; intros; ring.
  - replace (nu * nu * (response_norm * response_norm) * norm_sq n (z i))
      with (nu * nu * (response_norm * response_norm * norm_sq n (z i))) by ring.
    apply Rmult_le_compat_l; [nra | apply response_bound; exact Hi].
Qed.

Lemma from_query_le H : frob_sq n n (from_query e h X H) <= kappa * kappa * frob_sq n e H.
Proof.
  unfold frob_sq. rewrite <- sum_scale. apply sum_le; intros i Hi. apply (key_norm i (H i) Hi).
Qed.

Lemma from_key_le H : frob_sq n n (from_key e h X H) <= rho * rho * frob_sq n e H.
Proof.
  rewrite frob_sq_transpose. unfold frob_sq. rewrite <- sum_scale. apply sum_le; intros j Hj.
  apply (query_norm j (H j) Hj).
Qed.

Theorem sharper_of_response J H :
  (forall i k, J i k = rows n P (linear_v e h H) i k
                       + rows n (fun i => response i (from_query e h X H i)) (value e h X) i k
                       + rows n (fun i => response i (from_key e h X H i)) (value e h X) i k) ->
  frob n (value_dim h) J <= (pi * beta + response_norm * nu * (kappa + rho)) * frob n e H.
Proof.
  intros E. eapply Rle_trans; [apply (frob_three n (value_dim h) J _ _ _ E) | ].
  generalize (weighted_term_le H) (response_term_le _ kappa H kappa_nonneg (from_query_le H))
    (response_term_le _ rho H rho_nonneg (from_key_le H)); intros. lra.
Qed.

End Sharper.

(* Sigmoid, or any activation element by element: the response is a product with the slopes. *)
Theorem sharper n e f f' h X pi s1 nu kappa rho beta H :
  0 <= pi -> 0 <= s1 -> 0 <= nu -> 0 <= kappa -> 0 <= rho ->
  norm_at_most n n (self_weight e f h X) pi ->
  (forall i j, (i < n)%nat -> (j < n)%nat -> sees h i j = true -> Rabs (f' (self_score e h X i j)) <= s1) ->
  norm_at_most (value_dim h) n (transpose (value e h X)) nu ->
  (forall i x, (i < n)%nat ->
     norm_sq n (fun j => scale h * dot (head_dim h) (mat_vec e (w_q h i) x) (key e h X j))
     <= kappa * kappa * norm_sq e x) ->
  (forall j x, (j < n)%nat ->
     norm_sq n (fun i => scale h * dot (head_dim h) (query e h X i) (mat_vec e (w_k h j) x))
     <= rho * rho * norm_sq e x) ->
  norm_at_most (value_dim h) e (w_v h) beta ->
  frob n (value_dim h) (self_tangent n e f f' h X H) <= (pi * beta + s1 * nu * (kappa + rho)) * frob n e H.
Proof.
  intros Ppi Ps Pnu Pkappa Prho HP Hs HV HK HQ HW.
  apply (sharper_of_response n e h X (self_weight e f h X) (fun i z j => self_slope e f' h X i j * z j)
           pi s1 nu kappa rho beta); try assumption.
  - intros i z Hi. unfold norm_sq. rewrite <- sum_scale. apply sum_le; intros j Hj.
    apply scaled_le; [apply weight_le; [exact Ps | auto] | lra].
  - intros i k. apply tangent_terms.
Qed.
