#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh WORK [PATTERN...]: applies each patch of proofs/mutants whose name fits a pattern (all) to a copy
# of the tree in WORK, one at a time, and proves again what its second line names, after the fault's name:
#   unit: UNIT function: FUNCTION   caught if a goal of the function is not proved
#   unit: UNIT build                caught if the ledger, or coqc, refuses the unit; "coq" is the theorems
# Without the fault, the same run with the same time-outs must prove every goal; else nothing is said.
set -euo pipefail
shopt -s nullglob extglob
work=$1
patterns="@($(IFS='|' && echo "${*:2}"))"
[ $# -gt 1 ] || patterns='*'
declare -A clean=() && caught=0 missed=0 # what the run says without a fault: each is made once

# A repository of its own: inside another one `git apply` passes over the paths of the outer tree.
rm -rf "$work" && git init -q "$work"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$work"
make -s -C "$work" SIGMACERT_INSTALL=0 build/bin/sigmacert build/why3.conf

# "proved / goals" of the function, or "accepted" or "refused" of the unit; "broken" where Frama-C cannot read it.
judge() { # unit, function or empty
    if [ -z "$2" ]; then
        local log=build/wp/$1.log unread=broken
        [ "$1" != coq ] || { log=build/coq/assumptions && unread='refused, coqc'; }
        rm -f "$work/$log"
        make -s -C "$work" SIGMACERT_INSTALL=0 "$log" >"$work/run.log" 2>&1 || { echo "$unread" && return; }
        if (cd "$work" && build/bin/sigmacert proofs --unit "$1" >>run.log 2>refused.log); then
            echo accepted
        else
            echo "refused, $(cut -d : -f 1 "$work/refused.log" | paste -s -d ' ')"
        fi
    elif make -s -C "$work" SIGMACERT_INSTALL=0 wp-function UNIT="$1" FUNCTION="$2" >"$work/run.log" 2>&1; then
        sed -n 's/.*Proved goals: *\([0-9]*\) *\/ *\([0-9]*\).*/\1 \/ \2/p' "$work/run.log" | tail -n 1
    else
        echo broken
    fi
}
all_proved() { [ "$1" = accepted ] || { [[ $1 =~ ^([1-9][0-9]*)\ /\ ([0-9]+)$ ]] && [ "${BASH_REMATCH[1]}" -eq "${BASH_REMATCH[2]}" ]; }; }

for patch in "$PWD"/proofs/mutants/*.patch; do
    title=$(basename "$patch" .patch)
    # shellcheck disable=SC2053 # a pattern is meant
    [[ $title == $patterns ]] || continue
    read -r _ unit kind function < <(sed -n 2p "$patch")
    [ "$kind" = function: ] || function=
    key="$unit $function"
    [ -n "${clean[$key]:-}" ] || clean[$key]=$(judge "$unit" "$function")
    git -C "$work" apply "$patch"
    after=$(judge "$unit" "$function")
    git -C "$work" apply -R "$patch"
    if all_proved "${clean[$key]}" && [ -n "$after" ] && [ "$after" != broken ] && ! all_proved "$after"; then
        caught=$((caught + 1))
        echo "$title: caught, $key $after"
    else
        missed=$((missed + 1))
        echo "$title: NOT caught, $key $after (without the fault ${clean[$key]})"
    fi
done
echo "mutants: $caught passed, $missed failed"
[ "$missed" -eq 0 ] && [ "$caught" -gt 0 ]
