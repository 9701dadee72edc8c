#!/usr/bin/env bash
# Kills airgo (SIGKILL) at random moments of unpack, unpack --repair, unpack --prune, pack,
# sign and repair, and looks what is left: go sees each module whole or not at all, a
# bundle is the old one or a new one that verifies, the next run completes, equals an
# undisturbed one and leaves no leftovers.
#
#   tests/kill-soak.sh AIRGO PROJECT SCRATCH [KILLS] [SEED]
#   tests/kill-soak.sh target/release/airgo examples/hello /scratch 500
#
# Prints the seed, and a line for each command: how many runs were killed on their way,
# how many came to their end before, in how many go built, or found modules missing.
# Ends with 1 at the first thing that is wrong, and leaves SCRATCH then. PROJECT is only
# read, and its packages of `./...` are built from what is there.
set -euo pipefail

usage() { sed -n '2,/^set /p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
[ $# -ge 3 ] || usage
airgo=$(realpath "$1")
project=$(realpath "$2")
scratch=$(realpath -m "$3")
kills=${4:-500}
seed=${5:-$RANDOM}
[ ! -e "$scratch" ] || { echo "kill-soak: $scratch exists" >&2; exit 2; }
mkdir -p "$scratch"
cd "$scratch"
cp -r "$project" src
echo "seed $seed, $kills kills a command"

fail() {
    echo "FAIL: $*; see $scratch" >&2
    exit 1
}
# The next number from 0 to 999, of a generator that the seed starts.
state=$((seed % 2147483647))
random() {
    state=$(((state * 48271 + 11) % 2147483647))
    echo $((state / 7 % 1000))
}
now() { date +%s%N; }
wipe() {
    chmod -R u+w "$@" 2>/dev/null || true
    rm -rf "$@"
}

quiet() { "$@" >log 2>&1 || fail "$* ended with $?: $(tail -3 log)"; }
quiet "$airgo" keygen -o key
quiet "$airgo" keygen -o second
export SOURCE_DATE_EPOCH=0
pack=("$airgo" pack src -o app.airgo --key key --at 2026-01-01T00:00:00Z --no-provenance)
quiet "${pack[@]}"
cp app.airgo good.airgo
unpack=("$airgo" unpack good.airgo --trust key.pub --gomodcache cache --modcacherw)
quiet "${unpack[@]}"
mv cache whole
export GOPROXY=off GOFLAGS='-mod=mod -trimpath -buildvcs=false' GOTOOLCHAIN=local GOSUMDB=off
build() { (cd src && GOMODCACHE=$scratch/$1 go build -o "$scratch/$2/" ./...) >log 2>&1; }
mkdir -p want got
build whole want || fail "go does not build from the whole cache: $(tail -3 log)"

# Trees without airgo's record, locks and times.
same() {
    diff -r -x 'airgo-record-*' -x '*.lock' -x lock "$1" "$2" >log 2>&1 || fail "$3: $(head -3 log)"
}
# Starts a command and kills it after a random part of the time that it takes.
took=0
killed=0 ended=0
kill_one() {
    local wait=$((took * $(random) / 1000))
    "$@" >run.log 2>&1 &
    local pid=$!
    sleep "$(printf '%d.%09d' $((wait / 1000000000)) $((wait % 1000000000)))"
    kill -KILL "$pid" 2>/dev/null || true
    local code=0
    wait "$pid" 2>/dev/null || code=$?
    if [ "$code" = 137 ]; then killed=$((killed + 1)); else ended=$((ended + 1)); fi
}
measure() {
    local began
    began=$(now)
    quiet "$@"
    took=$(($(now) - began))
}
# What go makes of the cache: the same binaries, or it lacks modules. Nothing else.
built=0 lacking=0
go_sees_all_or_nothing() {
    rm -f got/*
    if build cache got; then
        cmp -s want/* got/* 2>/dev/null || diff -r want got >log || fail "$1: go built something else"
        built=$((built + 1))
    elif grep -v -e 'module lookup disabled by GOPROXY=off' -e '^go: downloading' -e 'no required module' \
        log | grep -q .; then
        fail "$1: $(head -3 log)"
    else
        lacking=$((lacking + 1))
    fi
}
report() { echo "$1: $killed killed, $ended ended before; go: $built built, $lacking lacked modules"; }
reset() { killed=0 ended=0 built=0 lacking=0; }

# unpack into nothing
cold() { wipe cache; }
# into a cache whose modules were all changed
spoiled() {
    wipe cache
    cp -a whole cache
    find cache -name '*.go' -path '*@v*' -not -path 'cache/cache/*' | awk 'NR % 50 == 1' >files
    while read -r file; do
        chmod u+w "$file"
        echo 'package evil' >"$file"
    done <files
}
# with modules that are to go
full() {
    wipe cache
    quiet "${unpack[@]}"
}
cache_rounds() {
    local name=$1 prepare=$2
    shift 2
    reset
    "$prepare"
    measure "$@"
    mv cache end
    for ((i = 0; i < kills; i++)); do
        "$prepare"
        kill_one "$@"
        [ "$name" != unpack ] || go_sees_all_or_nothing "$name $i"
        quiet "$@"
        [ ! -e cache/cache/airgo-tmp ] || fail "$name $i: cache/airgo-tmp is left"
        [ -z "$(find cache -name '*.partial' -o -name '*.tmp' | head -1)" ] || fail "$name $i: files are left"
        same end cache "$name $i: the next run does not equal an undisturbed one"
    done
    report "$name"
    wipe end cache
}
cache_rounds unpack cold "${unpack[@]}"
cache_rounds 'unpack --repair' spoiled "${unpack[@]}" --repair

# A project that needs nothing: all modules go.
mkdir small
printf 'module example.com/small\n\ngo 1.21\n' >small/go.mod
printf 'package main\n\nfunc main() {}\n' >small/main.go
quiet "$airgo" pack small -o small.airgo --key key
cache_rounds 'unpack --prune' full "$airgo" unpack small.airgo --trust key.pub --gomodcache cache --modcacherw --prune

unset GOPROXY GOFLAGS GOSUMDB
verify() { "$airgo" verify "$1" --trust key.pub >log 2>&1; }
# A file that is replaced: the old one, or a new one that verifies.
file_rounds() {
    local name=$1 file=$2 prepare=$3
    shift 3
    reset
    "$prepare"
    measure "$@"
    cp "$file" end
    for ((i = 0; i < kills; i++)); do
        "$prepare"
        rm -f before
        [ ! -e "$file" ] || cp "$file" before
        kill_one "$@"
        if [ -e "$file" ]; then
            cmp -s "$file" before || verify "$file" || fail "$name $i: $file is neither the old one nor whole"
        else
            [ ! -e before ] || fail "$name $i: $file is gone"
        fi
        quiet "$@"
        cmp -s "$file" end || verify "$file" || fail "$name $i: the next run does not complete"
        [ "$(stat -c %s "$file")" = "$(stat -c %s end)" ] || fail "$name $i: another size than undisturbed"
        [ -z "$(find . -maxdepth 1 -name '.airgo-*.tmp' | head -1)" ] || fail "$name $i: files are left"
    done
    echo "$name: $killed killed, $ended ended before"
}
old() { echo 'the bundle of last week' >app.airgo; }
file_rounds pack app.airgo old "${pack[@]}"
unsigned() { cp good.airgo app.airgo; }
file_rounds sign app.airgo unsigned "$airgo" sign app.airgo --key second --trust key.pub --replace
# A bundle with a byte changed, and the part that was sent again.
size=$(stat -c %s good.airgo)
cp good.airgo damaged.airgo
printf '\377\377' | dd of=damaged.airgo bs=1 seek=$((size / 2)) conv=notrunc status=none
"$airgo" verify damaged.airgo --trust key.pub --request need.json >log 2>&1 && fail "the damage was not seen"
quiet "$airgo" resend need.json good.airgo -o patch
none() { rm -f fixed.airgo; }
file_rounds repair fixed.airgo none "$airgo" repair damaged.airgo patch -o fixed.airgo --trust key.pub

cd /
wipe "$scratch"
