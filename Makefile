# make serve: a running server from a fresh clone. Every target can be run again; nothing asks.
BUILD := build/release
MODELS := examples/models

.PHONY: help build serve test bench-programs clean

help:
	@echo "make serve   set up, build, and serve $(MODELS) on 127.0.0.1:8080"
	@echo "make test    set up, build, and run every test"
	@echo "make build   set up and build $(BUILD)/slipway"
	@echo "make bench-programs   build what bench/run measures and compares"
	@echo "make clean   remove build/"
	@echo
	@echo "Set-up installs what is missing and needs root for that; nothing else does."

build:
	@tools/setup build
	@tools/build release slipway

serve: build
	@$(BUILD)/slipway serve $(MODELS)

test:
	@tools/setup test
	@tools/build release slipway tests
	@tools/run-tests --build $(BUILD)

bench-programs:
	@tools/setup test
	@tools/build release slipway bench_programs

clean:
	rm -rf build
