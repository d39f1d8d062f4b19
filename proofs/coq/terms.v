(* SPDX-License-Identifier: Apache-2.0 *)
(* J(X) H splits in three: tokens as values, as queries and as keys. Each is a sum of value rows, and the
   bounds of theorem_3_2.v, sharper.v and softmax.v differ only in how they bound its coefficients. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm attention self_attention.
Open Scope R_scope.

(* Rows sum_j c_ij y_j. *)
Definition rows n (c y : array) : array := fun i k => sum n (fun j => c i j * y j k).

Section Terms.
Variables n e : nat.
Variable h : head.
Variable X : array.

(* The tangent of the score by the query token alone, and by the key token alone. *)
Definition from_query (H : array) i j := scale h * dot (head_dim h) (linear_q e h H i) (key e h X j).
Definition from_key (H : array) i j := scale h * dot (head_dim h) (query e h X i) (linear_k e h H j).

Lemma tangent_terms f f' H i k :
  self_tangent n e f f' h X H i k
  = rows n (self_weight e f h X) (linear_v e h H) i k
    + rows n (fun i j => self_slope e f' h X i j * from_query H i j) (value e h X) i k
    + rows n (fun i j => self_slope e f' h X i j * from_key H i j) (value e h X) i k.
Proof.
  unfold rows. rewrite <- !sum_plus. apply sum_ext; intros j _.
  unfold from_query, from_key, self_weight, self_slope, score_tangent. ring.
Qed.

(* A slope of at most m, and zero where the mask hides the key. *)
Lemma weight_le f m i j : 0 <= m -> (sees h i j = true -> Rabs (f (self_score e h X i j)) <= m) ->
  self_weight e f h X i j * self_weight e f h X i j <= m * m.
Proof.
  intros Pm Hm. unfold self_weight, weight. destruct (sees h i j); [ | nra].
  apply abs_le_square, Hm. reflexivity.
Qed.

Lemma scaled_le s z m c : s * s <= m * m -> z * z <= c -> (s * z) * (s * z) <= m * m * c.
Proof. intros Hs Hz. replace (s * z * (s * z)) with (s * s * (z * z)) by ring. apply Rmult_le_compat; nra.
Qed.
End Terms.

Lemma rows_le n d c y : frob_sq n d (rows n c y) <= frob_sq n n c * frob_sq n d y.
Proof.
  unfold frob_sq at 1 2. rewrite <- sum_scale_r. apply sum_le; intros i _. apply combination_le.
Qed.

Lemma rows_mat_vec_le n e d beta W c (y : array) : norm_at_most d e W beta ->
  frob_sq n d (rows n c (fun j => mat_vec e W (y j))) <= beta * beta * frob_sq n e (rows n c y).
Proof.
  intros [_ HW]. unfold frob_sq. rewrite <- sum_scale. apply sum_le; intros i _.
  eapply Rle_trans; [ | apply HW]. apply Req_le, norm_sq_ext; intros k _.
  unfold rows. rewrite mat_vec_combination. reflexivity.
Qed.

Lemma frob_three n d (G A B C : array) : (forall i k, G i k = A i k + B i k + C i k) ->
  frob n d G <= frob n d A + frob n d B + frob n d C.
Proof.
  intros E. rewrite (frob_ext n d G (fun i k => A i k + B i k + C i k)) by (intros; apply E).
  eapply Rle_trans; [apply (frob_triangle n d (fun i k => A i k + B i k) C) | ].
  apply Rplus_le_compat_r, frob_triangle.
Qed.
