# shellcheck shell=bash
# Of .ci/release and .ci/unpack: static builds without paths of this machine. To be
# sourced, with the repository as the working directory.

target=$(rustc -vV | sed -n 's/^host: //p')
cargo_home=${CARGO_HOME:-$HOME/.cargo}
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# Builds the program $1 of the manifest $2, and says where it is.
static_build() {
    local flags registry
    # Of prefixes that fit, the last counts. A registry's directory has the name of
    # its host, and is there once something was fetched.
    cargo fetch --quiet --locked --manifest-path "$2" >&2
    flags="--remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/airgo"
    flags+=" --remap-path-prefix=$target_dir=/airgo/target"
    flags+=" --remap-path-prefix=$(rustc --print sysroot)=/rust"
    for registry in "$cargo_home"/registry/src/*/; do
        flags+=" --remap-path-prefix=${registry%/}=/registry"
    done
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
    for path in "$cargo_home" "$PWD" "$HOME/" "$target_dir" "$cargo_home"/registry/src/*/; do
        # Of a registry the name of its host.
        case $path in "$cargo_home"/registry/src/*) path=$(basename "$path") ;; esac
        case $path in / | '*') continue ;; esac
        if grep -aqF "$path" "$1"; then
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

# Fails where the program $1, which asks for the addresses of names, loads a library
# of the machine that nsswitch.conf wants for that: it would bring a libc of its own.
static_names() {
    case $target in *-linux-gnu) ;; *) return 0 ;; esac
    local machine
    if ! unshare -rn true 2>/dev/null; then return 0; fi
    machine=$(mktemp -d)
    mkdir "$machine/etc" "$machine/project"
    cp "$1" "$machine/airgo"
    echo 'hosts: trap' >"$machine/etc/nsswitch.conf"
    echo 'void trap(void) __attribute__((constructor)); void trap(void) { __builtin_trap(); }' |
        cc -shared -nostdlib -fPIC -x c - -o "$machine/libnss_trap.so.2"
    printf 'module example.com/m\ngo 1.21\nrequire example.com/n v1.0.0\n' >"$machine/project/go.mod"
    env -i PATH="$PATH" HOME=/ LD_LIBRARY_PATH=/ GOPROXY=http://names.invalid GOSUMDB=off \
        unshare -rn chroot "$machine" /airgo resolve /project >"$machine/out" 2>&1 || true
    if ! grep -F 'names.invalid' "$machine/out" >&2; then
        echo "$1 loads the libraries of nsswitch.conf" >&2
        cat "$machine/out" >&2
        return 1
    fi
    rm -rf "$machine"
}
