#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: constants.sh HEADER
# Prints a Coq file with the numbers of HEADER, each macro NAME that stands for one a `Definition NAME : R`
# with the same digits: Coq reads the hexadecimal literals of C, and exactly. A macro SC_... that is not one
# number and no include guard is an error.
set -euo pipefail

header=$1
"${CC:-gcc}" -E -dM -P -x c "$header" | LC_ALL=C sort | awk -v header="$header" '
  BEGIN {
    print "(* Made from " header " by proofs/coq/constants.sh. *)"
    print "From Coq Require Import Reals.\nOpen Scope R_scope.\n"
  }
  $1 != "#define" || $2 !~ /^SC_/ || NF == 2 { next }
  NF == 3 && $3 ~ /^(0x[0-9a-f]+([.][0-9a-f]+)?p[-+][0-9]+|[0-9]+([.][0-9]+)?)$/ {
    print "Definition " $2 " : R := " $3 "."
    count++
    next
  }
  { print "constants.sh: " header ": not a number: " $0 >"/dev/stderr"; failed = 1 }
  END { exit failed || count == 0 }'
