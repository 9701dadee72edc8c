//! What a man page says beyond the options: examples, environment, files. The
//! examples are also at the end of `airgo COMMAND --help`.

use crate::args::Cli;
use crate::argument_values;
use clap::{Command, CommandFactory as _};

/// An example: what it does, and what to type.
pub type Example = (&'static str, &'static str);

/// What a build without the feature `full` says of itself.
const UNPACK_ALONE: &str =
    "airgo-unpack: carry a Go project's dependencies across an air gap, the receiving side.

It verifies, evaluates and unpacks the bundles that `airgo pack` writes on a connected machine, and has \
neither network nor compiler. The commands pack, resolve, doctor, cache, vulndb and plugin are in the full \
airgo.";

/// The command line with its examples; the one that is parsed, documented and
/// completed.
pub fn command() -> Command {
    let command = with_examples(argument_values::refuse(Cli::command()), "");
    if cfg!(feature = "full") { command } else { command.long_about(UNPACK_ALONE) }
}

fn with_examples(command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let mut command = command;
    for name in names {
        let below = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(name, |sub| with_examples(sub, &below));
    }
    let examples = examples(path);
    if examples.is_empty() || path.is_empty() {
        return command;
    }
    let text: Vec<String> = examples.iter().map(|(what, typed)| format!("  # {what}\n  {typed}")).collect();
    command.after_long_help(format!("Examples:\n{}", text.join("\n")))
}

/// The examples of a command, named by its words after `airgo`.
pub fn examples(path: &str) -> &'static [Example] {
    match path {
        "" => &[
            ("connected: resolve, fetch, verify, evaluate the policy, sign", "airgo pack -o app.airgo"),
            (
                "air-gapped: verify and evaluate again, fill GOMODCACHE",
                "airgo unpack app.airgo --trust team.pub",
            ),
            ("build without a network", "GOPROXY=off go build ./..."),
        ],
        "pack" => &[
            ("the module in the working directory", "airgo pack -o app.airgo"),
            (
                "every module of a monorepo, with what `go mod tidy` needs",
                "airgo pack ./... --scope all -o all.airgo",
            ),
            ("only where something has changed", "airgo pack -o app.airgo --if-changed"),
            ("volumes for small media", "airgo pack -o app.airgo --split 650MiB"),
            ("only what an older bundle lacks", "airgo pack -o new.airgo --since old.airgo"),
            (
                "with the Go toolchain for two platforms",
                "airgo pack -o app.airgo --toolchain linux/amd64,linux/arm64",
            ),
        ],
        "verify" => &[
            ("signature, manifest and every object", "airgo verify app.airgo --trust team.pub"),
            (
                "write down what is damaged, for `airgo resend`",
                "airgo verify app.airgo --trust team.pub --request need.json",
            ),
        ],
        "unpack" => &[
            ("into the module cache that `go` uses", "airgo unpack app.airgo --trust team.pub"),
            (
                "into another one, refusing older bundles",
                "airgo unpack app.airgo --trust trust.toml --gomodcache /cache --last-seen seen.json",
            ),
            (
                "only what the build of the checkout in the working directory reads",
                "airgo unpack app.airgo --exact --gomodcache /cache --trust team.pub",
            ),
            (
                "a newer bundle, and remove the modules of older ones that it does not have",
                "airgo unpack app.airgo --prune --trust team.pub",
            ),
            (
                "replace what was changed in the module cache",
                "airgo unpack app.airgo --repair --trust team.pub",
            ),
            (
                "a delta, with the bundle that it builds on",
                "airgo unpack new.airgo --base old.airgo --trust team.pub",
            ),
            (
                "the vendor directory of the checkout in the working directory",
                "airgo unpack app.airgo --as vendor --trust team.pub",
            ),
            (
                "a GOPROXY: then GOPROXY=file:///srv/goproxy go build ./...",
                "airgo unpack app.airgo --as proxy --to /srv/goproxy --trust team.pub",
            ),
        ],
        "image" => &[
            (
                "the module cache as an image, for COPY --from=deps",
                "airgo image app.airgo -o deps.tar -t deps --trust team.pub",
            ),
            (
                "only what the build of the checkout in the working directory reads",
                "airgo image app.airgo -o deps.tar --exact --platform linux/arm64 --trust team.pub",
            ),
        ],
        "exec" => &[
            ("build without a network", "airgo exec app.airgo --trust team.pub -- go build ./..."),
            ("what go vet, go test and go tool do there", "airgo exec app.airgo -q -- go test ./..."),
            (
                "in a container that has no network anyway",
                "airgo exec /app.airgo --trust /team.pub --allow-network -- go build -o /out/ ./...",
            ),
        ],
        "env" => &[
            ("commands of a shell, after airgo unpack app.airgo", "airgo env app.airgo --trust team.pub"),
            (
                "of a GOPROXY that is a directory, for the steps that follow on GitHub",
                "airgo env app.airgo --as proxy --to /srv/goproxy --format github | tee -a $GITHUB_ENV",
            ),
        ],
        "check" => &[
            ("whether this checkout builds from the bundle", "airgo check app.airgo --trust team.pub"),
            (
                "another one, for one platform and with a build tag",
                "airgo check app.airgo ../app --platform linux/amd64 --tags netgo",
            ),
        ],
        "vendor" => &[
            ("whether the committed vendor directory is what go.sum says", "airgo vendor --check"),
            (
                "the same without a network, by the lists of a bundle",
                "airgo vendor --check --bundle app.airgo --trust team.pub",
            ),
        ],
        "inspect" => &[
            ("what a bundle holds and who signed it", "airgo inspect app.airgo"),
            ("the manifest, for scripts", "airgo inspect app.airgo --json | jq -r '.modules[].path'"),
        ],
        "diff" => &[("what changed since the approved bundle", "airgo diff approved.airgo new.airgo")],
        "why" => &[("who needs this module", "airgo why app.airgo golang.org/x/text")],
        "policy check" => &[
            ("a project before it is packed", "airgo policy check"),
            (
                "a bundle, for a code-scanning service",
                "airgo policy check app.airgo --format sarif > airgo.sarif",
            ),
            ("only what is new", "airgo policy check app.airgo --baseline approved.airgo"),
        ],
        "policy init" => &[("a policy to start from", "airgo policy init")],
        "plugin new" => &[("a policy plugin in Go", "airgo plugin new no-prereleases --lang go")],
        "plugin build" => &[("build it and show what pins it", "airgo plugin build no-prereleases")],
        "plugin compile" => &[(
            "for airgo-unpack on the other side, which trusts team.pub",
            "airgo plugin compile no-prereleases.wasm --key team.key",
        )],
        "plugin test" => &[("run it over its test cases", "airgo plugin test no-prereleases")],
        "plugin inspect" => {
            &[("rules and config schema of a built-in plugin", "airgo plugin inspect builtin:licence")]
        }
        "plugin bench" => &[(
            "time, memory and calls beside the limits",
            "airgo plugin bench no-prereleases.wasm app.airgo",
        )],
        "sign" => &[
            ("approve a bundle as a reviewer", "airgo sign app.airgo --key rae.key --trust trust.toml"),
            (
                "a signature beside the file, for ssh-keygen",
                "airgo sign app.airgo --key rae.key --detached ssh",
            ),
        ],
        "convert" => &[
            (
                "all files in less than the zips take",
                "airgo convert app.airgo --compact -o small.airgo --trust team.pub",
            ),
            ("only what one checkout reads", "airgo convert app.airgo --exact ./app -o exact.airgo"),
        ],
        "repair" => &[(
            "put a damaged bundle together again",
            "airgo repair app.airgo patch -o whole.airgo --trust team.pub",
        )],
        "resend" => &[("answer a request", "airgo resend need.json app.airgo -o patch")],
        "key" => &[
            ("of the bundle that airgo pack would write", "airgo key"),
            ("a file of that name in a cache", "airgo pack -o bundles/$(airgo key).airgo"),
            ("of an exact bundle for one platform", "airgo key --exact --platform linux/amd64"),
            ("a directory called show", "airgo key ./show"),
            ("the personal signing key", "airgo key show"),
        ],
        "key show" => &[("the personal key", "airgo key show")],
        "key export" => &[
            ("for openssl and cosign", "airgo key export team.key > team.pem"),
            ("for minisign -p", "airgo key export team.pub --format minisign"),
        ],
        "keygen" => &[
            ("an ed25519 key pair in PEM", "airgo keygen -o team.key"),
            (
                "for ssh-keygen, encrypted",
                "AIRGO_KEY_PASSPHRASE=... airgo keygen -o rae.key --format openssh --encrypt",
            ),
        ],
        "resolve" => &[
            ("what `go list -m all` prints", "airgo resolve"),
            ("the graph, sorted", "airgo resolve --format graph"),
        ],
        "doctor" => &[
            ("why downloads fail here", "airgo doctor"),
            ("with another name server", "airgo doctor --dns 9.9.9.9"),
            ("what a message means", "airgo doctor --message 'server misbehaving'"),
        ],
        "cache show" => &[("what is cached", "airgo cache show")],
        "cache trim" => &[(
            "keep what was used within 30 days, at most 2 GiB",
            "airgo cache trim --max-age 30d --max-size 2GiB",
        )],
        "cache verify" => {
            &[("hash everything again and remove what is damaged", "airgo cache verify --repair")]
        }
        "cache clear" => &[("remove everything", "airgo cache clear")],
        "vulndb import" => {
            &[("a snapshot for the other side", "airgo vulndb import https://vuln.go.dev -o vulndb.airgodb")]
        }
        "vulndb info" => &[("date and sources of a snapshot", "airgo vulndb info vulndb.airgodb")],
        "completions" => &[("for this shell session", "source <(airgo completions bash)")],
        "man" => &[("install the pages for this user", "airgo man ~/.local/share/man/man1")],
        _ => &[],
    }
}

/// Variables that airgo reads itself; those of `go` mean what they mean to `go`.
#[cfg(feature = "full")]
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("AIRGO_KEY", "The private key to sign with, as --key."),
    ("AIRGO_KEY_PASSPHRASE", "The passphrase of an encrypted private key."),
    ("AIRGO_TRUST", "Keys or trust files to trust, as --trust; several are separated as in PATH."),
    ("AIRGO_LAST_SEEN", "The record of bundles that were accepted, as --last-seen."),
    ("AIRGO_CACHE", "The directory of the download cache, as --cache."),
    (
        "GOPROXY, GOPRIVATE, GONOPROXY, GONOSUMDB, GOSUMDB, GOINSECURE, GOVCS, GOAUTH, GOFLAGS, GOWORK, GOTOOLCHAIN, GOMODCACHE, GOPATH, GOENV, GOROOT",
        "As for go(1), from the environment, the file of `go env -w` and $GOROOT/go.env.",
    ),
    ("HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY", "HTTP or SOCKS proxies for outgoing requests."),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "Certificate authorities to trust for TLS."),
    ("NETRC", "The file with logins for hosts; default: ~/.netrc."),
    ("NO_COLOR, CLICOLOR_FORCE", "Turn colours off or on."),
];

/// Files that airgo reads and writes.
#[cfg(feature = "full")]
pub const FILES: &[(&str, &str)] = &[
    ("go.mod, go.sum, go.work, go.work.sum", "The project."),
    ("airgo.toml", "The policy: beside go.mod for pack, in the working directory for unpack."),
    ("trust.toml", "A trust file, named by --trust: keys, roles, validity."),
    ("$XDG_CONFIG_HOME/airgo, ~/.config/airgo", "The personal key that pack makes where no key is named."),
    ("$XDG_CACHE_HOME/airgo, ~/.cache/airgo", "Downloads, compiled plugins, facts that plugins gathered."),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command that does something, by its words after `airgo`.
    fn leaves(command: &Command, path: &str, all: &mut Vec<String>) {
        for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
            let below = if path.is_empty() {
                sub.get_name().to_owned()
            } else {
                format!("{path} {}", sub.get_name())
            };
            if sub.has_subcommands() {
                leaves(sub, &below, all);
            } else {
                all.push(below);
            }
        }
    }

    #[test]
    fn every_command_has_an_example_that_parses() {
        let mut all = vec![String::new()];
        leaves(&command(), "", &mut all);
        for path in all.iter().filter(|p| *p != "version") {
            let examples = examples(path);
            assert!(!examples.is_empty(), "no example for: airgo {path}");
            for (_, typed) in examples.iter().filter(|(_, t)| t.contains("airgo ")) {
                let words = words(typed);
                let start = words.iter().position(|w| w == "airgo").unwrap();
                let end = words.iter().position(|w| w == "|" || w == ">").unwrap_or(words.len());
                let parsed = command().try_get_matches_from(&words[start..end]);
                assert!(parsed.is_ok(), "{typed}: {}", parsed.unwrap_err());
            }
        }
    }

    /// The words of an example, without the shell's quotes and substitution.
    fn words(typed: &str) -> Vec<String> {
        let plain = typed.replace("<(", "").replace(')', "");
        plain.split_whitespace().map(|w| w.trim_matches('\'').to_owned()).collect()
    }

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }
}
