(* SPDX-License-Identifier: Apache-2.0 *)
(* The gradients of softmax attention are the adjoint of its tangent, which softmax.v proves to be the
   derivative: what the reference computes as the vector-Jacobian product is the transpose of what it
   computes as the Jacobian-vector product.

   weight_gradient, soft_mean and soft_score_gradient are sc_d_p of spec/real.acsl and sc_soft_d_p_mean and
   sc_soft_d_s of spec/real_softmax.acsl; soft_gradient_q is sc_soft_d_q, and soft_gradient_{k,v} are
   sc_soft_d_{k,v}_rows over all rows of one query head. The logic has no dK and dV of a group: they are sums
   over its heads, which is one head with all their rows. *)
From Coq Require Import Reals Lra.
From Sigmacert Require Import sum norm attention derivative softmax.
Open Scope R_scope.

(* diag p - p p^T is symmetric: the response to a change of scores is its own adjoint, whatever p sums to,
   so a row that sees no key is no special case. *)
Lemma row_response_adjoint n p y z : dot n y (row_response n p z) = dot n (row_response n p y) z.
Proof.
  unfold dot, row_response.
  rewrite (sum_ext n (fun k => y k * _) (fun k => y k * (p k * z k) - p k * y k * sum n (fun l => p l * z l)))
    by (intros; ring).
  rewrite (sum_ext n (fun k => p k * _ * z k)
             (fun k => y k * (p k * z k) - p k * z k * sum n (fun l => p l * y l))) by (intros; ring).
  rewrite !sum_minus, !sum_scale_r. ring.
Qed.

(* Pairings of arrays, with coefficients s_ij and w_ij that may be anything: the tangent splits in three sums
   over pairs (i, j), and each gradient gives one. *)
Section Pairing.
Variables n_q n_k d d_v : nat.
Variable tau : R.
Variables s w : array.

Lemma pair_rows (G Y : array) :
  frob_dot n_q d_v G (fun i c => sum n_k (fun j => w i j * Y j c))
  = sum n_q (fun i => sum n_k (fun j => w i j * dot d_v (G i) (Y j))).
Proof.
  apply sum_ext; intros i _. unfold dot at 1.
  rewrite (sum_ext d_v _ (fun c => sum n_k (fun j => w i j * (G i c * Y j c)))).
  2:{ intros c _. rewrite <- sum_scale. apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros j _. apply sum_scale.
Qed.

Lemma pair_values (G V' : array) :
  frob_dot n_k d_v (fun j c => sum n_q (fun i => w i j * G i c)) V'
  = sum n_q (fun i => sum n_k (fun j => w i j * dot d_v (G i) (V' j))).
Proof.
  rewrite (sum_swap n_q n_k). apply sum_ext; intros j _. unfold dot at 1.
  rewrite (sum_ext d_v _ (fun c => sum n_q (fun i => w i j * (G i c * V' j c)))).
  2:{ intros c _. rewrite <- sum_scale_r. apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros i _. apply sum_scale.
Qed.

Lemma pair_queries (K Q' : array) :
  frob_dot n_q d (fun i c => tau * sum n_k (fun j => s i j * K j c)) Q'
  = sum n_q (fun i => sum n_k (fun j => s i j * (tau * dot d (Q' i) (K j)))).
Proof.
  apply sum_ext; intros i _. unfold dot at 1.
  rewrite (sum_ext d _ (fun c => sum n_k (fun j => s i j * (tau * (Q' i c * K j c))))).
  2:{ intros c _. rewrite Rmult_assoc, (Rmult_comm _ (Q' i c)), <- !sum_scale.
      apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros j _. rewrite !sum_scale. reflexivity.
Qed.

Lemma pair_keys (Q K' : array) :
  frob_dot n_k d (fun j c => sum n_q (fun i => tau * s i j * Q i c)) K'
  = sum n_q (fun i => sum n_k (fun j => s i j * (tau * dot d (Q i) (K' j)))).
Proof.
  rewrite (sum_swap n_q n_k). apply sum_ext; intros j _. unfold dot at 1.
  rewrite (sum_ext d _ (fun c => sum n_q (fun i => s i j * (tau * (Q i c * K' j c))))).
  2:{ intros c _. rewrite <- sum_scale_r. apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros i _. rewrite !sum_scale. reflexivity.
Qed.
End Pairing.

Section Gradient.
Variables n_q n_k d d_v : nat.
Variable tau : R.
Variable shift : array.
Variable visible : nat -> nat -> bool.

(* dP_ij, G being dO; its mean over a row, weighted by P_ij; and dS_ij. *)
Definition weight_gradient (V G : array) : array := fun i j => dot d_v (G i) (V j).
Definition soft_mean Q K V G i :=
  sum n_k (fun j => soft_weight n_k d tau shift visible Q K i j * weight_gradient V G i j).
Definition soft_score_gradient Q K V G : array := fun i j =>
  soft_weight n_k d tau shift visible Q K i j * (weight_gradient V G i j - soft_mean Q K V G i).

Definition soft_gradient_q Q K V G : array := fun i c =>
  tau * sum n_k (fun j => soft_score_gradient Q K V G i j * K j c).
Definition soft_gradient_k Q K V G : array := fun j c =>
  sum n_q (fun i => tau * soft_score_gradient Q K V G i j * Q i c).
Definition soft_gradient_v Q K G : array := fun j c =>
  sum n_q (fun i => soft_weight n_k d tau shift visible Q K i j * G i c).

(* The mean is <G_i, O_i>, which a kernel that keeps O has without another pass over the keys. *)
Theorem soft_mean_is_output Q K V G i :
  soft_mean Q K V G i = dot d_v (G i) (soft_attention n_k d tau shift visible Q K V i).
Proof.
  unfold soft_mean, weight_gradient, soft_attention, dot.
  rewrite (sum_ext n_k _
    (fun j => sum d_v (fun c => G i c * (soft_weight n_k d tau shift visible Q K i j * V j c)))).
  2:{ intros j _. rewrite <- sum_scale. apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros c _. apply sum_scale.
Qed.

(* Of one row: <dP_i, response to S'_i> = <dS_i, S'_i>. *)
Lemma soft_response_pairing Q K V G (z : nat -> R) i :
  sum n_k (fun j => row_response n_k (soft_weight n_k d tau shift visible Q K i) z j * dot d_v (G i) (V j))
  = sum n_k (fun j => soft_score_gradient Q K V G i j * z j).
Proof.
  rewrite (sum_ext n_k _ (fun j => dot d_v (G i) (V j)
    * row_response n_k (soft_weight n_k d tau shift visible Q K i) z j)) by (intros; apply Rmult_comm).
  exact (row_response_adjoint n_k (soft_weight n_k d tau shift visible Q K i) (weight_gradient V G i) z).
Qed.

(* <G, J(Q', K', V')> = <dQ, Q'> + <dK, K'> + <dV, V'>. *)
Theorem soft_gradient_is_adjoint Q K V Q' K' V' G :
  frob_dot n_q d_v G (soft_tangent n_k d tau shift visible Q K V Q' K' V')
  = frob_dot n_q d (soft_gradient_q Q K V G) Q'
    + frob_dot n_k d (soft_gradient_k Q K V G) K'
    + frob_dot n_k d_v (soft_gradient_v Q K G) V'.
Proof.
  unfold soft_gradient_q, soft_gradient_k, soft_gradient_v.
  rewrite pair_queries, pair_keys, pair_values, <- !sum_plus.
  set (p := soft_weight n_k d tau shift visible Q K).
  set (r := fun i => row_response n_k (p i) (score_tangent d tau Q K Q' K' i)).
  transitivity (frob_dot n_q d_v G (fun i c => sum n_k (fun j => p i j * V' j c))
                + frob_dot n_q d_v G (fun i c => sum n_k (fun j => r i j * V j c))).
  { unfold frob_dot. rewrite <- sum_plus. apply sum_ext; intros i _.
    unfold dot. rewrite <- sum_plus. apply sum_ext; intros c _.
    unfold soft_tangent. fold p. rewrite sum_plus. unfold r. ring. }
  rewrite !pair_rows, <- sum_plus. apply sum_ext; intros i _.
  unfold r, p. rewrite soft_response_pairing, <- !sum_plus.
  apply sum_ext; intros j _. unfold score_tangent. ring.
Qed.
End Gradient.
