#!/usr/bin/env bash
# Fuzzes: tools/fuzz.sh TARGET [MINUTES], where TARGET is `commands`, `stored` or `requests`. Needs a nightly
# compiler, and no cargo-fuzz: these are the flags that it would give. What it finds is in
# target/fuzz/artifacts/TARGET; the file as an argument in place of MINUTES shows it again.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1
what=${2:-1}
crate=core
[ "$target" = requests ] && crate=verify
host=$(rustc -vV | sed -n 's/^host: //p')
sancov="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
for feature in inline-8bit-counters pc-table trace-compares; do
  sancov+=" -Cllvm-args=-sanitizer-coverage-$feature"
done
export RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 $sancov"
export CARGO_TARGET_DIR=target/fuzz
cargo +nightly build --quiet --release --manifest-path "crates/$crate/fuzz/Cargo.toml" \
  --target "$host" --bin "$target"
program=target/fuzz/$host/release/$target

if [ -f "$what" ]; then
  exec "$program" "$what"
fi
corpus=target/fuzz/corpus/$target
artifacts=target/fuzz/artifacts/$target
mkdir -p "$corpus" "$artifacts"
if [ "$target" = stored ]; then
  # The frozen bytes are where a search begins.
  for sample in crates/proto/tests/golden/*/*.hex; do
    printf '%b' "$(tr -d '[:space:]' <"$sample" | sed 's/../\\x&/g')" \
      >"$corpus/$(basename "$(dirname "$sample")")-$(basename "$sample" .hex)"
  done
fi
exec "$program" -max_total_time=$((what * 60)) -artifact_prefix="$artifacts/" -max_len=4096 \
  -timeout=30 -rss_limit_mb=4096 -verbosity=0 "$corpus"
