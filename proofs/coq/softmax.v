(* SPDX-License-Identifier: Apache-2.0 *)
(* Softmax attention, for comparison: its tangent is the derivative, the Jacobian of a row of weights,
   diag p - p p^T, has norm at most 1/2, and the sharper bound holds with that in place of the slopes.

   soft_term, soft_mass, soft_weight, soft_attention and soft_tangent are sc_soft_term, _mass, _weight,
   _output and _o_t of spec/real_softmax.acsl: a row that sees no key has no mass, and is 0. Gradients:
   softmax_gradient.v; the tangent as a derivative by the tokens: self_softmax.v. *)
From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From Sigmacert Require Import sum norm attention derivative self_attention terms sharper certificate.
Open Scope R_scope.

(* a / b, and 0 where no key is seen: then b is 0. *)
Definition over a b := if Rlt_dec 0 b then a / b else 0.

Section Row.
Variable n : nat.
Variable p : nat -> R.

(* What a change z of a row's scores does to its weights: (diag p - p p^T) z. *)
Definition row_response (z : nat -> R) : nat -> R := fun j => p j * (z j - sum n (fun l => p l * z l)).
Definition row_jacobian j l := p j * delta j l - p j * p l.

Lemma row_response_is_jacobian z j : (j < n)%nat -> row_response z j = mat_vec n row_jacobian z j.
Proof.
  intros Hj. symmetry. unfold row_response, mat_vec, row_jacobian.
  rewrite (sum_ext n _ (fun l => p j * (delta j l * z l) - p j * (p l * z l))) by (intros; ring).
  rewrite sum_minus, !sum_scale, sum_delta by exact Hj. ring.
Qed.

Hypothesis p_nonneg : forall j, (j < n)%nat -> 0 <= p j.
Hypothesis p_sum : sum n p = 1.

Lemma p_le_1 j : (j < n)%nat -> p j <= 1.
Proof. intros Hj. rewrite <- p_sum. apply sum_term_le; assumption. Qed.

(* sum_l |D_jl| = 2 p_j (1 - p_j) *)
Lemma row_jacobian_row j : (j < n)%nat -> sum n (fun l => Rabs (row_jacobian j l)) <= / 2.
Proof.
  intros Hj. assert (Q := p_le_1 j Hj). assert (P := p_nonneg j Hj).
  rewrite (sum_ext n _ (fun l => delta j l * (p j * (1 - 2 * p l)) + p j * p l)).
  2:{ intros l Hl. specialize (p_nonneg l Hl). unfold row_jacobian.
      destruct (Nat.eq_dec j l) as [<- | E].
      - rewrite delta_same, Rabs_pos_eq by nra. ring.
      - rewrite delta_other, Rabs_left1 by nra || exact E. ring. }
  rewrite sum_plus, (sum_delta n j (fun l => p j * (1 - 2 * p l)) Hj), sum_scale, p_sum.
  generalize (Rle_0_sqr (p j - / 2)); unfold Rsqr; lra.
Qed.

Lemma row_jacobian_sym j l : row_jacobian j l = row_jacobian l j.
Proof.
  unfold row_jacobian. destruct (Nat.eq_dec j l) as [<- | E]; [reflexivity | ].
  rewrite !delta_other by congruence. ring.
Qed.

(* Absolute rows and columns of at most 1/2: by Collatz-Wielandt with x = 1. *)
Theorem row_jacobian_half z : norm_sq n (row_response z) <= / 2 * / 2 * norm_sq n z.
Proof.
  rewrite (norm_sq_ext n _ _ (row_response_is_jacobian z)).
  apply Rle_trans with (norm_sq n (mat_vec n (fun j l => Rabs (row_jacobian j l)) (fun l => Rabs (z l)))).
  { apply sum_le; intros j Hj.
    assert (A := sum_abs n (fun l => row_jacobian j l * z l)). cbv beta in A.
    rewrite (sum_ext n (fun l => Rabs (row_jacobian j l * z l))
               (fun l => Rabs (row_jacobian j l) * Rabs (z l))) in A by (intros; apply Rabs_mult).
    apply abs_le_square in A. exact A. }
  eapply Rle_trans.
  - apply (collatz_wielandt n n _ (fun _ => 1) (/ 2 * / 2)); [intros; apply Rabs_pos | intros; lra | ].
    assert (S : forall i, (i < n)%nat ->
      mat_vec n (fun j l => Rabs (row_jacobian j l)) (fun _ => 1) i <= / 2).
    { intros i Hi. unfold mat_vec. rewrite sum_scale_r, Rmult_1_r. apply row_jacobian_row; exact Hi. }
    intros l Hl. rewrite Rmult_1_r. unfold mat_vec at 1, transpose.
    apply Rle_trans with (sum n (fun i => Rabs (row_jacobian i l) * / 2)).
    + apply sum_le; intros i Hi. apply Rmult_le_compat_l; [apply Rabs_pos | apply S; exact Hi].
    + rewrite sum_scale_r. apply Rmult_le_compat_r; [lra | ].
      rewrite (sum_ext n _ (fun i => Rabs (row_jacobian l i))); [apply row_jacobian_row; exact Hl | ].
      intros; rewrite row_jacobian_sym; reflexivity.
  - apply Req_le. f_equal. apply sum_ext; intros l _. rewrite <- Rabs_mult. apply Rabs_pos_eq. nra.
Qed.
End Row.

Section Softmax.
Variables n_k d : nat.
Variable tau : R.
Variable shift : array.
Variable visible : nat -> nat -> bool.

Definition soft_term Q K i j := if visible i j then exp (score d tau shift Q K i j) else 0.
Definition soft_mass Q K i := sum n_k (soft_term Q K i).
Definition soft_weight Q K : array := fun i j => over (soft_term Q K i j) (soft_mass Q K i).
Definition soft_attention Q K V : array := fun i c => sum n_k (fun j => soft_weight Q K i j * V j c).
Definition soft_tangent Q K V Q' K' V' : array := fun i c =>
  sum n_k (fun j => soft_weight Q K i j * V' j c
                    + row_response n_k (soft_weight Q K i) (score_tangent d tau Q K Q' K' i) j * V j c).

Lemma soft_term_nonneg Q K i j : 0 <= soft_term Q K i j.
Proof. unfold soft_term. destruct (visible i j); [apply Rlt_le, exp_pos | lra]. Qed.

Lemma soft_weight_nonneg Q K i j : 0 <= soft_weight Q K i j.
Proof.
  unfold soft_weight, over. destruct (Rlt_dec 0 (soft_mass Q K i)); [ | lra].
  apply Rmult_le_pos; [apply soft_term_nonneg | apply Rlt_le, Rinv_0_lt_compat; assumption].
Qed.

(* The weights of a row sum to 1 where it sees a key, and are 0 where it does not. *)
Lemma soft_weight_sum Q K i :
  (sum n_k (soft_weight Q K i) = 1) \/ (forall j, soft_weight Q K i j = 0).
Proof.
  unfold soft_weight, over. destruct (Rlt_dec 0 (soft_mass Q K i)) as [P | P]; [left | right; reflexivity].
  unfold Rdiv. rewrite sum_scale_r. apply Rinv_r. lra.
Qed.

Lemma soft_response_half Q K i z :
  norm_sq n_k (row_response n_k (soft_weight Q K i) z) <= / 2 * / 2 * norm_sq n_k z.
Proof.
  destruct (soft_weight_sum Q K i) as [S | Z].
  - apply row_jacobian_half; [intros; apply soft_weight_nonneg | exact S].
  - rewrite (norm_sq_ext _ _ (fun _ => 0 * 0)) by (intros; unfold row_response; rewrite Z; ring).
    unfold norm_sq at 1. rewrite (sum_ext n_k _ (fun _ => 0)), sum_zero by (intros; ring).
    generalize (norm_sq_nonneg n_k z); lra.
Qed.

(* The exponential keeps a mass positive along a line, so the case of `over` never changes. *)
Lemma soft_mass_positive Q K Q2 K2 i : 0 < soft_mass Q K i -> 0 < soft_mass Q2 K2 i.
Proof.
  unfold soft_mass. intros P. apply Rnot_le_lt. intros N.
  assert (B : forall j, (j < n_k)%nat -> visible i j = false).
  { intros j Hj. destruct (visible i j) eqn:E; [exfalso | reflexivity].
    assert (T := sum_term_le n_k (soft_term Q2 K2 i) j (fun j _ => soft_term_nonneg Q2 K2 i j) Hj).
    unfold soft_term in T at 1. rewrite E in T. generalize (exp_pos (score d tau shift Q2 K2 i j)); lra. }
  rewrite (sum_ext n_k _ (fun _ => 0)), sum_zero in P; [lra | ].
  intros j Hj. unfold soft_term. rewrite B by exact Hj. reflexivity.
Qed.

Lemma soft_term_is_derive Q K Q' K' t i j :
  is_derive (fun t => soft_term (line Q Q' t) (line K K' t) i j) t
    (soft_term (line Q Q' t) (line K K' t) i j * score_tangent d tau (line Q Q' t) (line K K' t) Q' K' i j).
Proof.
  unfold soft_term. destruct (visible i j).
  - assert (S := score_is_derive d tau shift Q K Q' K' t i j).
    set (s := fun t => score d tau shift (line Q Q' t) (line K K' t) i j) in *.
    assert (E := is_derive_comp exp s t _ _ (is_derive_exp (s t)) S).
    apply (is_derive_value _ _ _ _ E). unfold scal; simpl; unfold mult; simpl. apply Rmult_comm.
  - apply (is_derive_value (fun _ => 0) t 0); [apply @is_derive_const | symmetry; apply Rmult_0_l].
Qed.

Lemma soft_weight_is_derive Q K Q' K' t i j :
  is_derive (fun t => soft_weight (line Q Q' t) (line K K' t) i j) t
    (row_response n_k (soft_weight (line Q Q' t) (line K K' t) i)
       (score_tangent d tau (line Q Q' t) (line K K' t) Q' K' i) j).
Proof.
  set (z := score_tangent d tau (line Q Q' t) (line K K' t) Q' K' i).
  set (term := soft_term (line Q Q' t) (line K K' t) i).
  set (mass := soft_mass (line Q Q' t) (line K K' t) i).
  destruct (Rlt_dec 0 mass) as [P | P].
  - assert (T := soft_term_is_derive Q K Q' K' t i j). fold z term in T.
    assert (M : is_derive (fun t => soft_mass (line Q Q' t) (line K K' t) i) t
                  (sum n_k (fun l => term l * z l))).
    { apply (is_derive_sum n_k (fun l t => soft_term (line Q Q' t) (line K K' t) i l)).
      intros l _. apply soft_term_is_derive. }
    assert (D := is_derive_div _ _ t _ _ T M (Rgt_not_eq _ _ P)).
    eapply is_derive_ext; [ | apply (is_derive_value _ _ _ _ D)].
    + intros s. unfold soft_weight, over.
      destruct (Rlt_dec 0 (soft_mass (line Q Q' s) (line K K' s) i)) as [_ | N]; [reflexivity | ].
      contradiction N. apply (soft_mass_positive _ _ _ _ i P).
    + unfold row_response, soft_weight, over. fold term mass.
      destruct (Rlt_dec 0 mass) as [_ | N]; [ | contradiction].
      rewrite (sum_ext n_k (fun l => term l / mass * z l) (fun l => / mass * (term l * z l)))
        by (intros; unfold Rdiv; ring).
      rewrite sum_scale. unfold Rsqr. field. lra.
  - eapply is_derive_ext; [ | apply (is_derive_value (fun _ => 0) t 0); [apply @is_derive_const | ]].
    + intros s. unfold soft_weight, over.
      destruct (Rlt_dec 0 (soft_mass (line Q Q' s) (line K K' s) i)) as [N | _]; [ | reflexivity].
      contradiction P. apply (soft_mass_positive _ _ _ _ i N).
    + unfold row_response, soft_weight, over. fold mass. destruct (Rlt_dec 0 mass); [contradiction | ring].
Qed.

Theorem soft_tangent_is_derivative Q K V Q' K' V' t i c :
  is_derive (fun t => soft_attention (line Q Q' t) (line K K' t) (line V V' t) i c) t
            (soft_tangent (line Q Q' t) (line K K' t) (line V V' t) Q' K' V' i c).
Proof.
  apply (is_derive_sum n_k (fun j t => soft_weight (line Q Q' t) (line K K' t) i j * line V V' t j c)).
  intros j _. assert (W := soft_weight_is_derive Q K Q' K' t i j).
  assert (D : is_derive (fun t => line V V' t j c) t (V' j c)) by apply is_derive_affine.
  assert (M := is_derive_mult _ _ t _ _ W D Rmult_comm).
  apply (is_derive_value _ _ _ _ M). unfold plus, mult; simpl. ring.
Qed.
End Softmax.

(* As a map of the tokens. *)
Definition self_soft_weight n e h X :=
  soft_weight n (head_dim h) (scale h) (bias h) (sees h) (query e h X) (key e h X).
Definition self_soft_tangent n e h X H : array :=
  soft_tangent n (head_dim h) (scale h) (bias h) (sees h) (query e h X) (key e h X) (value e h X)
               (linear_q e h H) (linear_k e h H) (linear_v e h H).

(* Row-stochastic: ||P||^2 <= n, whatever the scores. *)
Lemma self_soft_weight_norm n e h X : norm_at_most n n (self_soft_weight n e h X) (sqrt (INR n)).
Proof.
  split; [apply sqrt_pos | intros c]. rewrite sqrt_sqrt by apply pos_INR.
  apply sum_le_const; intros i Hi. unfold mat_vec, self_soft_weight.
  set (p := soft_weight n (head_dim h) (scale h) (bias h) (sees h) (query e h X) (key e h X) i).
  assert (Pp : forall j, 0 <= p j) by (intros; apply soft_weight_nonneg).
  destruct (soft_weight_sum n (head_dim h) (scale h) (bias h) (sees h) (query e h X) (key e h X) i)
    as [S | Z].
  - fold p in S.
    assert (C := weighted_cauchy_schwarz n p (fun _ => 1) c (fun j _ => Pp j) (fun j _ => Rlt_0_1)).
    cbv beta in C. rewrite sum_scale_r, S in C. eapply Rle_trans; [exact C | ].
    rewrite !Rmult_1_l. apply sum_le; intros j Hj.
    assert (p j <= 1) by (apply (p_le_1 n p); auto).
    replace (c j * c j / 1) with (c j * c j) by field. generalize (Pp j); nra.
  - fold p in Z. rewrite (sum_ext n _ (fun _ => 0)), sum_zero by (intros; rewrite Z; ring).
    rewrite Rmult_0_l. apply norm_sq_nonneg.
Qed.

Lemma soft_tangent_terms n e h X H i k :
  self_soft_tangent n e h X H i k
  = rows n (self_soft_weight n e h X) (linear_v e h H) i k
    + rows n (fun i => row_response n (self_soft_weight n e h X i) (from_query e h X H i)) (value e h X) i k
    + rows n (fun i => row_response n (self_soft_weight n e h X i) (from_key e h X H i)) (value e h X) i k.
Proof.
  unfold rows. rewrite <- !sum_plus. apply sum_ext; intros j Hj.
  unfold self_soft_weight, row_response, score_tangent, from_query, from_key.
  rewrite (sum_ext n (fun l => _ * (scale h * (_ + _)))
    (fun l => soft_weight n (head_dim h) (scale h) (bias h) (sees h) (query e h X) (key e h X) i l
                * (scale h * dot (head_dim h) (linear_q e h H i) (key e h X l))
              + soft_weight n (head_dim h) (scale h) (bias h) (sees h) (query e h X) (key e h X) i l
                * (scale h * dot (head_dim h) (query e h X i) (linear_k e h H l)))) by (intros; ring).
  rewrite sum_plus. ring.
Qed.

Theorem softmax_sharper n e h X pi nu kappa rho beta H :
  0 <= pi -> 0 <= nu -> 0 <= kappa -> 0 <= rho ->
  norm_at_most n n (self_soft_weight n e h X) pi ->
  norm_at_most (value_dim h) n (transpose (value e h X)) nu ->
  (forall i x, (i < n)%nat ->
     norm_sq n (fun j => scale h * dot (head_dim h) (mat_vec e (w_q h i) x) (key e h X j))
     <= kappa * kappa * norm_sq e x) ->
  (forall j x, (j < n)%nat ->
     norm_sq n (fun i => scale h * dot (head_dim h) (query e h X i) (mat_vec e (w_k h j) x))
     <= rho * rho * norm_sq e x) ->
  norm_at_most (value_dim h) e (w_v h) beta ->
  frob n (value_dim h) (self_soft_tangent n e h X H) <= (pi * beta + / 2 * nu * (kappa + rho)) * frob n e H.
Proof.
  intros Ppi Pnu Pkappa Prho HP HV HK HQ HW.
  apply (sharper_of_response n e h X (self_soft_weight n e h X)
           (fun i => row_response n (self_soft_weight n e h X i)) pi (/ 2) nu kappa rho beta);
    try assumption; [lra | intros; apply soft_response_half | apply soft_tangent_terms].
Qed.
