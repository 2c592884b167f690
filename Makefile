# Verbs in front of Meson. `make` alone lists them.
BUILD ?= build
MESON_OPTIONS ?=

.PHONY: help setup setup-all build demo test test-long test-web test-sanitize fuzz bench bench-setup install lint format clean

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: ## install what building and testing need (Debian; uses sudo unless root)
	@tools/setup.sh

setup-all: ## install what the slow tests need, too
	@tools/setup.sh --all

build: setup ## build the program into $(BUILD)/
	@tools/build.sh $(BUILD) $(MESON_OPTIONS)

demo: build ## train on the embedded cartoon faces for some minutes and show where the pictures are
	@$(BUILD)/src/app/dcgan demo $(DEMO_OPTIONS)

test: build ## all quick tests, or those named by SUITES
	@tools/test.sh $(BUILD) $(SUITES)

test-sanitize: setup ## the same under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/build.sh build-sanitize -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized
	@tools/test.sh build-sanitize $(SUITES)

fuzz: ## each fuzzer for FUZZ_SECONDS (default 60)
	@tools/fuzz.sh $(or $(FUZZ_SECONDS),60)

test-web: build ## the dashboard in a real browser (Debian's chromium)
	@tools/test_web.sh $(BUILD)

test-long: test-sanitize ## sanitizers, 10,000 connections, then each fuzzer for FUZZ_SECONDS (default 600)
	@python3 tests/serve/run_tests.py build-sanitize/src/app/dcgan --long
	@tools/fuzz.sh $(or $(FUZZ_SECONDS),600)

bench-setup: ## put PyTorch and onnxruntime into .venv, for comparison
	@tools/bench_setup.sh

bench: build ## speed, side by side with PyTorch where bench-setup has put it
	@tools/bench.sh $(BUILD) $(BENCH_OPTIONS)

install: build ## install program, library, header, manual and completions (PREFIX, default /usr/local)
	meson install -C $(BUILD)

lint: build ## clang-format and clang-tidy
	@tools/lint.sh $(BUILD)

format: ## reformat all C files
	@git ls-files '*.c' '*.h' | grep -v '^third_party/' | xargs clang-format-14 -i

clean: ## remove build directories
	rm -rf build build-*
