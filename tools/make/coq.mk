# SPDX-License-Identifier: Apache-2.0
# The theorems of proofs/coq. One rule for all: what depends on what is coq_makefile's to know.

COQ_ANSWERS := $(BUILD)/coq/assumptions
$(COQ_ANSWERS): $(wildcard proofs/coq/*.v) proofs/coq/_CoqProject proofs/coq/check.sh tools/make/coq.mk | $(SETUP)
	@echo "proofs: coq" >&2
	@proofs/coq/check.sh $(BUILD)/coq
