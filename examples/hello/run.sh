#!/usr/bin/env bash
# Carries this service's dependencies across an air gap and builds it there:
# pack, evaluate, verify, unpack into a fresh cache, build with no network at all.
#
# AIRGO=path/to/airgo uses that binary instead of building one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

scratch=$(mktemp -d)
# Module trees are read-only.
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

# Shows a command as one would type it, then runs it.
step() {
    local line="$*"
    line=${line//"${airgo:-airgo}"/airgo}
    line=${line//"$scratch/"/}
    line=${line//"$here/"/}
    line=${line//"$root/"/}
    printf "\n\$ %s\n" "${line//"$here"/.}" >&2
    "$@"
}

if [ -n "${AIRGO:-}" ]; then
    airgo=$(cd "$(dirname "$AIRGO")" && pwd)/$(basename "$AIRGO")
else
    step cargo build --release --manifest-path "$root/Cargo.toml" --bin airgo
    target=$(cargo metadata --no-deps --format-version 1 --manifest-path "$root/Cargo.toml" |
        sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    airgo=$target/release/airgo
fi

# A key of this run's own, so that yours stays out of it.
step "$airgo" keygen -o "$scratch/key"

# On the connected side.
bundle=$scratch/hello.airgo
step "$airgo" pack "$here" -o "$bundle" --key "$scratch/key" --policy "$here/airgo.toml"
step "$airgo" policy check "$bundle" --policy "$here/airgo.toml" --trust "$scratch/key.pub"

# On the other side of the gap: no network, and nothing of Go's at hand but
# what the bundle brought.
if unshare -n true 2>/dev/null; then
    gap=(unshare -n --)
elif unshare -rn true 2>/dev/null; then
    gap=(unshare -rn --)
else
    echo "note: this machine has no unshare; GOPROXY=off alone keeps go from the network" >&2
    gap=()
fi
export GOMODCACHE=$scratch/modcache GOPROXY=off GOFLAGS=-mod=readonly GOENV=off
unset GOSUMDB GONOSUMDB GOPRIVATE GONOPROXY 2>/dev/null || true

step "${gap[@]}" "$airgo" verify "$bundle" --trust "$scratch/key.pub"
step "${gap[@]}" "$airgo" unpack "$bundle" --trust "$scratch/key.pub" --policy "$here/airgo.toml"
cd "$here"
step "${gap[@]}" go mod verify
step "${gap[@]}" go build -buildvcs=false -o "$scratch/hello" .
step "${gap[@]}" "$scratch/hello" selfcheck
