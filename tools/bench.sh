#!/usr/bin/env bash
# Measures a node of its own on this machine: submits and full cycles, and between them what Raft and
# its log alone can do on the same disk. Prints one table. The machine should have nothing else to do.
#
# tools/bench.sh [--seconds N] [--callers N] [--sessions N] [--body-bytes N] [--dir DIR]
#   --seconds     of each of the four runs; 120 unless said
#   --dir         must not be there yet; holds the data of the run, and goes away with it
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=120 callers=64 sessions=64 bytes=1024 dir=target/bench
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2 ;;
    --callers) callers=$2 ;;
    --sessions) sessions=$2 ;;
    --body-bytes) bytes=$2 ;;
    --dir) dir=$2 ;;
    *)
      sed -n '2,/^set/p' "$0" | grep '^#' | cut -c3- >&2
      exit 2
      ;;
  esac
  shift 2
done

echo "== build" >&2
cargo build --quiet --release --package ackord-node --features raw --example raw
cargo build --quiet --release --package ackord-node
ackord=target/release/ackord
raw=target/release/examples/raw

mkdir "$dir"
node=
stop() {
  [ -z "$node" ] || { kill "$node" && wait "$node"; } 2>/dev/null || true
  rm -rf "$dir"
}
trap stop EXIT

data=$dir/data
ACKORD_LOG=warn,openraft=error,ackord_raft=info \
  $ackord dev --data-dir "$data" --listen 127.0.0.1:0 --output json >"$dir/ready" 2>"$dir/log" &
node=$!
for _ in $(seq 600); do
  [ -s "$dir/ready" ] && break
  kill -0 "$node" || { cat "$dir/log" >&2; exit 1; }
  sleep 0.1
done

# count WORDS FILE...: lines of the files, those that were rolled over too, that have the words.
count() {
  local words=$1
  shift
  cat "$@" 2>/dev/null | grep -c "$words" || true
}
flushes() { count '"event": "flush_finished"' "$data"/rows/*/*/LOG* "$data"/log/LOG*; }
snapshots() { count 'rows flushed' "$dir/log"; }

# number NAME JSON: a number of an object.
number() { grep -oE "\"$1\":[0-9.]+" <<<"$2" | head -1 | cut -d: -f2; }
# times NAME JSON: the percentiles of what was timed under a name.
times() { grep -oE "\"$1\":\{[^}]*\}" <<<"$2"; }

rows=()
# row NAME PER_SECOND P50_US P99_US CPU_US FLUSHES SNAPSHOTS
row() {
  rows+=("$(awk -v n="$1" -v r="$2" -v a="$3" -v b="$4" -v c="$5" -v f="$6" -v s="$7" 'BEGIN {
    printf "%-28s %10.0f %9.2f %9.2f %9.1f %8s %10s", n, r, a / 1000, b / 1000, c, f, s }')")
}

# measure NAME TIMED BENCH...: a run against the node; leaves its rate in $rate.
measure() {
  local name=$1 timed=$2 found latency f s
  shift 2
  echo "== $name, $seconds s" >&2
  f=$(flushes) s=$(snapshots)
  found=$($ackord bench "$@" --callers "$callers" --body-bytes "$bytes" \
    --duration "${seconds}s" --pid "$node" --data-dir "$data" --output json)
  latency=$(times "$timed" "$found")
  rate=$(number per_second "$found")
  row "$name" "$rate" "$(number p50_us "$latency")" "$(number p99_us "$latency")" \
    "$(number server_us "$found")" $(($(flushes) - f)) $(($(snapshots) - s))
}

measure "submit" submit submit
submit=$rate
echo "== raft alone, twice $seconds s" >&2
found=$($raw "$dir/raw" "$seconds" "$callers" "$bytes")
raw_row() {
  local line
  line=$(grep "\"raw $1\"" <<<"$found")
  rate=$(number per_second "$line")
  row "raft alone, $2" "$rate" "$(number p50_us "$line")" "$(number p99_us "$line")" \
    "$(awk -v ns="$(number cpu_ns_each "$line")" 'BEGIN { print ns / 1000 }')" "" ""
}
raw_row single "an entry a call"
single=$rate
raw_row batched "batched"
batched=$rate
measure "cycle" cycle cycle --sessions "$sessions"
cycle=$rate

echo
echo "$callers callers, $sessions sessions, bodies of $bytes bytes, $seconds s each, $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg)"
printf '%-28s %10s %9s %9s %9s %8s %10s\n' "" "per second" "p50 ms" "p99 ms" "CPU µs" flushes snapshots
printf '%s\n' "${rows[@]}"
awk -v s="$submit" -v c="$cycle" -v a="$single" -v b="$batched" 'BEGIN {
  printf "against raft alone, an entry a call: submit %.2f, cycle %.2f\n", s / a, c / a
  printf "against raft alone, batched:         submit %.2f, cycle %.2f\n", s / b, c / b }'
echo "CPU: processor time of the server for each; of raft alone also that of its callers."
