(* SPDX-License-Identifier: Apache-2.0 *)
(* Euclidean and Frobenius norms of vectors and arrays of nat, and bounds of operator norms.

   A d-vector is nat -> R of which d entries count; an n x d array X has the rows X 0 .. X (n-1). The
   spectral norm is never a number here: `norm_at_most m e W c` says ||W||_2 <= c of an m x e matrix, as
   ||Wx||^2 <= c^2 ||x||^2 for every x, which is all that the bounds need. *)
From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Rcomplements.
From Sigmacert Require Import sum.
Open Scope R_scope.

Definition dot d (x y : nat -> R) := sum d (fun k => x k * y k).
Definition norm_sq d (x : nat -> R) := sum d (fun k => x k * x k).
Definition frob_dot n d (G H : nat -> nat -> R) := sum n (fun i => dot d (G i) (H i)).
Definition frob_sq n d (H : nat -> nat -> R) := sum n (fun i => norm_sq d (H i)).
Definition frob n d H := sqrt (frob_sq n d H).

Definition mat_vec e (W : nat -> nat -> R) (x : nat -> R) : nat -> R :=
  fun k => sum e (fun l => W k l * x l).
Definition transpose (W : nat -> nat -> R) := fun a b => W b a.
(* U is a x b, W is b x c. *)
Definition mat_mul b (U W : nat -> nat -> R) := fun i k => sum b (fun j => U i j * W j k).
Definition norm_at_most m e W c := 0 <= c /\ forall x, norm_sq m (mat_vec e W x) <= c * c * norm_sq e x.

Lemma norm_sq_nonneg d x : 0 <= norm_sq d x.
Proof. apply sum_nonneg; intros; nra. Qed.
Lemma frob_sq_nonneg n d H : 0 <= frob_sq n d H.
Proof. apply sum_nonneg; intros; apply norm_sq_nonneg. Qed.
Lemma frob_nonneg n d H : 0 <= frob n d H.
Proof. apply sqrt_pos. Qed.
Lemma frob_sqr n d H : frob n d H * frob n d H = frob_sq n d H.
Proof. apply sqrt_sqrt, frob_sq_nonneg. Qed.

Lemma dot_comm d x y : dot d x y = dot d y x.
Proof. apply sum_ext; intros; ring. Qed.
Lemma norm_sq_ext d x y : (forall k, (k < d)%nat -> x k = y k) -> norm_sq d x = norm_sq d y.
Proof. intros H. apply sum_ext; intros k Hk. rewrite H by exact Hk. reflexivity. Qed.
Lemma frob_sq_ext n d G H : (forall i k, (i < n)%nat -> (k < d)%nat -> G i k = H i k) ->
  frob_sq n d G = frob_sq n d H.
Proof. intros E. apply sum_ext; intros i Hi. apply norm_sq_ext; intros; apply E; assumption. Qed.
Lemma frob_ext n d G H : (forall i k, (i < n)%nat -> (k < d)%nat -> G i k = H i k) ->
  frob n d G = frob n d H.
Proof. intros E. unfold frob. rewrite (frob_sq_ext n d G H E). reflexivity. Qed.
Lemma norm_sq_scale d c x : norm_sq d (fun k => c * x k) = c * c * norm_sq d x.
Proof. unfold norm_sq. rewrite <- sum_scale. apply sum_ext; intros; ring. Qed.
Lemma frob_sq_scale n d c H : frob_sq n d (fun i k => c * H i k) = c * c * frob_sq n d H.
Proof. unfold frob_sq. rewrite <- sum_scale. apply sum_ext; intros; apply norm_sq_scale. Qed.
Lemma frob_sq_transpose n d H : frob_sq n d H = frob_sq d n (transpose H).
Proof. apply sum_swap. Qed.
Lemma row_le_frob n d H i : (i < n)%nat -> norm_sq d (H i) <= frob_sq n d H.
Proof.
  intros Hi. apply (sum_term_le n (fun i => norm_sq d (H i))); [ | exact Hi].
  intros; apply norm_sq_nonneg.
Qed.

(* From a quadratic that is nowhere negative to Cauchy-Schwarz. *)
Lemma discriminant a b c : 0 <= a -> 0 <= c -> (forall t, 0 <= a + 2 * t * b + t * t * c) -> b * b <= a * c.
Proof.
  intros Ha Hc H. destruct (Req_dec c 0) as [E | E].
  - rewrite E in *. destruct (Req_dec b 0) as [-> | Eb]; [lra | exfalso].
    specialize (H (- (a + 1) / (2 * b))).
    replace (2 * (- (a + 1) / (2 * b)) * b) with (- (a + 1)) in H by (field; exact Eb). lra.
  - specialize (H (- b / c)).
    replace (a + 2 * (- b / c) * b + - b / c * (- b / c) * c) with ((a * c - b * b) / c) in H
      by (field; exact E).
    assert (0 <= (a * c - b * b) / c * c) by (apply Rmult_le_pos; lra).
    replace ((a * c - b * b) / c * c) with (a * c - b * b) in * by (field; exact E). lra.
Qed.

Lemma cauchy_schwarz d x y : dot d x y * dot d x y <= norm_sq d x * norm_sq d y.
Proof.
  apply discriminant; try apply norm_sq_nonneg. intros t.
  replace (norm_sq d x + 2 * t * dot d x y + t * t * norm_sq d y)
    with (norm_sq d (fun k => x k + t * y k)); [apply norm_sq_nonneg | ].
  unfold norm_sq, dot. rewrite <- !sum_scale, <- !sum_plus. apply sum_ext; intros; ring.
Qed.

Lemma frob_quadratic n d G H t :
  frob_sq n d (fun i k => G i k + t * H i k)
  = frob_sq n d G + 2 * t * frob_dot n d G H + t * t * frob_sq n d H.
Proof.
  unfold frob_sq, frob_dot. rewrite <- !sum_scale, <- !sum_plus. apply sum_ext; intros.
  unfold norm_sq, dot. rewrite <- !sum_scale, <- !sum_plus. apply sum_ext; intros; ring.
Qed.

Lemma frob_cauchy_schwarz n d G H :
  frob_dot n d G H * frob_dot n d G H <= frob_sq n d G * frob_sq n d H.
Proof.
  apply discriminant; try apply frob_sq_nonneg. intros t.
  rewrite <- frob_quadratic. apply frob_sq_nonneg.
Qed.

Lemma frob_dot_le n d G H : frob_dot n d G H <= frob n d G * frob n d H.
Proof.
  unfold frob. rewrite <- sqrt_mult by apply frob_sq_nonneg.
  apply Rle_trans with (Rabs (frob_dot n d G H)); [apply Rle_abs | ].
  rewrite <- sqrt_Rsqr_abs. apply sqrt_le_1_alt. unfold Rsqr. apply frob_cauchy_schwarz.
Qed.

Lemma frob_triangle n d G H : frob n d (fun i k => G i k + H i k) <= frob n d G + frob n d H.
Proof.
  assert (E : frob_sq n d (fun i k => G i k + H i k)
              = frob_sq n d G + 2 * frob_dot n d G H + frob_sq n d H).
  { transitivity (frob_sq n d (fun i k => G i k + 1 * H i k)).
    - apply frob_sq_ext; intros; ring.
    - rewrite frob_quadratic; ring. }
  assert (P := frob_nonneg n d G). assert (Q := frob_nonneg n d H).
  rewrite <- (sqrt_Rsqr (frob n d G + frob n d H)) by lra.
  unfold frob at 1. apply sqrt_le_1_alt. rewrite E. unfold Rsqr.
  generalize (frob_dot_le n d G H) (frob_sqr n d G) (frob_sqr n d H); nra.
Qed.

(* How every bound below ends: the square of what is claimed. *)
Lemma frob_le n d H c g : 0 <= c -> 0 <= g -> frob_sq n d H <= c * c * (g * g) -> frob n d H <= c * g.
Proof.
  intros Hc Hg L. unfold frob. rewrite <- (sqrt_Rsqr (c * g)) by (apply Rmult_le_pos; lra).
  apply sqrt_le_1_alt. unfold Rsqr. lra.
Qed.

Lemma frob_scale n d c H : 0 <= c -> frob n d (fun i k => c * H i k) = c * frob n d H.
Proof.
  intros Hc. unfold frob. rewrite frob_sq_scale, sqrt_mult_alt by nra.
  rewrite sqrt_square by exact Hc. reflexivity.
Qed.

(* ||sum_j c_j y_j||^2 <= (sum_j c_j^2) (sum_j ||y_j||^2) *)
Lemma combination_le n d (c : nat -> R) (y : nat -> nat -> R) :
  norm_sq d (fun k => sum n (fun j => c j * y j k)) <= norm_sq n c * frob_sq n d y.
Proof.
  unfold norm_sq at 1.
  apply Rle_trans with (sum d (fun k => norm_sq n c * sum n (fun j => y j k * y j k))).
  - apply sum_le; intros k _. exact (cauchy_schwarz n c (fun j => y j k)).
  - rewrite sum_scale. apply Rmult_le_compat_l; [apply norm_sq_nonneg | ].
    unfold frob_sq, norm_sq. rewrite sum_swap. lra.
Qed.

Lemma mat_vec_combination e W n (c : nat -> R) (y : nat -> nat -> R) k :
  mat_vec e W (fun l => sum n (fun j => c j * y j l)) k = sum n (fun j => c j * mat_vec e W (y j) k).
Proof.
  unfold mat_vec.
  rewrite (sum_ext e _ (fun l => sum n (fun j => c j * (W k l * y j l)))).
  2:{ intros; rewrite <- sum_scale; apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros; rewrite <- sum_scale. reflexivity.
Qed.

Lemma dot_mat_vec m e W x y : dot m y (mat_vec e W x) = dot e (mat_vec m (transpose W) y) x.
Proof.
  unfold dot, mat_vec, transpose.
  rewrite (sum_ext m _ (fun k => sum e (fun l => W k l * y k * x l))).
  2:{ intros; rewrite <- sum_scale; apply sum_ext; intros; ring. }
  rewrite sum_swap. apply sum_ext; intros. rewrite sum_scale_r. reflexivity.
Qed.

Lemma mat_vec_mul b e U W x k : mat_vec e (mat_mul b U W) x k = mat_vec b U (mat_vec e W x) k.
Proof.
  unfold mat_vec, mat_mul.
  rewrite (sum_ext e _ (fun l => sum b (fun j => U k j * W j l * x l))).
  2:{ intros; rewrite <- sum_scale_r; reflexivity. }
  rewrite sum_swap. apply sum_ext; intros. rewrite <- sum_scale. apply sum_ext; intros; ring.
Qed.

Lemma norm_at_most_transpose m e W c : norm_at_most m e W c -> norm_at_most e m (transpose W) c.
Proof.
  intros [Hc H]; split; [exact Hc | intros y].
  set (z := mat_vec m (transpose W) y).
  assert (E : norm_sq e z = dot m y (mat_vec e W z)) by (rewrite dot_mat_vec; reflexivity).
  assert (B := cauchy_schwarz m y (mat_vec e W z)). rewrite <- E in B.
  assert (Bz := H z). assert (P := norm_sq_nonneg e z). assert (Q := norm_sq_nonneg m y).
  destruct (Req_dec (norm_sq e z) 0) as [Z | Z]; [rewrite Z; apply Rmult_le_pos; nra | ].
  assert (norm_sq e z * norm_sq e z <= norm_sq m y * (c * c * norm_sq e z)).
  { eapply Rle_trans; [exact B | apply Rmult_le_compat_l; assumption]. }
  apply (Rmult_le_reg_r (norm_sq e z)); nra.
Qed.

(* The Frobenius norm bounds the spectral norm. *)
Lemma norm_at_most_frob m e W : norm_at_most m e W (frob m e W).
Proof.
  split; [apply frob_nonneg | intros x]. rewrite frob_sqr. unfold frob_sq.
  rewrite <- sum_scale_r. apply sum_le; intros k _. exact (cauchy_schwarz e (W k) x).
Qed.

Lemma abs_le_square x c : Rabs x <= c -> x * x <= c * c.
Proof. intros H. apply Rabs_le_between in H. nra. Qed.

(* An identity in every dimension is attained with equality. *)
Lemma mat_vec_identity d a x k : (k < d)%nat -> mat_vec d (fun i j => a * delta i j) x k = a * x k.
Proof.
  intros Hk. unfold mat_vec. rewrite <- (sum_delta d k x Hk), <- sum_scale.
  apply sum_ext; intros; ring.
Qed.
