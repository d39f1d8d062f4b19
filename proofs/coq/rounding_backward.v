(* SPDX-License-Identifier: Apache-2.0 *)
(* The rounding-error bounds of the gradients, for every arithmetic that keeps a declared model, that of
   rounding_forward.v, whose weight_bound gives the error of a weight in fp32 that everything here starts
   from. The formulas were found for this project.

   The sums over rows are over whatever rows there are: for keys and values that a group of query heads
   shares, those of all heads of the group, shift and visible being functions of the row; only the scale is
   common to all. Without overflow only. *)
From Coq Require Import Reals Lra.
From Sigmacert Require Import sum norm sigmoid attention rounding_forward.
Open Scope R_scope.

(* ---- The derivative of the weight ---- *)

(* p (1 - p) of a weight in error by e: (p + x)(1 - p - x) - p (1 - p) = x (1 - 2p) - x^2. *)
Definition spread_error p e := e * Rabs (1 - 2 * p) + e * e.

Lemma spread_bound p p' e : Rabs (p' - p) <= e ->
  Rabs (p' * (1 - p') - p * (1 - p)) <= spread_error p e.
Proof.
  intros H. unfold spread_error. assert (P := Rabs_pos (p' - p)).
  replace (p' * (1 - p') - p * (1 - p)) with ((p' - p) * (1 - 2 * p) - (p' - p) * (p' - p)) by ring.
  eapply Rle_trans; [apply Rabs_triang | ]. rewrite Rabs_Ropp, !Rabs_mult.
  apply Rplus_le_compat; [apply Rmult_le_compat_r; [apply Rabs_pos | exact H] | ].
  apply Rmult_le_compat; assumption.
Qed.

(* As one fused multiply-add, p - p^2. The rounding is charged at g and the error before it. *)
Lemma fused_spread u t p p' e g' : 0 <= u -> 0 <= p * (1 - p) -> Rabs (p' - p) <= e ->
  Rabs (g' - (p' - p' * p')) <= u * Rabs (p' - p' * p') + t ->
  rounded_steps (spread_error p e) (p * (1 - p)) (p' * (1 - p'))
    (after_rounding u t (p * (1 - p)) (spread_error p e)) (p * (1 - p)) g'.
Proof.
  intros Hu Hp H Hg. assert (S := spread_bound p p' e H).
  rewrite <- (Rplus_0_r (p * (1 - p))) at 3.
  apply result_rounded with (p' * (1 - p')); try assumption; [constructor | | ].
  - rewrite Rplus_0_r, Rabs_right by lra. lra.
  - replace (p' * (1 - p') + 0) with (p' - p' * p') by ring. exact Hg.
Qed.

(* As a rounded difference, which has no error of underflow, times p': two roundings. *)
Lemma product_spread u t p p' e q' g' : 0 <= u -> 0 <= t -> 0 <= p * (1 - p) -> Rabs (p' - p) <= e ->
  Rabs (q' - (1 - p')) <= u * Rabs (1 - p') -> Rabs (g' - p' * q') <= u * Rabs (p' * q') + t ->
  rounded_steps (spread_error p e) (p * (1 - p)) (p' * (1 - p'))
    (chain_error u t (p * (1 - p)) (spread_error p e) 2) (p * (1 - p)) g'.
Proof.
  intros Hu Ht Hp H Hq Hg. assert (S := spread_bound p p' e H).
  assert (E : p * (1 - p) = p * (1 - p) + 0 + 0) by ring. rewrite E at 3.
  apply result_rounded with (p' * q'); try assumption.
  - apply result_rounded with (p' * (1 - p')); try assumption; [constructor | | ].
    + rewrite Rplus_0_r, Rabs_right by lra. lra.
    + rewrite Rplus_0_r, <- Rmult_minus_distr_l, !Rabs_mult.
      apply (Rmult_le_compat_l (Rabs p')) in Hq; [ | apply Rabs_pos]. lra.
  - rewrite !Rplus_0_r, Rabs_right by lra. lra.
  - rewrite Rplus_0_r. exact Hg.
Qed.

(* ---- Products of two values in error, and scaled sums ---- *)

Lemma product_error x x' y y' e f : Rabs (x' - x) <= e -> Rabs (y' - y) <= f ->
  Rabs (x' * y' - x * y) <= Rabs x * f + e * Rabs y + e * f.
Proof.
  intros Hx Hy. assert (P := Rabs_pos (x' - x)). assert (Q := Rabs_pos (y' - y)).
  replace (x' * y' - x * y) with (x * (y' - y) + (x' - x) * y + (x' - x) * (y' - y)) by ring.
  eapply Rle_trans; [apply Rabs_triang | apply Rplus_le_compat].
  - eapply Rle_trans; [apply Rabs_triang | rewrite !Rabs_mult; apply Rplus_le_compat].
    + apply Rmult_le_compat_l; [apply Rabs_pos | exact Hy].
    + apply Rmult_le_compat_r; [apply Rabs_pos | exact Hx].
  - rewrite Rabs_mult. apply Rmult_le_compat; assumption.
Qed.

(* tau times a sum of stored coefficients, the product rounded once: dQ and dK. Partial sums that are stored
   before the scale count in `partials`. *)
Definition scaled_sum_error n kappa omega floor_w floor_x partials u t tau (w e x : nat -> R) :=
  after_rounding u t (Rabs (tau * sum n (fun j => w j * x j)))
    (Rabs tau * (product_sum_error n kappa omega floor_w floor_x w e x + partials)).

Lemma scaled_sum_bound n kappa omega floor_w floor_x partials u t tau half_ulp (w w' e x : nat -> R)
    acc scaled out : 0 <= kappa -> 0 <= u ->
  (forall j, (j < n)%nat -> Rabs (w' j - w j) <= e j) ->
  Rabs (acc - sum n (fun j => w' j * x j))
    <= kappa * sum n (fun j => aligned floor_w (w' j) * aligned floor_x (x j)) + omega + partials ->
  Rabs (scaled - tau * acc) <= u * Rabs (tau * acc) + t ->
  Rabs (out - scaled) <= half_ulp ->
  Rabs (out - tau * sum n (fun j => w j * x j))
    <= scaled_sum_error n kappa omega floor_w floor_x partials u t tau w e x + half_ulp.
Proof.
  intros Hk Hu He Ha Hs Ho. apply (distance_triangle _ scaled); [exact Ho | ].
  apply rounding_error with (tau * acc); [exact Hu | | apply Rle_refl | exact Hs].
  apply scaled_accumulator. exact (product_sum_bound _ _ _ _ _ _ _ _ _ _ _ Hk He Ha).
Qed.

(* The same where each partial sum is scaled before the merge. Its scale then rounds at its own size, in h:
   u |dQ| would be wrong, since parts may cancel. *)
Theorem scaled_parts_bound n parts (part : nat -> nat) kappa kappa' omega' floor_w floor_x tau half_ulp
    (w w' e x omega h y r : nat -> R) merged out : 0 <= kappa ->
  (forall j, (j < n)%nat -> Rabs (w' j - w j) <= e j) ->
  (forall j, (j < n)%nat -> (part j < parts)%nat) ->
  (forall k, (k < parts)%nat ->
    Rabs (y k - sum n (fun j => delta (part j) k * (w' j * x j)))
      <= kappa * sum n (fun j => delta (part j) k * (aligned floor_w (w' j) * aligned floor_x (x j)))
         + omega k) ->
  (forall k, (k < parts)%nat -> Rabs (r k - tau * y k) <= h k) ->
  Rabs (merged - sum parts r) <= kappa' * sum parts (fun k => Rabs (r k)) + omega' ->
  Rabs (out - merged) <= half_ulp ->
  Rabs (out - tau * sum n (fun j => w j * x j))
    <= Rabs tau * product_sum_error n kappa (sum parts omega) floor_w floor_x w e x
       + (sum parts h + kappa' * sum parts (fun k => Rabs (r k)) + omega') + half_ulp.
Proof.
  intros Hk He Hp Hy Hr Hm Ho. apply (distance_triangle _ merged); [exact Ho | ].
  assert (Y : Rabs (sum parts y - sum n (fun j => w j * x j))
              <= product_sum_error n kappa (sum parts omega) floor_w floor_x w e x + 0).
  { apply product_sum_bound with w'; [exact Hk | exact He | ].
    assert (B := partials_bound n parts part kappa 0 0 (fun j => w' j * x j)
                   (fun j => aligned floor_w (w' j) * aligned floor_x (x j))
                   omega (fun _ => 0) y y (sum parts y) Hp Hy).
    rewrite sum_zero in B. eapply Rle_trans; [apply B | lra].
    - intros k _. replace (y k - y k) with 0 by ring. rewrite Rabs_R0. lra.
    - replace (sum parts y - sum parts y) with 0 by ring. rewrite Rabs_R0. lra. }
  apply scaled_accumulator with (tau := tau) in Y.
  assert (S : Rabs (sum parts r - tau * sum parts y) <= sum parts h).
  { rewrite <- sum_scale, <- sum_minus. eapply Rle_trans; [apply sum_abs | apply sum_le; exact Hr]. }
  eapply Rle_trans; [exact (distance_triangle _ _ _ _ _ Hm (distance_triangle _ _ _ _ _ S Y)) | lra].
Qed.

(* ---- The gradients ---- *)

Section Backward.
(* The problem, as in attention.v; G is dO. *)
Variables (n_q n_k d d_v : nat) (tau : R) (shift : array) (visible : nat -> nat -> bool).
Variables Q K V G : array.
Let s i j := score d tau shift Q K i j.
Let p i j := sigmoid (s i j).
Let g i j := p i j * (1 - p i j).
Let dP i j := dot d_v (G i) (V j).
Let dS i j := score_gradient d d_v tau shift visible sigmoid' Q K V G i j.
Let sees i j := (i < n_q)%nat /\ (j < n_k)%nat /\ visible i j = true.
Let hides i j := (i < n_q)%nat /\ (j < n_k)%nat /\ visible i j = false.

(* The weight in fp32: weight_bound of rounding_forward.v. *)
Variables weight32 weight_error : array.
Hypothesis weight_model : forall i j, sees i j -> Rabs (weight32 i j - p i j) <= weight_error i j.

(* Its derivative g = p (1 - p), by the roundings that lead to slope_error: fused_spread, product_spread. *)
Variables slope32 slope_error : array.
Hypothesis slope_model : forall i j, sees i j ->
  rounded_steps (spread_error (p i j) (weight_error i j)) (g i j) (weight32 i j * (1 - weight32 i j))
    (slope_error i j) (g i j) (slope32 i j).

(* dP = <dO_i, v_j>. *)
Variables kappa_dv omega_dv : array.
Variables floor_g floor_v : R.
Definition gradient_product_error i j :=
  kappa_dv i j * sum d_v (fun c => aligned floor_g (G i c) * aligned floor_v (V j c)) + omega_dv i j.
Variable product32 : array.
Hypothesis product_model : forall i j, sees i j ->
  Rabs (product32 i j - dP i j) <= gradient_product_error i j.

(* dS = g dP, a rounded product, and as it is stored. A hidden pair has none: exactly 0. *)
Variables (u t u_p eta_p : R).
Hypothesis u_nonneg : 0 <= u.
Hypothesis u_p_nonneg : 0 <= u_p.
Definition unrounded_error i j :=
  g i j * gradient_product_error i j + slope_error i j * Rabs (dP i j)
  + slope_error i j * gradient_product_error i j.
Definition score_gradient_error i j :=
  if visible i j
  then after_rounding u_p eta_p (Rabs (dS i j)) (after_rounding u t (Rabs (dS i j)) (unrounded_error i j))
  else 0.
Variables gradient32 stored_gradient : array.
Hypothesis gradient_model : forall i j, sees i j ->
  Rabs (gradient32 i j - slope32 i j * product32 i j) <= u * Rabs (slope32 i j * product32 i j) + t.
Hypothesis stored_gradient_model : forall i j, sees i j ->
  Rabs (stored_gradient i j - gradient32 i j) <= u_p * Rabs (gradient32 i j) + eta_p.
Hypothesis hidden_gradient_model : forall i j, hides i j -> stored_gradient i j = 0.

Lemma slope_bound i j : sees i j -> Rabs (slope32 i j - g i j) <= slope_error i j.
Proof.
  intros H. eapply rounded_steps_error with (2 := slope_model i j H).
  apply spread_bound, weight_model, H.
Qed.

Lemma g_nonneg i j : 0 <= g i j.
Proof. left. apply sigmoid'_pos. Qed.

Lemma unrounded_bound i j : sees i j ->
  Rabs (slope32 i j * product32 i j - dS i j) <= unrounded_error i j.
Proof.
  intros H. assert (E : dS i j = g i j * dP i j).
  { unfold dS, score_gradient, slope. destruct H as [_ [_ ->]]. reflexivity. }
  rewrite E. unfold unrounded_error. rewrite <- (Rabs_right (g i j)) at 2 by (apply Rle_ge, g_nonneg).
  apply product_error; [apply slope_bound | apply product_model]; exact H.
Qed.

Lemma score_gradient_bound i j : (i < n_q)%nat -> (j < n_k)%nat ->
  Rabs (stored_gradient i j - dS i j) <= score_gradient_error i j.
Proof.
  intros Hi Hj. unfold score_gradient_error. destruct (visible i j) eqn:Hv.
  - assert (H : sees i j) by (repeat split; assumption).
    apply rounding_error with (gradient32 i j);
      [exact u_p_nonneg | | apply Rle_refl | apply stored_gradient_model, H].
    apply rounding_error with (slope32 i j * product32 i j);
      [exact u_nonneg | apply unrounded_bound, H | apply Rle_refl | apply gradient_model, H].
  - rewrite hidden_gradient_model by (repeat split; assumption).
    unfold dS, score_gradient, slope. rewrite Hv, Rmult_0_l, Rminus_0_r, Rabs_R0. lra.
Qed.

(* P stored for the product with dO. *)
Variables u_w eta_w : R.
Hypothesis u_w_nonneg : 0 <= u_w.
Definition stored_weight_error i j :=
  if visible i j then after_rounding u_w eta_w (p i j) (weight_error i j) else 0.
Variable stored_weight : array.
Hypothesis stored_weight_model : forall i j, sees i j ->
  Rabs (stored_weight i j - weight32 i j) <= u_w * Rabs (weight32 i j) + eta_w.
Hypothesis hidden_weight_model : forall i j, hides i j -> stored_weight i j = 0.

Lemma stored_weight_bound i j : (i < n_q)%nat -> (j < n_k)%nat ->
  Rabs (stored_weight i j - weight d tau shift visible sigmoid Q K i j) <= stored_weight_error i j.
Proof.
  intros Hi Hj. unfold stored_weight_error, weight. destruct (visible i j) eqn:Hv.
  - assert (H : sees i j) by (repeat split; assumption).
    apply rounding_error with (weight32 i j);
      [exact u_w_nonneg | apply weight_model, H | | apply stored_weight_model, H].
    rewrite Rabs_right; [apply Rle_refl | left; apply sigmoid_pos].
  - rewrite hidden_weight_model by (repeat split; assumption). rewrite Rminus_0_r, Rabs_R0. lra.
Qed.

(* The sums, each with a model of its own. *)
Variables kappa omega floor_w floor_x partials half_ulp : R.
Hypothesis kappa_nonneg : 0 <= kappa.
Variables accumulated_sum scaled output : R.
Hypothesis scale_model : Rabs (scaled - tau * accumulated_sum) <= u * Rabs (tau * accumulated_sum) + t.

Theorem gradient_q_bound i c : (i < n_q)%nat ->
  Rabs (accumulated_sum - sum n_k (fun j => stored_gradient i j * K j c))
    <= kappa * sum n_k (fun j => aligned floor_w (stored_gradient i j) * aligned floor_x (K j c))
       + omega + partials ->
  Rabs (output - scaled) <= half_ulp ->
  Rabs (output - gradient_q n_k d d_v tau shift visible sigmoid' Q K V G i c)
    <= scaled_sum_error n_k kappa omega floor_w floor_x partials u t tau (dS i) (score_gradient_error i)
         (fun j => K j c) + half_ulp.
Proof.
  intros Hi Ha Ho. apply scaled_sum_bound with (stored_gradient i) accumulated_sum scaled; try assumption.
  intros j Hj. apply score_gradient_bound; assumption.
Qed.

Theorem gradient_k_bound j c : (j < n_k)%nat ->
  Rabs (accumulated_sum - sum n_q (fun i => stored_gradient i j * Q i c))
    <= kappa * sum n_q (fun i => aligned floor_w (stored_gradient i j) * aligned floor_x (Q i c))
       + omega + partials ->
  Rabs (output - scaled) <= half_ulp ->
  Rabs (output - gradient_k n_q d d_v tau shift visible sigmoid' Q K V G j c)
    <= scaled_sum_error n_q kappa omega floor_w floor_x partials u t tau (fun i => dS i j)
         (fun i => score_gradient_error i j) (fun i => Q i c) + half_ulp.
Proof.
  intros Hj Ha Ho.
  apply scaled_sum_bound with (fun i => stored_gradient i j) accumulated_sum scaled; try assumption.
  intros i Hi. apply score_gradient_bound; assumption.
Qed.

Theorem gradient_v_bound j c : (j < n_k)%nat ->
  Rabs (accumulated_sum - sum n_q (fun i => stored_weight i j * G i c))
    <= kappa * sum n_q (fun i => aligned floor_w (stored_weight i j) * aligned floor_x (G i c))
       + omega + partials ->
  Rabs (output - accumulated_sum) <= half_ulp ->
  Rabs (output - gradient_v n_q d tau shift visible sigmoid Q K G j c)
    <= product_sum_error n_q kappa omega floor_w floor_x
         (fun i => weight d tau shift visible sigmoid Q K i j) (fun i => stored_weight_error i j)
         (fun i => G i c) + partials + half_ulp.
Proof.
  intros Hj Ha Ho. apply (distance_triangle _ accumulated_sum); [exact Ho | ].
  apply product_sum_bound with (fun i => stored_weight i j); [exact kappa_nonneg | | exact Ha].
  intros i Hi. apply stored_weight_bound; assumption.
Qed.

(* The gradient by a bias: u_p = eta_p = 0 where dS is added before it is stored. *)
Theorem gradient_b_bound :
  Rabs (accumulated_sum - sum n_q (fun i => sum n_k (fun j => stored_gradient i j)))
    <= kappa * sum n_q (fun i => sum n_k (fun j => aligned floor_w (stored_gradient i j)))
       + omega + partials ->
  Rabs (output - accumulated_sum) <= half_ulp ->
  Rabs (output - gradient_b n_q n_k d d_v tau shift visible sigmoid' Q K V G)
    <= sum n_q (fun i => sum n_k (fun j => score_gradient_error i j))
       + kappa * sum n_q (fun i => sum n_k (fun j =>
                   aligned floor_w (Rabs (dS i j) + score_gradient_error i j)))
       + omega + partials + half_ulp.
Proof.
  intros Ha Ho.
  assert (S : Rabs (sum n_q (fun i => sum n_k (fun j => stored_gradient i j))
                    - gradient_b n_q n_k d d_v tau shift visible sigmoid' Q K V G)
              <= sum n_q (fun i => sum n_k (fun j => score_gradient_error i j))).
  { unfold gradient_b. rewrite <- sum_minus. eapply Rle_trans; [apply sum_abs | apply sum_le; intros i Hi].
    rewrite <- sum_minus. eapply Rle_trans; [apply sum_abs | apply sum_le; intros j Hj].
    apply score_gradient_bound; assumption. }
  assert (M : sum n_q (fun i => sum n_k (fun j => aligned floor_w (stored_gradient i j)))
              <= sum n_q (fun i => sum n_k (fun j =>
                   aligned floor_w (Rabs (dS i j) + score_gradient_error i j)))).
  { apply sum_le; intros i Hi. apply sum_le; intros j Hj. apply aligned_le.
    apply (abs_le_of_distance _ (dS i j)); [apply score_gradient_bound; assumption | lra]. }
  apply (Rmult_le_compat_l kappa) in M; [ | exact kappa_nonneg].
  eapply Rle_trans; [exact (distance_triangle _ _ _ _ _ Ho (distance_triangle _ _ _ _ _ Ha S)) | lra].
Qed.
End Backward.
