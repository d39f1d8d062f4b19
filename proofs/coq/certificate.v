(* SPDX-License-Identifier: Apache-2.0 *)
(* What a numerical certificate of a spectral norm proves.

   Collatz-Wielandt: for a matrix without negative entries and any positive x, ||P||^2 is at most the largest
   (P^T P x)_j / x_j. Cholesky: if t I - J^T J is R^T R up to E, then ||J||^2 <= t + ||E||_F; how R was found
   does not matter, so no claim about the factorisation has to be believed. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm.
Open Scope R_scope.

(* Cauchy-Schwarz with weights p and the factors sqrt(p x), sqrt(p / x) c. *)
Lemma weighted_cauchy_schwarz n (p x c : nat -> R) :
  (forall j, (j < n)%nat -> 0 <= p j) -> (forall j, (j < n)%nat -> 0 < x j) ->
  sum n (fun j => p j * c j) * sum n (fun j => p j * c j)
  <= sum n (fun j => p j * x j) * sum n (fun j => p j * (c j * c j / x j)).
Proof.
  intros Hp Hx.
  assert (Hi : forall j, (j < n)%nat -> 0 <= p j * / x j).
  { intros j Hj. apply Rmult_le_pos; [auto | apply Rlt_le, Rinv_0_lt_compat; auto]. }
  assert (Hm : forall j, (j < n)%nat -> 0 <= p j * x j).
  { intros j Hj. apply Rmult_le_pos; [auto | apply Rlt_le; auto]. }
  assert (H := cauchy_schwarz n (fun j => sqrt (p j * x j)) (fun j => sqrt (p j * / x j) * c j)).
  unfold dot, norm_sq in H.
  rewrite (sum_ext n _ (fun j => p j * c j)) in H.
  2:{ intros j Hj. rewrite <- Rmult_assoc, <- sqrt_mult by auto.
      specialize (Hx j Hj). replace (p j * x j * (p j * / x j)) with (p j * p j) by (field; lra).
      rewrite sqrt_square by auto. reflexivity. }
  rewrite (sum_ext n (fun k => sqrt (p k * x k) * sqrt (p k * x k)) (fun j => p j * x j)) in H.
  2:{ intros j Hj. apply sqrt_sqrt; auto. }
  rewrite (sum_ext n (fun k => sqrt (p k * / x k) * c k * (sqrt (p k * / x k) * c k))
                     (fun j => p j * (c j * c j / x j))) in H.
  2:{ intros j Hj. replace (sqrt (p j * / x j) * c j * (sqrt (p j * / x j) * c j))
        with (sqrt (p j * / x j) * sqrt (p j * / x j) * (c j * c j)) by ring.
      rewrite sqrt_sqrt by auto. unfold Rdiv; ring. }
  exact H.
Qed.

Theorem collatz_wielandt m n (P : nat -> nat -> R) (x : nat -> R) lambda :
  (forall i j, (i < m)%nat -> (j < n)%nat -> 0 <= P i j) ->
  (forall j, (j < n)%nat -> 0 < x j) ->
  (forall j, (j < n)%nat -> mat_vec m (transpose P) (mat_vec n P x) j <= lambda * x j) ->
  forall c, norm_sq m (mat_vec n P c) <= lambda * norm_sq n c.
Proof.
  intros HP Hx Hl c. unfold norm_sq at 1.
  apply Rle_trans with (sum m (fun i => mat_vec n P x i * sum n (fun j => P i j * (c j * c j / x j)))).
  { apply sum_le; intros i Hi. apply weighted_cauchy_schwarz; auto. }
  rewrite (sum_ext m _ (fun i => sum n (fun j => P i j * mat_vec n P x i * (c j * c j / x j)))).
  2:{ intros i Hi. rewrite <- sum_scale. apply sum_ext; intros; ring. }
  rewrite sum_swap. unfold norm_sq. rewrite <- sum_scale. apply sum_le; intros j Hj.
  rewrite sum_scale_r. specialize (Hl j Hj). specialize (Hx j Hj).
  apply Rle_trans with (lambda * x j * (c j * c j / x j)).
  - apply Rmult_le_compat_r; [ | exact Hl].
    apply Rmult_le_pos; [nra | apply Rlt_le, Rinv_0_lt_compat; lra].
  - apply Req_le; field; lra.
Qed.

(* ||J v||^2 as the quadratic form of J^T J. *)
Lemma gram m n (J : nat -> nat -> R) v :
  norm_sq m (mat_vec n J v)
  = sum n (fun a => sum n (fun b => v a * v b * sum m (fun i => J i a * J i b))).
Proof.
  unfold norm_sq, mat_vec.
  rewrite (sum_ext m _ (fun i => sum n (fun a => sum n (fun b => v a * v b * (J i a * J i b))))).
  2:{ intros i _. rewrite <- sum_scale_r. apply sum_ext; intros a _. rewrite <- sum_scale.
      apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros a _. rewrite sum_swap. apply sum_ext; intros b _.
  apply sum_scale.
Qed.

Lemma quadratic_form_le n (E : nat -> nat -> R) v epsilon :
  0 <= epsilon -> frob_sq n n E <= epsilon * epsilon ->
  - (epsilon * norm_sq n v) <= sum n (fun a => sum n (fun b => v a * v b * E a b)).
Proof.
  intros Pe HE.
  replace (sum n (fun a => sum n (fun b => v a * v b * E a b))) with (dot n v (mat_vec n E v)).
  2:{ apply sum_ext; intros a _. unfold mat_vec. rewrite <- sum_scale. apply sum_ext; intros; ring. }
  assert (C := cauchy_schwarz n v (mat_vec n E v)).
  assert (B := proj2 (norm_at_most_frob n n E) v). rewrite frob_sqr in B.
  assert (Pv := norm_sq_nonneg n v).
  assert (S : dot n v (mat_vec n E v) * dot n v (mat_vec n E v)
              <= (epsilon * norm_sq n v) * (epsilon * norm_sq n v)).
  { eapply Rle_trans; [exact C | ].
    replace (epsilon * norm_sq n v * (epsilon * norm_sq n v))
      with (norm_sq n v * (epsilon * epsilon * norm_sq n v)) by ring.
    apply Rmult_le_compat_l; [exact Pv | ]. eapply Rle_trans; [exact B | ].
    apply Rmult_le_compat_r; assumption. }
  assert (0 <= epsilon * norm_sq n v) by (apply Rmult_le_pos; assumption).
  apply Rnot_lt_le; intros Hz. nra.
Qed.

Theorem cholesky m r n (J R E : nat -> nat -> R) t epsilon :
  0 <= epsilon ->
  (forall a b, (a < n)%nat -> (b < n)%nat ->
     t * delta a b - sum m (fun i => J i a * J i b) = sum r (fun i => R i a * R i b) + E a b) ->
  frob_sq n n E <= epsilon * epsilon ->
  forall v, norm_sq m (mat_vec n J v) <= (t + epsilon) * norm_sq n v.
Proof.
  intros Pe Hid HE v.
  assert (D : sum n (fun a => sum n (fun b => v a * v b * (t * delta a b))) = t * norm_sq n v).
  { unfold norm_sq. rewrite <- sum_scale. apply sum_ext; intros a Ha.
    rewrite (sum_ext n _ (fun b => delta a b * (t * (v a * v b)))) by (intros; ring).
    apply (sum_delta n a (fun b => t * (v a * v b)) Ha). }
  assert (X : sum n (fun a => sum n (fun b => v a * v b * E a b))
              = t * norm_sq n v - norm_sq m (mat_vec n J v) - norm_sq r (mat_vec n R v)).
  { rewrite !gram, <- D, <- !sum_minus. apply sum_ext; intros a Ha. rewrite <- !sum_minus.
    apply sum_ext; intros b Hb. specialize (Hid a b Ha Hb).
    replace (E a b) with (t * delta a b - sum m (fun i => J i a * J i b) - sum r (fun i => R i a * R i b))
      by lra.
    ring. }
  generalize (quadratic_form_le n E v epsilon Pe HE) (norm_sq_nonneg r (mat_vec n R v)); intros. lra.
Qed.

(* The same with the norm itself, as sharper.v and softmax.v ask for it. *)
Corollary norm_at_most_cholesky m r n (J R E : nat -> nat -> R) c t epsilon :
  0 <= epsilon -> 0 <= c -> t + epsilon <= c * c ->
  (forall a b, (a < n)%nat -> (b < n)%nat ->
     t * delta a b - sum m (fun i => J i a * J i b) = sum r (fun i => R i a * R i b) + E a b) ->
  frob_sq n n E <= epsilon * epsilon -> norm_at_most m n J c.
Proof.
  intros Pe Pc Hc Hid HE. split; [exact Pc | intros v].
  eapply Rle_trans; [exact (cholesky m r n J R E t epsilon Pe Hid HE v) | ].
  apply Rmult_le_compat_r; [apply norm_sq_nonneg | exact Hc].
Qed.

Corollary norm_at_most_collatz_wielandt m n P x c :
  0 <= c ->
  (forall i j, (i < m)%nat -> (j < n)%nat -> 0 <= P i j) ->
  (forall j, (j < n)%nat -> 0 < x j) ->
  (forall j, (j < n)%nat -> mat_vec m (transpose P) (mat_vec n P x) j <= c * c * x j) ->
  norm_at_most m n P c.
Proof. intros Pc HP Hx Hl. split; [exact Pc | exact (collatz_wielandt m n P x (c * c) HP Hx Hl)]. Qed.
