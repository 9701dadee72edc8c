//! GOAUTH's `git DIR`: asks `git credential fill` (cmd/go auth/gitauth.go).

use super::command::describe_failure;
use crate::net::credentials::{Basic, Headers};
use crate::net::process::environment::Environment;
use crate::net::process::git::prepare;
use crate::net::process::{Invocation, Stop};
use reqwest::Url;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(300);
const MAX_OUTPUT: u64 = 1 << 20;

/// What git said, to report back to it whether that was right.
pub(super) struct GitAnswer {
    dir: PathBuf,
    output: Vec<u8>,
    prefix: String,
}

impl GitAnswer {
    /// The URL that the credentials are for.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Lets git's helper keep or forget them; that is its own affair.
    pub(super) fn report(self, environment: &Environment, right: bool, stop: &Stop) {
        let action = if right { "approve" } else { "reject" };
        let _ = git(environment, &self.dir, action, self.output, stop);
    }
}

/// Asks for a URL's credentials. Git's own words are in no error.
pub(super) fn fill(
    environment: &Environment,
    dir: &Path,
    url: &str,
    stop: &Stop,
) -> Result<(GitAnswer, Headers), String> {
    let output = git(environment, dir, "fill", format!("url={url}\n").into_bytes(), stop)?;
    let (prefix, login) = parse(&String::from_utf8_lossy(&output));
    if prefix.is_empty() {
        return Err("git credential fill named no URL".to_owned());
    }
    if !url.starts_with(&prefix) {
        return Err("git credential fill gave a credential for another URL".to_owned());
    }
    Ok((GitAnswer { dir: dir.to_owned(), output, prefix }, Headers::basic(&login)))
}

fn git(
    environment: &Environment,
    dir: &Path,
    action: &str,
    stdin: Vec<u8>,
    stop: &Stop,
) -> Result<Vec<u8>, String> {
    let program = environment.find_program("git").ok_or("git is not on PATH")?;
    let invocation = Invocation {
        program: &program,
        args: vec!["credential".into(), action.into()],
        dir: Some(dir),
        environment: &prepare(environment),
        stdin: Some(stdin),
        limit: MAX_OUTPUT,
        timeout: TIMEOUT,
        interactive: true,
        stop,
    };
    invocation.run().map_err(|e| format!("git credential {action} {}", describe_failure(&e)))
}

/// The URL prefix that the answer is for, and the login.
fn parse(output: &str) -> (String, Basic) {
    let (mut scheme, mut host, mut path) = (String::new(), String::new(), String::new());
    let mut login = Basic { user: String::new(), password: String::new() };
    for (key, value) in output.split('\n').filter_map(|line| line.trim().split_once('=')) {
        match key {
            "protocol" => scheme = value.to_owned(),
            "host" => host = value.to_owned(),
            "path" => path = value.to_owned(),
            "username" => login.user = value.to_owned(),
            "password" => login.password = value.to_owned(),
            "url" => {
                if let Ok(url) = Url::parse(value) {
                    scheme = url.scheme().to_owned();
                    host = crate::net::text::host(&url);
                    path = url.path().to_owned();
                }
            }
            _ => {}
        }
    }
    if scheme.is_empty() || host.is_empty() {
        return (String::new(), login);
    }
    let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
    (format!("{scheme}://{host}{slash}{path}"), login)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_may_print() {
        let (prefix, login) =
            parse("protocol=https\nhost=h.example:8443\npath=a/b\nusername=u\npassword=p=q\n");
        assert_eq!(prefix, "https://h.example:8443/a/b");
        assert_eq!((login.user.as_str(), login.password.as_str()), ("u", "p=q"));
        assert_eq!(parse("url=https://h.example/x\nusername=u\npassword=p\n").0, "https://h.example/x");
        assert_eq!(parse("protocol=https\nhost=h.example\n").0, "https://h.example");
        assert_eq!(parse("username=u\n").0, "");
    }
}
