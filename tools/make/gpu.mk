# SPDX-License-Identifier: Apache-2.0
# What only a machine with a GPU can say. Each stage leaves its evidence in build/gpu and is not run again while the
# source is the same, so that an interrupted run goes on. make -j8 gpu-verify runs the stages beside each other, once
# those of speed and memory are done, which want the machine for themselves.

GPU := $(BUILD)/gpu
GPU_FUZZ_SECONDS ?= 600
GPU_WORKERS ?= 4
GPU_CASES ?= 240
GPU_TWINS ?= 96
GPU_MUTANT_SECONDS ?= 60
# Faults that a device can show: none whose only sign is an access that hardware does not report.
GPU_MUTANTS ?= activation-quotient fast-no-clear fast-plain fma-last-channel fma-piece-tail forward-o-stride forward-v-head \
  forward-v-stride keys-group keys-padding keys-scale part-alibi-corner part-alibi-sign part-bias-head \
  part-cells-head part-full-left part-future-key part-left-exclusive part-slope-group part-top-left plan-key-lengths \
  rows-bias-skipped rows-empty rows-scale store-truncated tensor-bias-scaled tensor-p-truncated \
  tensor-store-rows tensor-tanh tensor-total-half

GPU_STAGES := speed kernels twin tensor tensor-wgmma activation memory fuzz fuzz-fast mutants sanitizer
GPU_FILES := $(GPU_STAGES:%=$(GPU)/gpu-%.json)
GPU_EXPECTED := $(subst $(subst ,, ),$(comma),$(GPU_STAGES:%=gpu-%))

# Changes when the source does.
$(GPU)/source: FORCE
	@mkdir -p $(@D)
	@new=$@.$$$$; { git rev-parse HEAD; git diff HEAD | sha256sum; } >$$new 2>&1; cmp -s $$new $@ && rm $$new || mv $$new $@

# A stage that fails has its evidence all the same; one that dies has none.
gpu_stage = rm -f $@; $(1) || [ -f $@ ]
$(filter-out %/gpu-speed.json %/gpu-memory.json,$(GPU_FILES)): | $(GPU)/gpu-memory.json
$(GPU)/gpu-memory.json: | $(GPU)/gpu-speed.json
$(GPU)/gpu-speed.json: $(SPEED) $(GPU)/source
	@$(call gpu_stage,$< --torch '$(SPEED_TORCH)' --evidence $(GPU) >$(GPU)/speed.txt)
$(GPU)/gpu-kernels.json: $(DEVICE_COMMAND) $(GPU)/source
	@$(call gpu_stage,$< --cases $(GPU_CASES) --stage gpu-kernels --evidence $(GPU))
$(GPU)/twin.txt: $(COMMAND) $(GPU)/source
	@$(COMMAND) kernels --cases $(GPU_TWINS) --digests $@ --stage emulator --evidence $(GPU)/emulator
$(GPU)/gpu-twin.json: $(DEVICE_COMMAND) $(GPU)/twin.txt
	@$(call gpu_stage,$< --cases $(GPU_TWINS) --against $(GPU)/twin.txt --stage gpu-twin --evidence $(GPU))
$(GPU)/gpu-tensor.json: $(BUILD)/device/tensor $(GPU)/source
	@$(call gpu_stage,$< --evidence $(GPU))
$(GPU)/gpu-tensor-wgmma.json: $(BUILD)/device/tensor $(GPU)/source
	@$(call gpu_stage,$< --wgmma --evidence $(GPU))
$(GPU)/gpu-activation.json: $(BUILD)/device/activation $(GPU)/source
	@$(call gpu_stage,$< --table $(GPU)/activation.table --evidence $(GPU))
$(GPU)/gpu-memory.json: $(MEMORY) $(GPU)/source
	@$(call gpu_stage,$< --evidence $(GPU) >$(GPU)/memory.txt)
# Findings go beside a copy of the kept cases: a changed tree would make the evidence of other stages dirty.
gpu_fuzz = cp -r fuzz/corpus $(@:.json=.corpus) && $(COMMAND) fuzz --exec '$(DEVICE_SERVE) --device $(1)' --corpus $(@:.json=.corpus) --time $(GPU_FUZZ_SECONDS) \
  --workers $(GPU_WORKERS) --memory 65536 --journal $(@:.json=.journal) --stage $(basename $(@F)) --evidence $(GPU) >$(@:.json=.txt)
$(GPU)/gpu-fuzz.json: $(DEVICE_SERVE) $(COMMAND) $(GPU)/source
	@rm -rf $(@:.json=.journal) $(@:.json=.corpus); $(call gpu_stage,$(call gpu_fuzz,))
$(GPU)/gpu-fuzz-fast.json: $(DEVICE_SERVE) $(COMMAND) $(GPU)/source
	@rm -rf $(@:.json=.journal) $(@:.json=.corpus); $(call gpu_stage,$(call gpu_fuzz,--fast))
$(GPU)/gpu-mutants.json: $(COMMAND) $(GPU)/source
	@$(MAKE) --no-print-directory -s mutant MUTANT_MACHINE=device MUTANT=none
	@$(MAKE) --no-print-directory -s $(GPU_MUTANTS:%=gpu-mutant-%)
	@$(call gpu_stage,$(COMMAND) mutants --build '$(MAKE) --no-print-directory -s mutant MUTANT_MACHINE=device MUTANT={name} 1>&2' \
	  --detect '$(GPU_DETECT)' --control none --predict '$(GPU_PREDICT)' --home $(BUILD)/device/mutants --stage gpu-mutants --evidence $(GPU) \
	  $(GPU_MUTANTS) >$(GPU)/mutants.txt)
GPU_DETECT = case {name} in fast-*) mode=--fast ;; *) mode= ;; esac; timeout 600 $(COMMAND) fuzz \
  --exec "{home}/serve --device $$mode" --corpus fuzz/corpus --time $(GPU_MUTANT_SECONDS) --stop-first --max-findings 0 --memory 65536
GPU_PREDICT = timeout 600 {home}/kernels --cases 48 --first --evidence {home}
.PHONY: $(GPU_MUTANTS:%=gpu-mutant-%)
$(GPU_MUTANTS:%=gpu-mutant-%): gpu-mutant-%:
	@$(MAKE) --no-print-directory -s mutant MUTANT_MACHINE=device MUTANT=$*

SANITIZER ?= compute-sanitizer
SANITIZER_CASES ?= 16
# A missing tool is a skip.
gpu_sanitize = '$(1)=command -v $(SANITIZER) >/dev/null || { echo "no $(SANITIZER) here"; exit 3; }; \
  $(SANITIZER) --tool $(1) $(2) --error-exitcode 1 $(DEVICE_COMMAND) --cases $(SANITIZER_CASES) --stage $(1) --evidence $(GPU)/sanitizer 2>&1'
$(GPU)/gpu-sanitizer.json: $(DEVICE_COMMAND) $(COMMAND) $(GPU)/source
	@$(call gpu_stage,$(COMMAND) stage gpu-sanitizer $(call gpu_sanitize,memcheck) $(call gpu_sanitize,racecheck) \
	  $(call gpu_sanitize,initcheck) $(call gpu_sanitize,synccheck) --evidence $(GPU) >$(GPU)/sanitizer.txt)

.PHONY: gpu-here gpu-verify gpu-keep
gpu-here:
	@[ -e /dev/nvidia0 ] || { echo 'gpu-verify: no GPU on this machine (no /dev/nvidia0)' >&2; exit 3; }
gpu-verify: gpu-here | $(SETUP) ## measure and check the kernels on this machine's GPU (half an hour; -j8: less)
	@$(MAKE) --no-print-directory -k $(GPU_FILES) || true
	@$(COMMAND) report --evidence $(GPU) --out $(GPU)/report --expect $(GPU_EXPECTED) $(if $(filter 1,$(STRICT)),--strict)
gpu-keep: ## put the evidence of make gpu-verify into kernels/evidence, to be committed
	@mkdir -p kernels/evidence
	@cp $(wildcard $(GPU)/gpu-*.json) $(wildcard $(GPU)/activation.table) kernels/evidence/
