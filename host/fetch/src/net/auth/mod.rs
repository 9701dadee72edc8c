//! GOAUTH: where credentials for https hosts come from (cmd/go auth/auth.go,
//! `go help goauth`).
//!
//! A `;`-separated list, the first of which has the most to say: `netrc`, the
//! default; `git DIR`, which asks `git credential fill` in an absolute
//! directory; or a command that prints URL prefixes and headers. `off` stands
//! alone. All are run once before the first https request, and once more with
//! the URL of a request that was answered with 4xx.
//!
//! Unlike the go command this sends a refused request again only if the second
//! asking brought other credentials, and asks no more than once at a time.

mod command;
pub(crate) mod error;
mod gitcredential;
mod quoted;

use crate::net::cause::Login;
use crate::net::credentials::{Credentials, Headers};
use crate::net::process::Stop;
use crate::net::process::environment::Environment;
use airgo_gomod::address::HIDDEN;
use error::AuthError;
use gitcredential::GitAnswer;
use reqwest::{Response, Url};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

/// One way to credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Method {
    Netrc,
    /// The directory in which `git credential` is run.
    Git(PathBuf),
    /// A program and its arguments.
    Command(Vec<String>),
}

/// What GOAUTH says, and what its methods have said so far.
pub(crate) struct Auth {
    methods: Result<Vec<Method>, AuthError>,
    netrc: Credentials,
    environment: Environment,
    /// Filled once all methods have been asked without a URL.
    asked: OnceCell<()>,
    /// Held while methods are asked with a URL.
    asking: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    credentials: Credentials,
    /// The methods that failed last, for an error's hint.
    failures: Vec<String>,
    /// What `git credential` gave and nobody has tried yet.
    untried: Vec<GitAnswer>,
}

impl Auth {
    /// Parses GOAUTH; empty means `netrc`. A fault is reported when the first
    /// https request is made, as Go does.
    pub(crate) fn new(goauth: &str, netrc: Credentials, environment: Environment) -> Arc<Self> {
        Arc::new(Self {
            methods: parse(if goauth.is_empty() { "netrc" } else { goauth }),
            netrc,
            environment,
            asked: OnceCell::new(),
            asking: tokio::sync::Mutex::default(),
            known: Mutex::default(),
        })
    }

    /// What to send with the first request for an https URL.
    pub(crate) async fn first(self: &Arc<Self>, url: &Url) -> Result<Headers, AuthError> {
        if url.scheme() != "https" {
            return Ok(Headers::default());
        }
        if let Err(error) = &self.methods {
            return Err(error.clone());
        }
        self.asked.get_or_init(|| self.ask(None)).await;
        Ok(self.find(url))
    }

    /// What to send after an answer with 4xx to what was sent before; none if
    /// there is nothing else to try.
    pub(crate) async fn again(
        self: &Arc<Self>,
        url: &Url,
        sent: &Headers,
        answer: &Response,
    ) -> Option<Headers> {
        let methods = self.methods.as_ref().ok()?;
        let refused = url.scheme() == "https" && answer.status().is_client_error();
        if !refused || methods.iter().all(|m| *m == Method::Netrc) {
            return None;
        }
        let answer = command::describe(answer);
        let _turn = self.asking.lock().await;
        // The one before may have asked for the same prefix.
        let other = Some(self.find(url)).filter(|found| found != sent && !found.is_empty());
        if other.is_some() {
            return other;
        }
        self.ask(Some((url.to_string(), answer))).await;
        Some(self.find(url)).filter(|found| found != sent && !found.is_empty())
    }

    /// Reports to `git credential` whether what it gave was right, as Go does after
    /// 200 and 401.
    pub(crate) fn learn(self: &Arc<Self>, url: &Url, status: u16) {
        if status != 200 && status != 401 {
            return;
        }
        let mut known = self.lock();
        if known.untried.is_empty() {
            return;
        }
        let (tried, untried) = std::mem::take(&mut known.untried)
            .into_iter()
            .partition(|a| url.as_str().starts_with(a.prefix()));
        known.untried = untried;
        drop(known);
        let (tried, this): (Vec<GitAnswer>, _) = (tried, Arc::clone(self));
        spawn_blocking(move || {
            for answer in tried {
                answer.report(&this.environment, status == 200, &Stop::default());
            }
        });
    }

    /// What was sent with a request for this address, or why nothing was.
    pub(crate) fn account(&self, url: &Url, sent: &Headers) -> Login {
        if url.scheme() != "https" {
            return Login::PlainHttp;
        }
        let methods = self.methods.as_deref().unwrap_or_default();
        let rest = url.as_str().strip_prefix("https://").unwrap_or(url.as_str());
        match methods {
            _ if !sent.is_empty() && self.netrc.find(rest) == Some(sent) => Login::Netrc,
            _ if !sent.is_empty() => Login::GoAuth,
            [] => Login::Off,
            _ if !methods.contains(&Method::Netrc) => Login::NoMethod,
            _ => self.netrc.why_not(&crate::net::text::host(url)),
        }
    }

    /// What went wrong with the methods when they were last asked.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.lock().failures.clone()
    }

    async fn ask(self: &Arc<Self>, refused: Option<(String, String)>) {
        let (this, stop) = (Arc::clone(self), Stop::default());
        let _guard = stop.on_drop();
        // A panic there leaves things as they were.
        let _ = spawn_blocking(move || this.ask_blocking(refused.as_ref(), &stop)).await;
    }

    fn ask_blocking(&self, refused: Option<&(String, String)>, stop: &Stop) {
        let (mut found, mut failures, mut untried) = (Vec::new(), Vec::new(), Vec::new());
        // From the last to the first, so that the first overwrites.
        for method in self.methods.iter().flatten().rev() {
            match (method, refused) {
                (Method::Netrc, _) => self.lock().credentials.extend(&self.netrc),
                // It can only be asked for a URL.
                (Method::Git(_), None) => {}
                (Method::Git(dir), Some((url, _))) => {
                    match gitcredential::fill(&self.environment, dir, url, stop) {
                        Ok((answer, headers)) => {
                            found.push((answer.prefix().to_owned(), headers));
                            untried.push(answer);
                        }
                        Err(why) => failures.push(format!("GOAUTH=git: {why}")),
                    }
                }
                (Method::Command(words), refused) => {
                    match command::run(&self.environment, words, refused, stop) {
                        Ok(given) => found.extend(given),
                        Err(why) => failures.push(format!("GOAUTH command {:?} {why}", name(words))),
                    }
                }
            }
            let mut known = self.lock();
            for (prefix, headers) in found.drain(..) {
                known.credentials.store(&prefix, headers);
            }
        }
        let mut known = self.lock();
        known.failures = failures;
        known.untried.append(&mut untried);
    }

    fn find(&self, url: &Url) -> Headers {
        let rest = url.as_str().strip_prefix("https://").unwrap_or(url.as_str());
        self.lock().credentials.find(rest).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A command's name without its directory and arguments.
fn name(words: &[String]) -> String {
    let program = words.first().map(Path::new).and_then(Path::file_name);
    let name = program.map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    // `TOKEN=… helper`, as a shell would have it, or an address.
    let plain = words.first().is_some_and(|word| !word.contains("://"));
    if plain && !name.contains(['=', '@', '?', ':']) { name } else { HIDDEN.to_owned() }
}

fn parse(goauth: &str) -> Result<Vec<Method>, AuthError> {
    let commands: Vec<&str> = goauth.split(';').map(str::trim).collect();
    let mut methods = Vec::new();
    for command in &commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        methods.push(match words[..] {
            [] => return Err(AuthError::Empty),
            ["off", ..] if commands.len() > 1 => return Err(AuthError::OffCombined),
            ["off", ..] => continue,
            ["netrc", ..] => Method::Netrc,
            ["git", dir] if Path::new(dir).is_absolute() && Path::new(dir).is_dir() => {
                Method::Git(dir.into())
            }
            ["git", ..] => return Err(AuthError::GitDirectory),
            [program, ..] => {
                let words = quoted::split(command).filter(|words| !words.is_empty());
                Method::Command(words.ok_or_else(|| AuthError::Quote(name(&[program.to_owned()])))?)
            }
        });
    }
    Ok(methods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_as_go_reads_them() {
        let command = |words: &[&str]| Method::Command(words.iter().map(|w| w.to_string()).collect());
        let dir = std::env::temp_dir();
        let git = format!("git {}", dir.display());
        assert_eq!(parse("netrc"), Ok(vec![Method::Netrc]));
        assert_eq!(parse("off"), Ok(vec![]));
        assert_eq!(
            parse(&format!("{git}; sso --for 'two words' ;netrc")),
            Ok(vec![Method::Git(dir), command(&["sso", "--for", "two words"]), Method::Netrc])
        );
        for (bad, wanted) in [
            ("netrc;", AuthError::Empty),
            (";", AuthError::Empty),
            ("netrc;off", AuthError::OffCombined),
            ("git", AuthError::GitDirectory),
            ("git relative", AuthError::GitDirectory),
            ("git /no/such/directory", AuthError::GitDirectory),
            ("sso --token 's3cret", AuthError::Quote("sso".to_owned())),
        ] {
            assert_eq!(parse(bad), Err(wanted), "{bad}");
        }
    }
}
