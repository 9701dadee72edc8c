#!/usr/bin/env bash
# The key of the bundle, as an output of the step.
set -euo pipefail
: "${DIRS:?}" "${FLAGS?}"
read -ra dirs <<<"$DIRS"
read -ra flags <<<"$FLAGS"
key=$(airgo key "${dirs[@]}" "${flags[@]}")
echo "key=$key" >>"$GITHUB_OUTPUT"
