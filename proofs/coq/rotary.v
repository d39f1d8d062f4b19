(* SPDX-License-Identifier: Apache-2.0 *)
(* Rotary embeddings turn queries and keys by an angle of their position: the form is tau W_q^T R_i^T R_j W_k.
   Its norm is at most |tau| ||W_q|| ||W_k||, since rotations keep norms; but it is not ||tau W_q^T W_k||, and
   may exceed it, so that number must not stand in its place. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm attention self_attention theorem_3_2.
Open Scope R_scope.

Theorem form_of_norms n e h a b : 0 <= a -> 0 <= b ->
  (forall i, (i < n)%nat -> norm_at_most (head_dim h) e (w_q h i) a) ->
  (forall j, (j < n)%nat -> norm_at_most (head_dim h) e (w_k h j) b) ->
  score_form_at_most n e h (Rabs (scale h) * a * b).
Proof.
  intros Pa Pb HQ HK. assert (Ps := Rabs_pos (scale h)).
  split; [apply Rmult_le_pos; [apply Rmult_le_pos | ]; assumption | ].
  intros i j x y Hi Hj. unfold Rsqr.
  replace (scale h * dot (head_dim h) (mat_vec e (w_q h i) x) (mat_vec e (w_k h j) y)
           * (scale h * dot (head_dim h) (mat_vec e (w_q h i) x) (mat_vec e (w_k h j) y)))
    with (Rabs (scale h) * Rabs (scale h)
          * (dot (head_dim h) (mat_vec e (w_q h i) x) (mat_vec e (w_k h j) y)
             * dot (head_dim h) (mat_vec e (w_q h i) x) (mat_vec e (w_k h j) y))).
  2:{ rewrite <- Rabs_mult, (Rabs_pos_eq (scale h * scale h)) by nra. ring. }
  replace (Rabs (scale h) * a * b * (Rabs (scale h) * a * b) * (norm_sq e x * norm_sq e y))
    with (Rabs (scale h) * Rabs (scale h) * (a * a * norm_sq e x * (b * b * norm_sq e y))) by ring.
  apply Rmult_le_compat_l; [nra | ]. eapply Rle_trans; [apply cauchy_schwarz | ].
  apply Rmult_le_compat; try apply norm_sq_nonneg; [apply (proj2 (HQ i Hi)) | apply (proj2 (HK j Hj))].
Qed.

(* A product with an isometry. *)
Theorem rotated_norm d e (R W : array) a : (forall y, norm_sq d (mat_vec d R y) = norm_sq d y) ->
  norm_at_most d e W a -> norm_at_most d e (mat_mul d R W) a.
Proof.
  intros HR [Pa HW]. split; [exact Pa | intros x].
  rewrite (norm_sq_ext d _ (mat_vec d R (mat_vec e W x))) by (intros; apply mat_vec_mul).
  rewrite HR. apply HW.
Qed.

(* W_q reads the first entry and W_k the second, so W_q^T W_k = 0; a quarter turn of position 0 makes the form
   of positions (0, 1) an isometry of those entries. *)
Definition first_entry : array := fun k l => if andb (k =? 0)%nat (l =? 0)%nat then 1 else 0.
Definition second_entry : array := fun k l => if andb (k =? 1)%nat (l =? 1)%nat then 1 else 0.
Definition quarter_turn : array := fun k l =>
  if andb (k =? 0)%nat (l =? 1)%nat then -1 else if andb (k =? 1)%nat (l =? 0)%nat then 1 else 0.
Definition turned_head : head := Head 2 2 1 (fun _ _ => 0) (fun _ _ => true)
  (fun i => if (i =? 0)%nat then mat_mul 2 quarter_turn first_entry else first_entry) (fun _ => second_entry)
  first_entry (fun _ _ => 0) (fun _ _ => 0) (fun _ => 0).

Theorem rotary_form_exceeds_product :
  (forall y, norm_sq 2 (mat_vec 2 quarter_turn y) = norm_sq 2 y) /\
  norm_at_most 2 2 (mat_mul 2 (transpose first_entry) second_entry) 0 /\
  exists x y, norm_sq 2 x = 1 /\ norm_sq 2 y = 1 /\
    scale turned_head * dot 2 (mat_vec 2 (w_q turned_head 0) x) (mat_vec 2 (w_k turned_head 1) y) = 1.
Proof.
  split; [ | split].
  - intros y. unfold norm_sq, mat_vec, quarter_turn; simpl; ring.
  - split; [lra | intros x]. unfold norm_sq, mat_vec, mat_mul, transpose, first_entry, second_entry; simpl.
    lra.
  - exists (fun k => if (k =? 0)%nat then 1 else 0), (fun k => if (k =? 1)%nat then 1 else 0).
    unfold turned_head, norm_sq, dot, mat_vec, mat_mul, quarter_turn, first_entry, second_entry; simpl.
    split; [ring | split; ring].
Qed.
