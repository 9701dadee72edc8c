#!/bin/sh
# The job with a network: packs the modules of the project where anything that the
# bundle depends on has changed, and says whether the checkout builds from it.
#
#   AIRGO_KEY      the file with the private key: a secret of the CI service
#   AIRGO_TRUST    the file with the public key
#   BUNDLE         the bundle to write, or to keep
set -eu
: "${BUNDLE:=app.airgo}" "${AIRGO_TRUST:=ci/team.pub}"
export AIRGO_TRUST
airgo pack -o "$BUNDLE" --if-changed "$@"
airgo check "$BUNDLE"
