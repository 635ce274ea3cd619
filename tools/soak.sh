#!/usr/bin/env bash
# What takes longer than `make test` allows: every kill, cut, case and seed count at full size, one
# part after the other, with a summary of all of them at the end.
# SUBMITS, KILLS, REQUESTS, CUTS, BLACKOUTS, ROUNDS, CASES, FUZZ_MINUTES and SEEDS change the sizes; SIM_MINUTES
# simulates for so long, instead of so many seeds.
set -uo pipefail
cd "$(dirname "$0")/.."
chaos=target/release/ackord-chaos
summary=()
status=0

# part NAME WORDS COMMAND...: WORDS find the line of the output that tells the result.
part() {
  local name=$1 words=$2
  shift 2
  echo "== $name"
  local begun=$SECONDS log
  log=$(mktemp)
  "$@" 2>&1 | tee "$log"
  local code=${PIPESTATUS[0]}
  local verdict=ok
  [ "$code" -eq 0 ] || { verdict=FAILED; status=1; }
  summary+=("$(printf '%-22s %-6s %6s s  %s' "$name" "$verdict" "$((SECONDS - begun))" \
    "$(tr '\r' '\n' <"$log" | grep -E "$words" | paste -sd ';' | sed 's/;/; /g')")")
  rm -f "$log"
}

core_cases() {
  PROPTEST_CASES="${CASES:-20000}" cargo test --quiet --release --package ackord-core
}

cargo build --quiet --release --package ackord-chaos || exit 1
part kills "^kill:|violations" $chaos kill --submits "${SUBMITS:-20000}"
part leaders "^cluster:|^from|violations" $chaos cluster --kills "${KILLS:-30}"
part "power cuts" "^power:|violations" $chaos power --cuts "${CUTS:-50}"
part "partitions" "^partition:|violations" $chaos partition --rounds "${ROUNDS:-5}"
part "stopped nodes" "^pause:|violations" $chaos pause
part "lost answers" "^replies:|violations" $chaos replies
part "far behind" "^behind:|violations" $chaos behind
part "power cuts of several" "^blackout|violations" $chaos blackout --cuts "${BLACKOUTS:-100}"
part webhooks "^webhooks:|violations" $chaos webhooks --requests "${REQUESTS:-5000}"
if command -v npm >/dev/null 2>&1; then
  part "real senders" "^senders:|violations" tools/senders.sh
  part "real agents" "^agents:|violations" tools/agents.sh
else
  summary+=("real senders   no npm here, left out" "real agents    no npm here, left out")
fi
part "bad disks" "^disk:|violations" $chaos disk
part "bad disks of a cluster" "^sick:|violations" $chaos sick
part "planted bugs" "^(skip|ack)_" $chaos planted --cuts "${CUTS:-50}"
part "random core" "^test result" core_cases
if rustc +nightly --version >/dev/null 2>&1; then
  for target in commands stored requests; do
    part "fuzz $target" "^Done" tools/fuzz.sh "$target" "${FUZZ_MINUTES:-10}"
  done
else
  summary+=("fuzz           no nightly compiler here, left out")
fi
part simulation "^simulation" tools/sim.sh --seeds "${SEEDS:-2000}" ${SIM_MINUTES:+--minutes "$SIM_MINUTES"}
part mutants "^mutants" tools/sim.sh --mutants

echo
echo "== summary"
printf '%s\n' "${summary[@]}"
exit "$status"
