# SPDX-License-Identifier: Apache-2.0
# The main job: every stage leaves evidence, the report decides.

# One thread each, so that the kernels' stage goes on beside the others.
.PHONY: verify-rest
verify-rest:
	@$(COMMAND) verify --cases $(call budget,verify.cases) --evidence $(BUILD)/evidence \
	  --missing $(BUILD)/setup.missing || true
	@$(COMMAND) audit --problems $(call budget,audit.problems) --evidence $(BUILD)/evidence || true
	@$(COMMAND) claims --evidence $(BUILD)/evidence >$(BUILD)/claims.log || true
	@$(COMMAND) judge --cases $(call budget,judge.cases) --climb $(call budget,judge.climb) --evidence $(BUILD)/evidence || true
	@$(COMMAND) fuzz --emulated --cases $(call budget,fuzz.cases) --corpus fuzz/corpus --evidence $(BUILD)/evidence || true
	@$(MAKE) --no-print-directory mutants-sample || true

# A stage that dies leaves no evidence, and a missing stage fails the report, so no exit status is lost
# by going on to the next stage.
.PHONY: verify
verify: $(COMMAND) | $(SETUP) ## the main job: proofs, reference against oracle, oracle against itself, claims, judge, kernels, fuzzer, one table
	@rm -rf $(BUILD)/evidence
	@$(MAKE) --no-print-directory -k proofs >$(BUILD)/proofs.log || tail -n 40 $(BUILD)/proofs.log >&2
	@$(COMMAND) kernels --cases $(call budget,kernels.cases) --evidence $(BUILD)/evidence >$(BUILD)/kernels.log 2>&1 & \
	$(MAKE) --no-print-directory -k verify-rest || true; wait; cat $(BUILD)/kernels.log
	@$(COMMAND) report --evidence $(BUILD)/evidence --kept kernels/evidence --out $(BUILD)/report \
	  --expect setup,proofs,reference,oracle-audit,judge,claims,kernels,fuzz,mutants $(if $(filter 1,$(STRICT)),--strict)
