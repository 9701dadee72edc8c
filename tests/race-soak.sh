#!/usr/bin/env bash
# Two `airgo unpack`, a `go mod download` and a `go build` at once on one module cache,
# again and again: all of them must succeed, and the cache must be the one that a single
# unpack makes. Each round begins with an empty cache; the go commands take modules from
# the bundle's own GOPROXY tree.
#
#   tests/race-soak.sh AIRGO PROJECT SCRATCH [ROUNDS]
#   tests/race-soak.sh target/release/airgo examples/hello /scratch 50
#
# Prints counts: rounds, and how many modules each unpack found there already. Ends with
# 1 at the first failure, and leaves SCRATCH then.
set -euo pipefail

usage() { sed -n '2,/^set /p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
[ $# -ge 3 ] || usage
airgo=$(realpath "$1")
project=$(realpath "$2")
scratch=$(realpath -m "$3")
rounds=${4:-50}
[ ! -e "$scratch" ] || { echo "race-soak: $scratch exists" >&2; exit 2; }
mkdir -p "$scratch"
cd "$scratch"
cp -r "$project" src
fail() {
    echo "FAIL: $*; see $scratch" >&2
    exit 1
}
wipe() {
    chmod -R u+w "$@" 2>/dev/null || true
    rm -rf "$@"
}
"$airgo" keygen -o key >log 2>&1
"$airgo" pack src -o app.airgo --key key >log 2>&1 || fail "pack: $(tail -3 log)"
mkdir proxy && (cd proxy && unzip -q ../app.airgo)
unpack=("$airgo" unpack app.airgo --trust key.pub --gomodcache)
"${unpack[@]}" whole >log 2>&1 || fail "unpack: $(tail -3 log)"
export GOPROXY=file://$scratch/proxy/proxy GOTOOLCHAIN=local GOSUMDB=off GOFLAGS='-trimpath -buildvcs=false'
[ -d "$scratch/proxy/proxy" ] || export GOPROXY=file://$scratch/proxy
export GOMODCACHE=$scratch/cache
there=0
for ((i = 0; i < rounds; i++)); do
    wipe cache
    pids=()
    start() { "$@" >"log.${#pids[@]}" 2>&1 & pids+=($!); }
    start "${unpack[@]}" cache
    start "${unpack[@]}" cache
    start env -C src go mod download
    start env -C src go build -o "$scratch/out/" ./...
    for n in 0 1 2 3; do
        wait "${pids[$n]}" || fail "round $i, command $n: $(tail -5 "log.$n")"
    done
    for n in 0 1; do
        found=$(sed -n 's/.* \([0-9]*\) already there.*/\1/p' "log.$n")
        there=$((there + ${found:-0}))
    done
    # go downloads more than the bundle needs to have: what unpack makes must be there.
    diff -r -x 'airgo-record-*' -x '*.lock' -x lock -x '*.info' -x list -x sumdb whole cache >diff.log 2>&1 || true
    grep -v '^Only in cache' diff.log && fail "round $i: the cache is another one"
    [ -z "$(find cache -name '*.partial' -o -name 'airgo-tmp' -o -name '*.tmp' | head -1)" ] || fail "round $i: files are left"
    (cd src && go mod verify) >log 2>&1 || fail "round $i: $(tail -3 log)"
    "${unpack[@]}" cache >log 2>&1 || fail "round $i, once more: $(tail -3 log)"
done
echo "$rounds rounds of two unpacks, go mod download and go build: none failed; $there modules were there when an unpack came to them"
cd /
wipe "$scratch"
