#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh WORK [PATTERN...]: applies each patch of tests/mutants whose name fits a pattern (all) to a copy
# of the tree in WORK, one at a time, and runs the tests that its second line names (SUITE::TEST, with
# blanks between). The fault is caught if one of them fails. A test that fails without the fault, or a
# fault that does not compile, is a failure here.
set -euo pipefail
shopt -s nullglob extglob

work=$1
patterns="@($(IFS='|' && echo "${*:2}"))"
[ $# -gt 1 ] || patterns='*'
declare -A clean=() # status of tests without a fault: each is run once
caught=0
missed=0

rm -rf "$work"
# A repository of its own: inside another one `git apply` passes over the paths of the outer tree silently.
git init -q "$work"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$work"

# The named tests in the tree as it is now: 0 all passed, 1 one failed, 2 not built.
run() {
    local name suite
    for name in "$@"; do
        suite=${name%%::*}
        make -s -C "$work" -j 2 SIGMACERT_INSTALL=0 "build/tests/$suite" >"$work/make.log" 2>&1 || return 2
    done
    for name in "$@"; do
        suite=${name%%::*}
        (cd "$work" && "build/tests/$suite" --filter "${name/:://}") >"$work/test.log" 2>&1 || return 1
        grep -aqE 'Tested: .?[^0-9]*[1-9]' "$work/test.log" || return 2
    done
}

for patch in "$PWD"/tests/mutants/*.patch; do
    title=$(basename "$patch" .patch)
    # shellcheck disable=SC2053 # a pattern is meant
    [[ $title == $patterns ]] || continue
    read -ra names < <(sed -n 2p "$patch")
    before=${clean[${names[*]}]:-0}
    [ -n "${clean[${names[*]}]:-}" ] || run "${names[@]}" || before=$?
    clean[${names[*]}]=$before
    git -C "$work" apply "$patch"
    after=0
    run "${names[@]}" || after=$?
    git -C "$work" apply -R "$patch"
    if [ "$before" -eq 0 ] && [ "$after" -eq 1 ]; then
        caught=$((caught + 1))
        echo "$title: caught by ${names[*]}"
    else
        missed=$((missed + 1))
        echo "$title: NOT caught by ${names[*]} (without the fault $before, with it $after)"
    fi
done
echo "mutants: $caught passed, $missed failed"
[ "$missed" -eq 0 ] && [ "$caught" -gt 0 ]
