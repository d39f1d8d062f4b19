(* SPDX-License-Identifier: Apache-2.0 *)
(* At a fixed number of tokens, sigmoid attention with the bias -log n can be less regular than softmax is
   anywhere: at one input in the ball ||x_i|| <= R its Jacobian has a larger norm than that of softmax
   attention with the same weights at every input of the ball. W_v = W_q = W_k = I, scale 1, equal tokens. *)
From Coq Require Import Reals Lra Lia Psatz.
From Interval Require Import Tactic.
From Sigmacert Require Import sum norm sigmoid attention self_attention theorem_3_2 equality softmax ball softmax_ball limit.
Open Scope R_scope.

Section Compare.
Variable n : nat.
Variable radius : R.
Hypothesis n_positive : n <> 0%nat.
Let h := aligned_head 1 1 1 (- ln (INR n)).
Let X : array := fun _ _ => radius.

Lemma radius_token : norm_sq 1 (fun _ => radius) = radius * radius.
Proof. unfold norm_sq; simpl; ring. Qed.

(* What sigmoid attains in the ball, and what softmax stays below in it. *)
Theorem sigmoid_attains :
  in_ball n 1 radius X /\
  frob n 1 (self_tangent n 1 sigmoid sigmoid' h X X)
  = equal_tokens_value (INR n) (radius * radius) * frob n 1 X.
Proof.
  split.
  - intros i _. unfold X. rewrite radius_token. lra.
  - unfold h, X. rewrite (equal_tokens n 1 1 (fun _ => radius) n_positive Rle_0_1), radius_token, Rmult_1_l.
    reflexivity.
Qed.

Theorem softmax_stays_below Y H : in_ball n 1 radius Y ->
  frob n 1 (self_soft_tangent n 1 h Y H)
  <= (sqrt (INR n) + (1 + sqrt (INR n)) * (radius * radius)) * frob n 1 H.
Proof.
  intros HY.
  assert (B := softmax_in_ball n 1 h 1 1 radius Y (aligned_value_norm 1 1 1 _ Rle_0_1)
                 (aligned_form n 1 1 1 _ Rle_0_1) (fun _ _ => conj eq_refl (conj eq_refl eq_refl)) HY H).
  rewrite !Rmult_1_l in B. exact B.
Qed.
End Compare.

(* n, R: the two norms. *)
Definition sigmoid_norm n r := equal_tokens_value n (r * r).
Definition softmax_norm n r := sqrt n + (1 + sqrt n) * (r * r).

Theorem sigmoid_above_softmax_16_2 : 34.80 <= sigmoid_norm 16 2 <= 34.82 /\ softmax_norm 16 2 <= 24.001.
Proof. unfold sigmoid_norm, softmax_norm, equal_tokens_value, share. split; [split | ]; interval. Qed.

Theorem sigmoid_above_softmax_64_2 : 156.6 <= sigmoid_norm 64 2 <= 156.8 /\ softmax_norm 64 2 <= 44.001.
Proof. unfold sigmoid_norm, softmax_norm, equal_tokens_value, share. split; [split | ]; interval. Qed.

Theorem sigmoid_above_softmax_256_2_5 : 879.6 <= sigmoid_norm 256 2.5 <= 879.8 /\ softmax_norm 256 2.5 <= 122.251.
Proof. unfold sigmoid_norm, softmax_norm, equal_tokens_value, share. split; [split | ]; interval. Qed.

Theorem sigmoid_above_softmax_1024_3 : 2744 <= sigmoid_norm 1024 3 <= 2746 /\ softmax_norm 1024 3 <= 329.001.
Proof. unfold sigmoid_norm, softmax_norm, equal_tokens_value, share. split; [split | ]; interval. Qed.

Theorem sigmoid_above_softmax_4096_3 : 19163 <= sigmoid_norm 4096 3 <= 19165 /\ softmax_norm 4096 3 <= 649.001.
Proof. unfold sigmoid_norm, softmax_norm, equal_tokens_value, share. split; [split | ]; interval. Qed.
