#!/usr/bin/env bash
# Real agents' sides: drives `ackord channel` with the client SDKs that MCP publishes, against three nodes whose
# leader is killed meanwhile. The SDKs come from their registries, in these versions, into target/agents;
# nothing of theirs is kept in the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$PWD/target/agents
npm=(@modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0)
pypi=(mcp==2.3.0)
wanted="${npm[*]} ${pypi[*]}"
if [ "$(cat "$dir/versions" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$dir"
  mkdir -p "$dir"
  npm install --prefix "$dir" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
    "${npm[@]}"
  python3 -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check "${pypi[@]}"
  echo "$wanted" >"$dir/versions"
fi
export AGENTS_DIR=$dir
chaos=${CHAOS:-target/release/ackord-chaos}
"$chaos" --ackord "${ACKORD:-target/release/ackord}" agents \
  "node tools/agents/drive.mjs" "$dir/venv/bin/python tools/agents/drive.py"
