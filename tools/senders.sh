#!/usr/bin/env bash
# Real senders: signs webhooks with the libraries that providers publish, sends them to three nodes, and
# demands that each reaches a session and is acknowledged. The libraries come from their registries, in
# these versions, into target/senders; nothing of theirs is kept in the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$PWD/target/senders
npm=(@octokit/webhooks@14.2.0 @octokit/webhooks-examples@7.6.1 standardwebhooks@1.1.1 svix@2.5.0
  stripe@23.1.0)
pypi=(standardwebhooks==1.1.0 svix==2.9.1 stripe==16.1.0)
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
export SENDERS_DIR=$dir
chaos=${CHAOS:-target/release/ackord-chaos}
"$chaos" --ackord "${ACKORD:-target/release/ackord}" senders \
  "node tools/senders/send.mjs" "$dir/venv/bin/python tools/senders/send.py"
