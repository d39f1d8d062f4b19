# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Checks of lint.sh that read code with a tool. Each prints what is wrong and returns non-zero then. They are
# called as conditions, where `set -e` is off: the status is that of the last command, or `bad`.
# shellcheck disable=SC2154 # the lists are lint.sh's

# Another version formats otherwise.
formatter() {
  local name
  for name in clang-format-14 clang-format; do
    ! "$name" --version 2>/dev/null | grep -q 'version 14\.' || { echo "$name" && return; }
  done
  echo clang-format-14
}

clang_format() { "$(formatter)" --dry-run --Werror "${c[@]}"; }

# alone LIST COMPILER...: included, not compiled, so that a function without a use is no warning.
alone() {
  local -n list=$1
  local header bad=0
  for header in "${list[@]}"; do
    printf '#include "%s"\n' "$header" | "${@:2}" -fsyntax-only -I. -D_POSIX_C_SOURCE=200809L - ||
      { echo "$header: does not compile alone" && bad=1; }
  done
  return "$bad"
}

# All in one: nvcc takes seconds for each run. The includes inside of them are what `alone` checks.
device_code() {
  printf '#include "%s"\n' "${spec[@]}" | "$NVCC" -x cu -arch=sm_90 -std=c++17 -Xcompiler -Wall \
    --Werror all-warnings -I. -c -o /dev/null -
}

# The checker of certificates includes nothing of what finds them, and no library that the finder rests on; what is under
# reference/certificate/ nothing of the project but itself and the statuses.
independent() {
  local file found checker=(reference/certificate/*.c)
  for file in tools/certificate/*.c; do
    [ "$file" = tools/certificate/write.c ] || checker+=("$file")
  done
  found=$(gcc -I. -MM "${checker[@]}" | tr -s ' ' '\n') || return 1
  ! grep -E '^(reference/regularity|tools/lipschitz)/' <<<"$found" || return 1
  absent '#include <(cblas|lapacke|arb|acb|arf|flint)' reference/certificate/* || return 1
  found=$(gcc -I. -MM reference/certificate/*.c | tr -s ' ' '\n') || return 1
  ! grep -E '^(spec|reference|fuzz|kernels|tools)/' <<<"$found" |
    grep -v -E '^reference/(certificate/|status\.h$)'
}
