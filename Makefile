.PHONY: help setup build demo test bench install fmt lint clean
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := $(shell sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
SONAME := libdiapir.so.$(firstword $(subst ., ,$(VERSION)))
ROOT = $(DESTDIR)$(PREFIX)
LIBTORCH_LIB := $(if $(LIBTORCH),$(LIBTORCH),.libtorch/torch)/lib

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile

setup: ## install Debian packages and libtorch (once)
	@scripts/setup.sh

build: ## library and host, optimised
	cargo build --release --locked --workspace

demo: setup build ## make, learn, predict and score a synthetic survey
	target/release/diapir demo --output demo

test: ## all tests and lints; the last line is the summary
	@scripts/test.sh

bench: build ## all benchmarks
	@for script in benches/*.sh; do echo "== $$script"; "$$script" || exit 1; done

fmt: ## format the sources
	cargo fmt --all

lint: ## what `make test` checks without running tests
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

install: build ## into PREFIX (default /usr/local), relocatable
	install -d $(ROOT)/bin $(ROOT)/lib/diapir $(ROOT)/lib/cmake/diapir $(ROOT)/lib/pkgconfig $(ROOT)/include/diapir $(ROOT)/share/doc/diapir
	install -m 755 target/release/diapir $(ROOT)/bin/
	install -m 755 target/release/libdiapir.so $(ROOT)/lib/libdiapir.so.$(VERSION)
	patchelf --set-soname $(SONAME) --set-rpath '$$ORIGIN/diapir' $(ROOT)/lib/libdiapir.so.$(VERSION)
	ln -sf libdiapir.so.$(VERSION) $(ROOT)/lib/$(SONAME)
	ln -sf $(SONAME) $(ROOT)/lib/libdiapir.so
	install -m 755 $(addprefix $(LIBTORCH_LIB)/,libtorch.so libtorch_cpu.so libc10.so libgomp.so.1) $(ROOT)/lib/diapir/
	for extra in $(LIBTORCH_LIB)/../../nvidia/cu13/lib/libcudart.so.13 $(LIBTORCH_LIB)/../../nvidia/cu13/lib/libcupti.so.13; do \
	  if [ -e $$extra ]; then install -m 755 $$extra $(ROOT)/lib/diapir/; fi; done
	install -m 644 include/diapir/diapir.h include/diapir/diapir.hpp $(ROOT)/include/diapir/
	sed 's/@VERSION@/$(VERSION)/' cmake/diapirConfigVersion.cmake.in > $(ROOT)/lib/cmake/diapir/diapirConfigVersion.cmake
	install -m 644 cmake/diapirConfig.cmake $(ROOT)/lib/cmake/diapir/
	sed 's/@VERSION@/$(VERSION)/' cmake/diapir.pc.in > $(ROOT)/lib/pkgconfig/diapir.pc
	install -m 644 README.md LICENSE-MIT LICENSE-APACHE $(ROOT)/share/doc/diapir/

clean: ## remove what was built
	cargo clean
