# SPDX-License-Identifier: Apache-2.0
# The kernels, for the emulator and for a device. An instance is KERNEL-FORMAT-WIDTH (kernels/instances.h).

TENSOR_INSTANCES := $(foreach f,bf16 fp16,$(foreach w,32 64 96 128 192 256,$(f)-$(w)))
instances = $(foreach k,forward rows keys,$(1:%=$(k)-%)) $(foreach k,forward_group rows_group keys_group,$(addprefix $(k)-,$(filter %-64 %-128,$(1)))) bias_sum rows_sum forward_fma backward_fma_rows backward_fma_keys
INSTANCES := $(call instances,$(TENSOR_INSTANCES))
SOURCE_forward := kernels/forward_tensor.cu
SOURCE_forward_group := kernels/forward_group.cu
SOURCE_rows_group := kernels/backward_rows_group.cu
SOURCE_keys_group := kernels/backward_keys_group.cu
SOURCE_rows := kernels/backward_rows.cu
SOURCE_keys := kernels/backward_keys.cu
SOURCE_bias_sum := kernels/bias_sum.cu
SOURCE_forward_fma := kernels/forward_fma.cu
SOURCE_backward_fma_rows := kernels/backward_fma_rows.cu
SOURCE_backward_fma_keys := kernels/backward_fma_keys.cu
SOURCE_rows_sum := kernels/rows_sum.cu
part = $(word $(2),$(subst -, ,$(1)))
instance_source = $(SOURCE_$(call part,$(1),1))
instance_flags = $(addprefix -DSC_WIDTH=,$(call part,$(1),3)) $(if $(filter fp16,$(call part,$(1),2)),-DSC_FP16)

# For the emulator: hooks of the thread sanitizer before every access, answered by kernels/emulator/hooks.c, never by
# that sanitizer's library. Without -fno-thread-jumps a barrier after a branch may be compiled twice, and threads
# that meet there would seem to be at two places. Alignment and null pointers are the emulator's to report. Always
# gcc, whatever compiles the rest: what clang puts before an access has other names in part.
HOST_CC ?= gcc
HOST_INSTANCES := $(INSTANCES:%=$(BUILD)/host/%.o)
HOST_FLAGS := -x c -std=c11 -DSC_EMULATED -O1 -g $(WARNINGS) -Wno-unknown-pragmas -ffp-contract=off -fno-thread-jumps \
  -fsanitize=thread,undefined -fno-sanitize=alignment,null,object-size -fno-sanitize-recover=all
.SECONDEXPANSION:
$(HOST_INSTANCES): $(BUILD)/host/%.o: $$(call instance_source,$$*) tools/make/kernels.mk $(FLAGS_FILE) | $(SETUP)
	@mkdir -p $(@D)
	@$(HOST_CC) $(CPPFLAGS_ALL) $(HOST_FLAGS) $(call instance_flags,$*) -MMD -MP -c -o $@ $<
-include $(HOST_INSTANCES:.o=.d)

# The emulator, the plans and the kernels for it.
KERNEL_SOURCES := $(wildcard kernels/*.c kernels/emulator/*.c)
$(BUILD)/lib/libsigmacert_kernels.members: MEMBERS = $(KERNEL_SOURCES) $(INSTANCES)
$(KERNELS_LIBRARY): $(call objects,$(KERNEL_SOURCES)) $(HOST_INSTANCES) \
    $(BUILD)/lib/libsigmacert_kernels.members

# For a device: one architecture in CI, all with ARCHITECTURES='80 90'.
ARCHITECTURES ?= 90
DEVICE_INSTANCES := $(INSTANCES:%=$(BUILD)/device/%.o)
DEVICE_FLAGS := -x cu -std=c++17 -O3 -I. $(CPPFLAGS) -Xcompiler -Wall --Werror all-warnings
device_target = $(foreach a,$(1),-gencode arch=compute_$(a),code=sm_$(a))
# wgmma is of compute capability 9.0 alone, and no other runs its instances.
instance_target = $(call device_target,$(if $(findstring _group-,$(1)),90a,$(ARCHITECTURES)))
$(DEVICE_INSTANCES): $(BUILD)/device/%.o: $$(call instance_source,$$*) tools/make/kernels.mk | $(SETUP)
	@mkdir -p $(@D)
	@echo "kernels: $*" >&2
	@$(NVCC) $(DEVICE_FLAGS) $(call instance_target,$*) $(call instance_flags,$*) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
-include $(DEVICE_INSTANCES:.o=.d)
# One instance of each, where there is a compiler: part of make test. Without one, lint counts the skip.
DEVICE_SAMPLE := $(patsubst %,$(BUILD)/device/%.o,forward-bf16-64 forward_group-bf16-128 rows-fp16-32 keys-bf16-192 bias_sum rows_sum \
  forward_fma backward_fma_rows backward_fma_keys baseline)
.PHONY: device-sample
device-sample: | $(SETUP)
	@[ -z '$(NVCC_FOUND)' ] || $(MAKE) --no-print-directory -j 2 NVCC='$(NVCC_FOUND)' $(DEVICE_SAMPLE)
.PHONY: kernels-check
kernels-check: $(COMMAND) | $(SETUP) ## run 960 problems on the emulator, each bit as predicted (half an hour)
	@$(COMMAND) kernels --cases 960 --evidence $(BUILD)/evidence
.PHONY: kernels
kernels: $(DEVICE_INSTANCES) ## compile the kernels with nvcc, for sm_90 (minutes)

# Programs for a machine with a GPU.
MEASURES := $(BUILD)/device/speed $(BUILD)/device/memory $(BUILD)/device/tensor $(BUILD)/device/activation
MEASURE_OBJECTS := $(BUILD)/device/baseline.o
$(MEASURE_OBJECTS): $(BUILD)/device/%.o: kernels/%.cu tools/make/kernels.mk | $(SETUP)
	@mkdir -p $(@D)
	@$(NVCC) $(DEVICE_FLAGS) $(call device_target,$(ARCHITECTURES)) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
-include $(MEASURE_OBJECTS:.o=.d)
.PHONY: measures
measures: $(MEASURES) ## build the programs that measure on a GPU, into build/device

# What tools run on a GPU besides.
DEVICE_TOOLS := $(patsubst %.cu,$(BUILD)/device/%.o,$(wildcard tools/*/*.cu))
$(DEVICE_TOOLS): $(BUILD)/device/%.o: %.cu tools/make/kernels.mk | $(SETUP)
	@mkdir -p $(@D)
	@echo "device: $*" >&2
	@$(NVCC) $(DEVICE_FLAGS) $(call device_target,$(ARCHITECTURES)) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
-include $(DEVICE_TOOLS:.o=.d)

# `sigmacert kernels` where the machine is a GPU.
DEVICE_COMMAND := $(BUILD)/device/kernels
$(BUILD)/device/machine.o: tools/kernels/device.c tools/make/kernels.mk | $(SETUP)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) -I$(dir $(shell command -v $(NVCC)))../include $(CFLAGS_ALL) -c -o $@ $<
$(BUILD)/device/main.o: tools/kernels/device_main.c | $(SETUP)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<
# `sigmacert serve --device`: our kernels on a GPU behind the protocol of a kernel under test.
DEVICE_SERVE := $(BUILD)/device/serve
DEVICE_MACHINE := $(BUILD)/device/machine.o $(BUILD)/device/tools/kernels/device_sigmoid_block.o $(call objects,tools/kernels/device_sigmoid.c)
DEVICE_OBJECTS := $(DEVICE_MACHINE) $(DEVICE_INSTANCES) $(call objects,$(wildcard kernels/*.c))
DEVICE_LIBS := $(filter-out -pthread -lboost_context,$(LIBS)) -lpthread
$(DEVICE_COMMAND): $(BUILD)/device/main.o $(DEVICE_OBJECTS) $(TOOLS_LIBRARY) $(LIBRARY)
$(DEVICE_SERVE): $(call objects,tools/serve/main.c) $(DEVICE_OBJECTS) $(TOOLS_LIBRARY) $(LIBRARY)
$(DEVICE_COMMAND) $(DEVICE_SERVE):
	@$(NVCC) -o $@ $^ $(DEVICE_LIBS)
.PHONY: device-command
device-command: $(DEVICE_COMMAND) $(DEVICE_SERVE) ## build `sigmacert kernels` and `serve` for a GPU, into build/device
