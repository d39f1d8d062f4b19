(* SPDX-License-Identifier: Apache-2.0 *)
(* The errors of reference/oracle/fp64_sigmoid.h, with nothing assumed: Gappa's certificates (replay.sh), what they
   assume about e^x and log 2 (proofs/coq/exp_polynomial.v), and the few steps between. Rounding is Flocq's, of reals to
   binary64 without overflow; no number here comes near the largest. *)
From Coq Require Import Reals ZArith List Lra Lia Classical.
From Flocq Require Import Core.
From Gappa Require Import Gappa_library.
From Sigmacert Require Import constants sigmoid exp_polynomial.
From Certificate Require exp_reduction exp_polynomial sigmoid derivative.
Import ListNotations.
Open Scope R_scope.

Notation format := (FLT_exp (-1074) 53).
Notation is_double := (generic_format radix2 format).
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

(* Numbers m 2^e of Gappa: to quotients of integers, and where they are a constant of the code, to its name. *)
Ltac dyadic :=
  unfold float2R, F2R, Float1 in *;
  cbn [Defs.Fnum Defs.Fexp Gappa_definitions.Fnum Gappa_definitions.Fexp lower upper bpow radix2
       radix_val] in *;
  numbers.
Ltac named c := match goal with
  | l : context [float2R (Float2 ?m ?e)] |- _ => replace (float2R (Float2 m e)) with c in l by (dyadic; lra)
  end.
Ltac constants := repeat first
  [ named SC_FP64_LOG2E | named SC_FP64_LOG2_HI | named SC_FP64_LOG2_LO | named SC_FP64_ROUNDER
  | named SC_FP64_C2 | named SC_FP64_C3 | named SC_FP64_C4 | named SC_FP64_C5 | named SC_FP64_C6
  | named SC_FP64_C7 | named SC_FP64_C8 | named SC_FP64_C9 | named SC_FP64_C10 | named SC_FP64_C11
  | named SC_FP64_C12 | named SC_FP64_C13 ].

Lemma reduction x : is_double x -> -700 <= x <= 0 ->
  FIX (k x) 0 /\ -1011 <= k x <= 0 /\ -0.3467 <= reduced x <= 0.3467 /\
  Rabs (reduced x - (x - k x * ln 2)) <= 0x1p-54.
Proof.
  intros double range.
  assert (l := Certificate.exp_reduction.l1 x (ln 2)).
  unfold Certificate.exp_reduction.s1, Certificate.exp_reduction.s2, Certificate.exp_reduction.s3,
    Certificate.exp_reduction.s4, Certificate.exp_reduction.s5, Certificate.exp_reduction.s6, Certificate.exp_reduction.s7,
    Certificate.exp_reduction.s8, Certificate.exp_reduction.s9, Certificate.exp_reduction.s10, Certificate.exp_reduction.s11,
    Certificate.exp_reduction.s12, Certificate.exp_reduction.s13 in l.
  rewrite !(round_generic _ _ _ x double) in l.
  Time constants.
  fold (rnd (x * SC_FP64_LOG2E)) in l.
  Show.
Abort.
