//! Running git: with what environment and options, and what its failures mean.
//!
//! The user's own configuration counts, as it does for the go command: that is
//! where credential helpers and `url.….insteadOf` stand. What could make git
//! ask somebody, run a hook or look into another repository is taken away.

use super::error::{DirectError, GitProblem};
use super::shown;
use crate::config::RetryPolicy;
use crate::net::process::environment::Environment;
use crate::net::process::git::prepare;
use crate::net::process::{Invocation, RunError, Stop};
use crate::net::text::clean;
use crate::net::text::scrub;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options of every run. Hooks and background jobs would outlive us or run
/// what a user never meant for this repository.
const OPTIONS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "fetch.prune=false",
    "fetch.pruneTags=false",
    "fetch.writeCommitGraph=false",
    "log.showSignature=false",
    "color.ui=false",
    "protocol.ext.allow=never",
];
/// What git says about itself and others' objects; more is a fault.
const MAX_OUTPUT: u64 = 256 << 20;

/// A git to run, and how.
#[derive(Clone)]
pub(crate) struct Git {
    program: PathBuf,
    environment: Environment,
    /// The longest that one run may take.
    timeout: Duration,
    /// A transfer that brings nothing for so long is given up.
    silence: Duration,
    retries: RetryPolicy,
    stop: Stop,
    /// Words of addresses that git may repeat and nobody may see.
    secrets: Vec<String>,
}

impl Git {
    /// Finds git; sets ssh to ask nothing, unless the user configured ssh.
    pub(crate) fn find(
        environment: &Environment,
        timeout: Duration,
        silence: Duration,
        retries: RetryPolicy,
        stop: Stop,
    ) -> Result<Self, DirectError> {
        let program = environment.find_program("git").ok_or(DirectError::NoGit)?;
        let environment = prepare(environment);
        let mut git = Self { program, environment, timeout, silence, retries, stop, secrets: Vec::new() };
        git.secrets = git.rewritten();
        let own_ssh = ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|name| git.environment.get(name).is_some())
            || git.try_run(None, &["config", "--get", "core.sshCommand"]).is_ok();
        if !own_ssh {
            git.environment.set("GIT_SSH_COMMAND", "ssh -o ControlMaster=no -o BatchMode=yes");
        }
        Ok(git)
    }

    /// The same git for another fetch.
    pub(crate) fn stopped_by(&self, stop: &Stop) -> Self {
        Self { stop: stop.clone(), ..self.clone() }
    }

    /// The words of the addresses that the user's `url.….insteadOf` puts in the
    /// place of others, as CI systems do with a token in them.
    fn rewritten(&self) -> Vec<String> {
        let found = self.try_run(None, &["config", "--get-regexp", r"^url\..*\.(push)?insteadof$"]);
        let text = String::from_utf8_lossy(&found.unwrap_or_default()).into_owned();
        let urls = text.lines().filter_map(|line| {
            let (key, _) = line.strip_prefix("url.")?.split_once(' ')?;
            key.strip_suffix(".insteadof").or_else(|| key.strip_suffix(".pushinsteadof"))
        });
        urls.flat_map(|url| shown::left_out(url, "")).collect()
    }

    /// The same git, whose complaints lack these words too.
    pub(crate) fn without_words(&self, secrets: Vec<String>) -> Self {
        let mut git = self.clone();
        git.secrets.extend(secrets);
        git
    }

    /// The same git with one more setting. It is in no argument and no file:
    /// others on the machine do not see it.
    pub(crate) fn with_setting(&self, key: &str, value: &str) -> Self {
        let mut git = self.clone();
        let count = git.environment.get("GIT_CONFIG_COUNT").and_then(|c| c.to_str()?.parse::<usize>().ok());
        let count = count.unwrap_or(0);
        git.environment.set(format!("GIT_CONFIG_KEY_{count}"), key);
        git.environment.set(format!("GIT_CONFIG_VALUE_{count}"), value);
        git.environment.set("GIT_CONFIG_COUNT", (count + 1).to_string());
        git
    }

    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Whether git may speak this scheme: git's own variable, or those of
    /// cmd/go vcs/vcs.go vcsGit.
    pub(crate) fn may_speak(&self, scheme: &str) -> bool {
        match self.allowed_protocols() {
            Some(allowed) => allowed.iter().any(|a| a == scheme),
            None => SCHEMES.contains(&scheme),
        }
    }

    /// The schemes to try for a path such as `host/repo.git`, in order.
    pub(crate) fn schemes(&self, insecure: bool) -> Vec<&'static str> {
        let secure = |scheme: &str| match self.allowed_protocols() {
            Some(allowed) => allowed.iter().any(|a| a == scheme),
            None => matches!(scheme, "https" | "git+ssh" | "ssh"),
        };
        SCHEMES.iter().copied().filter(|s| insecure || secure(s)).collect()
    }

    fn allowed_protocols(&self) -> Option<Vec<String>> {
        let allowed = self.environment.get("GIT_ALLOW_PROTOCOL")?.to_str()?;
        Some(allowed.split(':').map(str::to_owned).collect())
    }

    /// Runs git in a repository, or in none; its failure is one of many to come.
    pub(crate) fn try_run(&self, repository: Option<&Path>, args: &[&str]) -> Result<Vec<u8>, RunError> {
        let mut out = Vec::new();
        let run = self.invocation(repository, args, MAX_OUTPUT).run_into(&mut out);
        run.map_err(|error| self.scrubbed(error))?;
        Ok(out)
    }

    /// As [`try_run`](Self::try_run), with a limit, into `out`.
    pub(crate) fn try_run_into(
        &self,
        repository: &Path,
        args: &[&str],
        limit: u64,
        out: &mut dyn Write,
    ) -> Result<(), RunError> {
        let run = self.invocation(Some(repository), args, limit).run_into(out);
        run.map_err(|error| self.scrubbed(error))
    }

    fn scrubbed(&self, error: RunError) -> RunError {
        match error {
            RunError::Exit { code, stderr } => RunError::Exit { code, stderr: scrub(&stderr, &self.secrets) },
            other => other,
        }
    }

    /// Runs git over the network, again where that may help. `remote` is the
    /// repository as it may be shown.
    pub(crate) fn over_network(
        &self,
        repository: Option<&Path>,
        args: &[&str],
        doing: &'static str,
        remote: &str,
        on_retry: &dyn Fn(&DirectError, Duration),
    ) -> Result<Vec<u8>, DirectError> {
        let mut attempt = 1;
        loop {
            let error = match self.try_run(repository, args) {
                Ok(out) => return Ok(out),
                Err(error) => name(error, doing, remote),
            };
            if !error.may_pass() || attempt >= self.retries.unreachable_attempts {
                return Err(error);
            }
            let doubled = self.retries.base.saturating_mul(1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
            let wait = doubled.min(self.retries.max);
            on_retry(&error, wait);
            if !self.stop.sleep(wait) {
                return Err(DirectError::Cancelled);
            }
            attempt += 1;
        }
    }

    fn invocation<'a>(&'a self, repository: Option<&'a Path>, args: &[&str], limit: u64) -> Invocation<'a> {
        let silence = format!("http.lowSpeedTime={}", self.silence.as_secs().max(1));
        let mut all: Vec<OsString> = Vec::new();
        for option in OPTIONS.iter().copied().chain(["http.lowSpeedLimit=1", &silence]) {
            all.extend(["-c".into(), option.into()]);
        }
        if let Some(dir) = repository {
            // Given by name, so that safe.bareRepository=explicit lets it pass.
            let mut flag = OsString::from("--git-dir=");
            flag.push(dir);
            all.push(flag);
        }
        all.extend(args.iter().map(Into::into));
        Invocation {
            program: &self.program,
            args: all,
            // Without one, in no user's repository either: its settings are not for this.
            dir: repository.or_else(|| self.program.ancestors().last()),
            environment: &self.environment,
            stdin: None,
            limit,
            timeout: self.timeout,
            interactive: false,
            stop: &self.stop,
        }
    }
}

/// In the order in which a path such as `host/repo.git` tries them.
const SCHEMES: &[&str] = &["git", "https", "http", "git+ssh", "ssh"];

/// Names a failed run.
pub(crate) fn name(error: RunError, doing: &'static str, remote: &str) -> DirectError {
    let (problem, words) = match error {
        RunError::Stopped => return DirectError::Cancelled,
        RunError::Start(e) if e.kind() == io::ErrorKind::NotFound => return DirectError::NoGit,
        RunError::Start(e) => (GitProblem::Other, format!("git cannot be started: {e}")),
        RunError::Shortage(shortage) => return DirectError::Shortage(shortage),
        RunError::Exit { stderr, .. } => (check(&stderr), summary(&stderr, remote)),
        RunError::TimedOut(after) => (GitProblem::TimedOut(after), String::new()),
        RunError::TooMuch(limit) => (GitProblem::TooMuch(limit), String::new()),
        RunError::Io(e) => (GitProblem::Other, e.to_string()),
    };
    DirectError::Git { doing, url: remote.to_owned(), problem, words }
}

/// What kind of failure git reports.
fn check(stderr: &str) -> GitProblem {
    let has = |words: &[&str]| words.iter().any(|w| stderr.contains(w));
    if has(&[
        "could not read Username",
        "could not read Password",
        "terminal prompts disabled",
        "Authentication failed",
        "Permission denied",
        "Host key verification failed",
        "returned error: 401",
        "returned error: 403",
        "returned error: 407",
    ]) {
        GitProblem::Access
    } else if has(&[
        "Could not resolve",
        "Couldn't connect",
        "Failed to connect",
        "Connection refused",
        "Connection reset",
        "Connection timed out",
        "Network is unreachable",
        "No route to host",
        "Operation timed out",
        "Operation too slow",
        "Empty reply from server",
        "early EOF",
        "unexpected disconnect",
        "hung up unexpectedly",
        "RPC failed",
        "returned error: 5",
        "returned error: 429",
        "returned error: 408",
        "SSL_ERROR_SYSCALL",
        "gnutls_handshake() failed",
        "TLS connection was non-properly terminated",
    ]) {
        GitProblem::Network
    } else if has(&[
        "repository not found",
        "Repository not found",
        "does not exist",
        "returned error: 404",
        "returned error: 410",
        "does not appear to be a git repository",
        "' not found",
    ]) {
        GitProblem::NoRepository
    } else {
        GitProblem::Other
    }
}

/// Git's complaint on one line, without what could be credentials.
fn summary(stderr: &str, remote: &str) -> String {
    let lines: Vec<&str> = stderr
        .lines()
        .map(|line| line.strip_prefix("fatal: ").unwrap_or(line).trim())
        .filter(|line| !line.is_empty() && !line.starts_with("warning: "))
        .collect();
    clean(&shown::complaint(&lines.join("; "), remote), 400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_cleaned() {
        let stderr = "warning: x\nfatal: unable to access 'https://user:s3cret@h.example/r/?t=s3cret': \
                      The requested URL returned error: 403\n";
        assert_eq!(check(stderr), GitProblem::Access);
        assert_eq!(
            summary(stderr, "https://h.example/r"),
            "unable to access 'https://h.example/r/': The requested URL returned error: 403"
        );
    }

    #[test]
    fn failures_have_names() {
        for (words, wanted) in [
            ("fatal: unable to access 'https://h/': Could not resolve host: h", GitProblem::Network),
            (
                "fatal: unable to access 'https://h/': The requested URL returned error: 503",
                GitProblem::Network,
            ),
            ("fatal: repository 'https://h/r/' not found", GitProblem::NoRepository),
            ("git@h: Permission denied (publickey).\nfatal: Could not read from remote", GitProblem::Access),
            ("fatal: could not read Username for 'https://h': terminal prompts disabled", GitProblem::Access),
            ("fatal: bad object", GitProblem::Other),
        ] {
            assert_eq!(check(words), wanted, "{words}");
        }
    }

    #[test]
    fn the_environment_names_no_other_repository() {
        let mut environment = Environment::default();
        for name in ["GIT_DIR", "GIT_TRACE_CURL", "GIT_TRACE", "GIT_CONFIG_COUNT", "GIT_TERMINAL_PROMPT"] {
            environment.set(name, "1");
        }
        let prepared = prepare(&environment);
        assert!(["GIT_DIR", "GIT_TRACE_CURL", "GIT_TRACE"].iter().all(|n| prepared.get(n).is_none()));
        assert_eq!(prepared.get("GIT_CONFIG_COUNT").unwrap(), "1");
        assert_eq!(prepared.get("GIT_TERMINAL_PROMPT").unwrap(), "1");
        assert_eq!(prepared.get("GCM_INTERACTIVE").unwrap(), "never");
    }
}
