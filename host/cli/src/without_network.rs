//! How a command is run without a network on Linux, without privileges: airgo starts
//! itself again under another name, gives up the network there, and becomes the command.
//! Only a process of one thread may move into a namespace of its own user, and what is
//! given up in a child leaves airgo's own progress alone.
//!
//! In this order, the first that the system allows:
//! - a network namespace, which whoever may administer the system makes directly, and
//!   everybody else in a user namespace in which user and group are who they were. Nothing
//!   is in it but its loopback, so that tests may listen and dial on 127.0.0.1;
//! - a seccomp filter that refuses sockets other than those of this machine's files
//!   (AF_UNIX) and of the kernel (AF_NETLINK). There is no loopback then. io_uring, which
//!   opens sockets without that call, is refused too, and programs of the machine's 32-bit
//!   architecture are killed, whose calls have other numbers.
//!
//! Landlock is not used: it knows TCP alone, so that names would still be looked up over
//! UDP, and it cannot tell the loopback from the rest.

use nix::sched::{CloneFlags, unshare};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, sendto, socket};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};

/// The name under which airgo starts itself.
const NAME: &str = "airgo-without-network";
/// Of a command that could not be started, as shells have it.
const NOT_STARTED: u8 = 127;

/// How the network is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A network namespace.
    Namespace,
    /// One in a user namespace.
    UserNamespace,
    /// No sockets but those of this machine.
    Seccomp,
}

impl Cut {
    const ALL: [Self; 3] = [Self::Namespace, Self::UserNamespace, Self::Seccomp];

    /// In the document, and between airgo and itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::UserNamespace => "user-namespace",
            Self::Seccomp => "seccomp",
        }
    }

    /// What the command has left.
    pub fn text(self) -> &'static str {
        match self {
            Self::Namespace => "no network but a loopback of its own (network namespace)",
            Self::UserNamespace => "no network but a loopback of its own (network and user namespace)",
            Self::Seccomp => "no network and no loopback (seccomp)",
        }
    }

    fn apply(self) -> Result<(), String> {
        match self {
            Self::Namespace => {
                unshare(CloneFlags::CLONE_NEWNET).map_err(|e| format!("network namespace: {}", e.desc()))?;
                loopback_up()
            }
            Self::UserNamespace => user_namespace(),
            Self::Seccomp => refuse_sockets().map_err(|e| format!("seccomp: {e}")),
        }
    }
}

/// How the network can be cut here.
///
/// # Errors
/// What was tried, and what the system said.
pub fn find() -> Result<Cut, Vec<String>> {
    let probe = command_as("any", None).stdin(Stdio::null()).output();
    let probe = probe.map_err(|e| vec![format!("airgo could not start itself again: {e}")])?;
    let found = Cut::ALL.into_iter().find(|cut| probe.stdout == cut.name().as_bytes());
    found.filter(|_| probe.status.success()).ok_or_else(|| {
        let said = String::from_utf8_lossy(&probe.stderr);
        said.lines().map(str::to_owned).collect()
    })
}

/// The command without the network.
pub fn command(cut: Cut, program: &OsStr) -> Command {
    command_as(cut.name(), Some(program))
}

fn command_as(how: &str, program: Option<&OsStr>) -> Command {
    // This very program, also where its file was replaced meanwhile.
    let mut command = Command::new("/proc/self/exe");
    command.arg0(NAME).arg(how).args(program);
    command
}

/// Where airgo was started by itself: gives up the network and becomes the command. To be
/// called before the first thread starts.
pub fn become_command(mut args: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    if args.next()? != NAME {
        return None;
    }
    let how = args.next()?;
    let Some(program) = args.next() else { return Some(probe()) };
    let cut = Cut::ALL.into_iter().find(|cut| how == cut.name())?;
    let error = match cut.apply() {
        Ok(()) => Command::new(&program).args(args).exec().to_string(),
        Err(why) => why,
    };
    let _ = writeln!(std::io::stderr(), "error: the command was not started: {error}");
    Some(NOT_STARTED.into())
}

fn probe() -> ExitCode {
    for cut in Cut::ALL {
        let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
        let said = match cut.apply() {
            Ok(()) => return out.write_all(cut.name().as_bytes()).map_or(1.into(), |()| 0.into()),
            Err(why) => writeln!(err, "{why}"),
        };
        if said.is_err() {
            break;
        }
    }
    1.into()
}

fn user_namespace() -> Result<(), String> {
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)
        .map_err(|e| format!("user namespace: {}", e.desc()))?;
    // Who may not administer the system gives up setgroups first (user_namespaces(7)).
    let (user, group) = (user.as_raw(), group.as_raw());
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{user} {user} 1")),
        ("gid_map", format!("{group} {group} 1")),
    ] {
        std::fs::write(format!("/proc/self/{file}"), text)
            .map_err(|e| format!("user namespace: /proc/self/{file}: {e}"))?;
    }
    loopback_up()
}

/// Turns on the loopback, which a new namespace has turned off; the kernel then gives it
/// 127.0.0.1 and ::1. As rtnetlink(7) has it: RTM_NEWLINK for the first interface, by the
/// first protocol of the kind.
fn loopback_up() -> Result<(), String> {
    const LOOPBACK: u32 = 1;
    const IFF_UP: u32 = 1;
    const RTM_NEWLINK: u16 = 16;
    const NLM_F_REQUEST_ACK: u16 = 1 | 4;
    let mut message = Vec::new();
    message.extend(32_u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(NLM_F_REQUEST_ACK.to_ne_bytes());
    // Number and sender; family and kind of the interface.
    message.extend([0; 12]);
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend([IFF_UP.to_ne_bytes(), IFF_UP.to_ne_bytes()].concat());
    let turned_on = || -> rustix::io::Result<i32> {
        let socket = socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
        sendto(&socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
        let mut answer = [0_u8; 256];
        let (filled, _) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
        // Behind the header of an answer is an error, negative, or 0.
        let error = answer.get(16..20).filter(|_| filled >= 20);
        Ok(error.and_then(|bytes| bytes.try_into().ok()).map_or(-22, i32::from_ne_bytes))
    };
    match turned_on() {
        Ok(0) => Ok(()),
        Ok(error) => Err(format!("loopback: {}", std::io::Error::from_raw_os_error(-error))),
        Err(error) => Err(format!("loopback: {error}")),
    }
}

/// What the command is told of a socket that is refused.
const NET_UNREACHABLE: u32 = 101;
/// And of io_uring: that this kernel has none.
const NO_SUCH_CALL: u32 = 38;
/// The numbers are the same on all architectures.
const IO_URING_SETUP: i64 = 425;
/// Behind this bit x86-64 has all calls a second time (x32).
const X32: i64 = 0x4000_0000;

fn refuse_sockets() -> Result<(), seccompiler::Error> {
    const AF_UNIX: u64 = 1;
    const AF_NETLINK: u64 = 16;
    let socket = match std::env::consts::ARCH {
        "x86_64" => 41,
        // As in asm-generic/unistd.h; the filter knows no other architecture.
        _ => 198,
    };
    let other_than = |family| SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family);
    let rule = || SeccompRule::new(vec![other_than(AF_UNIX)?, other_than(AF_NETLINK)?]);
    filter([(socket, vec![rule()?]), (socket | X32, vec![rule()?])], NET_UNREACHABLE)?;
    filter([(IO_URING_SETUP, Vec::new()), (IO_URING_SETUP | X32, Vec::new())], NO_SUCH_CALL)
}

fn filter(rules: [(i64, Vec<SeccompRule>); 2], error: u32) -> Result<(), seccompiler::Error> {
    let architecture = std::env::consts::ARCH.try_into()?;
    let rules = rules.into_iter().collect();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(error), architecture)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)
}
