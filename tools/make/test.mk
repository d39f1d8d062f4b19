# SPDX-License-Identifier: Apache-2.0
# Criterion suites: one program per file of tests/, built with the sanitizers.

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TEST_SOURCES := $(wildcard tests/*.c)
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SOURCES))
TEST_OBJECTS := $(patsubst %.c,$(BUILD)/san/%.o,$(LIBRARY_SOURCES) $(TOOL_SOURCES) $(KERNEL_SOURCES))

$(BUILD)/san/%.o: %.c $(FLAGS_FILE) | $(SETUP)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(SANITIZE) -MMD -MP -c -o $@ $<

# Small kernels for the emulator, most of them broken on purpose.
FAULTY_KERNELS := $(patsubst %.c,$(BUILD)/faulty/%.o,$(wildcard tests/kernels/*.c))
$(BUILD)/faulty/%.o: %.c tools/make/kernels.mk $(FLAGS_FILE) | $(SETUP)
	@mkdir -p $(@D)
	@$(HOST_CC) $(CPPFLAGS_ALL) $(HOST_FLAGS) -MMD -MP -c -o $@ $<
-include $(FAULTY_KERNELS:.o=.d)

# Kernels under test, most of them hostile: libraries that build/bin/serve loads, without sanitizers.
KERNEL_LIBRARIES := $(patsubst %,$(BUILD)/libraries/%.so,honest hostile device)
$(BUILD)/libraries/%.so: tests/libraries/%.c tests/libraries/naive.c tests/libraries/naive.h $(wildcard spec/*.h) $(FLAGS_FILE) | $(SETUP)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -fPIC -shared -o $@ $(filter %.c,$^) -lm
$(patsubst %,$(BUILD)/tests/%,campaign fuzz_command replay_command serve worker): | $(SERVE) $(KERNEL_LIBRARIES)

$(BUILD)/san/libsigmacert.a: $(TEST_OBJECTS) $(BUILD)/lib/libsigmacert.members \
    $(BUILD)/lib/libsigmacert_tools.members $(BUILD)/lib/libsigmacert_kernels.members $(HOST_INSTANCES) $(FAULTY_KERNELS)
	@rm -f $@
	@$(AR) qcs $@ $(filter %.o,$^)

$(BUILD)/tests/%: $(BUILD)/san/tests/%.o $(BUILD)/san/libsigmacert.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS_ALL) $(SANITIZE) $(LDFLAGS) -o $@ $^ -lcriterion $(LIBS)

.PRECIOUS: $(BUILD)/san/tests/%.o
-include $(shell find $(BUILD)/san -name '*.d' 2>/dev/null)

# All suites run; a crashing one counts as failed. The last line is the sum.
.PHONY: test
test: lint device-sample $(TESTS) $(COMMAND) ## check the sources and run the Criterion suites
	@passed=0; failed=0; skipped=0; \
	for t in $(TESTS); do \
	  "$$t" >$$t.log 2>&1 || cat $$t.log >&2; \
	  line=$$(grep -a 'Synthesis: Tested:' $$t.log | tail -n 1 | tr -dc '0-9|' | tr '|' ' '); \
	  read -r tested passing failing crashing <<<"$${line:-1 0 0 1}" || true; \
	  echo "$${t##*/}: $$passing of $$tested passed"; \
	  passed=$$((passed + passing)); failed=$$((failed + tested - passing)); \
	done; \
	skipped=$$(wc -l <$(BUILD)/setup.missing 2>/dev/null || echo 0); \
	echo "tests: $$passed passed, $$failed failed, $$skipped skipped"; \
	[ "$$failed" -eq 0 ] && [ "$$passed" -gt 0 ] && { [ "$(STRICT)" != 1 ] || [ "$$skipped" -eq 0 ]; }

# Optimised, and not a suite: 2^32 inputs.
$(BUILD)/exhaust/format: tests/exhaust/format.c spec/format.h spec/format_value.h $(FLAGS_FILE)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -o $@ $<
.PHONY: exhaust
exhaust: $(BUILD)/exhaust/format | $(SETUP) ## every fp32 number rounded to bf16 and fp16, two ways (a minute)
	@$<

.PHONY: test-mutants
test-mutants: | $(SETUP) ## plant each fault of tests/mutants, see its test fail (minutes)
	@tests/mutants/run.sh $(BUILD)/mutants
