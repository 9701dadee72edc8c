#!/bin/sh
# The job without a network: verifies the bundle, evaluates the policy, and builds and
# tests with its modules.
#
#   AIRGO_TRUST    the file with the public key
#   BUNDLE         the bundle
#   EXEC_FLAGS     --allow-network where the job itself has no network and must not take
#                  it from a command (a container without user namespaces, for tests that
#                  need the loopback)
set -eu
: "${BUNDLE:=app.airgo}" "${AIRGO_TRUST:=ci/team.pub}" "${EXEC_FLAGS:=}"
export AIRGO_TRUST
# Flags have no blanks in them.
# shellcheck disable=SC2086
run() { airgo exec "$BUNDLE" $EXEC_FLAGS -- "$@"; }
run go build ./...
run go vet ./...
run go test ./...
