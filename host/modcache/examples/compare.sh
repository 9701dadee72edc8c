#!/bin/sh
# Installs the modules of a project in four ways, side by side, on a file system
# in memory: the bare loop, airgo, go from a file:// proxy, tar.
#
#   host/modcache/examples/compare.sh PROJECT [ROUNDS]
#
# PROJECT is a directory with go.mod and go.sum. Its zips are downloaded once.
# Needs some 4 GiB of memory for prometheus. A round prints seconds.
set -eu
project=$(cd "$1" && pwd)
rounds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
room=${ROOM:-$(mktemp -d /dev/shm/airgo-compare.XXXXXX)}
export GOFLAGS=-mod=mod GOTOOLCHAIN=local

clean() {
    [ ! -e "$1" ] || { chmod -R u+w "$1" && rm -rf "$1"; }
}
timed() {
    name=$1
    shift
    start=$(date +%s.%N)
    "$@" >"$room/log" 2>&1 || { cat "$room/log"; exit 1; }
    end=$(date +%s.%N)
    printf '%-8s %.2f\n' "$name" "$(echo "$end - $start" | bc)"
}
trap 'clean "$room"' EXIT

cd "$here/../../.."
cargo build --quiet --release -p airgo-modcache --example unpack_bench
bench=${CARGO_TARGET_DIR:-target}/release/examples/unpack_bench
case $bench in /*) ;; *) bench=$PWD/$bench ;; esac
mkdir -p "$room/project"
cp "$project/go.mod" "$project/go.sum" "$room/project"
cd "$room/project"
GOMODCACHE=$room/source go mod download
find "$room/source" -mindepth 1 -maxdepth 1 ! -name cache -exec chmod -R u+w {} + -exec rm -rf {} +
"$bench" manifest "$room/source" >"$room/list"

for _ in $(seq "$rounds"); do
    timed bare "$bench" bare "$room/source" "$room/list" "$room/out"
    clean "$room/out"
    timed airgo "$bench" install "$room/source" "$room/list" "$room/out"
    clean "$room/out"
    GOMODCACHE=$room/go GOPROXY=file://$room/source/cache/download GOSUMDB=off timed go go mod download
    tar -C "$room/go" -cf "$room/tree.tar" .
    clean "$room/go"
    mkdir "$room/out"
    timed tar tar -C "$room/out" -xf "$room/tree.tar"
    clean "$room/out"
    rm "$room/tree.tar"
done
