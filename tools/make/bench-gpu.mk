# SPDX-License-Identifier: Apache-2.0
# Programs that measure speed and memory on a GPU: tools/measure. The C of them is in the tools' library.

GPU_OBJECTS := $(patsubst tools/%.cu,$(BUILD)/device/%.o,$(wildcard tools/measure/gpu*.cu))
$(GPU_OBJECTS): $(BUILD)/device/%.o: tools/%.cu tools/make/kernels.mk tools/make/bench-gpu.mk | $(SETUP)
	@mkdir -p $(@D)
	@$(NVCC) $(DEVICE_FLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
-include $(GPU_OBJECTS:.o=.d)

SPEED := $(BUILD)/device/speed
MEMORY := $(BUILD)/device/memory
$(SPEED): $(call objects,tools/measure/main/speed.c)
$(MEMORY): $(call objects,tools/measure/main/memory.c)
$(SPEED) $(MEMORY): $(GPU_OBJECTS) $(BUILD)/device/baseline.o $(DEVICE_INSTANCES) \
    $(call objects,$(wildcard kernels/*.c)) $(TOOLS_LIBRARY) $(LIBRARY)
	@$(NVCC) -o $@ $(filter %.o,$^) $(TOOLS_LIBRARY) $(LIBRARY) -lcublas -ljansson -lmpfr -lm -lpthread

# PyTorch is a matter of the Python that runs.
PYTHON ?= python3
SPEED_TORCH ?= exec $(PYTHON) tools/measure/attention.py
.PHONY: bench-gpu
bench-gpu: $(SPEED) | $(SETUP) ## on a GPU: speed of the kernels, beside cuBLAS, FlashAttention-2 and cuDNN of PyTorch (minutes)
	@$(SPEED) --torch '$(SPEED_TORCH)' --evidence $(BUILD)/evidence
