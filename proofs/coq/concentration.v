(* SPDX-License-Identifier: Apache-2.0 *)
(* The mean of ||x_i||^2 alone bounds nothing, though it is all of X that Theorem 3.2 names beside the
   suprema. m tokens of norm sqrt(k) and m (k - 1) zero tokens have the mean 1 for every k; with W = I and the
   bias -log n their Jacobian has a norm of at least m (s + 2 s (1 - s) k), s = e^k / (e^k + m k), which
   tends to e^k (1 + 2k) / k as m grows. *)
From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From Sigmacert Require Import sum norm sigmoid attention self_attention equality limit.
Open Scope R_scope.

(* The first m of the tokens are x, the others 0. *)
Definition concentrated m (x : nat -> R) : array := fun i k => if (i <? m)%nat then x k else 0.

Lemma sum_first n m c : (m <= n)%nat -> sum n (fun i => if (i <? m)%nat then c else 0) = INR m * c.
Proof.
  intros Hm. induction n as [ | n IH].
  - replace m with 0%nat by lia. simpl; ring.
  - simpl. destruct (Nat.eq_dec m (S n)) as [-> | E].
    + replace (n <? S n)%nat with true by (symmetry; apply Nat.ltb_lt; lia).
      rewrite (sum_ext n _ (fun _ => c)), sum_const.
      * change (INR n * c + c = INR (S n) * c). rewrite S_INR. ring.
      * intros i Hi. replace (i <? S n)%nat with true by (symmetry; apply Nat.ltb_lt; lia). reflexivity.
    + replace (n <? m)%nat with false by (symmetry; apply Nat.ltb_ge; lia). rewrite IH by lia. ring.
Qed.

Lemma concentrated_norm n m e x : (m <= n)%nat -> frob_sq n e (concentrated m x) = INR m * norm_sq e x.
Proof.
  intros Hm. rewrite <- (sum_first n m (norm_sq e x) Hm). apply sum_ext; intros i _.
  unfold concentrated. destruct (i <? m)%nat; [reflexivity | ].
  unfold norm_sq. rewrite (sum_ext e _ (fun _ => 0)) by (intros; ring). apply sum_zero.
Qed.

Section Concentration.
Variables n m e : nat.
Variable x : nat -> R.
Hypothesis m_le_n : (m <= n)%nat.
Hypothesis n_positive : n <> 0%nat.
Let h := aligned_head e 1 1 (- ln (INR n)).
Let X := concentrated m x.
Let s := share (INR n) (norm_sq e x).

Lemma concentrated_row i k : (i < m)%nat -> (k < e)%nat ->
  self_tangent n e sigmoid sigmoid' h X X i k
  = INR m * (s + 2 * (s * (1 - s)) * norm_sq e x) * x k.
Proof.
  intros Hi Hk. unfold h. rewrite aligned_tangent by exact Hk.
  assert (Pn : 0 < INR n) by (apply lt_0_INR; lia).
  assert (S : sigmoid (norm_sq e x - ln (INR n)) = s) by (apply share_is_sigmoid; exact Pn).
  assert (I : (i <? m)%nat = true) by (apply Nat.ltb_lt; exact Hi).
  rewrite (Rmult_assoc (INR m)), <- (sum_first n m _ m_le_n). apply sum_ext; intros j Hj.
  unfold X, concentrated. rewrite I. destruct (j <? m)%nat.
  - replace (1 * _ + _) with (norm_sq e x - ln (INR n)) by (unfold norm_sq, dot; ring).
    unfold sigmoid'. rewrite S. unfold norm_sq, dot. ring.
  - ring.
Qed.

Theorem concentrated_tokens :
  INR m * (s + 2 * (s * (1 - s)) * norm_sq e x) * frob n e X
  <= frob n e (self_tangent n e sigmoid sigmoid' h X X).
Proof.
  assert (Pn : 0 < INR n) by (apply lt_0_INR; lia). assert (Pm := pos_INR m).
  assert (Px := norm_sq_nonneg e x).
  assert (P0 := sigmoid_pos (norm_sq e x - ln (INR n))).
  assert (P1 := sigmoid_lt_1 (norm_sq e x - ln (INR n))).
  rewrite share_is_sigmoid in P0, P1 by exact Pn. fold s in P0, P1.
  set (c := INR m * (s + 2 * (s * (1 - s)) * norm_sq e x)).
  assert (Pc : 0 <= c).
  { unfold c. apply Rmult_le_pos; [exact Pm | ].
    assert (0 <= s * (1 - s)) by nra.
    assert (0 <= s * (1 - s) * norm_sq e x) by (apply Rmult_le_pos; assumption). lra. }
  rewrite <- frob_scale by exact Pc. unfold frob. apply sqrt_le_1_alt. apply sum_le; intros i Hi.
  unfold X, concentrated at 1. destruct (i <? m)%nat eqn:I.
  - apply Nat.ltb_lt in I. apply Req_le, norm_sq_ext; intros k Hk. fold X.
    rewrite concentrated_row by assumption. reflexivity.
  - apply Rle_trans with 0; [ | apply norm_sq_nonneg]. apply Req_le. unfold norm_sq.
    rewrite (sum_ext e _ (fun _ => 0)) by (intros; ring). apply sum_zero.
Qed.
End Concentration.

(* n = m k tokens with the mean 1: ||x||^2 = k. *)
Definition concentrated_value k m :=
  INR m * (share (INR m * k) k + 2 * (share (INR m * k) k * (1 - share (INR m * k) k)) * k).

Theorem concentrated_limit k : 0 < k ->
  is_lim_seq (fun m => concentrated_value k m) (exp k * (1 + 2 * k) / k).
Proof.
  intros Hk. assert (P := exp_pos k).
  assert (Z : is_lim_seq (fun m => share (INR m * k) k) 0).
  { apply (is_lim_seq_ext (fun m => exp k * / (exp k + INR m * k))); [reflexivity | ].
    replace (Finite 0) with (Rbar_mult (exp k) (Finite 0)) by (simpl; f_equal; ring).
    apply is_lim_seq_scal_l. change (Finite 0) with (Rbar_inv p_infty).
    apply is_lim_seq_inv; [ | discriminate].
    apply (is_lim_seq_plus _ _ (exp k) p_infty p_infty); [apply is_lim_seq_const | | reflexivity].
    replace p_infty with (Rbar_mult p_infty k).
    - apply (is_lim_seq_scal_r INR k p_infty), is_lim_seq_INR.
    - simpl. destruct (Rle_dec 0 k) as [L | L]; [ | lra].
      destruct (Rle_lt_or_eq_dec 0 k L); [reflexivity | lra]. }
  assert (M : is_lim_seq (fun m => INR m * share (INR m * k) k) (exp k / k)).
  { apply (is_lim_seq_ext (fun m => exp k / k - exp k / k * share (INR m * k) k)).
    { intros m. assert (Pm := pos_INR m). assert (0 <= INR m * k) by (apply Rmult_le_pos; lra).
      unfold share. field. lra. }
    replace (exp k / k) with (exp k / k - exp k / k * 0) at 1 by ring.
    apply is_lim_seq_minus'; [apply is_lim_seq_const | ].
    apply (is_lim_seq_scal_l (fun m => share (INR m * k) k) (exp k / k) 0), Z. }
  apply (is_lim_seq_ext (fun m => INR m * share (INR m * k) k
           + 2 * (INR m * share (INR m * k) k * (1 - share (INR m * k) k)) * k)).
  { intros m. unfold concentrated_value. ring. }
  replace (exp k * (1 + 2 * k) / k) with (exp k / k + 2 * (exp k / k * (1 - 0)) * k) by (field; lra).
  apply is_lim_seq_plus'; [exact M | ].
  apply is_lim_seq_mult'; [ | apply is_lim_seq_const].
  apply is_lim_seq_mult'; [apply is_lim_seq_const | ].
  apply is_lim_seq_mult'; [exact M | ].
  apply is_lim_seq_minus'; [apply is_lim_seq_const | exact Z].
Qed.

(* Tokens of one entry: sqrt(k) in the first m, 0 in the others. *)
Lemma concentrated_mean_1 m k : (0 < k)%nat ->
  frob_sq (m * k) 1 (concentrated m (fun _ => sqrt (INR k))) = INR (m * k).
Proof.
  intros Hk. rewrite concentrated_norm by nia. unfold norm_sq; simpl.
  rewrite sqrt_sqrt by apply pos_INR. rewrite mult_INR. ring.
Qed.

(* Whatever is claimed of inputs whose mean of ||x_i||^2 is 1 is exceeded by one of them. *)
Theorem mean_bounds_nothing L : exists n X,
  n <> 0%nat /\ frob_sq n 1 X = INR n /\
  L * frob n 1 X < frob n 1 (self_tangent n 1 sigmoid sigmoid' (aligned_head 1 1 1 (- ln (INR n))) X X).
Proof.
  destruct (nfloor_ex (Rmax L 0)) as [k0 [_ Hk]]; [apply Rmax_r | ].
  set (k := S k0).
  assert (Lk : L < INR k) by (unfold k; rewrite S_INR; generalize (Rmax_l L 0); lra).
  assert (Pk : 0 < INR k) by (apply lt_0_INR; unfold k; lia).
  assert (B : INR k < exp (INR k) * (1 + 2 * INR k) / INR k).
  { apply (Rmult_lt_reg_r (INR k)); [exact Pk | ]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
    assert (1 + INR k < exp (INR k)) by (apply exp_ineq1; lra). nra. }
  destruct (concentrated_limit (INR k) Pk (fun y => INR k < y)) as [N HN].
  { exists (mkposreal _ (Rlt_Rminus _ _ B)). intros y Hy.
    apply Rabs_lt_between' in Hy. cbv [pos] in Hy. lra. }
  specialize (HN (S N) (Nat.le_succ_diag_r N)). set (m := S N) in *.
  exists (m * k)%nat, (concentrated m (fun _ => sqrt (INR k))).
  assert (Mean : frob_sq (m * k) 1 (concentrated m (fun _ => sqrt (INR k))) = INR (m * k)).
  { apply concentrated_mean_1. unfold k; lia. }
  assert (Nk : (m * k)%nat <> 0%nat) by (unfold m, k; nia).
  split; [exact Nk | split; [exact Mean | ]].
  eapply Rlt_le_trans; [ | apply concentrated_tokens; [unfold k; nia | exact Nk]].
  assert (X2 : norm_sq 1 (fun _ => sqrt (INR k)) = INR k).
  { unfold norm_sq; cbn [sum]. rewrite sqrt_sqrt by apply pos_INR. ring. }
  rewrite X2, mult_INR. fold (concentrated_value (INR k) m).
  apply Rmult_lt_compat_r; [ | lra].
  unfold frob. rewrite Mean. apply sqrt_lt_R0, lt_0_INR. lia.
Qed.
