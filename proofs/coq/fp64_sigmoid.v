(* SPDX-License-Identifier: Apache-2.0 *)
(* The errors of reference/oracle/fp64_sigmoid.h, with nothing assumed: Gappa's certificates (replay.sh), what
   they assume about e^x and log 2 (proofs/coq/exp_polynomial.v), and the few steps between. Rounding is
   Flocq's, of reals to binary64 without overflow; no number here comes near the largest. *)
From Coq Require Import Reals ZArith List Lra Lia Classical.
From Flocq Require Import Core Mult_error Sterbenz.
From Gappa Require Import Gappa_library.
From Sigmacert Require Import constants sigmoid exp_polynomial.
From Certificate Require exp_reduction exp_polynomial sigmoid derivative.
Import ListNotations.
Open Scope R_scope.

Notation format := (FLT_exp (-1074) 53).
Notation is_double := (generic_format radix2 format).
#[global] Instance precision : Prec_gt_0 53 := eq_refl.
Definition rnd (x : R) : R := round radix2 format rndNE x.

(* The C code, operation for operation *)
Definition shifted (x : R) : R := rnd (rnd (x * SC_FP64_LOG2E) + SC_FP64_ROUNDER).
Definition k (x : R) : R := rnd (shifted x - SC_FP64_ROUNDER).
Definition reduced (x : R) : R :=
  rnd (rnd (x - rnd (k x * SC_FP64_LOG2_HI)) - rnd (k x * SC_FP64_LOG2_LO)).
Definition step (r y c : R) : R := rnd (rnd (y * r) + c).
Definition evaluated (r : R) : R :=
  fold_left (step r)
    [SC_FP64_C12; SC_FP64_C11; SC_FP64_C10; SC_FP64_C9; SC_FP64_C8; SC_FP64_C7; SC_FP64_C6;
     SC_FP64_C5; SC_FP64_C4; SC_FP64_C3; SC_FP64_C2; 1; 1] SC_FP64_C13.

Definition sc_exp (x : R) : R := evaluated (reduced x) * bpow radix2 (Ztrunc (k x)).
Definition large (e : R) : R := rnd (1 / rnd (1 + e)).
Definition small (e : R) : R := rnd (e * large e).

(* The numbers m 2^e of a certificate become quotients of integers (dyadic), in the bounds of intervals too
   (ends), or the constants of the code that they are (names). *)
Ltac dyadic :=
  unfold float2R, F2R, Float1;
  cbn [Defs.Fnum Defs.Fexp Gappa_definitions.Fnum Gappa_definitions.Fexp lower upper bpow radix2
       radix_val];
  numbers.
Ltac name c := lazymatch goal with
  | |- context [float2R (Float2 ?m ?e)] =>
    let same := fresh in
    assert (same : float2R (Float2 m e) = c) by (clear; dyadic; lra); rewrite !same; clear same
  end.
Ltac names := repeat first
  [ name SC_FP64_LOG2E | name SC_FP64_LOG2_HI | name SC_FP64_LOG2_LO | name SC_FP64_ROUNDER
  | name SC_FP64_C2 | name SC_FP64_C3 | name SC_FP64_C4 | name SC_FP64_C5 | name SC_FP64_C6
  | name SC_FP64_C7 | name SC_FP64_C8 | name SC_FP64_C9 | name SC_FP64_C10 | name SC_FP64_C11
  | name SC_FP64_C12 | name SC_FP64_C13 ].
Ltac ends :=
  unfold BND, REL;
  repeat match goal with
  | |- context [lower ?i] => let v := eval compute in (lower i) in change (lower i) with v
  | |- context [upper ?i] => let v := eval compute in (upper i) in change (upper i) with v
  end;
  dyadic.
(* Numbers alone lead from one fact to the goal. *)
Ltac known fact := revert fact; clear; ends; lra.

(* A constant of C is its literal if that is a double. *)
Ltac is_number m e :=
  let m := eval vm_compute in m in let e := eval vm_compute in e in
  apply generic_format_FLT, FLT_spec with (Defs.Float radix2 m e); [ dyadic; lra | cbn; lia.. ].
Ltac literal := lazymatch goal with |- is_double ?c =>
  lazymatch eval red in c with
  | Q2R (QArith_base.Qmake ?n 10) => is_number (n / 10)%Z 0%Z
  | Q2R (QArith_base.Qmake ?n ?d) => is_number n (- Z.log2 (Z.pos d))%Z
  | Q2R (QArith_base.Qmake ?n ?d) / IZR (Z.pow_pos _ ?e) => is_number n (- Z.log2 (Z.pos d) - Z.pos e)%Z
  | Q2R (QArith_base.Qmake ?n ?d) * IZR (Z.pow_pos _ ?e) => is_number n (Z.pos e - Z.log2 (Z.pos d))%Z
  | IZR ?n / IZR (Z.pow_pos _ ?e) => is_number n (- Z.pos e)%Z
  end end.
Theorem constants_are_doubles : Forall (fun c => is_double c) constants.
Proof. repeat (constructor; [ literal | ]). constructor. Qed.

(* A relative error as Gappa says it, and as the theorems here do *)
Lemma relative a b c :
  0 < b -> Rabs (a - b) <= c * b -> exists d, - c <= d <= c /\ a = b * (1 + d).
Proof.
  intros positive near. exists ((a - b) / b). split; [ | field; lra ].
  apply Rabs_le_inv. unfold Rdiv. rewrite Rabs_mult, Rabs_inv, (Rabs_pos_eq b) by lra.
  apply Rmult_le_reg_r with b; [ exact positive | ]. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma absolute a b c d : 0 < b -> - c <= d <= c -> a = b * (1 + d) -> Rabs (a - b) <= c * b.
Proof.
  intros positive range ->. replace (b * (1 + d) - b) with (d * b) by ring.
  rewrite Rabs_mult, (Rabs_pos_eq b) by lra. apply Rmult_le_compat_r; [ lra | apply Rabs_le, range ].
Qed.

Lemma rnd_double x : is_double (rnd x).
Proof. apply generic_format_round; typeclasses eauto. Qed.

(* What the four certificates say of the code: l1 is that the premises and the negated goal contradict each
   other. The premises are proved here, and that the code is what Gappa was asked about. *)
Module Reduction.
Import Certificate.exp_reduction.
Lemma certified x : is_double x -> -700 <= x <= 0 ->
  FIX (k x) 0 /\ BND (k x) i5 /\ BND (reduced x) i7 /\ BND (reduced x - (x - k x * ln 2)) i8.
Proof.
  intros double range. apply NNPP. intros no. generalize (l1 x (ln 2)).
  unfold s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13.
  rewrite !(round_generic _ _ _ x double). names. intros l. apply l; clear l.
  assert (split := Rabs_le_inv _ _ log2_split). assert (near := Rabs_le_inv _ _ log2e_near).
  split; [ ends; lra | ].
  split; [ known split | ].
  split; [ known near | ].
  split; [ generalize log2_range; ends; lra | ].
  apply NNPP. intros others. apply no.
  split; [ | split; [ | split ] ]; apply NNPP; intros this; apply others;
    unfold k, reduced, shifted, rnd in this; tauto.
Qed.
End Reduction.

Lemma reduction x : is_double x -> -700 <= x <= 0 ->
  exists n, k x = IZR n /\ (-1011 <= n <= 0)%Z /\ -0.3467 <= reduced x <= 0.3467 /\
    Rabs (reduced x - (x - k x * ln 2)) <= 0x1p-54.
Proof.
  intros double range. destruct (Reduction.certified x double range) as (whole & size & small & near).
  destruct whole as ([m e] & same & positive). exists (m * 2 ^ e)%Z.
  assert (integer : k x = IZR (m * 2 ^ e)).
  { rewrite <- same, mult_IZR. unfold float2R, F2R. cbn [Defs.Fnum Defs.Fexp Gappa_definitions.Fnum
      Gappa_definitions.Fexp]. f_equal. symmetry. apply (IZR_Zpower radix2), positive. }
  split; [ exact integer | split; [ | split ] ].
  - revert size. rewrite integer. ends. intros size.
    split; apply le_IZR; lra.
  - revert small. ends. lra.
  - apply Rabs_le. revert near. ends. lra.
Qed.

Module Polynomial.
Import Certificate.exp_polynomial.
Lemma certified r exact : is_double r -> -0.3467 <= r <= 0.3467 -> Rabs (r - exact) <= 0x1p-54 ->
  REL (evaluated r) (exp exact) i5.
Proof.
  intros double range near. apply NNPP. intros no. generalize (l1 r (exp r) (exp exact)).
  unfold s1, s2, s3, s4, s5. rewrite !(round_generic _ _ _ r double). names. intros l. apply l; clear l.
  split; [ ends; lra | ].
  split; [ change (BND (polynomial r) i2); generalize (polynomial_range r range); ends; lra | ].
  split.
  { change (REL (polynomial r) (exp r) i3).
    destruct (relative _ _ _ (exp_pos r) (polynomial_near_exp r range)) as (d & size & same).
    exists d. split; [ known size | exact same ]. }
  split; [ | exact no ].
  destruct (relative _ _ _ (exp_pos exact) (exp_moves r exact near)) as (d & size & same).
  exists d. split; [ known size | exact same ].
Qed.
End Polynomial.

Lemma evaluation r exact : is_double r -> -0.3467 <= r <= 0.3467 -> Rabs (r - exact) <= 0x1p-54 ->
  Rabs (evaluated r - exp exact) <= 0x1p-51 * exp exact.
Proof.
  intros double range near. destruct (Polynomial.certified r exact double range near) as (d & size & same).
  apply absolute with d; [ apply exp_pos | known size | exact same ].
Qed.

Module Sigmoid.
Import Certificate.sigmoid.
Lemma certified e exact :
  is_double e -> 0x1p-1011 <= e <= 1.000001 -> 0x1p-1012 <= exact <= 1 ->
  Rabs (e - exact) <= 0x1p-51 * exact ->
  REL (large e) (1 / (1 + exact)) i4 /\ REL (small e) (exact * (1 / (1 + exact))) i4.
Proof.
  intros double range size near. assert (0 < exact) as positive by known size.
  apply NNPP. intros no. generalize (l1 exact e).
  unfold s1, s2, s3, s4, s5, s6. rewrite !(round_generic _ _ _ e double). intros l. apply l; clear l.
  split; [ known range | ].
  split; [ known size | ].
  split.
  { destruct (relative _ _ _ positive near) as (d & bound & same).
    exists d. split; [ known bound | exact same ]. }
  apply NNPP. intros others. apply no.
  split; apply NNPP; intros this; apply others; unfold small, large, rnd in this; tauto.
Qed.
End Sigmoid.

Lemma sides e exact :
  is_double e -> 0x1p-1011 <= e <= 1.000001 -> 0x1p-1012 <= exact <= 1 ->
  Rabs (e - exact) <= 0x1p-51 * exact ->
  Rabs (large e - 1 / (1 + exact)) <= 0x1p-50 * (1 / (1 + exact)) /\
  Rabs (small e - exact * (1 / (1 + exact))) <= 0x1p-50 * (exact * (1 / (1 + exact))).
Proof.
  intros double range size near. assert (0 < exact) as positive by known size.
  assert (0 < 1 / (1 + exact)) by (apply Rdiv_lt_0_compat; lra).
  destruct (Sigmoid.certified e exact double range size near) as ((d & bound & same) & c & bound' & same').
  split.
  - apply absolute with d; [ assumption | known bound | exact same ].
  - apply absolute with c; [ apply Rmult_lt_0_compat | known bound' | exact same' ]; assumption.
Qed.

Module Slope.
Import Certificate.derivative.
Lemma certified p c P C :
  is_double p -> is_double c -> 0x1p-1011 <= p <= 1 -> 0x1p-1011 <= c <= 1 -> 0x1p-1013 <= p * c ->
  0 < P -> 0 < C -> Rabs (p - P) <= 0x1p-50 * P -> Rabs (c - C) <= 0x1p-50 * C ->
  REL (rnd (p * c)) (P * C) i3.
Proof.
  intros double double' range range' product positive positive' near near'.
  apply NNPP. intros no. generalize (l1 p c P C).
  unfold s1, s2, s3, s4, s5, s6. rewrite !(round_generic _ _ _ p double), !(round_generic _ _ _ c double').
  intros l. apply l; clear l.
  split; [ known range | ].
  split; [ known range' | ].
  split; [ unfold f3; known product | ].
  split.
  { destruct (relative _ _ _ positive near) as (d & bound & same).
    exists d. split; [ known bound | exact same ]. }
  split; [ | exact no ].
  destruct (relative _ _ _ positive' near') as (d & bound & same).
  exists d. split; [ known bound | exact same ].
Qed.
End Slope.

(* The exponential. In C the scaling by 2^k adds the low bits of `shifted` to the exponent field of the
   polynomial's value. Proved here: `shifted` is ROUNDER + k exactly, and the product with 2^k is a double and
   a normal one (exp_range). Not proved: that the sum of the bits is then that product. *)

Lemma integer_double n : (-2048 <= n <= 2048)%Z -> is_double (IZR n).
Proof.
  intros size. apply generic_format_FLT. apply FLT_spec with (Defs.Float radix2 n 0); [ | cbn; lia.. ].
  unfold F2R. cbn. ring.
Qed.

Lemma shifted_is x : is_double x -> -700 <= x <= 0 -> shifted x = SC_FP64_ROUNDER + k x.
Proof.
  intros double range. destruct (reduction x double range) as (n & integer & size & _ & _).
  enough (k x = shifted x - SC_FP64_ROUNDER) by lra.
  assert (bound : -1012 <= shifted x - SC_FP64_ROUNDER <= 1).
  { split; apply Rnot_lt_le; intros beyond; apply Rlt_le, (round_le radix2 format rndNE) in beyond;
      change (round radix2 format rndNE (shifted x - SC_FP64_ROUNDER)) with (k x) in beyond;
      rewrite integer, round_generic in beyond by (try apply integer_double; try typeclasses eauto; lia);
      apply le_IZR in beyond; lia. }
  unfold k. apply round_generic; [ typeclasses eauto | ].
  apply sterbenz; try typeclasses eauto; [ apply rnd_double | | known bound ].
  apply generic_format_FLT, FLT_spec with (Defs.Float radix2 3 51); [ dyadic; lra | cbn; lia.. ].
Qed.

Lemma scaled_is_double y n : is_double y -> / 2 <= y -> (-1011 <= n)%Z -> is_double (y * bpow radix2 n).
Proof.
  intros double size above. apply mult_bpow_exact_FLT; [ exact double | ].
  assert (0 <= mag radix2 y)%Z; [ | lia ].
  apply mag_ge_bpow. change (bpow radix2 (0 - 1)) with (/ 2). rewrite Rabs_pos_eq; lra.
Qed.

Theorem exp_error x : is_double x -> - SC_FP64_LIMIT <= x <= 0 ->
  is_double (sc_exp x) /\ Rabs (sc_exp x - exp x) <= 0x1p-51 * exp x.
Proof.
  intros double range.
  destruct (reduction x double) as (n & integer & size & small & near); [ known range | ].
  unfold sc_exp. rewrite integer, Ztrunc_IZR. rewrite integer in near.
  assert (close := evaluation _ _ (rnd_double _ : is_double (reduced x)) small near).
  split.
  - apply scaled_is_double; [ apply rnd_double | | lia ].
    assert (exact : -0.3468 <= x - IZR n * ln 2 <= 0.3468).
    { apply Rabs_le_inv in near. revert near small. clear. numbers. lra. }
    assert (large := exp_least _ exact).
    apply Rabs_le_inv in close. revert close large. clear. numbers. lra.
  - assert (same : exp x = exp (x - IZR n * ln 2) * bpow radix2 n).
    { rewrite bpow_exp, <- exp_plus. f_equal. change (IZR radix2) with 2. ring. }
    rewrite same, <- Rmult_minus_distr_r, Rabs_mult, (Rabs_pos_eq (bpow _ _)), <- Rmult_assoc
      by apply bpow_ge_0.
    apply Rmult_le_compat_r; [ apply bpow_ge_0 | exact close ].
Qed.

(* The sigmoid *)
Definition argument (s : R) : R := if Rlt_dec (Rabs s) SC_FP64_LIMIT then - Rabs s else - SC_FP64_LIMIT.
Definition p (s : R) : R :=
  let e := sc_exp (argument s) in if Rlt_dec s 0 then small e else large e.
Definition complement (s : R) : R :=
  let e := sc_exp (argument s) in if Rlt_dec s 0 then large e else small e.

Lemma argument_range s : is_double s -> is_double (argument s) /\ - SC_FP64_LIMIT <= argument s <= 0.
Proof.
  intros double. assert (is_double SC_FP64_LIMIT).
  { replace SC_FP64_LIMIT with (IZR 700) by (numbers; lra). apply integer_double. lia. }
  assert (0 <= SC_FP64_LIMIT) by (numbers; lra). generalize (Rabs_pos s). unfold argument.
  destruct Rlt_dec; split; try lra; apply generic_format_opp; try assumption.
  apply generic_format_abs, double.
Qed.

(* What the exponential hands to the sigmoid *)
Lemma exp_range x : is_double x -> - SC_FP64_LIMIT <= x <= 0 ->
  0x1.1p-1010 <= exp x <= 1 /\ 0x1p-1011 <= sc_exp x <= 1.000001.
Proof.
  intros double range. destruct (exp_error x double range) as (_ & near). apply Rabs_le_inv in near.
  assert (size : 0x1.1p-1010 <= exp x <= 1).
  { split.
    - apply Rle_trans with (exp (- SC_FP64_LIMIT)); [ apply exp_at_limit | apply exp_monotone, range ].
    - rewrite <- exp_0. apply exp_monotone, range. }
  split; [ exact size | ]. revert near size. clear. generalize (exp x) (sc_exp x). numbers. intros. lra.
Qed.

(* Both sides at the argument that they are computed for *)
Lemma sides_at x : is_double x -> - SC_FP64_LIMIT <= x <= 0 ->
  Rabs (large (sc_exp x) - sigmoid (- x)) <= 0x1p-50 * sigmoid (- x) /\
  Rabs (small (sc_exp x) - sigmoid x) <= 0x1p-50 * sigmoid x.
Proof.
  intros double range. destruct (exp_error x double range) as (double' & near).
  destruct (exp_range x double range) as (size & size').
  assert (size'' : 0x1p-1012 <= exp x <= 1) by known size.
  assert (same : sigmoid (- x) = 1 / (1 + exp x)).
  { unfold sigmoid. rewrite Ropp_involutive. field. generalize (exp_pos x). lra. }
  assert (same' : sigmoid x = exp x * (1 / (1 + exp x))).
  { unfold sigmoid. rewrite exp_Ropp. generalize (exp_pos x). intros. field. lra. }
  rewrite same, same'. apply sides; assumption.
Qed.

Theorem sigmoid_error s : is_double s -> Rabs s <= SC_FP64_LIMIT ->
  Rabs (p s - sigmoid s) <= 0x1p-50 * sigmoid s /\
  Rabs (complement s - (1 - sigmoid s)) <= 0x1p-50 * (1 - sigmoid s).
Proof.
  intros double range. destruct (argument_range s double) as (double' & range').
  destruct (sides_at _ double' range') as (at_large & at_small).
  assert (same : argument s = - Rabs s) by (unfold argument; destruct Rlt_dec; lra).
  rewrite <- sigmoid_opp. unfold p, complement. destruct (Rlt_dec s 0) as [negative | positive].
  - rewrite Rabs_left, Ropp_involutive in same by exact negative. rewrite same in *. split; assumption.
  - rewrite Rabs_pos_eq in same by lra. rewrite same, Ropp_involutive in *. split; assumption.
Qed.

(* Beyond the limit the smaller side is cut: an absolute error comes in, SC_FP64_SIGMOID_FLOOR. *)
Theorem sigmoid_error_beyond s : is_double s ->
  Rabs (p s - sigmoid s) <= 0x1p-50 * sigmoid s + 0x1p-1009 /\
  Rabs (complement s - (1 - sigmoid s)) <= 0x1p-50 * (1 - sigmoid s) + 0x1p-1009.
Proof.
  intros double. destruct (Rle_lt_dec (Rabs s) SC_FP64_LIMIT) as [inside | beyond].
  { destruct (sigmoid_error s double inside). assert (0 <= 0x1p-1009) by (clear; numbers; lra).
    split; eapply Rle_trans; try eassumption; lra. }
  destruct (argument_range s double) as (double' & range').
  destruct (sides_at _ double' range') as (at_large & at_small).
  assert (same : argument s = - SC_FP64_LIMIT) by (unfold argument; destruct Rlt_dec; lra).
  rewrite same, Ropp_involutive in *. rewrite <- sigmoid_opp.
  assert (cut : 0 < sigmoid (- SC_FP64_LIMIT) <= 0x1.2p-1010).
  { split; [ apply sigmoid_pos | apply Rle_trans with (2 := proj2 exp_at_limit) ].
    rewrite sigmoid_quotient. assert (positive := exp_pos (- SC_FP64_LIMIT)).
    apply Rmult_le_reg_r with (1 + exp (- SC_FP64_LIMIT)); [ lra | ].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. nra. }
  assert (forall a, SC_FP64_LIMIT < a ->
    Rabs (large (sc_exp (- SC_FP64_LIMIT)) - sigmoid a) <= 0x1p-50 * sigmoid a + 0x1p-1009 /\
    Rabs (small (sc_exp (- SC_FP64_LIMIT)) - sigmoid (- a)) <= 0x1p-50 * sigmoid (- a) + 0x1p-1009) as far.
  { intros a larger. assert (sum := sigmoid_opp SC_FP64_LIMIT). assert (sum' := sigmoid_opp a).
    assert (tail : sigmoid (- a) <= sigmoid (- SC_FP64_LIMIT)) by (apply sigmoid_increasing; lra).
    assert (positive := sigmoid_pos (- a)). apply Rabs_le_inv in at_large, at_small.
    revert cut sum sum' tail positive at_large at_small. clear.
    generalize (sigmoid a) (sigmoid (- a)) (sigmoid SC_FP64_LIMIT) (sigmoid (- SC_FP64_LIMIT))
      (large (sc_exp (- SC_FP64_LIMIT))) (small (sc_exp (- SC_FP64_LIMIT))).
    numbers. intros. split; apply Rabs_le; lra. }
  unfold p, complement. rewrite same. destruct (Rlt_dec s 0) as [negative | positive].
  - rewrite Rabs_left in beyond by exact negative. destruct (far _ beyond) as (? & ?).
    rewrite Ropp_involutive in *. split; assumption.
  - rewrite Rabs_pos_eq in beyond by lra. exact (far _ beyond).
Qed.

Lemma large_at_most_1 e : 0 <= e -> large e <= 1.
Proof.
  intros positive.
  assert (one : rnd 1 = 1) by (apply round_generic; [ typeclasses eauto | apply (integer_double 1); lia ]).
  assert (monotone : forall x y, x <= y -> rnd x <= rnd y)
    by (intros; apply round_le; [ typeclasses eauto.. | assumption ]).
  assert (above : 1 <= rnd (1 + e)) by (apply Rle_trans with (rnd 1); [ lra | apply monotone; lra ]).
  apply Rle_trans with (rnd 1); [ apply monotone | lra ]. unfold Rdiv. rewrite Rmult_1_l.
  apply Rle_trans with (/ 1); [ apply Rinv_le_contravar; lra | lra ].
Qed.

Lemma slope_at x : is_double x -> - SC_FP64_LIMIT <= x <= 0 ->
  Rabs (rnd (large (sc_exp x) * small (sc_exp x)) - sigmoid (- x) * sigmoid x) <=
    0x1.2p-49 * (sigmoid (- x) * sigmoid x).
Proof.
  intros double range. destruct (exp_range x double range) as (size & size').
  destruct (sides_at x double range) as (at_large & at_small).
  assert (positive := sigmoid_pos (- x)). assert (positive' := sigmoid_pos x).
  assert (product : 0 < sigmoid (- x) * sigmoid x) by (apply Rmult_lt_0_compat; assumption).
  assert (top : large (sc_exp x) <= 1) by (apply large_at_most_1; revert size'; clear; numbers; lra).
  assert (half : / 2 <= sigmoid (- x)).
  { rewrite <- sigmoid_0. apply sigmoid_increasing. lra. }
  assert (least : 0x1.1p-1011 <= sigmoid x <= / 2).
  { split.
    - assert (same : sigmoid x = exp x * sigmoid (- x)).
      { unfold sigmoid. rewrite Ropp_involutive, exp_Ropp. generalize (exp_pos x). intros. field. lra. }
      rewrite same. revert size half. clear. generalize (exp x) (sigmoid (- x)). numbers. intros. nra.
    - rewrite <- sigmoid_0. apply sigmoid_increasing. lra. }
  assert (bounds : / 4 <= large (sc_exp x) /\ 0x1p-1011 <= small (sc_exp x) <= 1).
  { apply Rabs_le_inv in at_large, at_small. revert half least at_large at_small. clear.
    generalize (sigmoid x) (sigmoid (- x)) (large (sc_exp x)) (small (sc_exp x)). numbers. intros. lra. }
  destruct bounds as (low & size_small).
  destruct (Slope.certified (large (sc_exp x)) (small (sc_exp x)) (sigmoid (- x)) (sigmoid x))
    as (d & bound & same); try assumption; try apply rnd_double.
  - split; [ | exact top ]. revert low. clear. numbers. lra.
  - revert low size_small. clear. generalize (large (sc_exp x)) (small (sc_exp x)). numbers. intros. nra.
  - apply absolute with d; [ exact product | known bound | exact same ].
Qed.

Theorem slope_error s : is_double s -> Rabs s <= SC_FP64_LIMIT ->
  Rabs (rnd (p s * complement s) - sigmoid' s) <= 0x1.2p-49 * sigmoid' s.
Proof.
  intros double range. destruct (argument_range s double) as (double' & range').
  assert (at_slope := slope_at _ double' range').
  assert (same : argument s = - Rabs s) by (unfold argument; destruct Rlt_dec; lra).
  unfold sigmoid'. rewrite <- sigmoid_opp. unfold p, complement.
  destruct (Rlt_dec s 0) as [negative | positive].
  - rewrite Rabs_left, Ropp_involutive in same by exact negative. rewrite same in *.
    rewrite (Rmult_comm (small _)), (Rmult_comm (sigmoid s)). exact at_slope.
  - rewrite Rabs_pos_eq in same by lra. rewrite same, Ropp_involutive in *. exact at_slope.
Qed.
