(* SPDX-License-Identifier: Apache-2.0 *)
(* At a fixed number of tokens, sigmoid attention with the bias -log n can be less regular than softmax is
   anywhere: at one input in the ball ||x_i|| <= R its Jacobian has a larger norm than that of softmax
   attention with the same weights at every input of the ball. W_v = W_q = W_k = I, scale 1, equal tokens. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm sigmoid attention self_attention theorem_3_2.
From Sigmacert Require Import equality softmax ball softmax_ball limit exact_interval.
Import Exact.
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

(* Some input in the ball, moved in some direction, stretches it by low or more under sigmoid; no input in the
   ball stretches any direction by more than high under softmax. *)
Definition less_regular_than_softmax n radius low high :=
  high < low /\
  (exists X H, in_ball n 1 radius X /\ 0 < frob n 1 H /\
     low * frob n 1 H
     <= frob n 1 (self_tangent n 1 sigmoid sigmoid' (aligned_head 1 1 1 (- ln (INR n))) X H)) /\
  (forall Y H, in_ball n 1 radius Y ->
     frob n 1 (self_soft_tangent n 1 (aligned_head 1 1 1 (- ln (INR n))) Y H) <= high * frob n 1 H).

Lemma compare_by_numbers n radius low high : n <> 0%nat -> 0 < radius ->
  high < low -> low <= sigmoid_norm (INR n) radius -> softmax_norm (INR n) radius <= high ->
  less_regular_than_softmax n radius low high.
Proof.
  intros Hn Pr D L U. destruct (sigmoid_attains n radius Hn) as [B E]. split; [exact D | split].
  - exists (fun _ _ => radius), (fun _ _ => radius). split; [exact B | ].
    assert (P : 0 < frob n 1 (fun _ _ => radius)).
    { unfold frob, frob_sq. rewrite sum_const. rewrite radius_token.
      apply sqrt_lt_R0, Rmult_lt_0_compat; [apply lt_0_INR; lia | nra]. }
    split; [exact P | ]. rewrite E. apply Rmult_le_compat_r; [lra | exact L].
  - intros Y H HY. eapply Rle_trans; [apply softmax_stays_below; exact HY | ].
    apply Rmult_le_compat_r; [apply frob_nonneg | exact U].
Qed.

Ltac by_interval :=
  apply compare_by_numbers; [lia | lra | lra | | ]; rewrite INR_IZR_INZ; simpl Z.of_nat;
  unfold sigmoid_norm, softmax_norm, equal_tokens_value, share; interval with (i_prec 60).

Theorem sigmoid_above_softmax_16_2 : less_regular_than_softmax 16 2 34.80 24.001.
Proof. by_interval. Qed.

Theorem sigmoid_above_softmax_64_2 : less_regular_than_softmax 64 2 156.6 44.001.
Proof. by_interval. Qed.

Theorem sigmoid_above_softmax_256_2_5 : less_regular_than_softmax 256 2.5 879.6 122.251.
Proof. by_interval. Qed.

Theorem sigmoid_above_softmax_1024_3 : less_regular_than_softmax 1024 3 2744 329.001.
Proof. by_interval. Qed.

Theorem sigmoid_above_softmax_4096_3 : less_regular_than_softmax 4096 3 19163 649.001.
Proof. by_interval. Qed.

(* The norms of sigmoid attention there, from above: they are exact to these digits. *)
Theorem sigmoid_norms :
  sigmoid_norm 16 2 <= 34.82 /\
  sigmoid_norm 64 2 <= 156.8 /\
  sigmoid_norm 256 2.5 <= 879.8 /\
  sigmoid_norm 1024 3 <= 2746 /\
  sigmoid_norm 4096 3 <= 19165.
Proof. unfold sigmoid_norm, equal_tokens_value, share. repeat split; interval with (i_prec 60). Qed.
