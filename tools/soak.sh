#!/usr/bin/env bash
# What takes longer than `make test` allows: every seed count, cut and kill at full size.
# SEEDS, CUTS and SUBMITS change the sizes.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --package ackord-chaos
chaos=target/release/ackord-chaos

echo "== kills at each failpoint"
$chaos kill --submits "${SUBMITS:-20000}"
echo "== power cuts"
$chaos power --cuts "${CUTS:-50}"
echo "== power cuts under planted bugs: each must be caught"
$chaos planted --cuts "${CUTS:-50}"
echo "== random commands against the core"
ACKORD_CASES="${CASES:-20000}" cargo test --quiet --release --package ackord-core
echo "== simulation"
tools/sim.sh --seeds "${SEEDS:-2000}"
