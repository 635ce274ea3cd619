#!/usr/bin/env bash
# Runs the simulation: the server's own code in a world of simulated disks and clocks.
# Arguments go to the program; --help tells what there is.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="--cfg madsim"
export CARGO_TARGET_DIR=target/sim
cargo build --quiet --package ackord-sim-tests --bin ackord-sim
exec target/sim/debug/ackord-sim "$@"
