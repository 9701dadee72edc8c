#!/usr/bin/env bash
# What docs/plugins.md promises a new author in Rust, done by the letter in an
# empty directory: new, test, change, test, build, use. Needs a compiler for
# wasm32-unknown-unknown, which `.ci/run plugins` has installed by then.
#
#   AIRGO=target/debug/airgo tests/plugin-author.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
airgo=$(realpath "${AIRGO:-${CARGO_TARGET_DIR:-$root/target}/debug/airgo}")
[ -x "$airgo" ] || { echo "no airgo at $airgo: cargo build" >&2; exit 1; }
# What plugins/build.sh has compiled there is not compiled again.
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-$root/plugins/target}")
export CARGO_TARGET_DIR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$work/cache

die() { echo "plugin-author: $*" >&2; exit 1; }
# What must be said is looked for in a file: a closed pipe would end the run.
has() { grep -qF -e "$1" "$2" || { cat "$2" >&2; die "does not say: $1"; }; }

# The guide's own pieces, so that it cannot go stale.
rule=$(grep -F '.rule(Rule::new("old-go"' "$root/docs/plugins.md")
loop=$(sed -n '/^        for module in bundle.modules() {$/,/^        }$/p' "$root/docs/plugins.md")
[ -n "$rule" ] || die 'docs/plugins.md has no old-go rule'
[ -n "$loop" ] || die 'docs/plugins.md has no loop over the modules'

"$airgo" plugin new no-unstable
cd no-unstable
"$airgo" plugin test >out
has 'ok       bad-config' out
has 'ok       unstable' out
cargo test --quiet

rule=$rule loop=$loop awk '
    /^        Ok\(findings\)$/ { print ENVIRON["loop"] }
    { print }
    # Behind the first rule, whose closing bracket stands alone in its line.
    /^            \)$/ && !done { print ENVIRON["rule"]; done = 1 }
' src/lib.rs >new.rs
mv new.rs src/lib.rs
mkdir tests/old-go
sed -n '/^path = "example.com\/old"$/,/^```$/p' "$root/docs/plugins.md" | sed '$d' >case
{ echo '[[module]]'; cat case; } >tests/old-go/bundle.toml
if "$airgo" plugin test >out 2>err; then die 'a case without a golden passes'; fi
has 'NEW      old-go' out
has '+ warn old-go example.com/old@v1.0.0 go.mod: was made for go 1.12' out
"$airgo" plugin test --update
"$airgo" plugin test
sed -i 's/was made for go/asks for go/' src/lib.rs
if "$airgo" plugin test --only old-go >out 2>err; then die 'a difference passes'; fi
has '- warn old-go example.com/old@v1.0.0 go.mod: was made for go 1.12' out
has '+ warn old-go example.com/old@v1.0.0 go.mod: asks for go 1.12' out

"$airgo" plugin build >entry
"$airgo" plugin build -o again.wasm >again
cmp no-unstable.wasm again.wasm || die 'two builds differ'
has "$(sha256sum no-unstable.wasm | cut -d' ' -f1)" entry
if grep -aqF -e "$work" -e "${CARGO_HOME:-$HOME/.cargo}" no-unstable.wasm; then
    die 'a path of this machine is in the component'
fi
"$airgo" plugin inspect no-unstable.wasm >out
has 'runs here  yes' out
"$airgo" plugin bench no-unstable.wasm --modules 100 --runs 2 >out
has 'guest memory' out

# A broken plugin says why, and leaves the last good component.
before=$(sha256sum no-unstable.wasm)
echo 'nonsense' >>src/lib.rs
if "$airgo" plugin build >out 2>err; then die 'nonsense builds'; fi
has 'no-unstable.wasm was not written' err
[ "$before" = "$(sha256sum no-unstable.wasm)" ] || die 'a failed build changed the component'

# In use: a project without modules is judged by it.
mkdir ../project && cp no-unstable.wasm ../project/ && cp entry ../project/airgo.toml
cd ../project
printf 'module example.com/project\n\ngo 1.25\n' >go.mod
GOPROXY=off "$airgo" policy check . 2>err || { cat err >&2; die 'the policy does not judge'; }
has 'Evaluated 1 plugin' err
echo 'plugin-author: new, test, build, inspect, bench and use work as docs/plugins.md says'
