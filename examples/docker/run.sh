#!/usr/bin/env bash
# Builds the Dockerfiles of this directory, each without a network, and runs what they
# made: examples/docker/run.sh [NAME…], where NAME is mount for mount.Dockerfile.
#
# Only packing asks a proxy for modules. The images that the Dockerfiles start from are
# made here, of this machine's Go and a static busybox, so that no registry is asked.
#
#   AIRGO           the airgo that packs, and makes the image; default: that of PATH
#   AIRGO_IN_IMAGE  the one that is copied into images: airgo-unpack of a release;
#                   default: AIRGO
#   STORAGE_DRIVER  how buildah stores layers; default: vfs, which works anywhere
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
airgo=$(realpath "${AIRGO:-$(command -v airgo)}")
in_image=$(realpath "${AIRGO_IN_IMAGE:-$airgo}")
names=("$@")
if ((!$#)); then names=(mount copy cache deps deps-copy); fi

scratch=$(mktemp -d)
# Module trees are read-only, and buildah's directories have other owners.
clean() {
    "${stores[@]}" rm --all >/dev/null 2>&1 || true
    chmod -R u+w "$scratch" 2>/dev/null || true
    rm -rf "$scratch"
}
trap clean EXIT
export CONTAINERS_REGISTRIES_CONF=$scratch/registries.conf
printf 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n' >"$CONTAINERS_REGISTRIES_CONF"
gap=(unshare -n --)
unshare -n true 2>/dev/null || gap=(unshare -rn --)
stores=("${gap[@]}" buildah --storage-driver "${STORAGE_DRIVER:-vfs}" --root "$scratch/root" --runroot "$scratch/run")

# Shows a command as one would type it, then runs it.
step() {
    local line="$*"
    line=${line//"${stores[*]}"/unshare -n buildah}
    line=${line//"$airgo"/airgo}
    line=${line//"$scratch/"/}
    printf '\n$ %s\n' "$line"
    "$@"
}

# The images that the Dockerfiles start from.
bases() {
    local go=$scratch/go static=$scratch/static library program
    mkdir -p "$go"/{bin,tmp,build,usr/local/go} "$static"/{etc,tmp}
    cp "$(command -v busybox)" "$go/bin/busybox"
    ln -s busybox "$go/bin/sh"
    # What a program that is not static loads, its loader included.
    for program in "$in_image" "$(go env GOROOT)/bin/go"; do
        { ldd "$program" 2>/dev/null | grep -o '/[^ ]*' || true; } | while read -r library; do
            mkdir -p "$go/$(dirname "$library")"
            cp -L "$library" "$go/$library"
        done
    done
    printf 'FROM scratch\nCOPY . /\nENV PATH=/usr/local/go/bin:/usr/local/bin:/bin GOPATH=/go HOME=/build GOTOOLCHAIN=local\n' >"$scratch/Go"
    "${stores[@]}" bud -q -t golang:1.26 -f "$scratch/Go" "$go" >/dev/null
    echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' >"$static/etc/passwd"
    printf 'FROM scratch\nCOPY . /\nUSER 65532:65532\n' >"$scratch/Static"
    "${stores[@]}" bud -q -t static:nonroot -f "$scratch/Static" "$static" >/dev/null
}

# The connected side: a bundle and the key that signed it.
deliver() {
    local to=$scratch/deliveries
    mkdir -p "$to" "$scratch/bin" "$scratch/context"
    cp "$here"/../hello/{go.mod,go.sum,airgo.toml,README.md,*.go} "$scratch/context"
    cp "$here/dockerignore" "$scratch/context/.dockerignore"
    cp "$in_image" "$scratch/bin/airgo"
    step "$airgo" -q keygen -o "$scratch/team"
    step "$airgo" pack "$scratch/context" -o "$to/app.airgo" --key "$scratch/team" --policy "$here/../hello/airgo.toml"
    cp "$scratch/team.pub" "$here/../hello/airgo.toml" "$to"
}

# The image of dependencies.
depend() {
    step "${gap[@]}" "$airgo" image "$scratch/deliveries/app.airgo" -o "$scratch/deps.tar" -t localhost/deps \
        --trust "$scratch/deliveries/team.pub" --policy "$scratch/deliveries/airgo.toml"
    step "${stores[@]}" pull -q "oci-archive:$scratch/deps.tar"
}

build() {
    local file=$scratch/$1.Dockerfile began took size container
    # RUN --network is BuildKit's; here there is no network in the first place.
    sed 's/^RUN --network=none /RUN /' "$here/$1.Dockerfile" >"$file"
    if [ "$1" = copy ]; then
        cp -r "$scratch/deliveries" "$scratch/context/"
        cp "$in_image" "$scratch/context/deliveries/airgo"
    fi
    began=$(date +%s%N)
    step "${stores[@]}" bud -q --isolation chroot -t "localhost/hello-$1" -f "$file" \
        --build-context "airgo=$scratch/bin" --build-context "deliveries=$scratch/deliveries" \
        --volume "$(go env GOROOT):/usr/local/go:ro" --volume "$scratch/gocache:/build/.cache/go-build" \
        "$scratch/context"
    took=$((($(date +%s%N) - began) / 1000000))
    size=$("${stores[@]}" images --format '{{.Size}}' "localhost/hello-$1")
    printf '%-10s built in %d.%03ds, the image has %s\n' "$1" $((took / 1000)) $((took % 1000)) "$size" | tee -a "$scratch/summary"
    container=$("${stores[@]}" from --pull-never "localhost/hello-$1")
    step "${stores[@]}" run --isolation chroot "$container" -- /hello selfcheck
    # As a user without rights.
    "${stores[@]}" inspect --format '{{.OCIv1.Config.User}}' "$container" | grep -q '^65532'
    "${stores[@]}" rm "$container" >/dev/null
}

mkdir -p "$scratch/gocache"
deliver
bases
if [[ " ${names[*]}" == *" deps"* ]]; then depend; fi
for name in "${names[@]}"; do build "$name"; done
printf '\n'
cat "$scratch/summary"
