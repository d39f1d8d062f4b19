#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: constants.sh HEADER
# Prints a Coq file with the numbers of HEADER: for each macro SC_... a definition of that name and with the
# same digits, which Coq reads as C does, hexadecimal too, and exactly; a list of all; a tactic that unfolds
# them. A macro SC_... that is neither a number nor an include guard is an error, and so is an octal number.
set -euo pipefail

header=$1
macros=$("${CC:-gcc}" -E -dM -P -x c "$header" | grep '^#define SC_' | LC_ALL=C sort)
awk -v header="$header" '
  BEGIN {
    print "(* Made from " header " by proofs/coq/constants.sh. *)"
    print "From Coq Require Import Reals List.\nImport ListNotations.\nOpen Scope R_scope.\n"
  }
  NF == 2 { next }
  NF == 3 && $2 ~ /^[A-Z0-9_]+$/ &&
      $3 ~ /^(0x[0-9a-f]+([.][0-9a-f]+)?p[-+]?[0-9]+|(0|[1-9][0-9]*)([.][0-9]+)?)$/ {
    print "Definition " $2 " : R := " $3 "."
    list = list (count ? ";\n  " : "") $2
    names = names (count++ ? ",\n  " : "") $2
    next
  }
  { print "constants.sh: " header ": not a number: " $0 >"/dev/stderr"; failed = 1 }
  END {
    print "\nDefinition constants : list R := [\n  " list "]."
    print "Ltac literals := unfold\n  " names ", Q2R in *."
    exit failed || count == 0
  }' <<<"$macros"
