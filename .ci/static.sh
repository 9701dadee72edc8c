# shellcheck shell=bash
# Of .ci/release and .ci/unpack: static builds without paths of this machine. To be
# sourced, with the repository as the working directory.

target=$(rustc -vV | sed -n 's/^host: //p')
cargo_home=${CARGO_HOME:-$HOME/.cargo}
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# Builds the program $1 of the manifest $2, and says where it is.
static_build() {
    local flags
    flags="--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/airgo"
    flags+=" --remap-path-prefix=$(rustc --print sysroot)=/rust"
    case $target in *-linux-gnu) flags+=" -C target-feature=+crt-static -C relocation-model=static" ;; esac
    # With --target, build scripts and macros, which cannot be static, are built
    # without these flags.
    RUSTFLAGS=$flags CARGO_TARGET_DIR=$target_dir \
        cargo build --release --locked --bin "$1" --manifest-path "$2" --target "$target" >&2
    echo "$target_dir/$target/release/$1"
}

# Fails where the program $1 has a path of this machine, wants a library, or does
# not run where there is nothing else.
static_check() {
    local path empty
    for path in "$cargo_home" "$PWD" "$HOME/"; do
        if [ "$path" != / ] && grep -aqF "$path" "$1"; then
            echo "$1 holds the path $path" >&2
            return 1
        fi
    done
    case $target in *-linux-gnu) ;; *) return 0 ;; esac
    if ldd "$1" >/dev/null 2>&1; then
        echo "$1 is a dynamic executable" >&2
        return 1
    fi
    if unshare -r true 2>/dev/null; then
        empty=$(mktemp -d)
        cp "$1" "$empty/airgo"
        unshare -r chroot "$empty" /airgo version >&2
        rm -rf "$empty"
    fi
}
