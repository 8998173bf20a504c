# Diapir: `make help` lists what there is.
PREFIX ?= /usr/local
DESTDIR ?=
PROFILE ?= release
CARGO ?= cargo
# The features that `build` and `install` build with, e.g. CARGO_FLAGS="--no-default-features --features torch".
CARGO_FLAGS ?=
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

export CARGO PROFILE

.DEFAULT_GOAL := help
.PHONY: help setup weights libtorch build demo test bench install check-install fmt lint clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

setup: ## Get what a build needs: system packages, libtorch into .libtorch
	scripts/setup.sh

weights: ## Get the ImageNet weights that recipes begin with (docs/networks.md says where to)
	scripts/weights.sh

# `setup`, unless there is a libtorch already: a build must not need the network.
libtorch:
	@[ -n "$$LIBTORCH" ] || [ -e .libtorch/torch/build-version ] || scripts/setup.sh

build: libtorch ## Build the library and the command line (release)
	$(CARGO) build --release --locked --workspace $(CARGO_FLAGS)

demo: build ## Run the whole way on a synthetic survey; results in demo/
	$(TARGET_DIR)/release/diapir demo --output demo

test: libtorch ## Format, lint, build and test; the last line counts
	scripts/test.sh

bench: build ## Run every benches/*.sh
	scripts/bench.sh

install: libtorch ## Install below PREFIX (default /usr/local), staged in DESTDIR
	scripts/install.sh "$(PREFIX)" "$(DESTDIR)" $(CARGO_FLAGS)

check-install: libtorch ## Install into a temporary prefix, move it, build and run a C program against it
	scripts/check-install.sh

fmt: ## Format the sources
	$(CARGO) fmt --all

lint: libtorch ## Formatting and clippy, as `test` checks them
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	CARGO_TARGET_DIR="$(TARGET_DIR)/bare" $(CARGO) clippy --locked --no-default-features --all-targets -- -D warnings

clean: ## Remove what builds and demos made (not .libtorch)
	$(CARGO) clean
	rm -rf demo
