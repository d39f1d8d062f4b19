#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: tools/make/lint.sh, from the root; CLANG, CXX, NVCC (empty: none), WARNINGS, STRICT from make.
set -euo pipefail
. tools/make/lint_code.sh
. tools/make/lint_text.sh
export LC_ALL=C # grep then takes no text for binary

passed=0 failed=0 skipped=0

# list NAME PATTERN [WITHOUT]: files that git tracks or does not ignore, by extended expressions.
list() {
  local -n found=$1
  mapfile -t found < <(git ls-files -co --exclude-standard | sort -u |
    while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done |
    grep -E -e "$2" | grep -v -E -e "${3:-^$}" || :)
  if [ ${#found[@]} -eq 0 ]; then
    echo "lint: no file matches $2, expected the root of a git checkout" >&2
    exit 3
  fi
}

# check NAME TOOL COMMAND...: TOOL is a program that it needs.
check() {
  local name=$1 tool=$2 output
  shift 2
  if ! command -v "${tool:-none}" >/dev/null; then
    echo "lint: $name: skipped: no ${tool:-nvcc >= 12.0}"
    skipped=$((skipped + 1))
  elif output=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    printf '%s\nlint: %s: failed\n' "$output" "$name" >&2
    failed=$((failed + 1))
  fi
}

list text . '\.(npy|safetensors|bin)$|^LICENSE$|^fuzz/parsers/corpus/' # bytes that a fuzzer drew
list c '\.(c|h|cu|cuh)$'
list headers '\.h$' '_body\.h$' # a body is included several times and does not stand alone
list spec '^spec/.*\.h$'
list pages '\.md$'
mapfile -t scripts < <(grep -l -E '^#!.*\b(ba)?sh$|^# shellcheck shell=' "${text[@]}")
list sources '^Makefile$|\.(c|h|cu|cuh|acsl|mk|py|sh|v|g)$|^tools/setup/[a-z]+$|^\.ci/run$'
read -r -a warnings <<<"${WARNINGS:-}"
check format "$(formatter)" clang_format
check scripts shellcheck shellcheck -x "${scripts[@]}"
check script-length awk at_most_60_lines
check headers-gcc gcc alone headers gcc -x c -std=c11 "${warnings[@]}"
check headers-clang "${CLANG:-clang}" alone headers "${CLANG:-clang}" -x c -std=c11 "${warnings[@]}"
check spec-c++17 "${CXX:-g++}" alone spec "${CXX:-g++}" -x c++ -std=c++17 -Wall -Wextra -Werror
check spec-cuda "${NVCC:-}" device_code
check contracts gcc expected
check independence gcc independent
check spaces grep no_stray_space
check licence awk licensed
check paths grep absent '(^|[^[:alnum:]_.])/(home|root|Users|work|mnt|usr/local)/' "${text[@]}"
check links sed linked
echo "lint: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && { [ "${STRICT:-0}" != 1 ] || [ "$skipped" -eq 0 ]; }
