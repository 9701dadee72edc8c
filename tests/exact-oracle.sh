#!/usr/bin/env bash
# Whether a project builds from the part of its modules that `airgo pack --exact`
# carries as it does from all of them. Each step runs twice in a namespace without a
# network, once with the module cache that `airgo unpack` makes of an exact bundle and
# once with go's own full one, and must end the same with the same output; binaries must
# be the same, byte for byte. A step that the project itself fails from the full cache
# (`go vet` that reports something) is ok where it fails in the same words.
#
#   tests/exact-oracle.sh AIRGO PROJECT SCRATCH [GO-BUILD-FLAG...]
#   tests/exact-oracle.sh target/release/airgo ~/src/prometheus /scratch -p 1
#
# Prints one line a step: ok, FAIL or skip, the step, the seconds that it took from the
# exact cache and from the full one. Ends with 1 where a step failed. The flags go to
# build, vet, test and list; `-tags=a,b` goes to airgo too. SCRATCH is made, and removed
# at the end; it takes what the modules and two build caches take. PROJECT is only read.
# Needs go, unshare and a network for the downloads.
#
#   ORACLE_MAINS=N      compare the binaries of N commands of the project (default 3)
#   ORACLE_FULL=DIR     take this module cache for the full one, for as long as nobody
#                       writes to it; default: `go mod download`
#   ORACLE_KEEP=1       leave SCRATCH where a step failed
set -euo pipefail

usage() { sed -n '2,/^set /p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
[ $# -ge 3 ] || usage
airgo=$(realpath "$1")
project=$(realpath "$2")
scratch=$(realpath -m "$3")
base=$(basename "$scratch")
shift 3
flags=("$@")
[ -x "$airgo" ] || { echo "exact-oracle: no airgo at $airgo" >&2; exit 2; }
[ -d "$project" ] || { echo "exact-oracle: no project at $project" >&2; exit 2; }
[ ! -e "$scratch" ] || { echo "exact-oracle: $scratch exists" >&2; exit 2; }
if [ "$(id -u)" = 0 ]; then offline=(unshare -n); else offline=(unshare -rn); fi

failed=0
# shellcheck disable=SC2317,SC2329 # The trap calls it.
finish() {
    local status=$?
    trap - EXIT INT TERM
    # What still runs below this shell: go in its namespace.
    local children
    children=$(jobs -p)
    # shellcheck disable=SC2086 # Numbers, one a word.
    [ -z "$children" ] || { kill $children 2>/dev/null || true; wait; }
    if [ "$failed" = 0 ] || [ -z "${ORACLE_KEEP:-}" ]; then
        chmod -R u+w "$scratch" 2>/dev/null || true
        rm -rf "$scratch"
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$scratch/out" "$scratch/tmp"

proxy=$(go env GOPROXY) sumdb=$(go env GOSUMDB) nosumdb=$(go env GONOSUMDB)
export GOENV=off GOTOOLCHAIN=local GOPATH=$scratch/gopath TMPDIR=$scratch/tmp GOTMPDIR=$scratch/tmp
# A vendor directory of the project would be built from.
export GOFLAGS='-modcacherw -mod=readonly' GOPROXY=$proxy GOSUMDB=$sumdb GONOSUMDB=$nosumdb
cd "$project"
platform=$(go env GOOS)/$(go env GOARCH)
tags=()
for flag in "${flags[@]}"; do
    case $flag in -tags=* | --tags=*) tags=(--tags "${flag#*=}") ;; esac
done

say() { printf '%-4s  %-28s  %s\n' "$1" "$2" "$3"; }
# Runs the rest in the background, so that a signal ends this shell at once.
run() { "$@" & wait $!; }
now() { date +%s; }

# Preparations end everything where they fail.
prepare() {
    local name=$1 began
    shift
    began=$(now)
    if ! run "$@" >"$scratch/out/prepare" 2>&1; then
        failed=1
        say FAIL "$name" "$(($(now) - began)) s"
        tail -n 20 "$scratch/out/prepare" >&2
        exit 1
    fi
    say ok "$name" "$(($(now) - began)) s"
}

# go with one of the caches, without a network.
cached() {
    local cache=$1
    shift
    run "${offline[@]}" env GOMODCACHE="$scratch/$cache" GOCACHE="$scratch/build-$cache" GOPROXY=off "$@"
}

# One step from both caches. The paths of the caches differ, and so do whether something
# is up to date and the times that tests took.
step() {
    local name=$1 kind began status=() took=()
    shift
    for kind in exact full; do
        began=$(now)
        if cached "$kind" "$@" >"$scratch/out/$kind" 2>"$scratch/out/$kind.err"; then status+=(0); else status+=($?); fi
        took+=($(($(now) - began)))
        sed -i -e "s|[^[:space:]\"]*/$base/$kind/|CACHE/|g; s|$scratch/build-$kind|BUILDS|g" \
            -e '/^\t*"Stale/d' -e 's/\t[0-9.]*s\b//; s/ [0-9.]*s\b//; s/(cached)//' \
            -e 's|go-build[0-9]*|go-build|g' "$scratch/out/$kind" "$scratch/out/$kind.err"
    done
    local times="${took[0]} s, full ${took[1]} s"
    if [ "${status[0]}" != "${status[1]}" ] || ! cmp -s "$scratch/out/exact" "$scratch/out/full"; then
        failed=1
        say FAIL "$name" "$times"
        diff "$scratch/out/full" "$scratch/out/exact" | head -n 20 >&2 || true
        diff <(sort "$scratch/out/full.err") <(sort "$scratch/out/exact.err") | head -n 20 >&2 || true
    elif [ "${status[0]}" = 0 ]; then
        say ok "$name" "$times"
    elif diff -q <(sort "$scratch/out/full.err") <(sort "$scratch/out/exact.err") >/dev/null; then
        say ok "$name" "$times (the project fails it the same from both)"
    else
        failed=1
        say FAIL "$name" "$times"
        diff <(sort "$scratch/out/full.err") <(sort "$scratch/out/exact.err") | head -n 20 >&2 || true
    fi
}

prepare keygen "$airgo" keygen -o "$scratch/key.pem"
pack=("$airgo" pack . --key "$scratch/key.pem" --platform "$platform" "${tags[@]}")
unpack=("$airgo" unpack --trust "$scratch/key.pem.pub" --modcacherw)
prepare 'pack --exact' "${pack[@]}" --exact -o "$scratch/exact.airgo"
prepare 'unpack' "${unpack[@]}" "$scratch/exact.airgo" --gomodcache "$scratch/exact"
if [ -n "${ORACLE_FULL:-}" ]; then
    ln -s "$(realpath "$ORACLE_FULL")" "$scratch/full"
else
    prepare 'go mod download' env GOMODCACHE="$scratch/full" go mod download
    # `go list -m all` also wants the .info of modules that no package comes from.
    prepare 'go list -m all, online' env GOMODCACHE="$scratch/full" go list -m all
fi

step 'go list -m all' go list -m all
step 'go mod graph' go mod graph
step 'go list -deps -test -json' go list "${flags[@]}" -deps -test -json ./...
step 'go build' go build "${flags[@]}" -o /dev/null ./...
step 'go vet' go vet "${flags[@]}" ./...
step 'go test -run ^$' go test "${flags[@]}" -run '^$' -count=1 ./...

# The same binaries.
mains=$(cached full go list "${flags[@]}" -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./... 2>/dev/null |
    grep -v '^$' | head -n "${ORACLE_MAINS:-3}" || true)
[ -n "$mains" ] || say skip 'binaries' 'the project has no command'
for main in $mains; do
    took=()
    for kind in exact full; do
        began=$(now)
        cached "$kind" go build "${flags[@]}" -trimpath -buildvcs=false -o "$scratch/out/bin-$kind" "$main" \
            >"$scratch/out/$kind" 2>&1 || true
        took+=($(($(now) - began)))
    done
    name="binary $(basename "$main")" times="${took[0]} s, full ${took[1]} s"
    if [ ! -f "$scratch/out/bin-full" ] && [ ! -f "$scratch/out/bin-exact" ]; then
        say skip "$name" "$times: it builds from neither"
    elif cmp -s "$scratch/out/bin-exact" "$scratch/out/bin-full"; then
        say ok "$name" "$times, $(sha256sum <"$scratch/out/bin-exact" | cut -c 1-16)"
    else
        failed=1
        say FAIL "$name" "$times"
        tail -n 5 "$scratch/out/exact" >&2
    fi
    rm -f "$scratch/out/bin-exact" "$scratch/out/bin-full"
done

# What go mod vendor reads, which is more; and what it makes of both caches.
chmod -R u+w "$scratch/exact" "$scratch/build-exact"
rm -rf "$scratch/exact" "$scratch/build-exact"
if [ "$(go env GOWORK)" != '' ]; then vendor='go work vendor'; else vendor='go mod vendor'; fi
prepare 'pack --exact --vendor' "${pack[@]}" --exact --vendor -o "$scratch/exact.airgo"
prepare 'unpack' "${unpack[@]}" "$scratch/exact.airgo" --gomodcache "$scratch/exact"
vendored=$scratch/out/vendor
# shellcheck disable=SC2016 # The inner shell's own.
step "$vendor" sh -c 'rm -rf "$1" && $2 -o "$1" && cd "$1" && find . -type f -exec sha256sum {} + | sort' \
    sh "$vendored" "$vendor"
exit "$failed"
