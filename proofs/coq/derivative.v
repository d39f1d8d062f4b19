(* SPDX-License-Identifier: Apache-2.0 *)
(* The tangent is the derivative of attention along a line in (Q, K, V), and the gradients are the adjoint
   of the tangent: what jvp.c and backward.c compute is what the regularity theorem speaks about. *)
From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
From Sigmacert Require Import sum norm attention.
Open Scope R_scope.

Definition line (X H : array) (t : R) : array := fun i k => X i k + t * H i k.

Lemma is_derive_value (g : R -> R) (t a b : R) : is_derive g t a -> a = b -> is_derive g t b.
Proof. intros D <-. exact D. Qed.

(* auto_derive would do for these two; its correctness rests on excluded middle, and this does not. *)
Lemma is_derive_affine a b t : is_derive (fun t => a + t * b) t b.
Proof.
  apply (is_derive_value (fun t => a + t * b) t (0 + (1 * b + t * 0))); [ | ring].
  apply @is_derive_plus; [apply @is_derive_const | ].
  apply (is_derive_mult (fun t => t) (fun _ => b) t 1 0 (is_derive_id t) (is_derive_const b t) Rmult_comm).
Qed.

Lemma is_derive_quadratic a b c t : is_derive (fun t => a + t * b + t * t * c) t (b + 2 * t * c).
Proof.
  apply (is_derive_value (fun t => a + t * b + t * t * c) t (b + ((1 * t + t * 1) * c + t * t * 0)));
      [ | ring].
  apply @is_derive_plus; [apply is_derive_affine | ].
  apply (is_derive_mult (fun t => t * t) (fun _ => c) t (1 * t + t * 1) 0);
      [ | apply @is_derive_const | apply Rmult_comm].
  apply (is_derive_mult (fun t => t) (fun t => t) t 1 1 (is_derive_id t) (is_derive_id t) Rmult_comm).
Qed.

Section Derivative.
Variables n_q n_k d d_v : nat.
Variable tau : R.
Variable shift : array.
Variable visible : nat -> nat -> bool.
Variables f f' : R -> R.
Hypothesis f_is_derive : forall u, is_derive f u (f' u).

Lemma score_line Q K Q' K' t i j :
  score d tau shift (line Q Q' t) (line K K' t) i j
  = score d tau shift Q K i j + t * score_tangent d tau Q K Q' K' i j
    + t * t * (tau * dot d (Q' i) (K' j)).
Proof.
  unfold score, score_tangent, dot, line.
  rewrite (sum_ext d _ (fun k => (Q i k * K j k + t * (Q' i k * K j k + Q i k * K' j k))
                                 + t * t * (Q' i k * K' j k))) by (intros; ring).
  rewrite !sum_plus, !sum_scale, sum_plus. ring.
Qed.

Lemma score_is_derive Q K Q' K' t i j :
  is_derive (fun t => score d tau shift (line Q Q' t) (line K K' t) i j) t
            (score_tangent d tau (line Q Q' t) (line K K' t) Q' K' i j).
Proof.
  apply (is_derive_ext (fun t => score d tau shift Q K i j + t * score_tangent d tau Q K Q' K' i j
                                 + t * t * (tau * dot d (Q' i) (K' j)))).
  { intros; symmetry; apply score_line. }
  replace (score_tangent d tau (line Q Q' t) (line K K' t) Q' K' i j)
    with (score_tangent d tau Q K Q' K' i j + 2 * t * (tau * dot d (Q' i) (K' j))).
  - apply is_derive_quadratic.
  - unfold score_tangent, dot, line.
    rewrite (sum_ext d (fun k => Q' i k * (K j k + t * K' j k))
                       (fun k => Q' i k * K j k + t * (Q' i k * K' j k))) by (intros; ring).
    rewrite (sum_ext d (fun k => (Q i k + t * Q' i k) * K' j k)
                       (fun k => Q i k * K' j k + t * (Q' i k * K' j k))) by (intros; ring).
    rewrite !sum_plus, !sum_scale. ring.
Qed.

Theorem tangent_is_derivative Q K V Q' K' V' t i c :
  is_derive (fun t => attention n_k d tau shift visible f (line Q Q' t) (line K K' t) (line V V' t) i c) t
            (tangent n_k d tau shift visible f f' (line Q Q' t) (line K K' t) (line V V' t) Q' K' V' i c).
Proof.
  unfold attention, tangent.
  apply (is_derive_sum n_k (fun j t => weight d tau shift visible f (line Q Q' t) (line K K' t) i j
                                       * line V V' t j c)).
  intros j _. unfold weight, slope. destruct (visible i j).
  - assert (S := score_is_derive Q K Q' K' t i j).
    set (s := fun t => score d tau shift (line Q Q' t) (line K K' t) i j) in *.
    assert (F := is_derive_comp f s t _ _ (f_is_derive (s t)) S).
    assert (D : is_derive (fun t => line V V' t j c) t (V' j c)) by apply is_derive_affine.
    assert (M := is_derive_mult _ _ t _ _ F D Rmult_comm).
    apply (is_derive_value _ _ _ _ M).
    unfold plus, mult, scal; simpl; unfold mult; simpl. fold (s t). ring.
  - apply (is_derive_ext (fun _ => 0)); [intros; symmetry; apply Rmult_0_l | ].
    apply (is_derive_value (fun _ => 0) t 0); [apply @is_derive_const | ring].
Qed.

(* <G, J(Q', K', V')> = <dQ, Q'> + <dK, K'> + <dV, V'>. *)
Theorem gradient_is_adjoint Q K V Q' K' V' G :
  frob_dot n_q d_v G (tangent n_k d tau shift visible f f' Q K V Q' K' V')
  = frob_dot n_q d (gradient_q n_k d d_v tau shift visible f' Q K V G) Q'
    + frob_dot n_k d (gradient_k n_q d d_v tau shift visible f' Q K V G) K'
    + frob_dot n_k d_v (gradient_v n_q d tau shift visible f Q K G) V'.
Proof.
  set (p := weight d tau shift visible f Q K).
  set (s := score_gradient d d_v tau shift visible f' Q K V G).
  assert (L : frob_dot n_q d_v G (tangent n_k d tau shift visible f f' Q K V Q' K' V')
    = sum n_q (fun i => sum n_k (fun j => p i j * dot d_v (G i) (V' j)
        + s i j * (tau * dot d (Q' i) (K j)) + s i j * (tau * dot d (Q i) (K' j))))).
  { apply sum_ext; intros i _. unfold dot at 1, tangent.
    rewrite (sum_ext d_v _ (fun c => sum n_k (fun j => G i c *
      (p i j * V' j c + slope d tau shift visible f' Q K i j * score_tangent d tau Q K Q' K' i j * V j c)))).
    2:{ intros; rewrite <- sum_scale; reflexivity. }
    rewrite sum_swap. apply sum_ext; intros j _.
    rewrite (sum_ext d_v _ (fun c => p i j * (G i c * V' j c)
      + slope d tau shift visible f' Q K i j * score_tangent d tau Q K Q' K' i j * (G i c * V j c)))
            by (intros; ring).
    rewrite sum_plus, !sum_scale. unfold s, score_gradient, score_tangent, dot. ring. }
  rewrite L. clear L.
  rewrite (sum_ext n_q _ (fun i => sum n_k (fun j => p i j * dot d_v (G i) (V' j))
     + sum n_k (fun j => s i j * (tau * dot d (Q' i) (K j)))
     + sum n_k (fun j => s i j * (tau * dot d (Q i) (K' j))))).
  2:{ intros; rewrite !sum_plus; reflexivity. }
  rewrite !sum_plus.
  assert (A : frob_dot n_q d (gradient_q n_k d d_v tau shift visible f' Q K V G) Q'
    = sum n_q (fun i => sum n_k (fun j => s i j * (tau * dot d (Q' i) (K j))))).
  { apply sum_ext; intros i _. unfold dot at 1, gradient_q.
    rewrite (sum_ext d _ (fun c => sum n_k (fun j => s i j * (tau * (Q' i c * K j c))))).
    2:{ intros c _. rewrite Rmult_assoc, (Rmult_comm _ (Q' i c)), <- !sum_scale.
        apply sum_ext; intros; unfold s; ring. }
    rewrite sum_swap. apply sum_ext; intros j _. rewrite sum_scale, sum_scale. reflexivity. }
  assert (B : frob_dot n_k d (gradient_k n_q d d_v tau shift visible f' Q K V G) K'
    = sum n_q (fun i => sum n_k (fun j => s i j * (tau * dot d (Q i) (K' j))))).
  { rewrite (sum_swap n_q n_k). apply sum_ext; intros j _. unfold dot at 1, gradient_k.
    rewrite (sum_ext d _ (fun c => sum n_q (fun i => s i j * (tau * (Q i c * K' j c))))).
    2:{ intros c _. rewrite Rmult_assoc, (Rmult_comm _ (K' j c)), <- !sum_scale.
        apply sum_ext; intros; unfold s; ring. }
    rewrite sum_swap. apply sum_ext; intros i _. rewrite sum_scale, sum_scale. reflexivity. }
  assert (C : frob_dot n_k d_v (gradient_v n_q d tau shift visible f Q K G) V'
    = sum n_q (fun i => sum n_k (fun j => p i j * dot d_v (G i) (V' j)))).
  { rewrite (sum_swap n_q n_k). apply sum_ext; intros j _. unfold dot at 1, gradient_v.
    rewrite (sum_ext d_v _ (fun c => sum n_q (fun i => p i j * (G i c * V' j c)))).
    2:{ intros c _. rewrite <- sum_scale_r. apply sum_ext; intros; unfold p; ring. }
    rewrite sum_swap. apply sum_ext; intros i _. rewrite sum_scale. reflexivity. }
  rewrite A, B, C. ring.
Qed.
End Derivative.
