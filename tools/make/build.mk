# SPDX-License-Identifier: Apache-2.0
# Library, command and their objects. Output only under $(BUILD).

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
CPPFLAGS_ALL := -I. -D_POSIX_C_SOURCE=200809L $(CPPFLAGS)
# -ffp-contract=off: the error bounds count roundings, and a fused multiply-add rounds once.
CFLAGS_ALL := -std=c11 -O2 -g $(WARNINGS) -ffp-contract=off $(CFLAGS)
LIBS := -ljansson -llapacke -lflint-arb -lopenblas -lflint -lmpfr -lgmp -lboost_context -ldl -lm -pthread

LIBRARY_SOURCES := $(wildcard reference/*.c reference/*/*.c)
# tools/kernels/device.c takes the place of emulated.c where kernels run on a GPU.
TOOL_SOURCES := $(wildcard fuzz/*.c) \
  $(filter-out %/main.c %_main.c tools/kernels/device.c tools/kernels/device_sigmoid.c,\
    $(wildcard tools/*/*.c))

LIBRARY := $(BUILD)/lib/libsigmacert.a
TOOLS_LIBRARY := $(BUILD)/lib/libsigmacert_tools.a
KERNELS_LIBRARY := $(BUILD)/lib/libsigmacert_kernels.a
COMMAND := $(BUILD)/bin/sigmacert

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

.PHONY: library command
library: $(LIBRARY) ## build build/lib/libsigmacert.a
command: $(COMMAND) ## build build/bin/sigmacert

# A file that changes when the compiler or its flags do, so that objects of two settings never mix. Two makes may run.
FLAGS_FILE := $(BUILD)/flags
.PHONY: FORCE
FORCE:
$(FLAGS_FILE): FORCE
	@mkdir -p $(@D)
	@new=$@.$$$$; printf '%s\n' '$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS)' >$$new; cmp -s $$new $@ && rm $$new || mv $$new $@

# Element-wise loops: without these GCC leaves them scalar. No result changes: the library reads no
# floating-point flags, traps nothing and does not look at errno of a mathematical function.
VECTORISED := reference/oracle/fp64_row reference/oracle/fp64_sum
$(VECTORISED:%=$(BUILD)/obj/%.o): CFLAGS_FILE := -O3 -fno-trapping-math -fno-math-errno

$(BUILD)/obj/%.o: %.c $(FLAGS_FILE) tools/make/build.mk | $(SETUP)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(CFLAGS_FILE) -MMD -MP -c -o $@ $<

# The list of members is a prerequisite: an archive loses the object of a deleted source.
$(BUILD)/lib/%.members: FORCE
	@mkdir -p $(@D)
	@new=$@.$$$$; printf '%s\n' '$(MEMBERS)' >$$new; cmp -s $$new $@ && rm $$new || mv $$new $@
$(BUILD)/lib/libsigmacert.members: MEMBERS = $(LIBRARY_SOURCES)
$(BUILD)/lib/libsigmacert_tools.members: MEMBERS = $(TOOL_SOURCES)

$(LIBRARY): $(call objects,$(LIBRARY_SOURCES)) $(BUILD)/lib/libsigmacert.members
$(TOOLS_LIBRARY): $(call objects,$(TOOL_SOURCES)) $(BUILD)/lib/libsigmacert_tools.members
$(LIBRARY) $(TOOLS_LIBRARY) $(KERNELS_LIBRARY):
	@mkdir -p $(@D)
	@rm -f $@
	@$(AR) qcs $@ $(filter %.o,$^)

# The kernels of the emulator stop at an overflow.
$(COMMAND): $(call objects,tools/command/main.c) $(TOOLS_LIBRARY) $(KERNELS_LIBRARY) $(LIBRARY)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS) -fsanitize=undefined -o $@ $^ $(LIBS)

# `sigmacert serve` alone, with nothing of the oracle but the tensor core's arithmetic; MPFR reads and writes numbers.
SERVE := $(BUILD)/bin/serve
.PHONY: serve
serve: $(SERVE) ## build build/bin/serve, which runs a kernel for a fuzzer
$(SERVE): $(call objects,tools/serve/main.c) $(TOOLS_LIBRARY) $(KERNELS_LIBRARY) $(LIBRARY)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS_ALL) $(LDFLAGS) -fsanitize=undefined -o $@ $^ -lmpfr -lgmp -lboost_context -ldl -lm -pthread

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
