# SPDX-License-Identifier: Apache-2.0
# Proofs with Frama-C WP. A log is made anew when its unit or a header of it changes; the ledger reads
# all logs and decides.

# A smoke test runs to its time-out unless it fails, so each prover more costs a second for each of them.
# Dead calls have no test of their own: only the contract of a function without body (proofs/wp/trusted)
# can be contradictory unproved, and each such call is followed by code, which the test for dead code finds.
WP_FLAGS := -wp -wp-model Typed+Real -wp-rte -warn-unsigned-overflow -warn-unsigned-downcast \
  -warn-signed-downcast -wp-split -wp-no-definitions-terminate -wp-timeout 60 -wp-par 2 -wp-cache none \
  -cpp-extra-args=-I.
WP_SMOKE := -wp-smoke-tests -wp-smoke-timeout 1 -wp-no-smoke-dead-call
WP_BOTH := cvc4,z3
WP_PROVERS := cvc4
# CVC4 gives up on products in these.
WP_PROVERS_size_bytes := $(WP_BOTH)
WP_PROVERS_bound := $(WP_BOTH)
WP_PROVERS_gamma := $(WP_BOTH)
WP_UNITS := $(shell awk -F ' *[|] *' '/^[a-z]/ { print $$1 }' proofs/wp/units)
WP_LOGS := $(WP_UNITS:%=$(BUILD)/wp/%.log)
# Column $(1) of the unit's line, with commas.
wp_column = $(shell awk -F ' *[|] *' '$$1 == "$(2)" { gsub(/ +/, ",", $$$(1)); print $$$(1) }' proofs/wp/units)

# Three runs make one log: the functions, the lemmas, and a false lemma that must stay unproved.
$(BUILD)/wp/%.log: proofs/wp/%.c proofs/wp/units tools/make/proofs.mk | $(WHY3_CONF)
	@mkdir -p $(@D)
	@$(CC) -I. -MM -MP -MT $@ -MF $(@:.log=.d) $<
	@echo "proofs: $*" >&2
	@{ cat $< proofs/wp/canary.acsl; } >$(@:.log=.canary.c)
	@begin=$$(date +%s); { echo "== functions"; $(if $(call wp_column,3,$*), \
	    $(FRAMA_C) $(WP_FLAGS) $(WP_SMOKE) -wp-prover $(or $(WP_PROVERS_$*),$(WP_PROVERS)) \
	      -wp-fct $(call wp_column,3,$*) $< -then -report;) \
	  echo "== lemmas"; $(if $(call wp_column,4,$*), \
	    $(FRAMA_C) $(WP_FLAGS) -wp-prover $(WP_BOTH) $(WP_SMOKE) -wp-prop $(call wp_column,4,$*) $<;) \
	  echo "== canary"; $(FRAMA_C) $(WP_FLAGS) -wp-prover $(WP_BOTH) -wp-timeout 3 $(WP_SMOKE) -wp-prop sc_canary $(@:.log=.canary.c); \
	  echo "== seconds $$(($$(date +%s) - begin))"; \
	  } >$@.part 2>&1 || { cat $@.part >&2; exit 1; }
	@mv $@.part $@
-include $(wildcard $(BUILD)/wp/*.d)

# The goals of FUNCTION in UNIT, on standard output: how proofs/mutants asks. A goal that a fault makes false runs to
# its time-out, so that is short here; the runner demands that it suffices without the fault.
.PHONY: wp-function
wp-function: | $(WHY3_CONF)
	@$(FRAMA_C) $(WP_FLAGS) -wp-timeout 10 -wp-prover $(or $(WP_PROVERS_$(UNIT)),$(WP_PROVERS)) \
	  -wp-fct $(FUNCTION) proofs/wp/$(UNIT).c

# Scripts of Gappa go through the preprocessor: they include the constants that the C code compiles.
GAPPA ?= gappa
GAPPA_LOGS := $(patsubst proofs/gappa/%.g,$(BUILD)/gappa/%.log,$(wildcard proofs/gappa/*.g))
$(BUILD)/gappa/%.log: proofs/gappa/%.g reference/oracle/fp64_constants.h tools/make/proofs.mk | $(SETUP)
	@mkdir -p $(@D)
	@$(CC) -E -P -x c -I. $< >$(@:.log=.script)
	@! command -v $(GAPPA) >/dev/null || { \
	  { $(GAPPA) <$(@:.log=.script) && echo proved; } >$@.part 2>&1 || true; mv $@.part $@; }

PROOFS_COMMAND = $(COMMAND) proofs --evidence $(BUILD)/evidence --logs $(BUILD)/wp --gappa $(BUILD)/gappa \
  --coq $(BUILD)/coq
# The theorems are the longest: their certificates go first, so that they begin with everything else. Make would
# come back to them last.
MAKE_PROOFS = $(MAKE) --no-print-directory -j 2 $(CERTIFICATES) && \
  $(MAKE) --no-print-directory -j 2 proof-logs
.PHONY: proofs proof-status
proofs: $(COMMAND) | $(SETUP) ## prove spec/ and reference/ with Frama-C, the theorems with Coq, print proved / total
	@if command -v $(FRAMA_C) >/dev/null && command -v why3 >/dev/null && \
	    command -v z3 >/dev/null && command -v cvc4 >/dev/null && command -v coqc >/dev/null && \
	    command -v $(GAPPA) >/dev/null; \
	  then $(MAKE_PROOFS) && $(PROOFS_COMMAND); \
	  else $(PROOFS_COMMAND) --skip "no frama-c, why3, z3, cvc4, coqc or gappa"; fi
proof-status: $(COMMAND) ## prove, and write proofs/STATUS.md anew
	@$(MAKE_PROOFS)
	@$(PROOFS_COMMAND) --update
.PHONY: proof-logs
proof-logs: $(COQ_ANSWERS) $(GAPPA_LOGS) $(WP_LOGS)

.PHONY: proof-mutants
proof-mutants: $(COMMAND) | $(SETUP) ## plant each fault of proofs/mutants, see a goal fail (minutes)
	@proofs/mutants/run.sh $(BUILD)/proof-mutants | tee $(BUILD)/proof-mutants.log || true
	@$(COMMAND) proofs --mutants $(BUILD)/proof-mutants.log --evidence $(BUILD)/evidence
