(* SPDX-License-Identifier: Apache-2.0 *)
(* Softmax attention as a map of the tokens X, as self_attention.v has it of sigmoid attention: the tangent
   that softmax_sharper and softmax_in_ball bound, along (W_q H, W_k H, W_v H), is the derivative of that map.

   self_soft_attention is sc_soft_output of spec/real_softmax.acsl at the queries, keys and values of the
   tokens, and self_soft_tangent is sc_soft_o_t along what the weights make of H. *)
From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
From Sigmacert Require Import sum norm attention derivative self_attention softmax.
Open Scope R_scope.

(* Arrays that agree everywhere are interchangeable, without an appeal to extensionality: X + t H gives the
   queries, keys and values of a line only entry by entry. *)
Section Pointwise.
Variables n_k d : nat.
Variable tau : R.
Variable shift : array.
Variable visible : nat -> nat -> bool.
Variables Q K Q2 K2 : array.
Hypothesis same_q : forall i k, Q i k = Q2 i k.
Hypothesis same_k : forall j k, K j k = K2 j k.

Lemma soft_term_pointwise i j :
  soft_term d tau shift visible Q K i j = soft_term d tau shift visible Q2 K2 i j.
Proof. unfold soft_term. rewrite (score_pointwise d tau shift Q K Q2 K2 i j same_q same_k). reflexivity. Qed.

Lemma soft_weight_pointwise i j :
  soft_weight n_k d tau shift visible Q K i j = soft_weight n_k d tau shift visible Q2 K2 i j.
Proof.
  unfold soft_weight, soft_mass. rewrite soft_term_pointwise. f_equal.
  apply sum_ext; intros; apply soft_term_pointwise.
Qed.

Lemma score_tangent_pointwise Q' K' i j :
  score_tangent d tau Q K Q' K' i j = score_tangent d tau Q2 K2 Q' K' i j.
Proof.
  unfold score_tangent, dot.
  f_equal. f_equal; apply sum_ext; intros; [rewrite same_k | rewrite same_q]; reflexivity.
Qed.

Variables V V2 : array.
Hypothesis same_v : forall j k, V j k = V2 j k.

Lemma soft_attention_pointwise i c :
  soft_attention n_k d tau shift visible Q K V i c = soft_attention n_k d tau shift visible Q2 K2 V2 i c.
Proof. apply sum_ext; intros. rewrite soft_weight_pointwise, same_v. reflexivity. Qed.

Lemma soft_tangent_pointwise Q' K' V' i c :
  soft_tangent n_k d tau shift visible Q K V Q' K' V' i c
  = soft_tangent n_k d tau shift visible Q2 K2 V2 Q' K' V' i c.
Proof.
  apply sum_ext; intros j _. unfold row_response.
  rewrite soft_weight_pointwise, same_v, score_tangent_pointwise.
  do 4 f_equal. apply sum_ext; intros. rewrite soft_weight_pointwise, score_tangent_pointwise. reflexivity.
Qed.
End Pointwise.

Definition self_soft_attention n e h X : array :=
  soft_attention n (head_dim h) (scale h) (bias h) (sees h) (query e h X) (key e h X) (value e h X).

Theorem self_soft_tangent_is_derivative n e h X H t i c :
  is_derive (fun t => self_soft_attention n e h (line X H t) i c) t
            (self_soft_tangent n e h (line X H t) H i c).
Proof.
  assert (D := soft_tangent_is_derivative n (head_dim h) (scale h) (bias h) (sees h)
                 (query e h X) (key e h X) (value e h X)
                 (linear_q e h H) (linear_k e h H) (linear_v e h H) t i c).
  eapply is_derive_ext; [ | eapply is_derive_value; [exact D | ]].
  - intros s. symmetry. apply soft_attention_pointwise; intros; [apply query_line | apply key_line | ].
    apply value_line.
  - symmetry. apply soft_tangent_pointwise; intros; [apply query_line | apply key_line | apply value_line].
Qed.
