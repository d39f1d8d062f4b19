(* SPDX-License-Identifier: Apache-2.0 *)
(* Finite sums over indices below n, the only sums of these files: vectors are functions of nat, and a
   dimension says how many entries count. *)
From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with O => 0 | S k => sum k f + f k end.

Lemma sum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof.
  induction n as [ | n IH]; intros H; simpl; [reflexivity | ].
  rewrite IH, (H n) by (intros; try apply H; lia). reflexivity.
Qed.

Lemma sum_plus n f g : sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n as [ | n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_minus n f g : sum n (fun i => f i - g i) = sum n f - sum n g.
Proof. induction n as [ | n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_scale n c f : sum n (fun i => c * f i) = c * sum n f.
Proof. induction n as [ | n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_scale_r n c f : sum n (fun i => f i * c) = sum n f * c.
Proof. induction n as [ | n IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_const n c : sum n (fun _ => c) = INR n * c.
Proof. induction n as [ | n IH]; [simpl; ring | rewrite S_INR; simpl sum; rewrite IH; ring]. Qed.

Lemma sum_zero n : sum n (fun _ => 0) = 0.
Proof. rewrite sum_const; ring. Qed.

Lemma sum_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> sum n f <= sum n g.
Proof.
  induction n as [ | n IH]; intros H; simpl; [lra | ].
  apply Rplus_le_compat; [apply IH; intros; apply H | apply H]; lia.
Qed.

Lemma sum_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof. intros H. rewrite <- (sum_zero n). apply sum_le; exact H. Qed.

Lemma sum_le_const n f c : (forall i, (i < n)%nat -> f i <= c) -> sum n f <= INR n * c.
Proof. intros H. rewrite <- sum_const. apply sum_le; exact H. Qed.

Lemma sum_swap n m f :
  sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof.
  induction n as [ | n IH]; simpl; [rewrite sum_zero; reflexivity | ].
  rewrite IH, <- sum_plus. reflexivity.
Qed.

Lemma sum_abs n f : Rabs (sum n f) <= sum n (fun i => Rabs (f i)).
Proof.
  induction n as [ | n IH]; simpl; [rewrite Rabs_R0; lra | ].
  eapply Rle_trans; [apply Rabs_triang | lra].
Qed.

(* One term of a sum of terms that are not negative. *)
Lemma sum_term_le n f i : (forall j, (j < n)%nat -> 0 <= f j) -> (i < n)%nat -> f i <= sum n f.
Proof.
  induction n as [ | n IH]; intros H Hi; [lia | simpl].
  assert (0 <= sum n f) by (apply sum_nonneg; intros; apply H; lia).
  assert (0 <= f n) by (apply H; lia).
  destruct (Nat.eq_dec i n) as [-> | E]; [lra | ].
  assert (f i <= sum n f) by (apply IH; [intros; apply H | ]; lia). lra.
Qed.

(* A sum that a Kronecker delta reduces to one term. *)
Definition delta (i j : nat) : R := if Nat.eq_dec i j then 1 else 0.

Lemma delta_same i : delta i i = 1.
Proof. unfold delta. destruct (Nat.eq_dec i i); [reflexivity | contradiction]. Qed.

Lemma delta_other i j : i <> j -> delta i j = 0.
Proof. intros H. unfold delta. destruct (Nat.eq_dec i j); [contradiction | reflexivity]. Qed.

Lemma delta_sym i j : delta i j = delta j i.
Proof. unfold delta. destruct (Nat.eq_dec i j), (Nat.eq_dec j i); congruence. Qed.

Lemma sum_delta n i f : (i < n)%nat -> sum n (fun j => delta i j * f j) = f i.
Proof.
  induction n as [ | n IH]; intros Hi; [lia | simpl].
  destruct (Nat.eq_dec i n) as [-> | E].
  - rewrite (sum_ext n _ (fun _ => 0)), sum_zero, delta_same; [ring | ].
    intros j Hj. rewrite delta_other by lia. ring.
  - rewrite IH, delta_other by lia. ring.
Qed.

(* Sums are differentiated term by term. *)
Lemma is_derive_sum n (g : nat -> R -> R) (dg : nat -> R) t :
  (forall j, (j < n)%nat -> is_derive (g j) t (dg j)) ->
  is_derive (fun t => sum n (fun j => g j t)) t (sum n dg).
Proof.
  induction n as [ | n IH]; intros H; simpl.
  - apply @is_derive_const.
  - apply @is_derive_plus; [apply IH; intros; apply H; lia | apply H; lia].
Qed.
