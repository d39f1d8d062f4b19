# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The CUDA compiler from PyPI, in .cuda/toolkit: it needs no root, and `make clean` leaves it (525 MB
# to download, 840 MB on disk). Delete .cuda to be rid of it.

# Is it what the list names? It holds a copy of its lines.
cuda_is_current() {
  cmp -s <(grep '^pypi' tools/setup/packages) .cuda/toolkit/packages
}

# cuda_compiles NVCC: does it make an object and PTX for sm_90? A compiler without its headers, its
# device back end or a C++ compiler prints a version all the same.
cuda_compiles() {
  local kind
  for kind in -c -ptx; do
    "$1" -x cu -arch=sm_90 "$kind" -o /dev/null - <<'CU' || return 1
#include <cuda_bf16.h>
#include <cuda_runtime.h>
__global__ void probe(__nv_bfloat16 *x) { x[threadIdx.x] = __float2bfloat16(1.0f); }
CU
  done
}

# cuda_install LOG: returns 1, after one line, when it could not; an older toolkit then stays.
cuda_install() {
  local log=$1 part=.cuda/part wheels
  mkdir -p .cuda
  exec 9>.cuda/lock # two builds of one checkout may meet here
  flock 9
  if cuda_is_current; then
    return 0
  fi
  echo "setup: downloading the CUDA compiler, 525 MB, into .cuda"
  mapfile -t wheels < <(awk '$1 == "pypi" { print $2 "==" $3 }' tools/setup/packages)
  rm -rf "$part"
  if ! python3 -m pip install --disable-pip-version-check --root-user-action=ignore --no-deps \
    --only-binary=:all: --target "$part" "${wheels[@]}" >"$log" 2>&1 </dev/null; then
    echo "setup: no CUDA compiler: $(grep -m 1 '^ERROR: ' "$log" || tail -n 1 "$log") (log: $log)" >&2
    return 1
  fi
  local cuda=$part/nvidia/cu13 library
  ln -s lib "$cuda/lib64" # where nvcc looks
  for library in "$cuda"/lib/*.so.[0-9]*; do
    ln -s "${library##*/}" "${library%.so.*}.so"
  done
  if ! cuda_compiles "$cuda/bin/nvcc" >>"$log" 2>&1; then
    echo "setup: the CUDA compiler from PyPI does not compile (log: $log)" >&2
    return 1
  fi
  grep '^pypi' tools/setup/packages >"$cuda/packages"
  rm -rf .cuda/toolkit
  mv "$cuda" .cuda/toolkit
  rm -rf "$part"
}
