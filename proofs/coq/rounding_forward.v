(* SPDX-License-Identifier: Apache-2.0 *)
(* The rounding-error bound of the forward pass, for every arithmetic that keeps a declared model.

   The formulas were found for this project. fused_kernel_bound writes them out in one piece for one kernel;
   reference/judge/bound.h has them for the reference, and those of a tensor core are of
   reference/oracle/SCHEDULE.md, "Error of a product sum". Nothing is said here of bits, formats
   or orders of summation: a model is a list of inequalities, u, t, kappa, omega being whatever an
   implementation declares, and a computed value is a real number that keeps them. No inequality holds of an
   operation that overflows, so the bound is claimed without overflow only.

   In the order of the file: one rounded operation; accumulations that keep the model, in any order, fused
   or not, and on a tensor core; the score, the weight, the stored weight, the output. *)
From Coq Require Import Reals Lra Lia Psatz.
From Sigmacert Require Import sum norm sigmoid attention sensitivity.
Open Scope R_scope.

(* |a - c| <= |a - b| + |b - c| *)
Lemma distance_triangle a b c e f : Rabs (a - b) <= e -> Rabs (b - c) <= f -> Rabs (a - c) <= f + e.
Proof.
  intros H G. replace (a - c) with ((b - c) + (a - b)) by ring.
  eapply Rle_trans; [apply Rabs_triang | lra].
Qed.

Lemma abs_le_of_distance x y e size : Rabs (x - y) <= e -> Rabs y <= size -> Rabs x <= size + e.
Proof.
  intros H Hy. replace x with (y + (x - y)) by ring.
  eapply Rle_trans; [apply Rabs_triang | lra].
Qed.

(* ---- One rounded operation ---- *)

(* The error of a value that stands for one of at most `size` with an error of at most e, after one more
   rounding of relative error u and absolute error t. *)
Definition after_rounding u t size e := e + (u * (size + e) + t).

Lemma rounding_error u t size e y x x' : 0 <= u -> Rabs (x - y) <= e -> Rabs y <= size ->
  Rabs (x' - x) <= u * Rabs x + t -> Rabs (x' - y) <= after_rounding u t size e.
Proof.
  intros Hu Hx Hy Hr. unfold after_rounding. apply (distance_triangle _ x); [ | exact Hx].
  eapply Rle_trans; [exact Hr | ]. apply Rplus_le_compat_r, Rmult_le_compat_l; [exact Hu | ].
  exact (abs_le_of_distance x y e size Hx Hy).
Qed.

(* r rounded operations of one kind. *)
Fixpoint chain_error u t size e r :=
  match r with O => e | S k => after_rounding u t size (chain_error u t size e k) end.

(* A chain of operations from x, which stands for y with an error of at most e, to x', which stands for y'
   with one of at most e'. Each adds a number c, and errs by at most charge; c = 0 where it only rounds, such
   as a product with a scale where values are measured after it. *)
Inductive rounded_steps (e y x : R) : R -> R -> R -> Prop :=
  | no_step : rounded_steps e y x e y x
  | one_more_step charge e' y' x' c x'' : rounded_steps e y x e' y' x' ->
      Rabs (x'' - (x' + c)) <= charge -> rounded_steps e y x (e' + charge) (y' + c) x''
  | steps_weaken e' e'' y' x' : e' <= e'' -> rounded_steps e y x e' y' x' -> rounded_steps e y x e'' y' x'.

Lemma rounded_steps_error e y x e' y' x' : Rabs (x - y) <= e -> rounded_steps e y x e' y' x' ->
  Rabs (x' - y') <= e'.
Proof.
  intros H S. induction S as [ | charge e' y' x' c x'' S IH Hc | e' e'' y' x' L S IH]; [exact H | | lra].
  apply (distance_triangle _ (x' + c)); [exact Hc | ].
  replace (x' + c - (y' + c)) with (x' - y') by ring. exact IH.
Qed.

(* An operation whose result is rounded, the exact result being at most `size`. *)
Lemma result_rounded u t size e y x e' y' x' c x'' : 0 <= u -> Rabs (x - y) <= e ->
  rounded_steps e y x e' y' x' -> Rabs (y' + c) <= size ->
  Rabs (x'' - (x' + c)) <= u * Rabs (x' + c) + t ->
  rounded_steps e y x (after_rounding u t size e') (y' + c) x''.
Proof.
  intros Hu H St Hs Hr. apply one_more_step with (1 := St).
  eapply Rle_trans; [exact Hr | ]. apply Rplus_le_compat_r, Rmult_le_compat_l; [exact Hu | ].
  apply (abs_le_of_distance _ (y' + c)); [ | exact Hs].
  replace (x' + c - (y' + c)) with (x' - y') by ring. exact (rounded_steps_error _ _ _ _ _ _ H St).
Qed.

(* An exact addition of c', which is c rounded, c being at most `size`. *)
Lemma operand_rounded u t size e y x e' y' x' c c' : 0 <= u -> Rabs (x - y) <= e ->
  rounded_steps e y x e' y' x' -> Rabs c <= size -> Rabs (c' - c) <= u * Rabs c + t ->
  rounded_steps e y x (after_rounding u t size e') (y' + c) (x' + c').
Proof.
  intros Hu H St Hs Hr. apply one_more_step with (1 := St).
  replace (x' + c' - (x' + c)) with (c' - c) by ring.
  eapply Rle_trans; [exact Hr | ]. apply Rplus_le_compat_r, Rmult_le_compat_l; [exact Hu | ].
  assert (E := rounded_steps_error _ _ _ _ _ _ H St). generalize (Rabs_pos (x' - y')); lra.
Qed.

(* ---- Accumulation ---- *)

(* What a factor or addend contributes to the magnitude that an accumulation charges. A tensor core does not
   normalise subnormal factors and aligns each as if it were `floor`, the least normal number of its format,
   unless it is zero; with fused multiply-adds, floor is 0 and this is the absolute value. *)
Definition aligned floor x := if Req_EM_T x 0 then 0 else Rmax (Rabs x) floor.

Lemma aligned_0 x : aligned 0 x = Rabs x.
Proof.
  unfold aligned. destruct (Req_EM_T x 0) as [-> | _]; [rewrite Rabs_R0; reflexivity | ].
  apply Rmax_left, Rabs_pos.
Qed.

Lemma aligned_abs floor x : Rabs x <= aligned floor x.
Proof.
  unfold aligned. destruct (Req_EM_T x 0) as [-> | _]; [rewrite Rabs_R0; lra | apply Rmax_l].
Qed.

Lemma aligned_nonneg floor x : 0 <= aligned floor x.
Proof. eapply Rle_trans; [apply Rabs_pos | apply aligned_abs]. Qed.

Lemma aligned_le floor x y : Rabs x <= y -> aligned floor x <= aligned floor y.
Proof.
  intros H. destruct (Req_EM_T x 0) as [-> | E]; [ | assert (P := Rabs_pos_lt x E)].
  - unfold aligned at 1. destruct (Req_EM_T 0 0); [apply aligned_nonneg | contradiction].
  - unfold aligned. destruct (Req_EM_T x 0) as [F | _]; [contradiction | ].
    destruct (Req_EM_T y 0) as [F | _]; [lra | ].
    apply Rle_max_compat_r. rewrite (Rabs_right y) by lra. exact H.
Qed.

(* An accumulation that stands for e = init + sum of the terms, A = |init| + the magnitudes of the terms:
   |x - e| <= (growth - 1) A + floor. A step takes the running value and a few terms, their sum y of
   magnitude at most H; a merge adds two running values. *)
Inductive accumulated : R -> R -> R -> R -> R -> Prop :=
  | accumulator_start init : accumulated 1 0 init (Rabs init) init
  | accumulator_step alpha omega growth floor e A x y H x' : 0 <= alpha -> 0 <= omega ->
      accumulated growth floor e A x -> Rabs y <= H ->
      Rabs (x' - (x + y)) <= alpha * (Rabs x + H) + omega ->
      accumulated ((1 + alpha) * growth) ((1 + alpha) * floor + omega) (e + y) (A + H) x'
  | accumulator_merge u t growth floor1 floor2 e1 e2 A1 A2 x1 x2 x' : 0 <= u -> 0 <= t ->
      accumulated growth floor1 e1 A1 x1 -> accumulated growth floor2 e2 A2 x2 ->
      Rabs (x' - (x1 + x2)) <= u * Rabs (x1 + x2) + t ->
      accumulated ((1 + u) * growth) ((1 + u) * (floor1 + floor2) + t) (e1 + e2) (A1 + A2) x'
  | accumulator_weaken growth growth' floor floor' e A x : growth <= growth' -> floor <= floor' ->
      accumulated growth floor e A x -> accumulated growth' floor' e A x.

Lemma accumulated_error growth floor e A x : accumulated growth floor e A x ->
  1 <= growth /\ Rabs e <= A /\ Rabs (x - e) <= (growth - 1) * A + floor.
Proof.
  induction 1 as [init | alpha omega growth floor e A x y H x' Ha Ho S [IHg [IHe IH]] Hy Hr
                  | u t growth floor1 floor2 e1 e2 A1 A2 x1 x2 x' Hu Ht S1 [IHg [IHe1 IH1]] S2
                    [_ [IHe2 IH2]] Hr
                  | growth growth' floor floor' e A x Hg Hf S [IHg [IHe IH]]].
  - split; [lra | split; [lra | ]]. replace (init - init) with 0 by ring. rewrite Rabs_R0. lra.
  - assert (PA := Rabs_pos e). assert (PH := Rabs_pos y).
    split; [nra | split; [eapply Rle_trans; [apply Rabs_triang | lra] | ]].
    assert (B := abs_le_of_distance _ _ _ _ IH IHe).
    assert (D : Rabs (x + y - (e + y)) <= (growth - 1) * A + floor).
    { replace (x + y - (e + y)) with (x - e) by ring. exact IH. }
    eapply Rle_trans; [exact (distance_triangle _ _ _ _ _ Hr D) | ].
    assert (alpha * Rabs x <= alpha * (A + ((growth - 1) * A + floor)))
      by (apply Rmult_le_compat_l; assumption).
    assert (0 <= (growth - 1) * H) by (apply Rmult_le_pos; lra).
    assert (0 <= alpha * ((growth - 1) * H)) by (apply Rmult_le_pos; assumption). nra.
  - assert (P1 := Rabs_pos e1). assert (P2 := Rabs_pos e2).
    split; [nra | split; [eapply Rle_trans; [apply Rabs_triang | lra] | ]].
    assert (D : Rabs (x1 + x2 - (e1 + e2)) <= (growth - 1) * A1 + floor1 + ((growth - 1) * A2 + floor2)).
    { replace (x1 + x2 - (e1 + e2)) with ((x1 - e1) + (x2 - e2)) by ring.
      eapply Rle_trans; [apply Rabs_triang | lra]. }
    assert (E : Rabs (e1 + e2) <= A1 + A2) by (eapply Rle_trans; [apply Rabs_triang | lra]).
    eapply Rle_trans; [exact (rounding_error _ _ _ _ _ _ _ Hu D E Hr) | unfold after_rounding; lra].
  - split; [lra | split; [exact IHe | ]]. assert (P := Rabs_pos e).
    eapply Rle_trans; [exact IH | ]. apply Rplus_le_compat; [apply Rmult_le_compat_r | ]; lra.
Qed.

(* m steps of the same model, one after the other: the error omega of each step grows with the steps after
   it, omega (1 + (1 + alpha) + ...) = omega ((1 + alpha)^m - 1) / alpha. *)
Lemma accumulated_chain alpha omega m (x y H : nat -> R) : 0 < alpha -> 0 <= omega ->
  (forall k, (k < m)%nat -> Rabs (y k) <= H k) ->
  (forall k, (k < m)%nat -> Rabs (x (S k) - (x k + y k)) <= alpha * (Rabs (x k) + H k) + omega) ->
  accumulated ((1 + alpha) ^ m) (((1 + alpha) ^ m - 1) * (omega / alpha))
    (x O + sum m y) (Rabs (x O) + sum m H) (x m).
Proof.
  intros Ha Ho. induction m as [ | m IH]; intros Hy Hx; simpl sum.
  - rewrite !Rplus_0_r. simpl. replace ((1 - 1) * (omega / alpha)) with 0 by ring. constructor.
  - rewrite <- !Rplus_assoc. simpl pow.
    apply accumulator_weaken with ((1 + alpha) * (1 + alpha) ^ m)
      ((1 + alpha) * (((1 + alpha) ^ m - 1) * (omega / alpha)) + omega);
      [lra | apply Req_le; field; lra | ].
    apply accumulator_step with (x := x m); [lra | exact Ho | | apply Hy; lia | apply Hx; lia].
    apply IH; intros; [apply Hy | apply Hx]; lia.
Qed.

(* The tensor core, as SCHEDULE.md states it: H k holds the products of step k. *)
Theorem tensor_core_accumulation alpha omega m (x y H : nat -> R) : 0 < alpha -> 0 <= omega ->
  (forall k, (k < m)%nat -> Rabs (y k) <= H k) ->
  (forall k, (k < m)%nat -> Rabs (x (S k) - (x k + y k)) <= alpha * (Rabs (x k) + H k) + omega) ->
  let kappa := (1 + alpha) ^ m - 1 in
  Rabs (x m - (x O + sum m y)) <= kappa * (Rabs (x O) + sum m H) + kappa * omega / alpha.
Proof.
  intros Ha Ho Hy Hx kappa.
  destruct (accumulated_error _ _ _ _ _ (accumulated_chain alpha omega m x y H Ha Ho Hy Hx)) as [_ [_ B]].
  eapply Rle_trans; [exact B | apply Req_le; unfold kappa, Rdiv; ring].
Qed.

(* What alpha and omega of one step are. The products x and the addend c are truncated to x' and c', each
   by less than phi M, M being the largest of their powers of two, or tiny where there is none: a power of two
   is not above what it is the power of. At least one term, that of M, loses nothing. The sum of the
   truncated terms is exact and then rounded, by rho of it, or by mu where it underflows. *)
Theorem tensor_core_step L phi rho mu tiny M c c' r (x x' H : nat -> R) : 0 <= phi -> 0 <= rho -> 0 <= M ->
  (forall i, (i < L)%nat -> Rabs (x i) <= H i) -> M <= Rabs c + tiny + sum L H ->
  (forall i, (i < L)%nat -> Rabs (x' i) <= Rabs (x i) /\ Rabs (x' i - x i) <= phi * M) ->
  Rabs c' <= Rabs c -> Rabs (c' - c) <= phi * M ->
  (c' = c \/ exists i, (i < L)%nat /\ x' i = x i) ->
  Rabs (r - (c' + sum L x')) <= rho * Rabs (c' + sum L x') + mu ->
  Rabs (r - (c + sum L x))
    <= (INR L * phi + rho) * (Rabs c + sum L H) + (INR L * phi * tiny + mu).
Proof.
  intros Hphi Hrho HM HH Hbig Hx Hc Hc' Hexact Hr.
  assert (G : 0 <= phi * M) by (apply Rmult_le_pos; assumption).
  assert (Lost : Rabs (c' + sum L x' - (c + sum L x)) <= INR L * (phi * M)).
  { replace (c' + sum L x' - (c + sum L x)) with ((c' - c) + sum L (fun i => x' i - x i))
      by (rewrite sum_minus; ring).
    eapply Rle_trans; [apply Rabs_triang | ]. destruct Hexact as [-> | [i [Hi E]]].
    - replace (c - c) with 0 by ring. rewrite Rabs_R0, Rplus_0_l.
      eapply Rle_trans; [apply sum_abs | apply sum_le_const; intros; apply Hx; assumption].
    - assert (S : Rabs (sum L (fun i => x' i - x i)) <= sum L (fun j => phi * M - delta i j * (phi * M))).
      { eapply Rle_trans; [apply sum_abs | apply sum_le; intros j Hj].
        destruct (Nat.eq_dec i j) as [<- | N].
        - rewrite E, delta_same. replace (x i - x i) with 0 by ring. rewrite Rabs_R0. lra.
        - rewrite delta_other by exact N. generalize (Hx j Hj); lra. }
      rewrite (sum_minus L (fun _ => phi * M)), sum_const, sum_delta in S by exact Hi. lra. }
  assert (Size : Rabs (c' + sum L x') <= Rabs c + sum L H).
  { eapply Rle_trans; [apply Rabs_triang | ]. apply Rplus_le_compat; [exact Hc | ].
    eapply Rle_trans; [apply sum_abs | ]. apply sum_le; intros i Hi. generalize (Hx i Hi) (HH i Hi); lra. }
  assert (Scaled : INR L * phi * M <= INR L * phi * (Rabs c + tiny + sum L H)).
  { apply Rmult_le_compat_l; [apply Rmult_le_pos; [apply pos_INR | exact Hphi] | exact Hbig]. }
  apply (Rmult_le_compat_l rho) in Size; [ | exact Hrho].
  eapply Rle_trans; [exact (distance_triangle _ _ _ _ _ Hr Lost) | lra].
Qed.

(* 16 products and 25 bits (H100), 8 and 24 (A100): alpha = 5/2^23 and omega = 5/2^149 for both. *)
Theorem tensor_core_constants L F : (L = 16 /\ F = 25)%nat \/ (L = 8 /\ F = 24)%nat ->
  INR L * / 2 ^ F + / 2 ^ 23 = 5 / 2 ^ 23 /\ INR L * / 2 ^ F * / 2 ^ 126 + / 2 ^ 149 = 5 / 2 ^ 149.
Proof.
  assert (P : 2 ^ 126 <> 0) by (apply pow_nonzero; lra).
  assert (E : 2 ^ 149 = 2 ^ 126 * 8388608)
    by (change 149%nat with (126 + 23)%nat; rewrite pow_add; f_equal; simpl; lra).
  intros [[-> ->] | [-> ->]];
    (split; [simpl; lra | rewrite E; set (z := 2 ^ 126) in *; simpl; field; exact P]).
Qed.

(* Recursive summation by fused multiply-adds: x (k+1) = fl(x k + a k b k). *)
Theorem fused_accumulation u t n (x a b : nat -> R) : 0 < u -> 0 <= t ->
  (forall k, (k < n)%nat ->
    Rabs (x (S k) - (x k + a k * b k)) <= u * Rabs (x k + a k * b k) + t) ->
  let kappa := (1 + u) ^ n - 1 in
  Rabs (x n - (x O + dot n a b))
    <= kappa * (Rabs (x O) + sum n (fun k => Rabs (a k) * Rabs (b k))) + kappa * t / u.
Proof.
  intros Hu Ht Hx. apply (tensor_core_accumulation u t n x (fun k => a k * b k)); try assumption.
  - intros k _. rewrite Rabs_mult. lra.
  - intros k Hk. eapply Rle_trans; [apply Hx, Hk | ]. apply Rplus_le_compat_r, Rmult_le_compat_l; [lra | ].
    rewrite <- Rabs_mult. apply Rabs_triang.
Qed.

(* Rounding to nearest with gradual underflow errs by u |z| or by t, not by both: then each step adds its t
   once, and the absolute error is n t. *)
Theorem fused_accumulation_nearest u t n (x a b : nat -> R) : 0 <= u -> 0 <= t -> INR n * u <= 1 ->
  (forall k, (k < n)%nat ->
    Rabs (x (S k) - (x k + a k * b k)) <= Rmax (u * Rabs (x k + a k * b k)) t) ->
  Rabs (x n - (x O + dot n a b))
    <= ((1 + u) ^ n - 1) * (Rabs (x O) + sum n (fun k => Rabs (a k) * Rabs (b k))) + INR n * t.
Proof.
  intros Hu Ht. unfold dot. induction n as [ | n IH]; intros Hn Hx.
  - simpl. replace (x O - (x O + 0)) with 0 by ring. rewrite Rabs_R0. lra.
  - rewrite S_INR in *. simpl sum. simpl pow.
    set (A := Rabs (x O) + sum n (fun k => Rabs (a k) * Rabs (b k))) in *.
    set (e := x O + sum n (fun k => a k * b k)) in *.
    assert (B : Rabs (x n - e) <= ((1 + u) ^ n - 1) * A + INR n * t)
      by (apply IH; [lra | intros; apply Hx; lia]).
    assert (E : Rabs e <= A).
    { eapply Rle_trans; [apply Rabs_triang | ]. apply Rplus_le_compat_l.
      eapply Rle_trans; [apply sum_abs | ]. apply sum_le; intros. rewrite Rabs_mult. lra. }
    assert (PA := Rabs_pos e). assert (PG := pow_R1_Rle (1 + u) n ltac:(lra)).
    assert (PH : 0 <= Rabs (a n) * Rabs (b n)) by (apply Rmult_le_pos; apply Rabs_pos).
    rewrite <- !Rplus_assoc. fold A e.
    set (G := (1 + u) ^ n) in *. set (H := Rabs (a n) * Rabs (b n)) in *.
    assert (C : Rabs (x n + a n * b n - (e + a n * b n)) <= (G - 1) * A + INR n * t).
    { replace (x n + a n * b n - (e + a n * b n)) with (x n - e) by ring. exact B. }
    assert (D : Rabs (e + a n * b n) <= A + H).
    { eapply Rle_trans; [apply Rabs_triang | ]. unfold H. rewrite Rabs_mult. lra. }
    assert (Z := abs_le_of_distance _ _ _ _ C D).
    assert (GA : (G - 1) * A <= (G - 1) * (A + H)) by (apply Rmult_le_compat_l; lra).
    assert (UG : 0 <= u * (G * (A + H))) by (apply Rmult_le_pos; [lra | apply Rmult_le_pos; lra]).
    specialize (Hx n ltac:(lia)). apply (distance_triangle _ _ _ _ _ Hx) in C.
    eapply Rle_trans; [exact C | ]. unfold Rmax. destruct (Rle_dec (u * Rabs (x n + a n * b n)) t).
    + nra.
    + assert (u * Rabs (x n + a n * b n) <= u * (A + H + ((G - 1) * A + INR n * t)))
        by (apply Rmult_le_compat_l; assumption).
      assert (u * ((G - 1) * A) <= u * ((G - 1) * (A + H))) by (apply Rmult_le_compat_l; assumption).
      assert (INR n * u * t <= 1 * t) by (apply Rmult_le_compat_r; lra). nra.
Qed.

(* gamma_n = n u / (1 - n u) is the larger and the simpler. *)
Theorem growth_le_gamma u n : 0 <= u -> INR n * u < 1 -> (1 + u) ^ n - 1 <= INR n * u / (1 - INR n * u).
Proof.
  intros Hu Hn.
  assert (B : (1 + u) ^ n * (1 - INR n * u) <= 1).
  { induction n as [ | n IH]; [simpl; lra | ]. rewrite S_INR in *. simpl pow.
    assert (P := pow_R1_Rle (1 + u) n ltac:(lra)). assert (Q := pos_INR n).
    assert ((1 + u) ^ n * (1 - INR n * u) <= 1) by (apply IH; lra).
    assert (0 <= (1 + u) ^ n * ((INR n + 1) * (u * u))) by (apply Rmult_le_pos; nra). nra. }
  apply (Rmult_le_reg_r (1 - INR n * u)); [lra | ].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

(* A sum in any order, as a tree of two-operand additions over terms. A term is a product, or a start. *)
Inductive order := Term (x : R) | Add (left right : order).
Fixpoint total o := match o with Term x => x | Add l r => total l + total r end.
Fixpoint magnitude o := match o with Term x => Rabs x | Add l r => magnitude l + magnitude r end.
Fixpoint terms o := match o with Term _ => 1%nat | Add l r => (terms l + terms r)%nat end.
Fixpoint depth o := match o with Term _ => 1%nat | Add l r => S (Nat.max (depth l) (depth r)) end.

(* Fused or not: each term is rounded by itself, with an absolute error of t where it underflows, or together
   with its addition. An addition alone has no absolute error where underflow is gradual; with a flush to
   zero it has one of t'. *)
Inductive evaluates (u t t' : R) : order -> R -> Prop :=
  | evaluates_term x x' : Rabs (x' - x) <= u * Rabs x + t -> evaluates u t t' (Term x) x'
  | evaluates_sum l r x1 x2 x' : evaluates u t t' l x1 -> evaluates u t t' r x2 ->
      Rabs (x' - (x1 + x2)) <= u * Rabs (x1 + x2) + t' -> evaluates u t t' (Add l r) x'
  | evaluates_fused l y x x' : evaluates u t t' l x ->
      Rabs (x' - (x + y)) <= u * Rabs (x + y) + t -> evaluates u t t' (Add l (Term y)) x'.

Lemma terms_pos o : (1 <= terms o)%nat.
Proof. induction o; simpl; lia. Qed.

Lemma depth_le_terms o : (depth o <= terms o)%nat.
Proof. induction o as [ | l IHl r IHr]; simpl; [lia | ]. generalize (terms_pos l) (terms_pos r); lia. Qed.

(* How many rounded terms and, less one, additions the absolute errors of a tree count. *)
Definition absolute_errors t t' o := INR (terms o) * t + (INR (terms o) - 1) * t'.

Lemma evaluates_accumulated u t t' o x : 0 <= u -> 0 <= t -> 0 <= t' -> evaluates u t t' o x ->
  accumulated ((1 + u) ^ depth o) ((1 + u) ^ depth o * absolute_errors t t' o) (total o) (magnitude o) x.
Proof.
  intros Hu Ht Ht' S.
  assert (Mono : forall i j, (i <= j)%nat -> (1 + u) ^ i <= (1 + u) ^ j)
    by (intros; apply Rle_pow; [lra | assumption]).
  assert (One : forall i, 1 <= (1 + u) ^ i) by (intros; apply pow_R1_Rle; lra).
  assert (Pos : forall o, 0 <= absolute_errors t t' o).
  { intros q. unfold absolute_errors. assert (P := le_INR _ _ (terms_pos q)). simpl in P.
    apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra. }
  induction S as [x x' Hr | l r x1 x2 x' Sl IHl Sr IHr Hr | l y x x' Sl IHl Hr].
  - apply accumulator_weaken with ((1 + u) * 1) ((1 + u) * 0 + t);
      [simpl; lra | unfold absolute_errors; simpl; nra | ].
    simpl total. replace x with (0 + x) by ring. simpl magnitude.
    replace (Rabs (0 + x)) with (Rabs 0 + Rabs x) by (rewrite Rabs_R0, !Rplus_0_l; reflexivity).
    apply accumulator_step with (x := 0); [exact Hu | exact Ht | constructor | lra | ].
    rewrite Rabs_R0, !Rplus_0_l. exact Hr.
  - set (m := Nat.max (depth l) (depth r)).
    apply accumulator_weaken with ((1 + u) * (1 + u) ^ m)
      ((1 + u) * ((1 + u) ^ m * absolute_errors t t' l + (1 + u) ^ m * absolute_errors t t' r) + t').
    + simpl; fold m; lra.
    + assert (P := Rmult_le_compat_r t' _ _ Ht' (One (S m))). simpl depth; fold m. simpl pow in *.
      replace (absolute_errors t t' (Add l r))
        with (absolute_errors t t' l + absolute_errors t t' r + t')
        by (unfold absolute_errors; simpl terms; rewrite plus_INR; ring). lra.
    + apply accumulator_merge with x1 x2; try assumption;
        [eapply accumulator_weaken with (3 := IHl) | eapply accumulator_weaken with (3 := IHr)];
        try (apply Mono; unfold m; lia); (apply Rmult_le_compat_r; [apply Pos | apply Mono; unfold m; lia]).
  - set (m := Nat.max (depth l) 1).
    apply accumulator_weaken with ((1 + u) * (1 + u) ^ m)
      ((1 + u) * ((1 + u) ^ m * absolute_errors t t' l) + t).
    + simpl; fold m; lra.
    + assert (P := Rmult_le_compat_r (t + t') _ _ ltac:(lra) (One (S m))).
      simpl depth; fold m. simpl pow in *.
      replace (absolute_errors t t' (Add l (Term y))) with (absolute_errors t t' l + (t + t'))
        by (unfold absolute_errors; simpl terms; rewrite plus_INR; simpl; ring). lra.
    + apply accumulator_step with (x := x); try assumption; [ | simpl; lra | ].
      * eapply accumulator_weaken with (3 := IHl); [apply Mono; unfold m; lia | ].
        apply Rmult_le_compat_r; [apply Pos | apply Mono; unfold m; lia].
      * eapply Rle_trans; [exact Hr | ]. apply Rplus_le_compat_r, Rmult_le_compat_l; [exact Hu | ].
        apply Rabs_triang.
Qed.

(* Any order of K terms: gamma_K, and at worst K rounded terms and K - 1 additions that underflow. *)
Theorem any_order u t t' o x : 0 <= u -> 0 <= t -> 0 <= t' -> evaluates u t t' o x ->
  Rabs (x - total o) <= ((1 + u) ^ terms o - 1) * magnitude o + (1 + u) ^ terms o * absolute_errors t t' o.
Proof.
  intros Hu Ht Ht' S. assert (B := evaluates_accumulated u t t' o x Hu Ht Ht' S).
  apply (accumulated_error _ _ (total o)). eapply accumulator_weaken with (3 := B);
    [ | apply Rmult_le_compat_r].
  - apply Rle_pow; [lra | apply depth_le_terms].
  - unfold absolute_errors. assert (P := le_INR _ _ (terms_pos o)). simpl in P.
    apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra.
  - apply Rle_pow; [lra | apply depth_le_terms].
Qed.

(* ---- Sums of computed coefficients times exact factors ---- *)

(* The error of sum_j w_j x_j where the coefficients w err by e: theirs, and that of the accumulation, charged
   at what the computed coefficients may reach. O, dQ, dK, dV and db are all such sums. *)
Definition product_sum_error n kappa omega floor_w floor_x (w e x : nat -> R) :=
  sum n (fun j => e j * Rabs (x j))
  + kappa * sum n (fun j => aligned floor_w (Rabs (w j) + e j) * aligned floor_x (x j)) + omega.

(* Its form with fused multiply-adds. *)
Lemma product_sum_error_fused n kappa omega w e x : (forall j, (j < n)%nat -> 0 <= e j) ->
  product_sum_error n kappa omega 0 0 w e x
  = sum n (fun j => e j * Rabs (x j)) + kappa * sum n (fun j => (Rabs (w j) + e j) * Rabs (x j)) + omega.
Proof.
  intros He. unfold product_sum_error. do 3 f_equal. apply sum_ext; intros j Hj. rewrite !aligned_0.
  rewrite (Rabs_right (Rabs (w j) + e j)); [reflexivity | ]. generalize (Rabs_pos (w j)) (He j Hj); lra.
Qed.

Lemma product_sum_bound n kappa omega floor_w floor_x partials (w w' e x : nat -> R) y : 0 <= kappa ->
  (forall j, (j < n)%nat -> Rabs (w' j - w j) <= e j) ->
  Rabs (y - sum n (fun j => w' j * x j))
    <= kappa * sum n (fun j => aligned floor_w (w' j) * aligned floor_x (x j)) + omega + partials ->
  Rabs (y - sum n (fun j => w j * x j)) <= product_sum_error n kappa omega floor_w floor_x w e x + partials.
Proof.
  intros Hk He Hy. unfold product_sum_error.
  assert (S : Rabs (sum n (fun j => w' j * x j) - sum n (fun j => w j * x j))
              <= sum n (fun j => e j * Rabs (x j))).
  { rewrite <- sum_minus. eapply Rle_trans; [apply sum_abs | apply sum_le; intros j Hj].
    rewrite <- Rmult_minus_distr_r, Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos | apply He, Hj]. }
  assert (M : sum n (fun j => aligned floor_w (w' j) * aligned floor_x (x j))
              <= sum n (fun j => aligned floor_w (Rabs (w j) + e j) * aligned floor_x (x j))).
  { apply sum_le; intros j Hj. apply Rmult_le_compat_r; [apply aligned_nonneg | apply aligned_le].
    apply (abs_le_of_distance _ (w j)); [apply He, Hj | lra]. }
  apply (Rmult_le_compat_l kappa) in M; [ | exact Hk].
  eapply Rle_trans; [exact (distance_triangle _ _ _ _ _ Hy S) | lra].
Qed.

(* Sums in parts. Part k has the terms j with part j = k; y k is what it accumulates, r k what is stored of
   it, in error by h k; `merged` is accumulated from the stored parts. Whatever changes a part on the way,
   such as a scale applied to it, may be counted in h. *)
Lemma partials_bound n parts (part : nat -> nat) kappa kappa' omega' (term size : nat -> R)
    (omega h y r : nat -> R) merged :
  (forall j, (j < n)%nat -> (part j < parts)%nat) ->
  (forall k, (k < parts)%nat ->
    Rabs (y k - sum n (fun j => delta (part j) k * term j))
      <= kappa * sum n (fun j => delta (part j) k * size j) + omega k) ->
  (forall k, (k < parts)%nat -> Rabs (r k - y k) <= h k) ->
  Rabs (merged - sum parts r) <= kappa' * sum parts (fun k => Rabs (r k)) + omega' ->
  Rabs (merged - sum n term)
    <= kappa * sum n size + sum parts omega
       + (sum parts h + kappa' * sum parts (fun k => Rabs (r k)) + omega').
Proof.
  intros Hp Hy Hr Hm.
  assert (Regroup : forall f, sum parts (fun k => sum n (fun j => delta (part j) k * f j)) = sum n f).
  { intros f. rewrite sum_swap. apply sum_ext; intros j Hj.
    exact (sum_delta parts (part j) (fun _ => f j) (Hp j Hj)). }
  assert (S : Rabs (sum parts r - sum n term) <= sum parts h + (kappa * sum n size + sum parts omega)).
  { rewrite <- (Regroup term), <- (Regroup size), <- sum_minus, <- sum_scale, <- !sum_plus.
    eapply Rle_trans; [apply sum_abs | apply sum_le; intros k Hk].
    generalize (distance_triangle _ _ _ _ _ (Hr k Hk) (Hy k Hk)); lra. }
  eapply Rle_trans; [exact (distance_triangle _ _ _ _ _ Hm S) | lra].
Qed.

(* ---- The score ---- *)

(* What an accumulator that stands for init + <q, k> with an error of at most e is worth in units of scores:
   tau times it, before any rounding. *)
Lemma scaled_accumulator tau acc exact e : Rabs (acc - exact) <= e ->
  Rabs (tau * acc - tau * exact) <= Rabs tau * e.
Proof.
  intros H. rewrite <- Rmult_minus_distr_l, Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos | exact H].
Qed.

(* The ways from the accumulator to the score that kernels go. a, b and m may cancel, so that every operation
   is charged at the sum of their absolute values; u |s| alone would be wrong. *)
Section Steps.
Variables u t tau e qk acc b m : R.
Hypothesis u_nonneg : 0 <= u.

Let a := tau * qk.
Let size := Rabs a + Rabs b + Rabs m.

Lemma partial_scores_le : Rabs (a + 0) <= size /\ Rabs (a + b) <= size /\ Rabs (a + b + m) <= size.
Proof.
  assert (A := Rabs_triang a b). assert (B := Rabs_triang (a + b) m). assert (P := Rabs_pos a).
  assert (Q := Rabs_pos b). assert (R := Rabs_pos m). rewrite Rplus_0_r. unfold size. lra.
Qed.

Section FromZero.
Hypothesis acc_error : Rabs (tau * acc - tau * (0 + qk)) <= e.
Let steps := rounded_steps e (tau * (0 + qk)) (tau * acc).

(* The scale alone, a rounded product. *)
Lemma scale_step x1 : Rabs (x1 - tau * acc) <= u * Rabs (tau * acc) + t ->
  steps (after_rounding u t size e) (a + 0) x1.
Proof.
  intros H1. replace a with (tau * (0 + qk)) by (unfold a; ring).
  apply result_rounded with (tau * acc); try assumption; [constructor | | rewrite Rplus_0_r; exact H1].
  rewrite Rplus_0_l. apply partial_scores_le.
Qed.

(* Scale, then add the bias, then the mask: three rounded operations. *)
Lemma scale_bias_mask x1 x2 x3 :
  Rabs (x1 - tau * acc) <= u * Rabs (tau * acc) + t ->
  Rabs (x2 - (x1 + b)) <= u * Rabs (x1 + b) + t ->
  Rabs (x3 - (x2 + m)) <= u * Rabs (x2 + m) + t ->
  steps (chain_error u t size e 3) (a + (b + m)) x3.
Proof.
  intros H1 H2 H3. rewrite <- Rplus_assoc. destruct partial_scores_le as [_ [P2 P3]].
  apply result_rounded with x2; try assumption. apply result_rounded with x1; try assumption.
  rewrite <- (Rplus_0_r a). apply scale_step, H1.
Qed.

(* One fused multiply-add for scale and bias, then the mask: two. *)
Theorem fused_bias_mask x1 x2 :
  Rabs (x1 - (tau * acc + b)) <= u * Rabs (tau * acc + b) + t ->
  Rabs (x2 - (x1 + m)) <= u * Rabs (x1 + m) + t ->
  steps (chain_error u t size e 2) (a + (b + m)) x2.
Proof.
  intros H1 H2. rewrite <- Rplus_assoc. destruct partial_scores_le as [_ [P2 P3]].
  apply result_rounded with x1; try assumption. replace a with (tau * (0 + qk)) by (unfold a; ring).
  apply result_rounded with (tau * acc); try assumption; [constructor | ].
  rewrite Rplus_0_l. exact P2.
Qed.

(* The mask itself a rounded product, such as slope times distance: four. *)
Theorem scale_bias_rounded_mask x1 x2 m' x3 :
  Rabs (x1 - tau * acc) <= u * Rabs (tau * acc) + t ->
  Rabs (x2 - (x1 + b)) <= u * Rabs (x1 + b) + t ->
  Rabs (m' - m) <= u * Rabs m + t ->
  Rabs (x3 - (x2 + m')) <= u * Rabs (x2 + m') + t ->
  steps (chain_error u t size e 4) (a + (b + m)) x3.
Proof.
  intros H1 H2 Hm H3. rewrite <- Rplus_assoc, <- (Rplus_0_r (a + b + m)).
  destruct partial_scores_le as [_ [P2 P3]].
  apply result_rounded with (x2 + m'); try assumption; [ | rewrite Rplus_0_r; exact P3 | ].
  2:{ rewrite Rplus_0_r. exact H3. }
  apply operand_rounded; try assumption.
  2:{ unfold size. generalize (Rabs_pos a) (Rabs_pos b); lra. }
  apply result_rounded with x1; try assumption. rewrite <- (Rplus_0_r a). apply scale_step, H1.
Qed.

(* reference/score_body.h, as reference/judge/bound.c charges it: the scale at |a| alone, 3u |m| + t for a
   slope times a rounded distance, nothing absolute for the two additions. *)
Theorem reference_steps x1 x2 m' x3 :
  Rabs (x1 - tau * acc) <= u * Rabs (tau * acc) + t ->
  Rabs (x2 - (x1 + b)) <= u * Rabs (x1 + b) ->
  Rabs (m' - m) <= 3 * u * Rabs m + t ->
  Rabs (x3 - (x2 + m')) <= u * Rabs (x2 + m') ->
  let delta := after_rounding u t (Rabs a) e + (3 * u * Rabs m + t) in
  steps (delta + 2 * u * ((1 + u) * (size + delta))) (a + (b + m)) x3.
Proof.
  intros H1 H2 Hm H3. replace (a + (b + m)) with (a + b + m + 0) by ring.
  set (e1 := after_rounding u t (Rabs a) e). set (mask := 3 * u * Rabs m + t) in *. intros delta.
  assert (S1 : steps e1 (a + 0) x1).
  { replace a with (tau * (0 + qk)) by (unfold a; ring).
    apply result_rounded with (tau * acc); try assumption; [constructor | | rewrite Rplus_0_r; exact H1].
    rewrite Rplus_0_r, Rplus_0_l. apply Rle_refl. }
  rewrite Rplus_0_r in S1.
  assert (E1 : 0 <= e1).
  { eapply Rle_trans; [apply Rabs_pos | exact (rounded_steps_error _ _ _ _ _ _ acc_error S1)]. }
  assert (M0 : 0 <= mask) by (eapply Rle_trans; [apply Rabs_pos | exact Hm]).
  destruct partial_scores_le as [_ [P2 P3]]. set (e2 := after_rounding u 0 size e1).
  apply steps_weaken with (after_rounding u 0 size (e2 + mask)).
  { assert (0 <= u * (u * mask)) by (repeat apply Rmult_le_pos; assumption).
    assert (0 <= u * mask) by (apply Rmult_le_pos; assumption).
    assert (0 <= u * (u * (size + e1))).
    { repeat apply Rmult_le_pos; try assumption. generalize (Rabs_pos (a + b)); lra. }
    unfold delta, e2, after_rounding. nra. }
  apply result_rounded with (x2 + m'); try assumption; rewrite ?Rplus_0_r; [ | exact P3 | exact H3].
  apply one_more_step with x2; [ | replace (x2 + m' - (x2 + m)) with (m' - m) by ring; exact Hm].
  apply result_rounded with x1; try assumption. rewrite Rplus_0_r. exact H2.
Qed.
End FromZero.

(* The accumulator starts from init = fl(b / tau) and stands for init + <q, k>; then scale, then the mask:
   three. The absolute error t0 of the quotient is scaled by tau: |tau| t0, not t0, has to be within t. *)
Theorem preloaded_bias_mask t0 init x1 x2 : tau <> 0 ->
  Rabs (tau * acc - tau * (init + qk)) <= e ->
  Rabs (init - b / tau) <= u * Rabs (b / tau) + t0 -> Rabs tau * t0 <= t ->
  Rabs (x1 - tau * acc) <= u * Rabs (tau * acc) + t ->
  Rabs (x2 - (x1 + m)) <= u * Rabs (x1 + m) + t ->
  rounded_steps e (tau * (init + qk)) (tau * acc) (chain_error u t size e 3) (a + (b + m)) x2.
Proof.
  intros Htau He Hi Ht H1 H2. destruct partial_scores_le as [_ [P2 P3]].
  rewrite <- Rplus_assoc. apply result_rounded with x1; try assumption.
  rewrite <- (Rplus_0_r (a + b)).
  apply result_rounded with (tau * acc); try assumption; rewrite ?Rplus_0_r; try assumption.
  replace (a + b) with (tau * (init + qk) + (b - tau * init)) by (unfold a; ring).
  apply one_more_step with (tau * acc); [constructor | simpl chain_error].
  replace (tau * acc - (tau * acc + (b - tau * init))) with (tau * (init - b / tau)) by (field; exact Htau).
  rewrite Rabs_mult. apply (Rmult_le_compat_l (Rabs tau)) in Hi; [ | apply Rabs_pos].
  replace (Rabs tau * (u * Rabs (b / tau) + t0)) with (u * Rabs b + Rabs tau * t0) in Hi.
  2:{ replace (Rabs b) with (Rabs tau * Rabs (b / tau)); [ring | ].
      rewrite <- Rabs_mult. f_equal. field; exact Htau. }
  assert (0 <= e) by (eapply Rle_trans; [apply Rabs_pos | exact He]).
  assert (u * Rabs b <= u * (size + e)); [ | lra]. apply Rmult_le_compat_l; [exact u_nonneg | ].
  unfold size. generalize (Rabs_pos a) (Rabs_pos m); lra.
Qed.
End Steps.

(* ---- The forward pass: one element of the output ---- *)

Section Forward.
(* The problem: row i, channel c of attention.v, the additive mask being apart from the bias. *)
Variables (n_k d i c : nat) (tau b : R) (mask : array) (visible : nat -> nat -> bool) (Q K V : array).

Definition masked_bias : array := fun i j => b + mask i j.
Let s j := score d tau masked_bias Q K i j.
Let p j := sigmoid (s j).

(* The declared model: products of scores, rounded operations up to the score, activation, stored weights,
   products of values, partial sums, output. *)
Variables kappa_d omega_d : nat -> R.
Variables floor_q floor_k : R.
Variables eps_r eps_a : nat -> R.
Variables u_p eta_p : R.
Variables kappa_n omega_n floor_p floor_v partials half_ulp : R.
Hypothesis kappa_n_nonneg : 0 <= kappa_n.
Hypothesis u_p_nonneg : 0 <= u_p.
Hypothesis eps_r_nonneg : forall j, 0 <= eps_r j.

(* 1. The score. init is what an accumulator starts from. The error of the score is whatever the chain of
   rounded operations after it leads to: with r operations that are all charged u (score_size + error) + t,
   chain_error u t (score_size j) (Rabs tau * accumulator_error j) r. *)
Variable init : nat -> R.
Definition product_magnitude j := sum d (fun k => aligned floor_q (Q i k) * aligned floor_k (K j k)).
Definition accumulator_error j := kappa_d j * (Rabs (init j) + product_magnitude j) + omega_d j.
Variable score_error : nat -> R.

(* 2. How far the error of the score moves the weight. The formula of the sensitivity, less than 1 in any
   case; a caller may use any number that is not below both. *)
Definition sensitivity j := p j * (1 - p j) * (exp (score_error j) - 1).
Variable moved : nat -> R.
Hypothesis moved_enough : forall j, (j < n_k)%nat -> visible i j = true -> Rmin 1 (sensitivity j) <= moved j.

(* 3 and 4. The weight in fp32, and as it is stored. A hidden key has no weight: exactly 0. *)
Definition weight_error j := after_rounding (eps_r j) (eps_a j) (p j) (moved j).
Definition stored_error j := if visible i j then after_rounding u_p eta_p (p j) (weight_error j) else 0.

(* 5. The output. *)
Definition forward_error :=
  product_sum_error n_k kappa_n omega_n floor_p floor_v (weight d tau masked_bias visible sigmoid Q K i)
    stored_error (fun j => V j c) + partials + half_ulp.

(* The computed values, and that they keep the model. *)
Variables accumulator computed_score weight32 stored : nat -> R.
Variables accumulated_output output : R.
Hypothesis accumulator_model : forall j, (j < n_k)%nat -> visible i j = true ->
  Rabs (accumulator j - (init j + dot d (Q i) (K j))) <= accumulator_error j.
Hypothesis score_model : forall j, (j < n_k)%nat -> visible i j = true ->
  rounded_steps (Rabs tau * accumulator_error j) (tau * (init j + dot d (Q i) (K j))) (tau * accumulator j)
    (score_error j) (s j) (computed_score j).
Hypothesis activation_model : forall j, (j < n_k)%nat -> visible i j = true ->
  Rabs (weight32 j - sigmoid (computed_score j)) <= eps_r j * sigmoid (computed_score j) + eps_a j.
Hypothesis stored_model : forall j, (j < n_k)%nat -> visible i j = true ->
  Rabs (stored j - weight32 j) <= u_p * Rabs (weight32 j) + eta_p.
Hypothesis hidden_model : forall j, (j < n_k)%nat -> visible i j = false -> stored j = 0.
Hypothesis accumulation_model :
  Rabs (accumulated_output - sum n_k (fun j => stored j * V j c))
    <= kappa_n * sum n_k (fun j => aligned floor_p (stored j) * aligned floor_v (V j c)) + omega_n + partials.
Hypothesis output_model : Rabs (output - accumulated_output) <= half_ulp.

Lemma score_bound j : (j < n_k)%nat -> visible i j = true -> Rabs (computed_score j - s j) <= score_error j.
Proof.
  intros Hj Hv. eapply rounded_steps_error with (2 := score_model j Hj Hv).
  apply scaled_accumulator, accumulator_model; assumption.
Qed.

Lemma moved_bound j : (j < n_k)%nat -> visible i j = true ->
  Rabs (sigmoid (computed_score j) - p j) <= moved j.
Proof.
  intros Hj Hv. eapply Rle_trans; [ | apply moved_enough; assumption]. apply Rmin_glb.
  - apply Rlt_le, sigmoid_difference_lt_1.
  - replace (computed_score j) with (s j + (computed_score j - s j)) by ring.
    apply sigmoid_sensitivity, score_bound; assumption.
Qed.

Lemma weight_bound j : (j < n_k)%nat -> visible i j = true -> Rabs (weight32 j - p j) <= weight_error j.
Proof.
  intros Hj Hv. apply rounding_error with (x := sigmoid (computed_score j)).
  - apply eps_r_nonneg.
  - apply moved_bound; assumption.
  - rewrite Rabs_right; [lra | left; apply sigmoid_pos].
  - rewrite (Rabs_right (sigmoid _)) by (left; apply sigmoid_pos). apply activation_model; assumption.
Qed.

Lemma stored_bound j : (j < n_k)%nat ->
  Rabs (stored j - weight d tau masked_bias visible sigmoid Q K i j) <= stored_error j.
Proof.
  intros Hj. unfold weight, stored_error. destruct (visible i j) eqn:Hv.
  - apply rounding_error with (x := weight32 j); [exact u_p_nonneg | apply weight_bound; assumption | | ].
    + rewrite Rabs_right; [apply Rle_refl | left; apply sigmoid_pos].
    + apply stored_model; assumption.
  - rewrite hidden_model by assumption. rewrite Rminus_0_r, Rabs_R0. lra.
Qed.

Theorem forward_bound :
  Rabs (output - attention n_k d tau masked_bias visible sigmoid Q K V i c) <= forward_error.
Proof.
  unfold forward_error.
  apply (distance_triangle _ accumulated_output); [exact output_model | ].
  apply product_sum_bound with (w' := stored); [exact kappa_n_nonneg | exact stored_bound | ].
  exact accumulation_model.
Qed.

(* Written out for products of P and V without floors: fused multiply-adds. *)
Corollary forward_bound_fused : floor_p = 0 -> floor_v = 0 ->
  Rabs (output - attention n_k d tau masked_bias visible sigmoid Q K V i c)
    <= sum n_k (fun j => stored_error j * Rabs (V j c))
       + kappa_n * sum n_k (fun j => (weight d tau masked_bias visible sigmoid Q K i j + stored_error j)
                                     * Rabs (V j c))
       + omega_n + partials + half_ulp.
Proof.
  intros Hp Hv. eapply Rle_trans; [exact forward_bound | ].
  unfold forward_error. rewrite Hp, Hv, product_sum_error_fused.
  2:{ intros j Hj. eapply Rle_trans; [apply Rabs_pos | apply stored_bound, Hj]. }
  apply Req_le. do 5 f_equal. apply sum_ext; intros j _. rewrite Rabs_right; [reflexivity | ].
  unfold weight. destruct (visible i j); [left; apply sigmoid_pos | lra].
Qed.
End Forward.

(* The whole of it for one kernel: every product and sum a fused multiply-add from left to right, scale, bias
   and mask one after the other, one output rounding. *)
Corollary fused_kernel_bound n_k d i c tau b (mask : array) (visible : nat -> nat -> bool) (Q K V : array)
    u t eps_r eps_a u_p eta_p half_ulp (x : array) (x1 x2 x3 weight32 stored y : nat -> R) output :
  0 < u -> 0 <= t -> 0 <= eps_r -> 0 <= u_p ->
  let sees j := (j < n_k)%nat /\ visible i j = true in
  (forall j, sees j -> x j O = 0) ->
  (forall j k, sees j -> (k < d)%nat ->
    Rabs (x j (S k) - (x j k + Q i k * K j k)) <= u * Rabs (x j k + Q i k * K j k) + t) ->
  (forall j, sees j -> Rabs (x1 j - tau * x j d) <= u * Rabs (tau * x j d) + t) ->
  (forall j, sees j -> Rabs (x2 j - (x1 j + b)) <= u * Rabs (x1 j + b) + t) ->
  (forall j, sees j -> Rabs (x3 j - (x2 j + mask i j)) <= u * Rabs (x2 j + mask i j) + t) ->
  (forall j, sees j -> Rabs (weight32 j - sigmoid (x3 j)) <= eps_r * sigmoid (x3 j) + eps_a) ->
  (forall j, sees j -> Rabs (stored j - weight32 j) <= u_p * Rabs (weight32 j) + eta_p) ->
  (forall j, (j < n_k)%nat -> visible i j = false -> stored j = 0) ->
  y O = 0 ->
  (forall j, (j < n_k)%nat ->
    Rabs (y (S j) - (y j + stored j * V j c)) <= u * Rabs (y j + stored j * V j c) + t) ->
  Rabs (output - y n_k) <= half_ulp ->
  let kappa n := (1 + u) ^ n - 1 in
  let T j := sum d (fun k => Rabs (Q i k) * Rabs (K j k)) in
  let size j := Rabs (tau * dot d (Q i) (K j)) + Rabs b + Rabs (mask i j) in
  let delta j := chain_error u t (size j) (Rabs tau * (kappa d * T j + kappa d * t / u)) 3 in
  let p j := sigmoid (tau * dot d (Q i) (K j) + (b + mask i j)) in
  let e j := if visible i j
             then after_rounding u_p eta_p (p j)
                    (after_rounding eps_r eps_a (p j) (p j * (1 - p j) * (exp (delta j) - 1)))
             else 0 in
  let P j := if visible i j then p j else 0 in
  Rabs (output - attention n_k d tau (masked_bias b mask) visible sigmoid Q K V i c)
    <= sum n_k (fun j => e j * Rabs (V j c)) + kappa n_k * sum n_k (fun j => (P j + e j) * Rabs (V j c))
       + kappa n_k * t / u + half_ulp.
Proof.
  intros Hu Ht Hr Hp sees Hx0 Hx H1 H2 H3 Ha Hs Hh Hy0 Hy Ho kappa T size delta p e P.
  assert (Kn : 0 <= kappa n_k) by (unfold kappa; generalize (pow_R1_Rle (1 + u) n_k); lra).
  assert (Acc : forall j, sees j ->
    Rabs (x j d - (0 + dot d (Q i) (K j)))
      <= accumulator_error d i Q K (fun _ => kappa d) (fun _ => kappa d * t / u) 0 0 (fun _ => 0) j).
  { intros j Hj. assert (B := fused_accumulation u t d (x j) (Q i) (K j) Hu Ht (fun k => Hx j k Hj)).
    rewrite (Hx0 j Hj) in B. unfold accumulator_error, product_magnitude, kappa.
    rewrite (sum_ext d (fun k => aligned 0 _ * _) (fun k => Rabs (Q i k) * Rabs (K j k)));
      [exact B | intros; rewrite !aligned_0; reflexivity]. }
  assert (Delta : forall j, delta j = chain_error u t (size j) (Rabs tau *
    accumulator_error d i Q K (fun _ => kappa d) (fun _ => kappa d * t / u) 0 0 (fun _ => 0) j) 3).
  { intros j. unfold delta, accumulator_error, product_magnitude. rewrite Rabs_R0, Rplus_0_l.
    rewrite (sum_ext d (fun k => aligned 0 _ * _) (fun k => Rabs (Q i k) * Rabs (K j k)));
      [reflexivity | intros; rewrite !aligned_0; reflexivity]. }
  assert (Score : forall j, sees j -> rounded_steps (Rabs tau *
      accumulator_error d i Q K (fun _ => kappa d) (fun _ => kappa d * t / u) 0 0 (fun _ => 0) j)
      (tau * (0 + dot d (Q i) (K j))) (tau * x j d) (delta j)
      (tau * dot d (Q i) (K j) + (b + mask i j)) (x3 j)).
  { intros j Hj. rewrite Delta. apply scale_bias_mask with (x1 j) (x2 j);
      [lra | apply scaled_accumulator, Acc, Hj | apply H1, Hj | apply H2, Hj | apply H3, Hj]. }
  assert (Sum := fused_accumulation u t n_k y stored (fun j => V j c) Hu Ht Hy).
  rewrite Hy0, Rabs_R0, !Rplus_0_l in Sum.
  eapply Rle_trans; [eapply forward_bound_fused with (kappa_n := kappa n_k) (omega_n := kappa n_k * t / u)
    (partials := 0) (floor_p := 0) (floor_v := 0) (moved := fun j => p j * (1 - p j) * (exp (delta j) - 1))
    (score_error := delta) (stored := stored) (weight32 := weight32) (computed_score := x3)
    (eps_r := fun _ => eps_r) (eps_a := fun _ => eps_a) (u_p := u_p) (eta_p := eta_p)
    (init := fun _ => 0) (accumulator := fun j => x j d); try assumption; try reflexivity | ].
  - intros _; exact Hr.
  - intros j _ _. apply Rmin_r.
  - intros j Hj Hv. apply Acc. split; assumption.
  - intros j Hj Hv. apply Score. split; assumption.
  - intros j Hj Hv. apply Ha. split; assumption.
  - intros j Hj Hv. apply Hs. split; assumption.
  - rewrite Rplus_0_r.
    rewrite (sum_ext n_k (fun j => aligned 0 _ * _) (fun j => Rabs (stored j) * Rabs (V j c)));
      [exact Sum | intros; rewrite !aligned_0; reflexivity].
  - exact Ho.
  - rewrite Rplus_0_r. apply Rle_refl.
Qed.
