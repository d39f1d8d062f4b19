(* SPDX-License-Identifier: Apache-2.0 *)
(* The gradient by the bias b of a head is the derivative of <G, O> when b moves, G being dO.

   The ACSL logic has S_ij = tau <q_i, k_j> + b + m_ij, so `shift` is b + m_ij, and b + t in the place of b is
   t more in every score; a pair that the mask hides has weight 0 whatever its score. gradient_b is sc_d_b of
   spec/real_backward.acsl: of one sequence and one head. A bias that several pairs of them share has the sum
   of theirs, which the reference leaves to its caller. As in derivative.v the theorem is of any activation;
   sigmoid.v has the derivative of the sigmoid. *)
From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
From Sigmacert Require Import sum norm attention derivative.
Open Scope R_scope.

(* b + t in the place of b. *)
Definition biased (shift : array) (t : R) : array := fun i j => shift i j + t.

Section Bias.
Variables n_q n_k d d_v : nat.
Variable tau : R.
Variable shift : array.
Variable visible : nat -> nat -> bool.
Variables f f' : R -> R.
Hypothesis f_is_derive : forall u, is_derive f u (f' u).

(* As a + t * 1, of which is_derive_affine speaks. *)
Lemma score_biased Q K t i j : score d tau (biased shift t) Q K i j = score d tau shift Q K i j + t * 1.
Proof. unfold score, biased. ring. Qed.

Lemma weight_bias_is_derive Q K t i j :
  is_derive (fun t => weight d tau (biased shift t) visible f Q K i j) t
            (slope d tau (biased shift t) visible f' Q K i j).
Proof.
  unfold weight, slope. destruct (visible i j); [ | apply @is_derive_const].
  assert (S : is_derive (fun t => score d tau (biased shift t) Q K i j) t 1).
  { apply (is_derive_ext (fun t => score d tau shift Q K i j + t * 1)); [ | apply is_derive_affine].
    intros; symmetry; apply score_biased. }
  apply (is_derive_value _ _ _ _ (is_derive_comp f _ t _ _ (f_is_derive _) S)).
  unfold scal; simpl; unfold mult; simpl. apply Rmult_1_l.
Qed.

(* <G, O> = sum_ij P_ij dP_ij, of which only P_ij depends on the bias. *)
Lemma loss_of_weights b Q K V G :
  frob_dot n_q d_v G (attention n_k d tau b visible f Q K V)
  = sum n_q (fun i => sum n_k (fun j => weight d tau b visible f Q K i j * dot d_v (G i) (V j))).
Proof.
  apply sum_ext; intros i _. unfold dot at 1, attention.
  rewrite (sum_ext d_v _
    (fun c => sum n_k (fun j => weight d tau b visible f Q K i j * (G i c * V j c)))).
  2:{ intros c _. rewrite <- sum_scale. apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros j _. apply sum_scale.
Qed.

Theorem gradient_b_is_derivative Q K V G t :
  is_derive (fun t => frob_dot n_q d_v G (attention n_k d tau (biased shift t) visible f Q K V)) t
            (gradient_b n_q n_k d d_v tau (biased shift t) visible f' Q K V G).
Proof.
  eapply is_derive_ext; [intros; symmetry; apply loss_of_weights | ].
  apply (is_derive_sum n_q (fun i t =>
    sum n_k (fun j => weight d tau (biased shift t) visible f Q K i j * dot d_v (G i) (V j)))).
  intros i _.
  apply (is_derive_sum n_k
    (fun j t => weight d tau (biased shift t) visible f Q K i j * dot d_v (G i) (V j))).
  intros j _. unfold score_gradient.
  assert (W := weight_bias_is_derive Q K t i j).
  assert (M := is_derive_mult _ _ t _ _ W (is_derive_const (dot d_v (G i) (V j)) t) Rmult_comm).
  apply (is_derive_value _ _ _ _ M). unfold plus, mult, zero; simpl. ring.
Qed.
End Bias.
