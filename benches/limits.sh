#!/usr/bin/env bash
# What airgo and go take under low limits: 256 MiB of memory, page cache included, and half
# a core, in control groups (version 1; root).
#
#   benches/limits.sh AIRGO PROJECT SCRATCH
#   LIMIT_MIB=128 LIMIT_CPU=25 benches/limits.sh target/release/airgo ~/src/prometheus /scratch
#
# Prints one line a command: exit code, seconds, the group's peak memory in MiB, and how
# often the group was at its limit (the kernel then takes page cache back). SCRATCH is made,
# and removed at the end; PROJECT is only read. Downloads come from GOPROXY, into caches
# that are empty.
set -euo pipefail
[ $# = 3 ] || { sed -n '2,/^set /p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
airgo=$(realpath "$1") project=$(realpath "$2") scratch=$(realpath -m "$3")
mib=${LIMIT_MIB:-256} percent=${LIMIT_CPU:-50}
memory=/sys/fs/cgroup/memory/airgo-limits-$$ cpu=/sys/fs/cgroup/cpu/airgo-limits-$$
[ -d /sys/fs/cgroup/memory ] && [ "$(id -u)" = 0 ] || { echo "limits: needs root and control groups of version 1" >&2; exit 2; }
[ ! -e "$scratch" ] || { echo "limits: $scratch exists" >&2; exit 2; }

# shellcheck disable=SC2317,SC2329 # The trap calls it.
finish() {
    rmdir "$memory" "$cpu" 2>/dev/null || true
    chmod -R u+w "$scratch" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
mkdir -p "$scratch/home" "$scratch/project" "$memory" "$cpu"
echo $((mib << 20)) >"$memory/memory.limit_in_bytes"
echo 100000 >"$cpu/cpu.cfs_period_us"
echo $((percent * 1000)) >"$cpu/cpu.cfs_quota_us"
cp -r "$project/." "$scratch/project"
chmod -R u+w "$scratch/project"
proxy=$(go env GOPROXY) sumdb=$(go env GOSUMDB) nosumdb=$(go env GONOSUMDB)
export GOPROXY=$proxy GOSUMDB=$sumdb GONOSUMDB=$nosumdb GOENV=off GOTOOLCHAIN=local
export GOFLAGS=-modcacherw HOME=$scratch/home AIRGO_CACHE=$scratch/airgo-cache GOCACHE=$scratch/gocache
cd "$scratch/project"
"$airgo" keygen -o "$scratch/key" 2>/dev/null

# limited NAME COMMAND…
limited() {
    local name=$1 began status=0 before
    shift
    echo 3 >/proc/sys/vm/drop_caches
    echo 0 >"$memory/memory.max_usage_in_bytes" 2>/dev/null || true
    before=$(cat "$memory/memory.failcnt")
    began=$(date +%s.%N)
    # shellcheck disable=SC2016 # The inner shell's own.
    sh -c 'echo $$ >"$1/cgroup.procs"; echo $$ >"$2/cgroup.procs"; shift 2; exec "$@"' sh "$memory" "$cpu" "$@" \
        >"$scratch/out" 2>&1 || status=$?
    printf '%-32s exit %d  %6.1f s  %4d MiB  at its limit %d times\n' "$name" "$status" \
        "$(echo "$(date +%s.%N) - $began" | bc)" \
        $(($(cat "$memory/memory.max_usage_in_bytes") >> 20)) $(($(cat "$memory/memory.failcnt") - before))
    [ "$status" = 0 ] || tail -n 5 "$scratch/out" >&2
}

echo "$mib MiB, $percent % of a core"
limited 'airgo pack, nothing cached' "$airgo" pack . --key "$scratch/key" -o "$scratch/zips.airgo"
limited 'airgo pack --exact, cached' "$airgo" pack . --exact --key "$scratch/key" -o "$scratch/exact.airgo"
limited 'airgo pack --compact, cached' "$airgo" pack . --compact --key "$scratch/key" -o "$scratch/compact.airgo"
for file in zips exact compact; do
    limited "airgo unpack, $file" "$airgo" unpack "$scratch/$file.airgo" --trust "$scratch/key.pub" --gomodcache "$scratch/cache-$file"
done
limited 'airgo unpack --exact, zips' "$airgo" unpack --exact . "$scratch/zips.airgo" --trust "$scratch/key.pub" --gomodcache "$scratch/cache-part"
limited 'airgo policy check, compact' "$airgo" policy check "$scratch/compact.airgo" --trust "$scratch/key.pub"
limited 'go mod download, nothing cached' env GOMODCACHE="$scratch/cache-go" go mod download
mkdir "$scratch/unzipped"
unzip -q "$scratch/zips.airgo" -d "$scratch/unzipped"
limited 'go mod download from file://' env GOMODCACHE="$scratch/cache-file" GOSUMDB=off GOPROXY="file://$scratch/unzipped/proxy" go mod download
