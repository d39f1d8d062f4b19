# SPDX-License-Identifier: Apache-2.0
# Programs that measure on a GPU and leave evidence; their kernels also for the emulator, for the tests.

MEASURE_KERNELS := mma mma_group binade
MEASURE_HOST := $(MEASURE_KERNELS:%=$(BUILD)/host/measure/%.o)
$(MEASURE_HOST): $(BUILD)/host/measure/%.o: tools/measure/%.cu tools/make/kernels.mk $(FLAGS_FILE) | $(SETUP)
	@mkdir -p $(@D)
	@$(HOST_CC) $(CPPFLAGS_ALL) $(HOST_FLAGS) -MMD -MP -c -o $@ $<
-include $(MEASURE_HOST:.o=.d)
$(BUILD)/san/libsigmacert.a: $(MEASURE_HOST)

DEVICE_SAMPLE += $(MEASURE_KERNELS:%=$(BUILD)/device/tools/measure/%.o)

# How the kernels are compiled, for the head of a table.
NVCC_VERSION = $(shell $(NVCC) --version | sed -n 's/.*, V//p')
MEASURE_MAINS := $(patsubst %,$(BUILD)/device/measure/main/%.o,tensor activation)
$(MEASURE_MAINS): $(BUILD)/device/%.o: tools/%.c tools/make/measure.mk $(FLAGS_FILE) | $(SETUP)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) -DSC_NVCC_VERSION='"$(NVCC_VERSION)"' -DSC_NVCC_FLAGS='"$(DEVICE_FLAGS) $(call device_target,$(ARCHITECTURES))"' \
	  -I$(dir $(shell command -v $(NVCC)))../include $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
-include $(MEASURE_MAINS:.o=.d)

MEASURE_PROGRAMS := $(BUILD)/device/tensor $(BUILD)/device/activation
$(BUILD)/device/tools/measure/mma_group.o: ARCHITECTURES := 90a
$(BUILD)/device/tensor: $(BUILD)/device/measure/main/tensor.o $(BUILD)/device/tools/measure/mma.o $(BUILD)/device/tools/measure/mma_group.o
$(BUILD)/device/activation: $(BUILD)/device/measure/main/activation.o $(BUILD)/device/tools/measure/binade.o
$(MEASURE_PROGRAMS): $(DEVICE_MACHINE) $(TOOLS_LIBRARY) $(LIBRARY)
	@$(NVCC) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(DEVICE_LIBS)
