# SPDX-License-Identifier: Apache-2.0
# Kernels with a planted fault (fuzz/mutants), for the emulator, or for a GPU with MUTANT_MACHINE=device:
# make mutant MUTANT=NAME. What includes no file that its patch touches is taken from the kernels without a fault, none.

# Few instances, so that a mutant takes seconds: a narrow and a wide one, one of each 16-bit format.
MUTANT_INSTANCES ?= bf16-64 fp16-192
MUTANT_MACHINE ?= emulator
# What is linked with the kernels, and of which object: NAME has its main in MAIN_NAME.
MUTANT_PROGRAMS ?= $(if $(filter device,$(MUTANT_MACHINE)),serve kernels,serve sigmacert)
MAIN_sigmacert := $(call objects,tools/command/main.c)
MAIN_serve := $(call objects,tools/serve/main.c)
MAIN_kernels := $(BUILD)/device/main.o

MUTANT ?= none
MUTANT_BASE := $(BUILD)/$(if $(filter device,$(MUTANT_MACHINE)),device/)mutants
MUTANT_NONE := $(MUTANT_BASE)/none
MUTANT_HOME := $(MUTANT_BASE)/$(MUTANT)
MUTANT_PATCH := fuzz/mutants/$(MUTANT).patch
MUTANT_SOURCE := $(MUTANT_HOME)/source
MUTANT_TARGETS := $(patsubst %,host/%.o,$(call instances,$(MUTANT_INSTANCES))) \
  $(patsubst kernels/%.c,plan/%.o,$(wildcard kernels/*.c))
MUTANT_OBJECTS := $(MUTANT_TARGETS:%=$(MUTANT_HOME)/%)
comma := ,
# The first of two directories wins, and a fault is reported where the file was taken from.
MUTANT_MAP = -ffile-prefix-map=$(MUTANT_SOURCE)/=
MUTANT_FLAGS = -I$(MUTANT_SOURCE) -include $(MUTANT_LIST) -MMD -MP -c
# nvcc takes no macro with a comma on its command line.
MUTANT_LIST := $(MUTANT_BASE)/instances.h
$(MUTANT_LIST): FORCE
	@mkdir -p $(@D)
	@new=$@.$$$$; echo '#define SC_INSTANCES(X) $(foreach i,$(MUTANT_INSTANCES),X($(subst -,$(comma),$(i))))' >$$new; \
	  cmp -s $$new $@ && rm $$new || mv $$new $@
ifeq ($(MUTANT_MACHINE),device)
mutant_host = $(NVCC) $(MUTANT_FLAGS) $(DEVICE_FLAGS) $(call instance_target,$*) $(call instance_flags,$*) -MF $(@:.o=.d) -o $@
MUTANT_MACHINE_OBJECTS := $(DEVICE_MACHINE)
mutant_link = $(NVCC) -o $@ $^ $(DEVICE_LIBS)
else
MUTANT_MACHINE_OBJECTS := $(call objects,$(wildcard kernels/emulator/*.c))
mutant_link = $(CC) $(CFLAGS_ALL) $(LDFLAGS) -fsanitize=undefined -o $@ $^ $(LIBS)
mutant_host = $(HOST_CC) $(MUTANT_MAP) $(MUTANT_FLAGS) $(CPPFLAGS_ALL) $(HOST_FLAGS) -fno-sanitize=pointer-overflow -g1 $(call instance_flags,$*) -o $@
endif
mutant_plan = $(CC) $(MUTANT_MAP) $(MUTANT_FLAGS) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@
# $(1): a file of the kernels, or the patched one; $(2): what compiles it.
mutant_object = mkdir -p $(@D); if grep -q -w -F -f $(MUTANT_HOME)/touched $(<:.o=.d); then \
  if [ -f $(MUTANT_SOURCE)/$(1) ]; then $(2) $(MUTANT_SOURCE)/$(1); else $(2) $(1); fi; else ln -f $< $@; fi

$(MUTANT_NONE)/host/%.o: private MUTANT_SOURCE := $(MUTANT_NONE)/source
$(MUTANT_NONE)/host/%.o: $$(call instance_source,$$*) tools/make/mutants.mk $(FLAGS_FILE) $(MUTANT_LIST)
	@mkdir -p $(@D)
	@$(mutant_host) $<
$(MUTANT_NONE)/plan/%.o: kernels/%.c tools/make/mutants.mk $(FLAGS_FILE) $(MUTANT_LIST)
	@mkdir -p $(@D)
	@$(mutant_plan) $<
-include $(patsubst %.o,$(MUTANT_NONE)/%.d,$(MUTANT_TARGETS))

ifneq ($(MUTANT),none)
$(MUTANT_HOME)/touched: $(MUTANT_PATCH)
	@rm -rf $(MUTANT_SOURCE)
	@mkdir -p $(MUTANT_SOURCE)
	@sed -n 's|^+++ b/||p' $< >$@.part
	@xargs cp --parents -t $(MUTANT_SOURCE) <$@.part
	@git apply --directory=$(MUTANT_SOURCE) $<
	@mv $@.part $@
$(MUTANT_HOME)/host/%.o: $(MUTANT_NONE)/host/%.o $(MUTANT_HOME)/touched
	@$(call mutant_object,$(call instance_source,$*),$(mutant_host))
$(MUTANT_HOME)/plan/%.o: $(MUTANT_NONE)/plan/%.o $(MUTANT_HOME)/touched
	@$(call mutant_object,kernels/$*.c,$(mutant_plan))
endif

MUTANT_EXECUTABLES := $(MUTANT_PROGRAMS:%=$(MUTANT_HOME)/%)
$(MUTANT_EXECUTABLES): $(MUTANT_HOME)/%: $$(MAIN_$$*) $(MUTANT_OBJECTS) $(MUTANT_MACHINE_OBJECTS) $(TOOLS_LIBRARY) $(LIBRARY)
	@$(mutant_link)
.PHONY: mutant
mutant: $(MUTANT_EXECUTABLES) ## build the kernels with the fault of fuzz/mutants/MUTANT.patch, into build/mutants/MUTANT

# Which of them a check catches, and two ordinary tests. In a command {home} is where the mutant's programs are, and
# {name} its name: the faults of dQ by atomic additions begin with fast-.
MUTANT_SECONDS ?= 120
# A kept case that is more work than an emulated kernel says it does is left out by a campaign, and replayed at the end.
MUTANT_SLOW ?= fuzz/corpus/many-heads-no-keys.cases
MUTANT_DETECT ?= case {name} in fast-*) mode=--fast ;; *) mode= ;; esac; \
  timeout 1800 $(COMMAND) fuzz --exec "{home}/serve --emulated $$mode" --corpus fuzz/corpus --time $(MUTANT_SECONDS) --stop-first \
    --max-findings 0 --evidence {home} && \
  timeout 1800 $(COMMAND) replay --exec "{home}/serve --emulated $$mode" --file $(MUTANT_SLOW)
# What it does not find is put to the check of our own kernels that predicts every bit, and counted apart.
MUTANT_CASES ?= 96
MUTANT_PREDICT ?= timeout 600 {home}/sigmacert kernels --cases $(MUTANT_CASES) --first --evidence {home}
MUTANT_BASELINE ?= timeout 600 {home}/sigmacert baseline
MUTANT_BUILD := $(MAKE) --no-print-directory -s -j 2 mutant MUTANT={name} 1>&2
MUTANT_SAMPLE := bias-sum-warp fma-forward-barrier fma-rows-bias forward-no-barrier plan-floor rows-scale
# One after the other: a mutant's build takes the cores that there are.
.PHONY: mutants mutants-sample
mutants: $(COMMAND) mutant ## build each planted fault of fuzz/mutants, see which checks catch it (hours)
	@$(COMMAND) mutants --build '$(MUTANT_BUILD)' --detect '$(MUTANT_DETECT)' --predict '$(MUTANT_PREDICT)' \
	  --baseline '$(MUTANT_BASELINE)' \
	  --home $(BUILD)/mutants --evidence $(BUILD)/evidence $(MUTANTS)
mutants-sample: $(COMMAND) mutant ## the same for six of them, without the ordinary tests (a minute)
	@$(COMMAND) mutants --build '$(MUTANT_BUILD)' --detect '$(MUTANT_DETECT)' --predict '$(MUTANT_PREDICT)' \
	  --home $(BUILD)/mutants --evidence $(BUILD)/evidence $(MUTANT_SAMPLE)
