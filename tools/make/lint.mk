# SPDX-License-Identifier: Apache-2.0
# Checks of the text of the sources; which ones: tools/make/lint.sh.

.PHONY: lint
lint: | $(SETUP) ## check the text of the sources: format, scripts, headers, licence lines, links
	@CLANG='$(CLANG)' CXX='$(CXX)' NVCC='$(NVCC_FOUND)' WARNINGS='$(WARNINGS)' STRICT='$(STRICT)' \
	  tools/make/lint.sh
