#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check.sh DIR
# Compiles the theorems in DIR and asks Coq what each rests on. Leaves
#   DIR/assumptions  "FILE.THEOREM: AXIOM..." for every Theorem and Corollary, "-" where there is none
#   DIR/admitted     "FILE:LINE:TEXT" for whatever a source leaves unproved, used by a theorem or not
#   DIR/seconds      "FILE SECONDS" for every file
# The ledger judges all three.
set -euo pipefail

dir=$1
mkdir -p "$dir"
# The same bytes keep their time, so that only what changed is compiled.
names=()
for source in proofs/coq/*.v; do
  name=${source##*/}
  names+=("${name%.v}")
  cmp -s "$source" "$dir/$name" || cp "$source" "$dir/"
done
for copy in "$dir"/*.v; do
  [ -e "proofs/coq/${copy##*/}" ] || rm -f "${copy%.v}".*
done
{ cat proofs/coq/_CoqProject && printf '%s.v\n' "${names[@]}"; } >"$dir/_CoqProject"

cd "$dir"
grep -nE '\b(Admitted|admit|give_up|Axioms?|Conjecture|Parameters?|Unset Guard|bypass_check)\b' \
  "${names[@]/%/.v}" >admitted || true
coq_makefile -f _CoqProject -o Makefile >/dev/null
MAKEFLAGS='' make -j 2 TIMED=1 >compile.log 2>&1 || { cat compile.log >&2; exit 1; }
cat compile.log >>times.log

# Each theorem's axioms go to a file of its own: the text of two answers cannot be told apart.
rm -rf answers
mkdir answers
{
  for name in "${names[@]}"; do
    echo "From Sigmacert Require $name."
    sed -nE "s/^(Theorem|Corollary) +([A-Za-z0-9_']+).*/Redirect \"answers\/$name.\2\" Print Assumptions Sigmacert.$name.\2./p" \
      "$name.v"
  done
} >questions.v
coqc -Q . Sigmacert questions.v >questions.log 2>&1 || { cat questions.log >&2; exit 1; }
rm questions.v
for answer in answers/*.out; do
  theorem=${answer#answers/}
  axioms=$(awk '/^[A-Za-z_]/ && !/^(Axioms|Closed)/ { print $1 }' "$answer" | LC_ALL=C sort | xargs)
  echo "${theorem%.out}: ${axioms:--}"
done | LC_ALL=C sort >assumptions.part
for name in "${names[@]}"; do
  sed -nE "s/^$name\.vo \(real: ([0-9.]+).*/$name \1/p" times.log | tail -n 1
done >seconds
mv assumptions.part assumptions
