#!/usr/bin/env bash
# Installs what the build needs beyond Rust: a C++ compiler for RocksDB, and libclang for its
# bindings. With --tests, also what the tests make networks with. Does nothing where all is there.
set -euo pipefail

missing=()
command -v g++ >/dev/null || missing+=(g++)
# Not libclang-cpp, which is another library.
compgen -G '/usr/lib/llvm-*/lib/libclang.so*' >/dev/null ||
  compgen -G '/usr/lib/llvm-*/lib/libclang-[0-9]*.so*' >/dev/null || missing+=(libclang-dev)
if [ "${1:-}" = --tests ]; then
  command -v ip >/dev/null || missing+=(iproute2)
  command -v nft >/dev/null || [ -x /usr/sbin/nft ] || missing+=(nftables)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "This system has no apt-get. Install these by hand, then run make again: ${missing[*]}" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing ${missing[*]} with apt-get ..."
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
