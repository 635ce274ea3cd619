# Ackord. `make run` starts one node here, `make cluster` three; `make test` runs every test. All do
# all set-up.

.DEFAULT_GOAL := help
.PHONY: help deps build run cluster test sim sim-mutants soak bench fmt clean

help: ## Shows this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## Installs what the build needs, builds RocksDB (about ten minutes, once)
	@tools/install-deps.sh
	@tools/build-rocksdb.sh

build: deps ## Builds the program: target/release/ackord
	cargo build --release --package ackord-node

run: build ## Starts one node on this machine, data in ./ackord-data
	@target/release/ackord dev

cluster: build ## Starts three nodes on this machine, data in ./ackord-cluster
	@target/release/ackord dev --nodes 3 --data-dir ./ackord-cluster

test: deps ## Runs every test
	@tools/install-deps.sh --tests
	@tools/test.sh

sim: deps ## Simulates: SEEDS=100, or SEED=7 to see one again
	@tools/sim.sh $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100))

sim-mutants: deps ## Plants bugs in the simulated servers: does the judge see them?
	@tools/sim.sh --mutants $(if $(MUTANT),--mutant $(MUTANT))

soak: build ## Runs what takes longer than `make test` allows
	@tools/install-deps.sh --tests
	@tools/soak.sh

bench: build ## Measures a node of its own, and its peers
	@tools/bench.sh

fmt: ## Formats the code
	cargo fmt --all

clean: ## Removes what was built, but for RocksDB
	cargo clean
