#!/bin/sh
# Builds and tests plugins in other languages than Rust, as an author would:
#
#   AIRGO=target/debug/airgo plugins/languages.sh go [js] [python]
#
# Go needs the Go toolchain alone, and no network. js and python need node and
# python3, fetch componentize-js from npm and componentize-py from PyPI, and take
# minutes.
set -eu

plugins=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$plugins")
airgo=${AIRGO:-$root/target/debug/airgo}
case $airgo in /*) ;; *) airgo=$PWD/$airgo ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '%s\n' "-- $*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
[ -x "$airgo" ] || die "there is no $airgo: set AIRGO"

# Formatted, in order on the machine and in the sandbox, its tests pass.
go_module() {
    unformatted=$(gofmt -l .)
    [ -z "$unformatted" ] || die "gofmt would change $unformatted"
    go vet ./...
    GOOS=wasip1 GOARCH=wasm go vet ./...
    go test ./...
}

# Nothing may be asked of a proxy.
test_go() {
    export GOFLAGS=-mod=readonly GOPROXY=off GOWORK=off
    say 'plugins/go'
    (cd "$plugins/go" && go_module)
    say 'examples/plugins/go'
    (cd "$root/examples/plugins/go" && go_module && "$airgo" plugin test)
    say 'examples/plugins/go-facts'
    (cd "$root/examples/plugins/go-facts" && go_module && "$airgo" plugin test &&
        "$airgo" plugin bench . --modules 20 --runs 1 >"$work/bench")
    # Each module is looked at once, and all are remembered the second time.
    for line in gathered remembered; do
        grep -q "^facts, $line *of 20 modules" "$work/bench" || { cat "$work/bench" >&2; die "not all facts are $line"; }
    done
    say 'plugins/go/testdata/torture'
    (cd "$plugins/go/testdata/torture" && go vet . && "$airgo" plugin test && "$airgo" plugin build -o "$work/torture.wasm" >/dev/null)
    # What hangs on random numbers and clocks is the same in every run.
    for run in first second; do
        mkdir -p "$work/$run/seeds"
        printf '[config]\nseeds = true\n' >"$work/$run/seeds/bundle.toml"
        "$airgo" plugin test "$work/torture.wasm" --cases "$work/$run" --update \
            --limits "$plugins/go/testdata/torture/airgo-plugin.toml"
    done
    cmp "$work/first/seeds/findings.json" "$work/second/seeds/findings.json"
    say 'a new plugin in Go'
    (cd "$work" && "$airgo" plugin new --lang go new-one && cd new-one && go_module && "$airgo" plugin test)
    # The bytes do not depend on the directory.
    mkdir "$work/elsewhere"
    cp -r "$work/new-one" "$work/elsewhere/again"
    for dir in new-one elsewhere/again; do (cd "$work/$dir" && "$airgo" plugin build >/dev/null); done
    cmp "$work/new-one/new-one.wasm" "$work/elsewhere/again/new-one.wasm"
}

test_js() {
    say 'a new plugin in JavaScript'
    cd "$work"
    "$airgo" plugin new --lang js new-js
    cd new-js
    npm install --no-audit --no-fund
    "$airgo" plugin test
}

test_python() {
    say 'a new plugin in Python'
    cd "$work"
    "$airgo" plugin new --lang python new-python
    cd new-python
    python3 -m venv .venv
    .venv/bin/pip install --quiet -r requirements.txt
    python3 -m unittest discover src
    "$airgo" plugin test
}

[ $# -gt 0 ] || die 'usage: plugins/languages.sh go|js|python …'
for language; do
    case $language in
    go | js | python) "test_$language" ;;
    *) die "there is no language $language here" ;;
    esac
done
