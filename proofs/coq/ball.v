(* SPDX-License-Identifier: Apache-2.0 *)
(* From the Jacobian at points to the Lipschitz constant on a convex set, and what the theorem gives on the
   ball ||x_i|| <= R with the bias -log n: with t = ||tau W_q^T W_k|| R^2,

     ||J(X)|| <= ||W_v|| (min(n, e^t) + 2 min(n / 4, e^t) t),

   which grows like R^2 where n is fixed, and like e^(R^2) where it is not. *)
From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From Sigmacert Require Import sum norm sigmoid attention derivative self_attention theorem_3_2.
Open Scope R_scope.

(* The mean value theorem of the library rests on excluded middle. The inequality does not: the points up to
   which it holds with slope M + epsilon have a least upper bound, and a derivative there carries it past that
   bound unless it is 1. *)
Lemma mean_value_le (g g' : R -> R) M :
  (forall t, 0 <= t <= 1 -> is_derive g t (g' t)) -> (forall t, 0 <= t <= 1 -> g' t <= M) -> g 1 - g 0 <= M.
Proof.
  intros D B. apply le_epsilon; intros eps He. set (N := M + eps).
  set (E := fun x => 0 <= x <= 1 /\ forall y, 0 <= y <= x -> g y - g 0 <= N * y).
  assert (E0 : E 0).
  { split; [lra | intros y Hy]. replace y with 0 by lra. lra. }
  destruct (completeness E) as [c [Hub Hlub]]; [exists 1; intros x [Hx _]; lra | exists 0; exact E0 | ].
  assert (Hc : 0 <= c <= 1).
  { split; [apply Hub, E0 | apply Hlub; intros x [Hx _]; lra]. }
  assert (below : forall y, 0 <= y -> y < c -> g y - g 0 <= N * y).
  { intros y Py Hy. destruct (Rle_dec (g y - g 0) (N * y)) as [L | L]; [exact L | exfalso].
    apply (Rlt_not_le _ _ Hy), Hlub. intros x [_ Hx]. apply Rnot_lt_le; intros Lx. apply L, Hx. lra. }
  assert (Dc := D c Hc). apply is_derive_Reals in Dc. destruct (Dc eps He) as [delta Hd].
  assert (Pd := cond_pos delta). specialize (B c Hc).
  assert (quotient : forall u, u <> 0 -> Rabs u < delta -> (g (c + u) - g c) / u <= N).
  { intros u Hu Su. generalize (Hd u Hu Su); intros Q. apply Rabs_def2 in Q. unfold N. lra. }
  assert (right_of : forall u, 0 < u < delta -> g (c + u) - g c <= N * u).
  { intros u Hu. assert (Q := quotient u ltac:(lra) ltac:(rewrite Rabs_pos_eq by lra; lra)).
    replace (g (c + u) - g c) with ((g (c + u) - g c) / u * u) by (field; lra).
    apply Rmult_le_compat_r; [lra | exact Q]. }
  assert (left_of : forall u, 0 < u < delta -> g c - g (c - u) <= N * u).
  { intros u Hu. assert (Q := quotient (- u) ltac:(lra) ltac:(rewrite Rabs_Ropp, Rabs_pos_eq by lra; lra)).
    replace (g c - g (c - u)) with ((g (c + - u) - g c) / - u * u) by (unfold Rminus; field; lra).
    apply Rmult_le_compat_r; [lra | exact Q]. }
  assert (at_c : g c - g 0 <= N * c).
  { destruct (Req_dec c 0) as [-> | Z]; [lra | ].
    assert (P : 0 < Rmin c (delta / 2)) by (apply Rmin_glb_lt; lra).
    assert (U : Rmin c (delta / 2) <= delta / 2) by apply Rmin_r.
    assert (V : Rmin c (delta / 2) <= c) by apply Rmin_l.
    generalize (left_of (Rmin c (delta / 2)) ltac:(lra)).
    generalize (below (c - Rmin c (delta / 2)) ltac:(lra) ltac:(lra)).
    lra. }
  destruct (Req_dec c 1) as [Z | Z]; [rewrite Z in at_c; lra | exfalso].
  assert (P : 0 < Rmin (1 - c) (delta / 2)) by (apply Rmin_glb_lt; lra).
  assert (U : Rmin (1 - c) (delta / 2) <= delta / 2) by apply Rmin_r.
  assert (V : Rmin (1 - c) (delta / 2) <= 1 - c) by apply Rmin_l.
  assert (F : E (c + Rmin (1 - c) (delta / 2))).
  { split; [lra | intros y Hy]. destruct (Rlt_le_dec y c) as [L | L]; [apply below; lra | ].
    destruct (Req_dec y c) as [-> | Y]; [exact at_c | ].
    generalize (right_of (y - c) ltac:(lra)). replace (c + (y - c)) with y by ring. lra. }
  apply Hub in F. lra.
Qed.

(* A map of n x d to n x m arrays that is differentiable along lines, with ||J(X + t (Y - X))|| <= L for t in
   [0, 1]. *)
Section Segment.
Variables n d m : nat.
Variable F : array -> array.
Variable dF : array -> array -> array.
Hypothesis F_pointwise : forall A B, (forall i k, A i k = B i k) -> forall i k, F A i k = F B i k.
Hypothesis F_is_derive : forall X H t i k, is_derive (fun t => F (line X H t) i k) t (dF (line X H t) H i k).

Theorem lipschitz_on_segment X Y L :
  (forall t, 0 <= t <= 1 ->
     frob n m (dF (line X (fun i k => Y i k - X i k) t) (fun i k => Y i k - X i k))
     <= L * frob n d (fun i k => Y i k - X i k)) ->
  frob n m (fun i k => F Y i k - F X i k) <= L * frob n d (fun i k => Y i k - X i k).
Proof.
  set (H := fun i k => Y i k - X i k). intros HL.
  set (U := fun i k => F Y i k - F X i k).
  set (g := fun t => frob_dot n m U (F (line X H t))).
  set (dg := fun t => frob_dot n m U (dF (line X H t) H)).
  assert (D : forall t, is_derive g t (dg t)).
  { intros t. apply (is_derive_sum n (fun i t => dot m (U i) (F (line X H t) i))); intros i _.
    apply (is_derive_sum m (fun k t => U i k * F (line X H t) i k)); intros k _.
    apply (is_derive_scal (fun t => F (line X H t) i k)), F_is_derive. }
  assert (G : g 1 - g 0 = frob_sq n m U).
  { unfold g, frob_dot, frob_sq. rewrite <- sum_minus. apply sum_ext; intros i _.
    unfold dot, norm_sq. rewrite <- sum_minus. apply sum_ext; intros k _.
    rewrite (F_pointwise (line X H 1) Y) by (intros; unfold line, H; ring).
    rewrite (F_pointwise (line X H 0) X) by (intros; unfold line, H; ring). unfold U; ring. }
  assert (E : g 1 - g 0 <= frob n m U * (L * frob n d H)).
  { apply (mean_value_le g dg); [intros t _; apply D | intros t Ht].
    eapply Rle_trans; [apply frob_dot_le | ].
    apply Rmult_le_compat_l; [apply frob_nonneg | apply HL, Ht]. }
  rewrite G, <- frob_sqr in E.
  destruct (Req_dec (frob n m U) 0) as [Z | Z].
  - fold U. rewrite Z. eapply Rle_trans; [apply frob_nonneg | apply (HL 0); lra].
  - assert (0 < frob n m U) by (generalize (frob_nonneg n m U); lra).
    apply (Rmult_le_reg_l (frob n m U)); [assumption | ]. fold U. lra.
Qed.
End Segment.

Lemma self_attention_pointwise n e f h A B : (forall i k, A i k = B i k) ->
  forall i k, self_attention n e f h A i k = self_attention n e f h B i k.
Proof.
  intros E i k.
  assert (M : forall d W j l, mat_vec d W (A j) l = mat_vec d W (B j) l).
  { intros. apply sum_ext; intros. rewrite E. reflexivity. }
  apply sum_ext; intros j _. unfold weight, value, linear_v. rewrite M.
  rewrite (score_pointwise _ _ _ (query e h A) (key e h A) (query e h B) (key e h B)).
  - reflexivity.
  - intros. unfold query, linear_q. rewrite M. reflexivity.
  - intros. unfold key, linear_k. rewrite M. reflexivity.
Qed.

Lemma multi_head_pointwise n e f heads head_of w_o A B : (forall i k, A i k = B i k) ->
  forall i k, multi_head n e f heads head_of w_o A i k = multi_head n e f heads head_of w_o B i k.
Proof.
  intros E i k. apply sum_ext; intros a _. apply sum_ext; intros l _.
  rewrite (self_attention_pointwise n e f (head_of a) A B E). reflexivity.
Qed.

(* The Lipschitz constant over any set of inputs that holds the segment, of many heads or one. *)
Corollary multi_head_lipschitz n e e_o f f' heads head_of w_o X Y L :
  (forall u, is_derive f u (f' u)) ->
  (forall t H, 0 <= t <= 1 ->
     frob n e_o (multi_head_tangent n e f f' heads head_of w_o (line X (fun i k => Y i k - X i k) t) H)
     <= L * frob n e H) ->
  frob n e_o (fun i k => multi_head n e f heads head_of w_o Y i k - multi_head n e f heads head_of w_o X i k)
  <= L * frob n e (fun i k => Y i k - X i k).
Proof.
  intros Hf HL. apply (lipschitz_on_segment n e e_o _ (multi_head_tangent n e f f' heads head_of w_o)).
  - apply multi_head_pointwise.
  - intros. apply multi_head_tangent_is_derivative; exact Hf.
  - intros; apply HL; assumption.
Qed.

(* The ball is convex. *)
Lemma norm_sq_convex d x y t c : 0 <= t <= 1 -> norm_sq d x <= c -> norm_sq d y <= c ->
  norm_sq d (fun k => x k + t * (y k - x k)) <= c.
Proof.
  intros Ht Hx Hy.
  assert (E : norm_sq d (fun k => x k + t * (y k - x k))
              = (1 - t) * norm_sq d x + t * norm_sq d y - t * (1 - t) * norm_sq d (fun k => y k - x k)).
  { unfold norm_sq. rewrite <- !sum_scale, <- sum_plus, <- sum_minus. apply sum_ext; intros; ring. }
  rewrite E. generalize (norm_sq_nonneg d (fun k => y k - x k)); intros.
  assert (0 <= t * (1 - t) * norm_sq d (fun k => y k - x k)) by (repeat apply Rmult_le_pos; lra). nra.
Qed.

Section Ball.
Variables n e : nat.
Variable h : head.
Variables alpha beta radius : R.
Hypothesis n_positive : n <> 0%nat.
Hypothesis value_bound : norm_at_most (value_dim h) e (w_v h) beta.
Hypothesis form_bound : score_form_at_most n e h alpha.
Hypothesis no_bias : forall i k, b_q h i k = 0 /\ b_k h i k = 0 /\ b_v h k = 0.
(* -log n, or less of it, as with ALiBi; any mask. *)
Hypothesis bias_bound : forall i j, (i < n)%nat -> (j < n)%nat -> bias h i j <= - ln (INR n).

Definition in_ball (X : array) := forall i, (i < n)%nat -> norm_sq e (X i) <= radius * radius.
Let t := alpha * (radius * radius).
Definition ball_constant :=
  beta * (Rmin (INR n) (exp t) + 2 * Rmin (INR n / 4) (exp t) * t).

Lemma score_in_ball X i j : in_ball X -> (i < n)%nat -> (j < n)%nat ->
  exists s, self_score e h X i j = s - ln (INR n) /\ s <= t.
Proof.
  intros HX Hi Hj. exists (self_score e h X i j + ln (INR n)). split; [ring | ].
  apply Rle_trans with (scale h * dot (head_dim h) (query e h X i) (key e h X j)).
  { unfold self_score, score. generalize (bias_bound i j Hi Hj). lra. }
  assert (Pa := proj1 form_bound).
  assert (B := proj2 form_bound i j (X i) (X j) Hi Hj).
  replace (dot (head_dim h) (query e h X i) (key e h X j))
    with (dot (head_dim h) (mat_vec e (w_q h i) (X i)) (mat_vec e (w_k h j) (X j))).
  2:{ apply sum_ext; intros k _. unfold query, key, linear_q, linear_k.
      destruct (no_bias i k) as (-> & _). destruct (no_bias j k) as (_ & -> & _). ring. }
  apply Rsqr_incr_0_var; [ | unfold t; apply Rmult_le_pos; [exact Pa | apply Rle_0_sqr]].
  eapply Rle_trans; [exact B | ]. unfold t, Rsqr.
  replace (alpha * (radius * radius) * (alpha * (radius * radius)))
    with (alpha * alpha * (radius * radius * (radius * radius))) by ring.
  apply Rmult_le_compat_l; [nra | ].
  apply Rmult_le_compat; try apply norm_sq_nonneg; apply HX; assumption.
Qed.

Theorem jacobian_in_ball X H : in_ball X ->
  frob n (value_dim h) (self_tangent n e sigmoid sigmoid' h X H) <= ball_constant * frob n e H.
Proof.
  intros HX. assert (Pn : 0 < INR n) by (apply lt_0_INR; lia).
  assert (Pt : 0 < exp t) by apply exp_pos.
  assert (P4 : 0 < INR n / 4) by lra.
  assert (M0 : 0 < Rmin (INR n) (exp t)) by (apply Rmin_glb_lt; assumption).
  assert (M1 : 0 < Rmin (INR n / 4) (exp t)) by (apply Rmin_glb_lt; assumption).
  assert (Pb := proj1 value_bound). assert (Pa := proj1 form_bound).
  eapply Rle_trans.
  { apply (theorem_3_2 n e sigmoid sigmoid' h X
             (Rmin (INR n) (exp t) / INR n) (Rmin (INR n / 4) (exp t) / INR n) alpha beta).
    - apply Rlt_le, Rdiv_lt_0_compat; assumption.
    - apply Rlt_le, Rdiv_lt_0_compat; assumption.
    - intros i j Hi Hj _. destruct (score_in_ball X i j HX Hi Hj) as [s [-> Hs]].
      rewrite Rabs_pos_eq by apply Rlt_le, sigmoid_pos.
      apply (Rmult_le_reg_l (INR n)); [exact Pn | ].
      replace (INR n * (Rmin (INR n) (exp t) / INR n)) with (Rmin (INR n) (exp t)) by (field; lra).
      apply Rmin_glb.
      + generalize (sigmoid_lt_1 (s - ln (INR n))); nra.
      + eapply Rle_trans; [apply sigmoid_biased_le; exact Pn | apply exp_monotone; exact Hs].
    - intros i j Hi Hj _. destruct (score_in_ball X i j HX Hi Hj) as [s [-> Hs]].
      rewrite Rabs_pos_eq by apply Rlt_le, sigmoid'_pos.
      apply (Rmult_le_reg_l (INR n)); [exact Pn | ].
      replace (INR n * (Rmin (INR n / 4) (exp t) / INR n)) with (Rmin (INR n / 4) (exp t)) by (field; lra).
      apply Rmin_glb.
      + generalize (sigmoid'_le (s - ln (INR n))); nra.
      + eapply Rle_trans; [apply sigmoid'_biased_le; exact Pn | apply exp_monotone; exact Hs].
    - exact value_bound.
    - exact form_bound.
    - exact no_bias. }
  apply Rmult_le_compat_r; [apply frob_nonneg | ]. unfold ball_constant.
  apply Rmult_le_compat_l; [exact Pb | ].
  replace (INR n * (Rmin (INR n) (exp t) / INR n)) with (Rmin (INR n) (exp t)) by (field; lra).
  replace (INR n * (Rmin (INR n / 4) (exp t) / INR n)) with (Rmin (INR n / 4) (exp t)) by (field; lra).
  apply Rplus_le_compat_l. rewrite Rmult_assoc. apply Rmult_le_compat_l; [lra | ].
  unfold t. apply Rmult_le_compat_l; [exact Pa | ].
  apply (Rmult_le_reg_l (INR n)); [exact Pn | ].
  rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
  apply sum_le_const; exact HX.
Qed.

Theorem lipschitz_in_ball X Y : in_ball X -> in_ball Y ->
  frob n (value_dim h) (fun i k => self_attention n e sigmoid h Y i k - self_attention n e sigmoid h X i k)
  <= ball_constant * frob n e (fun i k => Y i k - X i k).
Proof.
  intros HX HY.
  apply (lipschitz_on_segment n e (value_dim h) _ (self_tangent n e sigmoid sigmoid' h)).
  - apply self_attention_pointwise.
  - intros. apply self_tangent_is_derivative, sigmoid_is_derive.
  - intros s Hs. apply jacobian_in_ball. intros i Hi. apply norm_sq_convex; auto.
Qed.
End Ball.

(* Many heads: each with its own alpha and beta, combined by ||W_o|| <= omega as in theorem_3_2.v. *)
Corollary multi_head_lipschitz_in_ball n e e_o heads (head_of : nat -> head) (w_o : nat -> array) omega
    (alpha beta : nat -> R) radius X Y :
  n <> 0%nat -> 0 <= omega ->
  (forall y : array,
     norm_sq e_o (fun k => sum heads (fun a => mat_vec (value_dim (head_of a)) (w_o a) (y a) k))
     <= omega * omega * sum heads (fun a => norm_sq (value_dim (head_of a)) (y a))) ->
  (forall a, (a < heads)%nat ->
     norm_at_most (value_dim (head_of a)) e (w_v (head_of a)) (beta a)
     /\ score_form_at_most n e (head_of a) (alpha a)
     /\ (forall i k, b_q (head_of a) i k = 0 /\ b_k (head_of a) i k = 0 /\ b_v (head_of a) k = 0)
     /\ (forall i j, (i < n)%nat -> (j < n)%nat -> bias (head_of a) i j <= - ln (INR n))) ->
  in_ball n e radius X -> in_ball n e radius Y ->
  let bound a := ball_constant n (alpha a) (beta a) radius in
  frob n e_o (fun i k => multi_head n e sigmoid heads head_of w_o Y i k
                         - multi_head n e sigmoid heads head_of w_o X i k)
  <= omega * sqrt (sum heads (fun a => bound a * bound a)) * frob n e (fun i k => Y i k - X i k).
Proof.
  intros Hn Po HO HA HX HY bound.
  apply (multi_head_lipschitz n e e_o sigmoid sigmoid' heads head_of w_o X Y _ sigmoid_is_derive).
  intros t H Ht. apply (multi_head_bound n e e_o heads sigmoid sigmoid' head_of w_o _ omega bound Po HO).
  intros a Ha. destruct (HA a Ha) as (V & F & Z & B). split.
  - unfold bound, ball_constant. set (u := alpha a * (radius * radius)).
    assert (0 <= u) by (apply Rmult_le_pos; [apply F | apply Rle_0_sqr]).
    assert (P := exp_pos u). assert (Pn := pos_INR n).
    assert (0 <= Rmin (INR n) (exp u)) by (apply Rmin_glb; lra).
    assert (0 <= Rmin (INR n / 4) (exp u)) by (apply Rmin_glb; lra).
    apply Rmult_le_pos; [apply V | ]. apply Rplus_le_le_0_compat; [assumption | ].
    apply Rmult_le_pos; [lra | assumption].
  - apply (jacobian_in_ball n e (head_of a) (alpha a) (beta a) radius Hn V F Z B).
    intros i Hi. apply norm_sq_convex; auto.
Qed.
