#!/usr/bin/env bash
# Packs where the bundle that was restored is another; the key is on disk for as long.
set -euo pipefail
: "${DIRS:?}" "${FLAGS?}"
read -ra dirs <<<"$DIRS"
read -ra flags <<<"$FLAGS"
key=$RUNNER_TEMP/airgo.key
trap 'rm -f "$key"' EXIT
(umask 077 && printf '%s\n' "$PRIVATE_KEY" >"$key")
unset PRIVATE_KEY
AIRGO_KEY=$key airgo pack "${dirs[@]}" "${flags[@]}" -o "$BUNDLE" --if-changed
