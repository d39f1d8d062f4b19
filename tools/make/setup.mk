# SPDX-License-Identifier: Apache-2.0
# What this machine has: packages, the CUDA compiler, the provers.

# Objects depend on $(SETUP), order-only, so that a fresh machine has a compiler in time. A plain
# `make` installs nothing.
SETUP :=
ifneq ($(filter setup verify test proofs proof-status proof-mutants lint oracle-audit fuzz-parsers kernels kernels-check device-command mutants mutants-sample measures bench-gpu gpu-verify exhaust bench nightly release-check,$(MAKECMDGOALS)),)
SETUP := $(BUILD)/setup.ok
endif

.PHONY: setup
setup: $(BUILD)/setup.ok ## install the packages of tools/setup/packages

# Checked in every run (40 ms): a stamp cannot know that a package was removed.
.PHONY: FORCE
$(BUILD)/setup.ok: FORCE
	@STRICT=$(STRICT) tools/setup/setup $(BUILD)

# The nvcc to use, empty where there is none. Looked up when a recipe runs: set-up may have installed
# it in this very run.
NVCC_FOUND = $(shell NVCC='$(NVCC)' tools/setup/nvcc)

# Why3's list of provers, those that the proofs name and no other; frama-c -wp finds it through the
# environment, never in the user's home.
WHY3_CONF := $(BUILD)/why3.conf
export WHY3CONFIG := $(abspath $(WHY3_CONF))

$(WHY3_CONF): tools/setup/packages | $(SETUP)
	@mkdir -p $(@D)
	@rm -f $@.all # an empty file would be read as an outdated one
	@why3 config detect --config $@.all >$@.log 2>&1 || { cat $@.log >&2; exit 1; }
	@awk 'BEGIN { RS = ""; ORS = "\n\n" } /^\[main\]/ || /\nname = "(Z3|CVC4)"(\n|$$)/' $@.all >$@.part
	@for line in 'magic = ' 'name = "Z3"' 'name = "CVC4"'; do grep -q "^$$line" $@.part || \
	  { echo "why3.conf: no $$line, see $@.log" >&2; exit 1; }; done
	@mv $@.part $@
