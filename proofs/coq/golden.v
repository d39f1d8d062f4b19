(* SPDX-License-Identifier: Apache-2.0 *)
(* Golden values of the norm of J at 64 equal tokens of norm 1, W = I: what a program that computes Lipschitz
   constants must print. *)
From Coq Require Import Reals Lra Lia.
From Sigmacert Require Import sum norm sigmoid attention self_attention theorem_3_2 equality exact_interval.
Import Exact.
Open Scope R_scope.

Definition unit_tokens : array := fun _ _ => 1.
Definition golden b := eigenvalue 64 1 1 1 b sigmoid sigmoid' (fun _ => 1).

Lemma golden_value b :
  golden b = 64 * sigmoid (1 + b) + 128 * (sigmoid (1 + b) * (1 - sigmoid (1 + b))).
Proof.
  unfold golden, eigenvalue, sigmoid', norm_sq; simpl sum.
  replace (INR 64) with 64 by (simpl; ring). replace (1 * (0 + 1 * 1) + b) with (1 + b) by ring. ring.
Qed.

(* Theorem 3.2 is an equality there, so golden b is the norm and not merely a lower bound. *)
Theorem golden_is_norm b :
  frob 64 1 (self_tangent 64 1 sigmoid sigmoid' (aligned_head 1 1 1 b) unit_tokens unit_tokens)
  = golden b * frob 64 1 unit_tokens
  /\ forall H, frob 64 1 (self_tangent 64 1 sigmoid sigmoid' (aligned_head 1 1 1 b) unit_tokens H)
               <= golden b * frob 64 1 H.
Proof.
  assert (S : forall i j, self_score 1 (aligned_head 1 1 1 b) unit_tokens i j = 1 + b).
  { intros. rewrite aligned_score. unfold dot, unit_tokens; simpl; ring. }
  assert (P0 := sigmoid_pos (1 + b)). assert (P1 := sigmoid'_pos (1 + b)).
  split.
  - apply (equal_tokens_norm 64 1 1 1 b Rle_0_1 Rle_0_1 sigmoid sigmoid' (fun _ => 1));
      [apply Rlt_le, sigmoid_pos | apply Rlt_le, sigmoid'_pos].
  - intros H. eapply Rle_trans.
    { apply (theorem_3_2 64 1 sigmoid sigmoid' (aligned_head 1 1 1 b) unit_tokens
               (sigmoid (1 + b)) (sigmoid' (1 + b)) 1 1);
        [lra | lra | | | | | ].
      - intros i j _ _ _. rewrite S. apply Req_le, Rabs_pos_eq; lra.
      - intros i j _ _ _. rewrite S. apply Req_le, Rabs_pos_eq; lra.
      - apply aligned_value_norm; lra.
      - apply aligned_form; lra.
      - intros; repeat split. }
    apply Req_le. f_equal. rewrite golden_value. unfold sigmoid', frob_sq, norm_sq, unit_tokens.
    rewrite sum_const; simpl sum. replace (INR 64) with 64 by (simpl; ring). field.
Qed.

Theorem golden_0 : 71.95407648 <= golden 0 <= 71.95407649.
Proof. rewrite golden_value. unfold sigmoid. split; interval with (i_prec 60). Qed.

Theorem golden_minus_log_64 : 7.6101195 <= golden (- ln 64) <= 7.6101196.
Proof. rewrite golden_value. unfold sigmoid. split; interval with (i_prec 60). Qed.
