(* SPDX-License-Identifier: Apache-2.0 *)
(* The tactic interval over Coq's own integers. That of Interval.Tactic computes with the machine's numbers
   and so rests on fifty axioms about these; here it is no faster. Give i_prec with every use: without it the
   tactic takes machine numbers all the same, which check.sh's answers would show. *)
From Interval Require Export Tactic.
From Interval Require Import Float.Specific_stdz Float.Specific_ops.
Module Binary := SpecificFloat StdZRadix2.
Module Exact := IntervalTactic Binary.
