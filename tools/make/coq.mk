# SPDX-License-Identifier: Apache-2.0
# The theorems of proofs/coq. One rule for all: what depends on what is coq_makefile's to know.

# Gappa's certificates, checked by Coq: a minute for the four.
CERTIFICATES := $(patsubst proofs/gappa/%.g,$(BUILD)/certificate/%.assumptions,$(wildcard proofs/gappa/*.g))
$(BUILD)/certificate/%.assumptions: $(BUILD)/gappa/%.log proofs/gappa/replay.sh
	@echo "proofs: certificate $*" >&2
	@proofs/gappa/replay.sh $(<:.log=.script) $(@D)

COQ_ANSWERS := $(BUILD)/coq/assumptions
$(COQ_ANSWERS): $(wildcard proofs/coq/*.v proofs/coq/*.sh) proofs/coq/_CoqProject $(CERTIFICATES) \
    reference/oracle/fp64_constants.h tools/make/coq.mk | $(SETUP)
	@echo "proofs: coq" >&2
	@proofs/coq/check.sh $(BUILD)/coq $(BUILD)/certificate
