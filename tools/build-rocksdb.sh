#!/usr/bin/env bash
# Builds RocksDB once, as a static library that every profile links (.cargo/config.toml points at
# it). Without this, each profile and each set of compiler flags would compile it again.
#
# The library is kept in the user's cache too, so that a second clone does not build it anew.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

version=$(sed -n '/^name = "librocksdb-sys"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)
arch=$(uname -m)
target="$root/third_party/rocksdb"
cached="${XDG_CACHE_HOME:-$HOME/.cache}/ackord/librocksdb-$version-$arch.a"

if [ "$(cat "$target/version" 2>/dev/null)" = "$version-$arch" ] && [ -f "$target/librocksdb.a" ]; then
  exit 0
fi
mkdir -p "$target" "$(dirname "$cached")"

if [ ! -f "$cached" ]; then
  echo "Building RocksDB $version, once. This takes about ten minutes on two cores."
  flags=""
  [ "$arch" = x86_64 ] && flags="-Ctarget-cpu=x86-64-v2" # hardware CRC32
  build="$root/target/rocksdb"
  (
    # Outside the project, where .cargo/config.toml does not say that the library exists. Without what
    # debuggers read, which is thirty times the code and slows every link.
    cd /
    CARGO_PROFILE_RELEASE_DEBUG=false RUSTFLAGS="$flags" cargo build --quiet --release --package librocksdb-sys \
      --manifest-path "$root/Cargo.toml" --target-dir "$build"
  ) &
  compiler=$!
  while kill -0 "$compiler" 2>/dev/null; do
    sleep 5
    done_files=$(find "$build" -path '*librocksdb-sys*' -name '*.o' 2>/dev/null | wc -l)
    printf '\r  %s of about 340 files compiled' "$done_files"
  done
  echo
  wait "$compiler"
  library=$(find "$build/release/build" -name librocksdb.a | head -n 1)
  cp "$library" "$cached.part"
  mv "$cached.part" "$cached"
  rm -rf "$build"
fi
cp "$cached" "$target/librocksdb.a"
echo "$version-$arch" >"$target/version"
