#!/usr/bin/env bash
# Every test, tier by tier, and how many there were. `make test` calls this.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
part=$(mktemp)
trap 'rm -f "$log" "$part"' EXIT
red=()

step() {
  local name=$1
  shift
  echo "== $name"
  local begun=$SECONDS
  "$@" 2>&1 | tee "$part"
  local code=${PIPESTATUS[0]}
  cat "$part" >>"$log"
  echo "== $name: $([ "$code" -eq 0 ] && echo ok || echo FAILED), $((SECONDS - begun)) s"
  [ "$code" -eq 0 ] || red+=("== $name: FAILED"$'\n'"$(why)")
}

# What a step says of its failure, in a few lines.
why() {
  local telling='^test .* FAILED|panicked at|VIOLATION|^error|FAILED$|is broken|^Diff in|^warning'
  local lines
  lines=$(tr '\r' '\n' <"$part" | grep -E "$telling" | head -n 8 | cut -c 1-400)
  echo "${lines:-$(tail -n 8 "$part" | cut -c 1-400)}"
}

step "format" cargo fmt --all --check
# With what only the bench builds.
step "lints" cargo clippy --quiet --workspace --all-targets --features ackord-node/raw -- -D warnings
step "docs" env RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
# Walls and licences of all dependencies, where the tool is installed.
if cargo deny --version >/dev/null 2>&1; then
  step "dependencies" cargo deny --log-level error check bans licenses sources
else
  echo "== dependencies: left out, for cargo-deny is not installed"
fi
step "tests" cargo test --workspace --no-fail-fast
# With the features that the tests had them built with: else half of it all is compiled once more.
step "programs" cargo build --quiet --workspace --bins --tests
step "kills" target/debug/ackord-chaos --ackord target/debug/ackord kill --submits 4000
step "kills of leaders" target/debug/ackord-chaos --ackord target/debug/ackord cluster --kills 5
step "partitions" target/debug/ackord-chaos --ackord target/debug/ackord partition --rounds 1
step "stopped nodes" target/debug/ackord-chaos --ackord target/debug/ackord pause --rounds 1 --seconds 6
step "lost answers" target/debug/ackord-chaos --ackord target/debug/ackord replies --connections 40
step "webhooks" target/debug/ackord-chaos --ackord target/debug/ackord webhooks --requests 1500 --kills 1
step "far behind" target/debug/ackord-chaos --ackord target/debug/ackord behind --bodies 100
step "power cuts of several" target/debug/ackord-chaos --ackord target/debug/ackord blackout --cuts 6
step "power cuts" target/debug/ackord-chaos --ackord target/debug/ackord power --cuts 6
step "bad disks" target/debug/ackord-chaos --ackord target/debug/ackord disk
step "bad disks of a cluster" target/debug/ackord-chaos --ackord target/debug/ackord sick
step "simulation" tools/sim.sh --seeds 30 --at-most 5

passed=$(awk '/^test result:/ {sum += $4} END {print sum + 0}' "$log")
failed=$(awk '/^test result:/ {sum += $6} END {print sum + 0}' "$log")
seeds=$(awk '/^simulation:/ {print $2}' "$log" | tail -n 1)
echo
echo "Simulated seeds: ${seeds:-0}, all run twice with equal traces"
echo "$passed passed, $failed failed"
# Last, for that is what is looked at first.
[ ${#red[@]} -eq 0 ] || printf '%s\n' "${red[@]}"
[ ${#red[@]} -eq 0 ]
