# SPDX-License-Identifier: Apache-2.0
# Programs that measure speed and memory on a GPU: tools/measure. The C of them is in the tools' library.

GPU_OBJECTS := $(filter $(BUILD)/device/tools/measure/gpu%,$(DEVICE_TOOLS))
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
