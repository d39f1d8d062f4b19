# SPDX-License-Identifier: Apache-2.0
# Criterion suites: one program per file of tests/, built with the sanitizers.

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TEST_SOURCES := $(wildcard tests/*.c)
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SOURCES))
TEST_OBJECTS := $(patsubst %.c,$(BUILD)/san/%.o,$(LIBRARY_SOURCES) $(TOOL_SOURCES))

$(BUILD)/san/%.o: %.c $(FLAGS_FILE) | $(SETUP)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(SANITIZE) -MMD -MP -c -o $@ $<

$(BUILD)/san/libsigmacert.a: $(TEST_OBJECTS) $(BUILD)/lib/libsigmacert.members \
    $(BUILD)/lib/libsigmacert_tools.members
	@rm -f $@
	@$(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/tests/%: $(BUILD)/san/tests/%.o $(BUILD)/san/libsigmacert.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS_ALL) $(SANITIZE) $(LDFLAGS) -o $@ $^ -lcriterion $(LIBS)

.PRECIOUS: $(BUILD)/san/tests/%.o
-include $(shell find $(BUILD)/san -name '*.d' 2>/dev/null)

.PHONY: test
test: $(TESTS) $(COMMAND) ## run the Criterion suites
	@for t in $(TESTS); do "$$t"; done
