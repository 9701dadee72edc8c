//! The machine as build recipes see it: programs run in the environment of the
//! context.

use crate::Context;
use crate::errors::disk;
use crate::failure::Result;
use airgo_author::{Ran, Step, Tools};
use airgo_model::atomic::ScratchDir;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What becomes of what compilers and package managers say while they run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompilerMessages {
    /// It is dropped.
    #[default]
    Dropped,
    /// It goes to the stderr of this process.
    Stderr,
}

/// This machine.
pub(super) struct Machine<'a> {
    context: &'a Context,
    messages: CompilerMessages,
    scratch: ScratchDir,
}

impl<'a> Machine<'a> {
    /// With a fresh scratch directory.
    pub fn new(context: &'a Context, messages: CompilerMessages) -> Result<Self> {
        let scratch = ScratchDir::create(&std::env::temp_dir(), "airgo-build-").map_err(|e| {
            disk::unwritable("to a temporary directory", &e, "name one that can be written: TMPDIR=DIR")
        })?;
        Ok(Machine { context, messages, scratch })
    }
}

impl Tools for Machine<'_> {
    fn run(&mut self, step: &Step) -> io::Result<Ran> {
        self.context.detail(format!("{}: {}", step.what, line(step)));
        let mut command = Command::new(&step.program);
        command.args(&step.args).current_dir(&step.dir).stdin(Stdio::null()).stdout(Stdio::piped());
        let silent = step.probe || self.messages == CompilerMessages::Dropped;
        command.stderr(if silent { Stdio::null() } else { Stdio::inherit() });
        command.env_clear().envs(self.context.env.of_commands());
        for (name, value) in &step.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let out = command.spawn()?.wait_with_output()?;
        Ok(Ran { code: out.status.code(), stdout: out.stdout })
    }

    fn env(&self, name: &str) -> Option<OsString> {
        self.context.env.of_commands().find(|(known, _)| same_name(known, name)).map(|(_, value)| value)
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        let paths = self.env("PATH")?;
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        std::env::split_paths(&paths).map(|dir| dir.join(&name)).find(|file| is_executable(file))
    }

    fn scratch(&self) -> &Path {
        self.scratch.path()
    }
}

/// Windows knows a variable by any case of its name.
fn same_name(known: &OsString, name: &str) -> bool {
    if cfg!(windows) { known.eq_ignore_ascii_case(name) } else { known == name }
}

/// The program with its arguments.
fn line(step: &Step) -> String {
    let words = std::iter::once(step.program.as_os_str()).chain(step.args.iter().map(OsString::as_os_str));
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}
