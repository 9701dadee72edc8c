//! What a recipe asks of the machine. The one real implementation is in
//! host/app; tests record what would be run.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// One program to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, as the rest of a sentence: "compile with cargo".
    pub what: String,
    /// A path, or a name to look up in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables to set, or with `None` to remove; the rest is the user's own.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// Where it runs.
    pub dir: PathBuf,
    /// It only asks something; what it says on stderr is of no interest.
    pub probe: bool,
}

/// How a program ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout; its stderr went to the user.
    pub stdout: Vec<u8>,
}

/// The machine, as far as a recipe needs it.
pub trait Tools {
    /// Runs a program to its end.
    ///
    /// # Errors
    /// Where it cannot be started.
    fn run(&mut self, step: &Step) -> io::Result<Ran>;
    /// An environment variable of the user.
    fn env(&self, name: &str) -> Option<OsString>;
    /// Where a program of that name is, by the user's `PATH`.
    fn find(&self, program: &str) -> Option<PathBuf>;
    /// An empty directory for what comes between source and component; it goes
    /// away after the build.
    fn scratch(&self) -> &Path;
}

impl Step {
    /// A program without arguments.
    pub fn new(what: &str, program: impl Into<PathBuf>, dir: &Path) -> Self {
        let (what, program, dir) = (what.to_owned(), program.into(), dir.to_owned());
        Step { what, program, args: Vec::new(), env: Vec::new(), dir, probe: false }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Only asks something.
    #[must_use]
    pub fn probe(mut self) -> Self {
        self.probe = true;
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.into(), Some(value.as_ref().to_owned())));
        self
    }

    /// Removes a variable.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.env.push((name.into(), None));
        self
    }
}
