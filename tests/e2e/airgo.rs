//! Runs the airgo binary in a clean environment.

use airgo_testkit::{TempTree, offline};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// A user of airgo: a home of its own, a proxy, nothing else.
pub struct Airgo {
    home: TempTree,
    vars: BTreeMap<String, String>,
    offline: bool,
}

/// What a run of airgo came to.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    line: String,
}

impl Airgo {
    /// A user whose GOPROXY this is.
    pub fn new(goproxy: &str) -> Self {
        let home = TempTree::new();
        let mut vars = BTreeMap::new();
        vars.insert("PATH".to_owned(), std::env::var("PATH").unwrap_or_default());
        vars.insert("HOME".to_owned(), home.path().to_str().unwrap().to_owned());
        for (name, value) in
            [("GOENV", "off"), ("GOPROXY", goproxy), ("GOTOOLCHAIN", "local"), ("LC_ALL", "C")]
        {
            vars.insert(name.to_owned(), value.to_owned());
        }
        Self { home, vars, offline: false }
    }

    /// A user on the far side of the gap: no proxy and no network.
    pub fn air_gapped() -> Self {
        let mut airgo = Self::new("off");
        airgo.offline = true;
        airgo
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A command that runs airgo, without arguments yet.
    pub fn command(&self) -> Command {
        let binary = env!("CARGO_BIN_EXE_airgo");
        let mut cmd = if self.offline { offline(binary) } else { Command::new(binary) };
        cmd.env_clear().envs(&self.vars).current_dir(self.home.path()).stdin(Stdio::null());
        cmd
    }

    /// Runs airgo from the home directory.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Run {
        let mut cmd = self.command();
        cmd.args(args);
        run(cmd)
    }
}

/// Runs a command to its end.
pub fn run(mut cmd: Command) -> Run {
    let line = format!("{cmd:?}");
    let out = cmd.output().unwrap_or_else(|e| panic!("{line}: {e}"));
    if cmd.get_args().any(|arg| arg == "--json") {
        crate::schemas::check(&line, &out.stdout);
    }
    Run {
        code: out.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&out.stderr).into_owned(),

        line,
    }
}

impl Run {
    /// Fails the test unless it ended with this code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "wrong exit code; {}", self.told());
        // An error speaks on stderr and begins with the word.
        if code != 0 && code != 2 {
            assert!(
                self.stderr.lines().any(|l| l.starts_with("error: ")),
                "no `error: ` line; {}",
                self.told()
            );
        }
        self
    }

    /// Fails the test unless it ended well.
    #[track_caller]
    pub fn done(self) -> Self {
        self.ends(0)
    }

    /// Fails the test unless stderr has each of these.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "does not say {word:?}; {}", self.told());
        }
        self
    }

    fn told(&self) -> String {
        format!(
            "{}\n-- exit {}\n-- stdout\n{}\n-- stderr\n{}",
            self.line, self.code, self.stdout, self.stderr
        )
    }
}
