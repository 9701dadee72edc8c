//! `airgo exec`: a command with the modules of a bundle and without a network, and a
//! report of what was done.

use crate::Context;
use crate::args::Exec;
use crate::child::{self, Ended};
use crate::exit::Exit;
#[cfg(target_os = "linux")]
use crate::without_network::{self, Cut};
use airgo_app::exec::{Prepared, prepare};
use airgo_app::paths::quoted;
use airgo_app::quantity::{count, duration};
use airgo_app::unpack::UnpackRequest;
use airgo_app::{Failure, Result, documents, settings};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What the command is left of the network.
#[derive(Clone, Copy)]
enum Network {
    /// All of it.
    Allowed,
    /// Nothing, by this means.
    #[cfg(target_os = "linux")]
    Cut(Cut),
}

/// Unpacks the bundle, runs the command, and reports. The exit code is the command's own.
pub fn run(context: &Context, args: &Exec) -> Result<Exit> {
    let not_run = |failure: Failure| failure.outcome("nothing was run");
    let [program, rest @ ..] = args.command.as_slice() else {
        return Err(Failure::failed("no command is named"));
    };
    let name = name(program, rest);
    find(context, program, &name).map_err(not_run)?;
    let network = network(args).map_err(not_run)?;
    let Prepared { unpacked, variables } = prepare(context, &request(args)?)?;
    advise(context, args, network);

    let mut command = match network {
        Network::Allowed => Command::new(program),
        #[cfg(target_os = "linux")]
        Network::Cut(cut) => without_network::command(cut, program),
    };
    command.args(rest).envs(variables.iter().map(|variable| (variable.name, &variable.value)));
    if context.printer.is_json() {
        // stdout has the document alone.
        command.stdout(stderr().map_err(not_run)?);
    }
    let began = Instant::now();
    let ended = child::run(command, &context.interrupt, &name).map_err(not_run)?;
    let took = began.elapsed();
    let modules = unpacked.installed + unpacked.already_present;
    if context.printer.is_json() {
        context.printer.document(&documents::Exec {
            command: &name,
            content_id: &unpacked.content_id,
            exit_code: ended.code,
            file: args.file.display().to_string(),
            gomodcache: unpacked.dir.display().to_string(),
            millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            modules,
            network: network.name(),
            schema: documents::ExecV1,
            signal: ended.signal,
            signed_by: &unpacked.signed_by,
        })?;
    }
    let (modules, took) = (count(modules, "module"), duration(took));
    context.status("Ran", format!("{name} in {took}: {}; {modules}, {}", text(ended), network.text()));
    Ok(Exit::Command(ended.code))
}

fn request(args: &Exec) -> Result<UnpackRequest> {
    Ok(UnpackRequest {
        files: vec![args.file.clone()],
        gomodcache: args.gomodcache.clone(),
        trust: args.trust.request(),
        last_seen: args.last_seen.request(),
        policy: args.policy.clone(),
        at: args.at.request()?,
        jobs: args.jobs,
        ..UnpackRequest::default()
    })
}

fn text(ended: Ended) -> String {
    match ended.signal {
        None => format!("exit code {}", ended.code),
        Some(signal) => format!("ended by signal {signal}, exit code {}", ended.code),
    }
}

/// What a report calls the command: other arguments may be secrets.
fn name(program: &OsStr, rest: &[impl AsRef<OsStr>]) -> String {
    let program = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
    match rest.first().map(|first| first.as_ref().to_string_lossy()) {
        Some(verb) if program == "go" && verb.chars().all(|c| c.is_ascii_lowercase()) => {
            format!("{program} {verb}")
        }
        _ => program,
    }
}

/// Before the bundle is read: a command that is not there costs nothing.
fn find(context: &Context, program: &OsStr, name: &str) -> Result<()> {
    let there = if Path::new(program).components().count() > 1 {
        Path::new(program).is_file()
    } else {
        let path = context.env.path(settings::PATH).unwrap_or_default();
        let endings: &[&str] = if cfg!(windows) { &["", ".exe", ".bat", ".cmd"] } else { &[""] };
        std::env::split_paths(&path).any(|dir| {
            let file = |ending: &&str| {
                let mut file = dir.join(program).into_os_string();
                file.push(ending);
                PathBuf::from(file).is_file()
            };
            endings.iter().any(file)
        })
    };
    match there {
        true => Ok(()),
        false => Err(Failure::failed(format!("there is no command {name}"))
            .hint("behind -- stands a command as a shell takes it: airgo exec FILE -- go build ./...")),
    }
}

fn stderr() -> Result<Stdio> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        let fd = std::io::stderr().as_fd().try_clone_to_owned();
        fd.map(Stdio::from).map_err(|e| Failure::failed(format!("stderr: {e}")))
    }
    #[cfg(not(unix))]
    Ok(Stdio::null())
}

#[cfg(target_os = "linux")]
fn network(args: &Exec) -> Result<Network> {
    if args.allow_network {
        return Ok(Network::Allowed);
    }
    without_network::find().map(Network::Cut).map_err(|tried| {
        let failure = Failure::failed("the system lets airgo cut no network for the command");
        let failure = tried.into_iter().fold(failure, Failure::line);
        failure
            .hint("allow unprivileged user namespaces or seccomp here: in Docker a --security-opt seccomp=… with unshare")
            .hint("where the container has no network anyway, or the command may have one: --allow-network")
    })
}

#[cfg(not(target_os = "linux"))]
fn network(args: &Exec) -> Result<Network> {
    match args.allow_network {
        true => Ok(Network::Allowed),
        false => Err(Failure::failed("on this system airgo cuts no network: on Linux alone").hint(
            "go fetches nothing all the same (GOPROXY=off); to run it with the network: --allow-network",
        )),
    }
}

impl Network {
    fn name(self) -> documents::ExecNetwork {
        match self {
            Self::Allowed => documents::ExecNetwork::Allowed,
            #[cfg(target_os = "linux")]
            Self::Cut(Cut::Namespace) => documents::ExecNetwork::Namespace,
            #[cfg(target_os = "linux")]
            Self::Cut(Cut::UserNamespace) => documents::ExecNetwork::UserNamespace,
            #[cfg(target_os = "linux")]
            Self::Cut(Cut::Seccomp) => documents::ExecNetwork::Seccomp,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Allowed => "with the network",
            #[cfg(target_os = "linux")]
            Self::Cut(cut) => cut.text(),
        }
    }
}

/// What is known to ask the network for more than modules.
fn advise(context: &Context, args: &Exec, network: Network) {
    if matches!(network, Network::Allowed) {
        return;
    }
    let words: Vec<String> = args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let checks = |word: &String| {
        let word = word.split('@').next().unwrap_or_default();
        Path::new(word).file_name().is_some_and(|name| name == "govulncheck")
    };
    let mut given = words.windows(2).map(|pair| format!("{}={}", pair[0], pair[1]));
    let named = given.any(|flag| flag.trim_start_matches('-').starts_with("db=file:"))
        || words.iter().any(|word| word.trim_start_matches('-').starts_with("db=file:"));
    let set = context.env.var(settings::GOVULNDB).is_some_and(|db| db.reveal().starts_with("file:"));
    if words.iter().any(checks) && !named && !set {
        context.warning("govulncheck asks vuln.go.dev for vulnerabilities, which it cannot reach here");
        let db = quoted("file:///DIR");
        context.hint(format!(
            "give it a copy of the database: govulncheck -db {db}, or GOVULNDB={db} for versions that read it; airgo's own plugin needs none: airgo vulndb"
        ));
    }
}
