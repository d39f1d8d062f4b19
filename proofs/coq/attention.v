(* SPDX-License-Identifier: Apache-2.0 *)
(* Sigmoid attention of one head over the reals, its tangent (JVP) and its gradients (VJP), for any
   activation f with derivative f'.

   The definitions are those of spec/real.acsl, real_jvp.acsl and real_backward.acsl, which Frama-C proves
   of the C reference: `score` is sc_score (`shift` is the bias and the ALiBi term), `weight` is sc_weight,
   `slope` is sc_slope, `attention` is sc_output, `tangent` is sc_o_t and gradient_{q,k,v} are sc_d_{q,k,v}
   of one query head: a group's dK and dV are sums over its heads, which is one head with all their rows.
   gradient_b is sc_d_b; slope is sc_slope where f is the sigmoid; n_q and n_k are sc_rows and sc_keys;
   `visible` is sc_sight; tau is the scale. *)
From Coq Require Import Reals Lra.
From Sigmacert Require Import sum norm.
Open Scope R_scope.

Definition array := nat -> nat -> R.

Section Attention.
Variables n_q n_k d d_v : nat.
Variable tau : R.
Variable shift : array.
Variable visible : nat -> nat -> bool.
Variables f f' : R -> R.

Definition score (Q K : array) i j := tau * dot d (Q i) (K j) + shift i j.
(* P_ij, and its derivative by the score: 0 where row i does not see key j. *)
Definition weight Q K i j := if visible i j then f (score Q K i j) else 0.
Definition slope Q K i j := if visible i j then f' (score Q K i j) else 0.
Definition attention Q K V : array := fun i c => sum n_k (fun j => weight Q K i j * V j c).

(* The tangent of S_ij along (Q', K'), and that of O along (Q', K', V'). *)
Definition score_tangent (Q K Q' K' : array) i j := tau * (dot d (Q' i) (K j) + dot d (Q i) (K' j)).
Definition tangent Q K V Q' K' V' : array := fun i c =>
  sum n_k (fun j => weight Q K i j * V' j c + slope Q K i j * score_tangent Q K Q' K' i j * V j c).

(* The gradients of <G, O>, G being dO. *)
Definition score_gradient Q K V (G : array) i j := slope Q K i j * dot d_v (G i) (V j).
Definition gradient_q Q K V G : array := fun i c =>
  tau * sum n_k (fun j => score_gradient Q K V G i j * K j c).
Definition gradient_k Q K V G : array := fun j c =>
  tau * sum n_q (fun i => score_gradient Q K V G i j * Q i c).
Definition gradient_v Q K G : array := fun j c => sum n_q (fun i => weight Q K i j * G i c).
(* The gradient by a bias that all scores share. *)
Definition gradient_b Q K V G := sum n_q (fun i => sum n_k (fun j => score_gradient Q K V G i j)).
End Attention.

(* A row that sees no key is zero, and so is a key that no row sees: exactly, not up to rounding. *)
Theorem attention_blind n_k d tau shift visible f Q K V i c :
  (forall j, (j < n_k)%nat -> visible i j = false) ->
  attention n_k d tau shift visible f Q K V i c = 0.
Proof.
  intros H. unfold attention. rewrite (sum_ext n_k _ (fun _ => 0)); [apply sum_zero | ].
  intros j Hj. unfold weight. rewrite H by exact Hj. ring.
Qed.

Theorem gradient_v_unseen n_q d tau shift visible f Q K G j c :
  (forall i, (i < n_q)%nat -> visible i j = false) ->
  gradient_v n_q d tau shift visible f Q K G j c = 0.
Proof.
  intros H. unfold gradient_v. rewrite (sum_ext n_q _ (fun _ => 0)); [apply sum_zero | ].
  intros i Hi. unfold weight. rewrite H by exact Hi. ring.
Qed.
