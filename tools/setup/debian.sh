# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Debian packages: what is absent, what has another version, and how they are installed.

# debian_check GROUP...: one line for each package that is not as the list says, packages of the
# groups left out: "absent NAME NEED" or "version NAME FOUND EXPECTED".
debian_check() {
  local names
  mapfile -t names < <(awk '$1 == "deb" { print $2 }' tools/setup/packages)
  # Exit 1 means that one of them is unknown to dpkg: it then has no line, and is absent.
  { dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' "${names[@]}" 2>/dev/null || :; } |
    awk -v without=" $* " '
      NR == FNR { if ($1 == "installed") found[$2] = $3; next }
      $1 != "deb" || index(without, " " $5 " ") { next }
      !($2 in found) { print "absent", $2, $4; next }
      index(found[$2], $3) != 1 || substr(found[$2], length($3) + 1) ~ /^[0-9]/ {
        print "version", $2, found[$2], $3
      }' - tools/setup/packages
}

# debian_install LOG PACKAGE...: installs, or says in one line why not; the log has the rest.
debian_install() {
  local log=$1 as_root=() become='sudo sh'
  shift
  if [ "$(id -u)" -ne 0 ]; then
    if [ "${CI:-}" = true ] && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      command -v sudo >/dev/null || become=su
      echo "setup: $# Debian packages are missing; run this, then make again:" >&2
      echo "$become -c 'apt-get update && apt-get install --yes --no-install-recommends $*'"
      return 3
    fi
  fi
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q --yes -o DPkg::Lock::Timeout=300
    -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
  echo "setup: installing $# Debian packages: $*"
  # A failed update is not the end: an unrelated source may be down. The install decides.
  "${as_root[@]}" "${apt[@]}" update >"$log" 2>&1 </dev/null || :
  if ! "${as_root[@]}" "${apt[@]}" install --no-install-recommends "$@" >>"$log" 2>&1 </dev/null; then
    if grep -q -E 'Temporary failure resolving|Could not (connect|resolve)|timed out' "$log"; then
      echo "setup: no network: apt-get cannot reach its sources (log: $log)" >&2
    else
      echo "setup: apt-get: $(grep -m 1 '^E: ' "$log" || echo failed) (log: $log)" >&2
    fi
    return 3
  fi
}
