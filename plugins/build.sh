#!/bin/sh
# Builds the plugins: Rust -> core WebAssembly -> component, into plugins/built.
#
#   plugins/build.sh           rebuild plugins/built, its digests and TOOLCHAIN
#   plugins/build.sh --check   rebuild elsewhere and compare: the bytes where the
#                              toolchain is the one in plugins/built/TOOLCHAIN,
#                              else what the policy crate's golden tests see
#
# Building airgo itself needs none of this: the components are committed. The
# compiler is rustup's where its wasm32-unknown-unknown target is installed (or
# can be), else Debian's, which builds the standard library from source.
set -eu

plugins=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$plugins")
built=$plugins/built
target=wasm32-unknown-unknown
packages='rustc-web cargo-web rust-web-src lld'

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

case ${1-} in
'') check=false ;;
--check) check=true ;;
*) say 'usage: plugins/build.sh [--check]'; exit 2 ;;
esac

has_rustup_target() {
    command -v rustup >/dev/null && rustup target list --installed 2>/dev/null | grep -qx $target
}

# Debian's rustc, its standard library's source, and an LLVM linker.
has_debian() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && find_wasm_ld >/dev/null &&
        [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std" ]
}

find_wasm_ld() {
    for ld in /usr/bin/wasm-ld /usr/bin/wasm-ld-[0-9]*; do
        if [ -x "$ld" ]; then
            printf '%s\n' "$ld"
            return
        fi
    done
    return 1
}

install_debian() {
    command -v apt-get >/dev/null || return 1
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    say "installing $packages"
    # shellcheck disable=SC2086 # one word a package
    $sudo apt-get update -q >/dev/null &&
        DEBIAN_FRONTEND=noninteractive $sudo apt-get install -qy --no-install-recommends $packages >/dev/null
}

# Debian's comes first where it is there: it is what the committed components
# are built with, and so the one that can compare bytes.
if has_debian; then
    kind=debian
elif has_rustup_target; then
    kind=rustup
elif install_debian && has_debian; then
    kind=debian
elif command -v rustup >/dev/null && rustup target add $target; then
    kind=rustup
else
    die "no compiler for $target: run \`rustup target add $target\`, or on Debian \`apt-get install $packages\`"
fi

# As the host's own build has them.
host_path=$PATH
host_target=${CARGO_TARGET_DIR:-$root/target}
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$plugins/target}"
cd "$plugins"
# For this machine, with whichever compiler is first here.
cargo build -q --locked -p componentize
# A test of componentize holds the committed bindings to the interface.
$check || "$CARGO_TARGET_DIR/debug/componentize" --bindings "$plugins"

if [ $kind = debian ]; then
    # Only these two: a rustup proxy earlier in PATH would be another compiler.
    PATH=/usr/bin:/bin
    RUSTC=/usr/bin/rustc
    RUSTC_BOOTSTRAP=1
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(find_wasm_ld)
    export PATH RUSTC RUSTC_BOOTSTRAP CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER
    std='-Zbuild-std=std,panic_abort'
    toolchain="$(rustc --version), std from source, $($CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER --version)"
    sysroot=$(rustc --print sysroot)
else
    std=
    toolchain="$(rustc --version), std from rustup"
    sysroot=$(rustc --print sysroot)
fi

say "building with $toolchain"
# First, since the registry's directory has to be there to be remapped.
cargo fetch -q --locked

# Every engine has had vector instructions since 2021, and they compute the same
# everywhere (the relaxed ones, which do not, stay off).
simd='-Ctarget-feature=+simd128'
# The bytes must not depend on where the sources lie.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
remap="--remap-path-prefix=$plugins=plugins"
remap="$remap --remap-path-prefix=$sysroot/lib/rustlib/src/rust=rust"
for registry in "$cargo_home"/registry/src/*/; do
    remap="$remap --remap-path-prefix=${registry%/}=registry"
done

# What somebody else built in this target directory is none of ours.
rm -f "$CARGO_TARGET_DIR/$target/release"/*.wasm
components=
for manifest in */Cargo.toml; do
    if grep -q '"cdylib"' "$manifest"; then
        components="$components -p $(sed -n 's/^name = "\(airgo-.*\)"/\1/p' "$manifest" | head -n 1)"
    fi
done
# Without --target the flags would also go to what runs here.
# shellcheck disable=SC2086 # nothing, or one flag; and many
RUSTFLAGS="$simd $remap" cargo build -q --locked --release $std --target $target $components

out=$built
if $check; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
rm -f "$out"/*.wasm
for core in "$CARGO_TARGET_DIR/$target/release"/*.wasm; do
    "$CARGO_TARGET_DIR/debug/componentize" "$core" "$out/$(basename "$core")"
done
(cd "$out" && sha256sum ./*.wasm | sed 's| \./| |' >SHA256SUMS)
printf '%s\n' "$toolchain" >"$out/TOOLCHAIN"

for component in "$out"/*.wasm; do
    # Nothing of this machine may be in them.
    if grep -aqF -e "$plugins" -e "$cargo_home" -e "$HOME/" "$component"; then
        die "$(basename "$component") has a path of this machine in it"
    fi
done

if ! $check; then
    say "built $(cd "$out" && echo *.wasm) in plugins/built"
    exit
fi
for component in "$built"/*.wasm; do
    [ -e "$out/$(basename "$component")" ] || die "plugins/built/$(basename "$component") has no source"
done
if cmp -s "$out/TOOLCHAIN" "$built/TOOLCHAIN"; then
    for component in "$out"/*.wasm; do
        name=$(basename "$component")
        cmp "$component" "$built/$name" || die "plugins/built/$name is not what its source builds to: run plugins/build.sh"
    done
    cmp "$out/SHA256SUMS" "$built/SHA256SUMS" || die 'plugins/built/SHA256SUMS is not up to date'
    say 'plugins/built is what its source builds to, byte for byte'
else
    say "plugins/built was built with $(cat "$built/TOOLCHAIN"): comparing behaviour"
    unset RUSTC RUSTC_BOOTSTRAP
    PATH=$host_path
    CARGO_TARGET_DIR=$host_target
    # The whole workspace: another selection would build wasmtime once more.
    (cd "$root" && AIRGO_TEST_PLUGINS=$out cargo test --locked --workspace --test allowlist) ||
        die 'what plugins/ builds to behaves otherwise than plugins/built'
    say 'plugins/built behaves like what its source builds to'
fi
