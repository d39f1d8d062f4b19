# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Checks of lint.sh that read text. Each prints what is wrong and returns non-zero then. They are
# called as conditions, where `set -e` is off: the status is that of the last command, or `bad`.
# shellcheck disable=SC2154 # the lists are lint.sh's

at_most_60_lines() {
  awk 'FNR == 61 { print FILENAME ": over 60 lines"; bad = 1 } END { exit bad }' "${scripts[@]}"
}

# absent PATTERN FILE...: grep's 1 is "nowhere"; its 2 is an error, and no pass.
absent() {
  local status=0
  grep -n -I -E "$1" "${@:2}" || status=$?
  [ "$status" -eq 1 ]
}

# Patches need theirs, and make its tabs.
no_stray_space() {
  local lines=() no_tabs=() file bad=0
  for file in "${text[@]}"; do
    [[ $file = *.patch ]] || lines+=("$file")
    [[ $file = *.patch || $file = *Makefile || $file = *.mk ]] || no_tabs+=("$file")
  done
  absent $'[ \t\r]+$' "${lines[@]}" || bad=1
  absent $'\t' "${no_tabs[@]}" || bad=1
  return "$bad"
}

licensed() {
  awk 'FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ { has[FILENAME] }
    END { for (i = 1; i < ARGC; i++) if (!(ARGV[i] in has)) {
      print ARGV[i] ": no SPDX line in its first three"; bad = 1 } exit bad }' "${sources[@]}"
}

# Links without a scheme; what follows a # is not looked at.
linked() {
  local page link bad=0
  for page in "${pages[@]}"; do
    while read -r link; do
      [ -e "$(dirname "$page")/$link" ] || { echo "$page: dead link $link" && bad=1; }
    done < <(grep -o -E '\]\([^)#: ]+[)#]' "$page" | sed -E 's/^..//; s/.$//')
  done
  return "$bad"
}

# Each `requires` of a function that kernels may call has a name, and a SC_EXPECT (spec/share.h) of that name. Of
# spec/format.h kernels use the enumeration alone.
expected() {
  local called
  mapfile -t called < <(gcc -I. -MM -x c kernels/*.cu | grep -o 'spec/[a-z_]*\.h' | sort -u | grep -v format.h)
  awk '/^\/\*@/ { split("", wanted); contract = 1 }
    contract && / requires / { name = $0; sub(/.* requires +/, "", name); sub(/[^a-z_].*/, "", name); wanted[name] }
    /\*\// { contract = 0 }
    /^ *SC_EXPECT\(/ { name = $0; sub(/^ *SC_EXPECT\(/, "", name); sub(/,.*/, "", name); count++
      if (name in wanted) delete wanted[name]; else { print FILENAME ":" FNR ": no such requires"; bad = 1 } }
    /^}/ { for (name in wanted) { print FILENAME ":" FNR ": no SC_EXPECT(" name ")"; bad = 1 }; split("", wanted) }
    END { exit bad || !count }' "${called[@]}"
}
