//! Tools of the machine that a test needs: found, or skipped loudly, or a
//! failure where CI promised them.

use crate::TempTree;
use std::env;
use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Says whether the machine has a tool that the calling test needs.
///
/// A test returns when this is false: the skip is then on stderr even though
/// the test harness captures output. Under `CI=true` a missing tool fails.
/// `unshare` counts as there only when it really takes the network away, and
/// `buildah` when it builds an image then.
#[track_caller]
pub fn require_tool(name: &str) -> bool {
    let there = match name {
        "unshare" => unshare_flags().is_some(),
        "buildah" => unshare_flags().is_some() && builds(),
        _ => runs(name),
    };
    if there {
        return true;
    }
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    if env::var("CI").is_ok_and(|v| v == "true") {
        panic!("{test} needs `{name}`, which this machine lacks; with CI=true that is a failure");
    }
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED {test}: this machine has no working `{name}`");
    false
}

/// A command that runs `program` without any network, as a build with
/// `--network=none` does: only a loopback that is down. Add arguments and
/// environment to what is returned.
///
/// Call [`require_tool`]`("unshare")` first.
pub fn offline(program: impl AsRef<OsStr>) -> Command {
    let flags = unshare_flags().unwrap_or_else(|| panic!("unshare takes no network away on this machine"));
    let mut cmd = Command::new("unshare");
    cmd.arg(flags).arg("--").arg(program);
    cmd
}

fn runs(name: &str) -> bool {
    let probe = match name {
        "go" | "openssl" => "version",
        "unzip" | "minisign" => "-v",
        // It has no such flag, and says so.
        "ssh-keygen" => return Command::new(name).arg("-?").stderr(Stdio::null()).status().is_ok(),
        _ => "--version",
    };
    succeeds(Command::new(name).arg(probe))
}

/// `-n` for root, `-rn` for others where user namespaces are allowed.
fn unshare_flags() -> Option<&'static str> {
    static FLAGS: OnceLock<Option<&str>> = OnceLock::new();
    *FLAGS.get_or_init(|| {
        ["-n", "-rn"].into_iter().find(|f| succeeds(Command::new("unshare").args([f, "true"])))
    })
}

/// Whether buildah builds an image, which a user without rights may not do.
fn builds() -> bool {
    let temp = TempTree::new();
    temp.write("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
    let mut buildah = offline("buildah");
    buildah.args(["--storage-driver", "vfs", "--root"]).arg(temp.join("root"));
    buildah.arg("--runroot").arg(temp.join("run")).args(["bud", "--isolation", "chroot"]).arg(temp.path());
    succeeds(&mut buildah)
}

fn succeeds(cmd: &mut Command) -> bool {
    cmd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}
