//! What can go wrong on the way to a module's own repository. Addresses are
//! shown as `shown.rs` has it; git's words are cleaned.

use crate::net::cause::on_disk;
use airgo_gomod::ModuleVersion;
use airgo_gomod::address::HIDDEN;
use airgo_gomod::pseudo::{is_pseudo_version, pseudo_version_rev};
use airgo_model::shortage::Shortage;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why git gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitProblem {
    /// It asks for a user name and password, or refuses those it got.
    Access,
    /// There is no such repository.
    NoRepository,
    /// The name does not resolve, nobody answers, the transfer breaks off.
    Network,
    /// It took too long.
    TimedOut(Duration),
    /// It sent more than so many bytes.
    TooMuch(u64),
    /// Anything else.
    Other,
}

/// Why a module could not be had from its own repository.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectError {
    /// There is no git to run.
    #[error("git is not on PATH, and the module must come from its own repository")]
    NoGit,

    /// The system starts no git, or no thread to read what it says.
    #[error("cannot run git: {0}")]
    Shortage(Shortage),

    /// GOVCS itself is malformed.
    #[error("bad GOVCS: {0}")]
    BadGovcs(String),

    /// GOVCS forbids the version-control system for this module (cmd/go vcs/vcs.go checkGOVCS).
    #[error("GOVCS disallows using {vcs} for {} {root}", if *private { "private" } else { "public" })]
    Govcs {
        /// Its command: `git`, `hg` and so on.
        vcs: &'static str,
        /// The import path of the repository's root.
        root: String,
        /// Whether that matches GOPRIVATE.
        private: bool,
    },

    /// The host of the module path cannot be asked where the repository is.
    #[error("unrecognized import path {path:?}: {reason}")]
    Unreached {
        /// The module path.
        path: String,
        /// What was asked, and why nobody answered.
        reason: String,
    },

    /// The repository is not git.
    #[error("{root} is kept in {vcs}, and airgo fetches from git repositories only")]
    OtherVcs {
        /// `Mercurial` and the like.
        vcs: &'static str,
        /// The import path of the repository's root.
        root: String,
    },

    /// Nothing says where the repository is.
    #[error("unrecognized import path {path:?}: {reason}")]
    Unrecognized {
        /// The import path.
        path: String,
        /// Why.
        reason: String,
    },

    /// A repository address whose scheme is not allowed.
    #[error("{root} points to the repository {url}, and {scheme}:// is not allowed")]
    Scheme {
        /// The import path of the repository's root.
        root: String,
        /// The address.
        url: String,
        /// Its scheme.
        scheme: String,
    },

    /// git failed.
    #[error("{}", git_text(doing, url, problem, words))]
    Git {
        /// What it was to do: `read the tags of`, `fetch from`.
        doing: &'static str,
        /// The repository.
        url: String,
        /// What kind of failure.
        problem: GitProblem,
        /// Its own words, on one line; may be empty.
        words: String,
    },

    /// No tag, branch or commit of that name.
    #[error("unknown revision {rev} in {url}")]
    UnknownRevision {
        /// The tag or commit.
        rev: String,
        /// The repository.
        url: String,
    },

    /// The revision is there, but is not this version.
    #[error("invalid version: {0}")]
    InvalidVersion(String),

    /// go.mod is not where it must be, or is another module's.
    #[error("{0}")]
    Layout(String),

    /// The module breaks the rules for module zips.
    #[error("bad module: {0}")]
    BadModule(String),

    /// More bytes than Go accepts.
    #[error("{what} has more than the limit of {limit} bytes")]
    TooLarge {
        /// Of what.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },

    /// A file of the repository cache cannot be used.
    #[error("cannot {doing} {}: {source}", path.display())]
    Disk {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The system's words.
        source: Arc<io::Error>,
    },

    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl DirectError {
    /// Whether another try may help.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Git { problem: GitProblem::Network, .. })
    }

    /// Whether the version is not there, as Go's fs.ErrNotExist tells.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::Unrecognized { .. }
                | Self::Unreached { .. }
                | Self::UnknownRevision { .. }
                | Self::Layout(_)
                | Self::Git { problem: GitProblem::NoRepository, .. }
        )
    }

    /// What to try for this module, if there is something to try; `private`
    /// says that GOPRIVATE or GONOPROXY lets no proxy be asked.
    pub fn hint(&self, module: &ModuleVersion, private: bool) -> Option<String> {
        let path = &module.path;
        let proxy = || match private {
            false => format!("put a proxy that has {path} before direct in GOPROXY"),
            true => format!("set GONOPROXY=none and put a proxy that has {path} into GOPROXY"),
        };
        let text = match self {
            Self::Shortage(shortage) => shortage.hint().to_owned(),
            Self::NoGit => format!("install git, or {}", proxy()),
            Self::BadGovcs(_) => "GOVCS is a list such as public:git,private:all; see go help vcs".to_owned(),
            Self::Govcs { vcs, root, .. } => {
                format!("allow it: GOVCS={root}:{vcs}, or {}", proxy())
            }
            Self::OtherVcs { .. } => {
                format!("{}; a proxy such as Athens speaks every version-control system", proxy())
            }
            Self::Unreached { path, .. } => {
                let host = path.split('/').next().unwrap_or_default();
                format!(
                    "check the name {host}, and that this machine reaches it: HTTPS_PROXY if this network needs one; else {}",
                    proxy()
                )
            }
            Self::Unrecognized { .. } => {
                format!("check the module path; if the path is right, {}", proxy())
            }
            Self::Scheme { scheme, .. } => {
                format!("allow it for git: GIT_ALLOW_PROTOCOL=https:ssh:{scheme}, or {}", proxy())
            }
            Self::Git { problem: GitProblem::Access, url, .. } => format!(
                "git must be able to log in without asking: try {}; a credential helper, ~/.netrc or an ssh key \
                 does it",
                ls_remote(url, path)
            ),
            Self::Git { problem: GitProblem::NoRepository, url, .. } => format!(
                "check the module path; a private repository may look missing to who is not logged in: try {}",
                ls_remote(url, path)
            ),
            Self::Git { problem: GitProblem::Network | GitProblem::TimedOut(_), .. } => format!(
                "check that this machine reaches the repository; git takes its proxy from https_proxy or \
                 http.proxy; else {}",
                proxy()
            ),
            Self::InvalidVersion(_) if is_pseudo_version(&module.version) => {
                let rev = pseudo_version_rev(&module.version).unwrap_or(&module.version);
                format!(
                    "if the commit is right, the time or the base of the pseudo-version in go.mod is not: \
                     go get {path}@{rev} writes the right one"
                )
            }
            Self::UnknownRevision { .. } | Self::InvalidVersion(_) => {
                "check the version in go.mod against the repository's tags".to_owned()
            }
            Self::BadModule(_) | Self::TooLarge { .. } => format!(
                "go cannot use this version: require another one (go list -m -versions {path} lists them), or ask \
                 the module's authors for one without the fault"
            ),
            Self::Disk { doing, source, .. } => return on_disk(doing, source),
            Self::Git { .. } | Self::Layout(_) | Self::Cancelled => return None,
        };
        Some(text)
    }
}

/// The command that shows what git makes of a repository.
fn ls_remote(url: &str, path: &str) -> String {
    match url.contains(HIDDEN) {
        false => format!("git ls-remote {url}"),
        true => format!("git ls-remote with the address that https://{path}?go-get=1 tells"),
    }
}

fn git_text(doing: &str, url: &str, problem: &GitProblem, words: &str) -> String {
    let what = match problem {
        GitProblem::Access => "access was refused".to_owned(),
        GitProblem::NoRepository => "there is no such repository".to_owned(),
        GitProblem::Network => "the connection failed".to_owned(),
        GitProblem::TimedOut(after) => format!("it took longer than {} s", after.as_secs()),
        GitProblem::TooMuch(limit) => format!("it sent more than the limit of {limit} bytes"),
        GitProblem::Other => "git failed".to_owned(),
    };
    let colon = if words.is_empty() { "" } else { ": " };
    format!("could not {doing} {url}: {what}{colon}{words}")
}
