#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: replay.sh SCRIPT OUTDIR
# Has Coq check what Gappa found for SCRIPT, a .g file of this directory after the preprocessor. Leaves
#   OUTDIR/NAME.v            Gappa's certificate, each hint of the script a lemma in place of a hypothesis
#   OUTDIR/NAME.vo           the same, compiled: the theorem is Certificate.NAME.l1
#   OUTDIR/NAME.assumptions  "gappa/NAME.l1: AXIOM...", what Coq says l1 rests on, "-" for nothing
# all or none. What l1 says is held by fp64_sigmoid.v, which uses it.
set -euo pipefail

script=$1 out=$2
name=${script##*/}
name=${name%.*}
fail() {
  echo "replay.sh: $name: ${*//$'\n'/ }" >&2
  exit 1
}
mkdir -p "$out"
rm -f "$out/$name".{v,vo,assumptions}
work=$(mktemp -d "$out/$name.XXXXXX")
trap 'rm -rf "$work"' EXIT

${GAPPA:-gappa} -Bcoq "$script" >"$work/gappa.v" 2>"$work/log" || fail "Gappa: $(cat "$work/log")"
# The hints are identities of fields; a divisor that no premise keeps from 0 is taken for any inverse.
{
  cat <<'COQ'
From Coq Require Import Reals Field.
From Gappa Require Import Gappa_library.
Ltac identity :=
  intros; unfold Float1 in *;
  solve [ unfold Rdiv; ring | field; repeat split; assumption ].
COQ
  sed -E 's/^Hypothesis (a[0-9]+ : .*)\.$/Lemma \1.\nProof. identity. Qed./' "$work/gappa.v"
  echo 'Print Assumptions l1.'
} >"$work/$name.v"

# Whatever else could leave something unproved; a variable is a real number and nothing more.
words='Hypothes[ei]s|Axioms?|Conjecture|Parameters?|Context|Admitted|admit|give_up|Unset|bypass_check'
open=$(grep -nE "\b($words)\b" "$work/$name.v" || true)
open+=$(grep -nE '^ *(Let|Variables?)\b' "$work/$name.v" | grep -vE ':Variable _[A-Za-z0-9_]+ : R\.$' || true)
[ -z "$open" ] || fail "left unproved: $open"
[ "$(grep -E '^(Lemma|Theorem)' "$work/$name.v" | tail -n 1)" = 'Lemma l1 : s1 -> False.' ] ||
  fail 'the last lemma is not the goal'

coqc -q -Q "$work" Certificate "$work/$name.v" >"$work/answer" 2>"$work/log" ||
  fail "coqc: $(cat "$work/log")"
grep -qE '^(Axioms:|Closed under the global context)' "$work/answer" || fail 'no answer about l1'
axioms=$(awk '/^[A-Za-z_]/ && !/^(Axioms|Closed)/ { print $1 }' "$work/answer" | LC_ALL=C sort | xargs)
echo "gappa/$name.l1: ${axioms:--}" >"$work/$name.assumptions"

mv "$work/$name.v" "$work/$name.vo" "$out/"
mv "$work/$name.assumptions" "$out/" # last: it says that the others are whole
