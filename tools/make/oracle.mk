# SPDX-License-Identifier: Apache-2.0
# The oracle's own checks: its tiers against each other, with planted faults, and its speed.

# What a level tries: $(call budget,NAME), from tools/make/budgets.
LEVEL ?= commit
budget = $(shell awk -v level=$(LEVEL) '$$1 == "$(1)" { print level == "commit" ? $$2 : level == "nightly" ? $$3 : $$4 }' \
  tools/make/budgets)

ORACLE_FAULTS := 'agreement-*' 'arb-*' 'fixed-*' 'fp64-*' 'integer-*' 'oracle-*' 'scores-*' 'selection-*' 'special-*'
.PHONY: oracle-audit
oracle-audit: $(COMMAND) | $(SETUP) ## the oracle's tiers against each other, and faults planted in them (minutes)
	@tests/mutants/run.sh $(BUILD)/mutants $(ORACLE_FAULTS) | tee $(BUILD)/oracle-faults.log || true
	@$(COMMAND) audit --problems $(call budget,audit.long) --faults $(BUILD)/oracle-faults.log \
	  --evidence $(BUILD)/evidence

.PHONY: judge-audit
judge-audit: LEVEL := nightly
judge-audit: $(COMMAND) | $(SETUP) ## 117,000 honest kernels against their bounds, and hill climbing (minutes)
	@$(COMMAND) judge --cases $(call budget,judge.cases) --climb $(call budget,judge.climb) \
	  --evidence $(BUILD)/evidence

.PHONY: bench
bench: $(COMMAND) | $(SETUP) ## measure speed, as ratios in one run (minutes)
	@$(COMMAND) bench oracle --evidence $(BUILD)/evidence
	@$(COMMAND) bench fuzz --evidence $(BUILD)/evidence
	@$(COMMAND) bench lipschitz --evidence $(BUILD)/evidence

.PHONY: nightly release-check
nightly: ## verify, test, every planted fault, the long audits, speed (hours)
	@$(MAKE) --no-print-directory LEVEL=nightly verify test exhaust test-mutants proof-mutants oracle-audit judge-audit mutants fuzz-parsers kernels bench
release-check: ## the same at the release level, and make gpu-verify where there is a GPU (hours)
	@$(MAKE) --no-print-directory LEVEL=release verify test exhaust test-mutants proof-mutants oracle-audit judge-audit mutants fuzz-parsers kernels bench
	@[ ! -e /dev/nvidia0 ] || $(MAKE) --no-print-directory gpu-verify
