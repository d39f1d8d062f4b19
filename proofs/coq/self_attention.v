(* SPDX-License-Identifier: Apache-2.0 *)
(* Attention as a map of the tokens X (n x e, one token a row): q_i = W_q x_i + b_q and so on, the map whose
   Lipschitz constant the paper bounds (arXiv 2409.04431, section 3).

   W_q and W_k may depend on the position, which covers rotary embeddings (R_i W_q). Without positions and
   with zero b_q, b_k, b_v this is the paper's map; with them it is the affine form. *)
From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Sigmacert Require Import sum norm attention derivative.
Open Scope R_scope.

Record head := Head {
  head_dim : nat; value_dim : nat;
  scale : R;                        (* tau *)
  bias : array;                     (* b + m_ij: anything that does not depend on X *)
  sees : nat -> nat -> bool;        (* the mask *)
  w_q : nat -> array; w_k : nat -> array; w_v : array;   (* head_dim x e, value_dim x e *)
  b_q : array; b_k : array; b_v : nat -> R
}.

Section SelfAttention.
Variables n e : nat.
Variables f f' : R -> R.

(* What the weights do to a direction, and to tokens. *)
Definition linear_q h (H : array) : array := fun i => mat_vec e (w_q h i) (H i).
Definition linear_k h (H : array) : array := fun j => mat_vec e (w_k h j) (H j).
Definition linear_v h (H : array) : array := fun j => mat_vec e (w_v h) (H j).
Definition query h (X : array) : array := fun i k => linear_q h X i k + b_q h i k.
Definition key h (X : array) : array := fun j k => linear_k h X j k + b_k h j k.
Definition value h (X : array) : array := fun j k => linear_v h X j k + b_v h k.

Definition self_score h X := score (head_dim h) (scale h) (bias h) (query h X) (key h X).
Definition self_weight h X := weight (head_dim h) (scale h) (bias h) (sees h) f (query h X) (key h X).
Definition self_slope h X := slope (head_dim h) (scale h) (bias h) (sees h) f' (query h X) (key h X).

Definition self_attention h X : array :=
  attention n (head_dim h) (scale h) (bias h) (sees h) f (query h X) (key h X) (value h X).
(* J(X) H *)
Definition self_tangent h X H : array :=
  tangent n (head_dim h) (scale h) (bias h) (sees h) f f' (query h X) (key h X) (value h X)
          (linear_q h H) (linear_k h H) (linear_v h H).

(* Heads 0 .. heads-1, concatenated and multiplied by W_o, a e_o x (sum of value_dim) matrix whose block of
   head a is w_o a. *)
Variable heads : nat.
Variable head_of : nat -> head.
Variable w_o : nat -> array.
Definition combine (Y : nat -> array) : array :=
  fun i k => sum heads (fun a => mat_vec (value_dim (head_of a)) (w_o a) (Y a i) k).
Definition multi_head X := combine (fun a => self_attention (head_of a) X).
Definition multi_head_tangent X H := combine (fun a => self_tangent (head_of a) X H).

Lemma mat_vec_line W X H t i k : mat_vec e W (line X H t i) k = mat_vec e W (X i) k + t * mat_vec e W (H i) k.
Proof. unfold mat_vec, line. rewrite <- sum_scale, <- sum_plus. apply sum_ext; intros; ring. Qed.

Lemma query_line h X H t : forall i k, query h (line X H t) i k = line (query h X) (linear_q h H) t i k.
Proof. intros. unfold query, linear_q. rewrite mat_vec_line. unfold line. ring. Qed.
Lemma key_line h X H t : forall j k, key h (line X H t) j k = line (key h X) (linear_k h H) t j k.
Proof. intros. unfold key, linear_k. rewrite mat_vec_line. unfold line. ring. Qed.
Lemma value_line h X H t : forall j k, value h (line X H t) j k = line (value h X) (linear_v h H) t j k.
Proof. intros. unfold value, linear_v. rewrite mat_vec_line. unfold line. ring. Qed.

(* Functions that agree everywhere are interchangeable here without an axiom of extensionality. *)
Lemma score_pointwise d tau b Q K Q2 K2 i j : (forall i k, Q i k = Q2 i k) -> (forall j k, K j k = K2 j k) ->
  score d tau b Q K i j = score d tau b Q2 K2 i j.
Proof.
  intros EQ EK. unfold score, dot. f_equal. f_equal. apply sum_ext; intros. rewrite EQ, EK. reflexivity.
Qed.

Hypothesis f_is_derive : forall u, is_derive f u (f' u).

Theorem self_tangent_is_derivative h X H t i c :
  is_derive (fun t => self_attention h (line X H t) i c) t (self_tangent h (line X H t) H i c).
Proof.
  assert (D := tangent_is_derivative n (head_dim h) (scale h) (bias h) (sees h) f f' f_is_derive
                 (query h X) (key h X) (value h X) (linear_q h H) (linear_k h H) (linear_v h H) t i c).
  eapply is_derive_ext; [ | eapply is_derive_value; [exact D | ]].
  - intros s. apply sum_ext; intros j _. unfold weight. rewrite value_line.
    rewrite (score_pointwise _ _ _ (query h (line X H s)) _ _ _ i j (query_line h X H s) (key_line h X H s)).
    reflexivity.
  - apply sum_ext; intros j _. unfold weight, slope, score_tangent, dot.
    rewrite <- (value_line h X H t).
    rewrite <- (score_pointwise _ _ _ (query h (line X H t)) _ _ _ i j
                  (query_line h X H t) (key_line h X H t)).
    rewrite (sum_ext (head_dim h) (fun k => linear_q h H i k * line (key h X) (linear_k h H) t j k)
               (fun k => linear_q h H i k * key h (line X H t) j k))
      by (intros; rewrite key_line; reflexivity).
    rewrite (sum_ext (head_dim h) (fun k => line (query h X) (linear_q h H) t i k * linear_k h H j k)
               (fun k => query h (line X H t) i k * linear_k h H j k))
      by (intros; rewrite query_line; reflexivity).
    reflexivity.
Qed.

Theorem multi_head_tangent_is_derivative X H t i c :
  is_derive (fun t => multi_head (line X H t) i c) t (multi_head_tangent (line X H t) H i c).
Proof.
  apply (is_derive_sum heads (fun a t => mat_vec (value_dim (head_of a)) (w_o a)
                                                 (self_attention (head_of a) (line X H t) i) c)).
  intros a _.
  apply (is_derive_sum (value_dim (head_of a))
           (fun l t => w_o a c l * self_attention (head_of a) (line X H t) i l)).
  intros l _. apply (is_derive_scal (fun t => self_attention (head_of a) (line X H t) i l)).
  apply self_tangent_is_derivative.
Qed.
End SelfAttention.
