#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check.sh DIR CERTIFICATES
# Compiles the theorems in DIR and asks Coq what each rests on; Gappa's certificates are compiled in CERTIFICATES
# (proofs/gappa/replay.sh), and constants.v is made from the C code's header. Leaves
#   DIR/assumptions  "FILE.THEOREM: AXIOM..." for every Theorem and Corollary, "-" where there is none
#   DIR/admitted     "FILE:LINE:TEXT" for whatever a source leaves unproved, used by a theorem or not
#   DIR/seconds      "FILE SECONDS" for every file
# The ledger judges all three.
set -euo pipefail

dir=$1
mkdir -p "$dir"
certificates=$(cd "$2" && pwd)
# The same bytes keep their time, so that only what changed is compiled.
names=()
for source in proofs/coq/*.v; do
  name=${source##*/}
  names+=("${name%.v}")
  cmp -s "$source" "$dir/$name" || cp "$source" "$dir/"
done
for old in "$dir"/*.v "$dir"/*.vo; do
  name=${old##*/}
  name=${name%.v*}
  [ -e "proofs/coq/$name.v" ] || [ "$name" = constants ] || rm -f "${old%.v*}".*
done
proofs/coq/constants.sh reference/oracle/fp64_constants.h >"$dir/constants.part"
cmp -s "$dir/constants.part" "$dir/constants.v" || mv "$dir/constants.part" "$dir/constants.v"
{ cat proofs/coq/_CoqProject && echo "-Q $certificates Certificate -docroot Sigmacert"; printf '%s.v\n' "${names[@]}" constants; } >"$dir/_CoqProject"
cd "$dir"
# A variable or hypothesis outside a section is an axiom too; what is asked below is at the start of its line.
awk 'FNR == 1 { depth = 0 } /^ *Section / { depth++ } /^ *End / { depth-- }
  /(^|[^a-zA-Z_.])(Admitted|[Aa]dmit|give_up|Axioms?|Conjectures?|Parameters?|bypass_check|Declare|Load|Unset)([^a-zA-Z_]|$)/ ||
    /^ *(Remark|Fact|Proposition|Property|Example|Program) |^( +|#.*)(Theorem|Corollary) +[a-z]/ ||
    depth == 0 && /^ *(Variables?|Hypothes[ei]s|Context) / { print FILENAME ":" FNR ":" $0 }' "${names[@]/%/.v}" constants.v >admitted
coq_makefile -f _CoqProject -o Makefile >/dev/null
MAKEFLAGS='' make -j 2 TIMED=1 >compile.log 2>&1 || { cat compile.log >&2; exit 1; }
cat compile.log >>times.log

# Each theorem's axioms go to a file of its own: the text of two answers cannot be told apart.
rm -rf answers && mkdir answers
{
  for name in "${names[@]}"; do
    echo "From Sigmacert Require $name."
    sed -nE "s/^(Theorem|Corollary) +([A-Za-z0-9_']+).*/Redirect \"answers\/$name.\2\" Print Assumptions Sigmacert.$name.\2./p" \
      "$name.v"
  done
} >questions.v
coqc -Q . Sigmacert -Q "$certificates" Certificate questions.v >questions.log 2>&1 || { cat questions.log >&2; exit 1; }
rm questions.v
for answer in answers/*.out; do
  theorem=${answer#answers/}
  axioms=$(awk '/^[^ \t]/ && !/^(Axioms:|Closed under the global context)$/ { print $1 }' "$answer" | LC_ALL=C sort | xargs)
  echo "${theorem%.out}: ${axioms:--}"
done | LC_ALL=C sort >assumptions.part
for name in "${names[@]}"; do
  sed -nE "s/^$name\.vo \(real: ([0-9.]+).*/$name \1/p" times.log | tail -n 1
done >seconds
mv assumptions.part assumptions
