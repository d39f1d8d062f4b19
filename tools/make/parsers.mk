# SPDX-License-Identifier: Apache-2.0
# Readers of bytes from outside, fuzzed with libFuzzer under the address and undefined-behaviour sanitizers.

PARSERS := $(filter-out parser,$(patsubst fuzz/parsers/%.c,%,$(wildcard fuzz/parsers/*.c)))
PARSER_PROGRAMS := $(PARSERS:%=$(BUILD)/parsers/%)
PARSER_CC ?= clang
PARSER_FLAGS := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# The tools but for those that run our kernels, which only HOST_CC can compile.
PARSER_OBJECTS := $(patsubst %.c,$(BUILD)/parsers/obj/%.o,$(LIBRARY_SOURCES) \
  $(filter-out tools/command/% tools/kernels/% tools/serve/%,$(TOOL_SOURCES)))

$(BUILD)/parsers/obj/%.o: %.c $(FLAGS_FILE) tools/make/parsers.mk | $(SETUP)
	@mkdir -p $(@D)
	@$(PARSER_CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(PARSER_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
-include $(shell find $(BUILD)/parsers/obj -name '*.d' 2>/dev/null)

$(BUILD)/parsers/libparsers.a: $(PARSER_OBJECTS)
	@rm -f $@
	@$(AR) qcs $@ $^
$(PARSER_PROGRAMS): $(BUILD)/parsers/%: $(BUILD)/parsers/obj/fuzz/parsers/%.o $(BUILD)/parsers/libparsers.a
	@$(PARSER_CC) $(PARSER_FLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# The corpora are inputs that each reach something new; what a run finds beside them stays under build/.
# Longer than what a reader keeps of a line or header; a journal is lines.
PARSER_LENGTH := 16384
$(BUILD)/parsers/journal.log: private PARSER_LENGTH := 1024
PARSER_RUNS ?= $(call budget,parsers.executions)
PARSER_LOGS := $(PARSERS:%=$(BUILD)/parsers/%.log)
.PHONY: fuzz-parsers $(PARSER_LOGS)
$(PARSER_LOGS): $(BUILD)/parsers/%.log: $(BUILD)/parsers/%
	@mkdir -p $(BUILD)/parsers/new/$* $(BUILD)/parsers/found
	@$< -runs=$(PARSER_RUNS) -max_len=$(PARSER_LENGTH) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/parsers/found/$*- $(BUILD)/parsers/new/$* fuzz/parsers/corpus/$* >$@ 2>&1 || true
fuzz-parsers: $(PARSER_LOGS) $(COMMAND) | $(SETUP) ## fuzz every reader of files, cases, journals and the protocol (minutes)
	@$(COMMAND) parsers --evidence $(BUILD)/evidence $(PARSER_LOGS)
