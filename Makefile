# SPDX-License-Identifier: Apache-2.0
# The targets a user types. How they are done: tools/make/.
MAKEFLAGS += -r
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
CXX := g++
NVCC ?= nvcc
FRAMA_C ?= frama-c
STRICT ?= 0
BUILD := build

.PHONY: all
all: library command ## build the library and the sigmacert command (default)

include tools/make/setup.mk
include tools/make/build.mk
include tools/make/kernels.mk
include tools/make/measure.mk
include tools/make/bench-gpu.mk
include tools/make/mutants.mk
include tools/make/gpu.mk
include tools/make/coq.mk
include tools/make/proofs.mk
include tools/make/test.mk
include tools/make/lint.mk
include tools/make/oracle.mk
include tools/make/parsers.mk
include tools/make/verify.mk

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: clean
clean: ## remove everything that was built
	@rm -rf $(BUILD)
