//! Import paths that say by themselves where the repository is: well-known
//! hosts, and paths with an element such as `repo.git` (cmd/go vcs/vcs.go
//! vcsPaths). For all others the host is asked: see `discover.rs`.

use super::error::DirectError;
use airgo_gomod::module::has_path_prefix;

/// A version-control system that Go knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vcs {
    Git,
    /// Its command and its name.
    Other(&'static str, &'static str),
    /// No repository: a module proxy.
    Mod,
}

impl Vcs {
    pub(crate) fn by_command(command: &str) -> Option<Self> {
        Some(match command {
            "git" => Self::Git,
            "mod" => Self::Mod,
            "hg" => Self::Other("hg", "Mercurial"),
            "svn" => Self::Other("svn", "Subversion"),
            "bzr" => Self::Other("bzr", "Bazaar"),
            "fossil" => Self::Other("fossil", "Fossil"),
            _ => return None,
        })
    }

    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Other(command, _) => command,
            Self::Mod => "mod",
        }
    }
}

/// Where a module's repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RepoRoot {
    pub(crate) vcs: Vcs,
    pub(crate) remote: Remote,
    /// The import path of the repository's root.
    pub(crate) root: String,
    /// The directory in the repository that `root` stands for.
    pub(crate) subdir: String,
}

/// A repository's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remote {
    Url(String),
    /// Host and path; the scheme is to be found by trying.
    AnyScheme(String),
}

/// The repository of a static import path; none where the host must be asked.
pub(crate) fn known(path: &str) -> Result<Option<RepoRoot>, DirectError> {
    let elements: Vec<&str> = path.split('/').collect();
    let bad = |reason: String| Err(DirectError::Unrecognized { path: path.to_owned(), reason });
    for host in HOSTS {
        if !has_path_prefix(path, host.prefix) {
            continue;
        }
        let prefix = host.prefix.split('/').count();
        let wanted = prefix + host.elements.len();
        let fits = elements.len() >= wanted
            && host.elements.iter().zip(&elements[prefix..]).all(|(fits, element)| fits(element))
            && (elements.len() == wanted || !host.root_only)
            && elements[wanted..].iter().all(|e| word(e));
        if !fits {
            return bad(format!("invalid {} import path", host.prefix));
        }
        let root = elements[..wanted].join("/");
        if host.no_suffix && ["hg", "git", "svn", "bzr", "fossil"].iter().any(|v| ends_with_vcs(&root, v)) {
            return bad(format!("invalid version control suffix in {}/ path", host.prefix));
        }
        let remote = Remote::Url(format!("https://{root}"));
        return Ok(Some(RepoRoot { vcs: host.vcs, remote, root, subdir: String::new() }));
    }
    Ok(by_suffix(&elements))
}

/// Whether an address without its scheme is a repository of a host that keeps
/// them where their import paths say: its path then holds nothing else.
pub(super) fn is_well_known(rest: &str) -> bool {
    matches!(known(rest), Ok(Some(RepoRoot { remote: Remote::Url(_), .. })))
}

/// A path with an element such as `repo.git`, on any host.
fn by_suffix(elements: &[&str]) -> Option<RepoRoot> {
    if !elements.first()?.contains('.') {
        return None;
    }
    for (i, element) in elements.iter().enumerate().skip(1) {
        let bare = element.strip_prefix('~').unwrap_or(element);
        if !word(bare) {
            return None;
        }
        let Some((name, suffix)) = bare.rsplit_once('.').filter(|(name, _)| !name.is_empty()) else {
            continue;
        };
        let Some(vcs) = Vcs::by_command(suffix).filter(|v| *v != Vcs::Mod) else { continue };
        let after = &elements[i + 1..];
        if name.is_empty() || !after.iter().all(|e| word(e.strip_prefix('~').unwrap_or(e))) {
            return None;
        }
        let root = elements[..=i].join("/");
        let repo = root[..root.len() - suffix.len() - 1].to_owned();
        return Some(RepoRoot { vcs, remote: Remote::AnyScheme(repo), root, subdir: String::new() });
    }
    None
}

/// A host whose repositories are where their import paths say.
struct Host {
    prefix: &'static str,
    /// What the elements between the prefix and the repository's root may be.
    elements: &'static [fn(&str) -> bool],
    vcs: Vcs,
    /// Whether the root may not end in `.git` and the like.
    no_suffix: bool,
    /// Whether nothing may follow the root.
    root_only: bool,
}

const GIT: Host = Host { prefix: "", elements: &[], vcs: Vcs::Git, no_suffix: true, root_only: false };

const HOSTS: &[Host] = &[
    Host { prefix: "github.com", elements: &[word, word], ..GIT },
    Host { prefix: "bitbucket.org", elements: &[word, word], ..GIT },
    Host { prefix: "hub.jazz.net/git", elements: &[lower, word], ..GIT },
    Host { prefix: "git.apache.org", elements: &[apache], no_suffix: false, ..GIT },
    Host { prefix: "git.openstack.org", elements: &[word, word], no_suffix: false, ..GIT },
    Host {
        prefix: "chiselapp.com/user",
        elements: &[letters, repository, word],
        vcs: Vcs::Other("fossil", "Fossil"),
        no_suffix: false,
        root_only: true,
    },
];

/// `[\w.\-]+` of Go's regular expressions.
fn word(element: &str) -> bool {
    !element.is_empty() && element.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

fn lower(element: &str) -> bool {
    !element.is_empty() && element.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn letters(element: &str) -> bool {
    !element.is_empty() && element.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn repository(element: &str) -> bool {
    element == "repository"
}

fn apache(element: &str) -> bool {
    word(element)
        && element.len() > ".git".len()
        && element.ends_with(".git")
        && !element.bytes().any(|b| b.is_ascii_uppercase())
}

fn ends_with_vcs(root: &str, vcs: &str) -> bool {
    root.strip_suffix(vcs).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Option<(String, String)> {
        let RepoRoot { remote, root, .. } = known(path).unwrap()?;
        Some((
            root,
            match remote {
                Remote::Url(url) => url,
                Remote::AnyScheme(repo) => format!("*://{repo}"),
            },
        ))
    }

    #[test]
    fn paths_as_go_reads_them() {
        let some = |root: &str, url: &str| Some((root.to_owned(), url.to_owned()));
        assert_eq!(url("github.com/u/r/sub/v2"), some("github.com/u/r", "https://github.com/u/r"));
        assert_eq!(url("bitbucket.org/u/r.x"), some("bitbucket.org/u/r.x", "https://bitbucket.org/u/r.x"));
        assert_eq!(
            url("hub.jazz.net/git/u1/r"),
            some("hub.jazz.net/git/u1/r", "https://hub.jazz.net/git/u1/r")
        );
        assert_eq!(
            url("git.apache.org/r.git/x"),
            some("git.apache.org/r.git", "https://git.apache.org/r.git")
        );
        assert_eq!(
            url("git.openstack.org/o/r"),
            some("git.openstack.org/o/r", "https://git.openstack.org/o/r")
        );
        assert_eq!(url("h.example/a/~b.git/c/v3"), some("h.example/a/~b.git", "*://h.example/a/~b"));
        assert_eq!(url("h.example/a.git.git/b.git"), some("h.example/a.git.git", "*://h.example/a.git"));
        assert_eq!(url("h.example/r.svn"), some("h.example/r.svn", "*://h.example/r"));
        for asked in
            ["h.example/r", "golang.org/x/mod", "gopkg.in/yaml.v3", "h.example/.git", "h.example/r.mod"]
        {
            assert_eq!(url(asked), None, "{asked}");
        }
        assert_eq!(known("chiselapp.com/user/u/repository/r").unwrap().unwrap().vcs.command(), "fossil");
    }

    #[test]
    fn paths_that_no_repository_can_have() {
        for bad in [
            "github.com",
            "github.com/u",
            "github.com/u/r.git",
            "bitbucket.org/u/r.hg/x",
            "github.com/u/r~x",
            "github.com/u/r/~x",
            "git.apache.org/r",
            "chiselapp.com/user/u/repository/r/x",
        ] {
            assert!(known(bad).is_err(), "{bad}");
        }
        assert_eq!(url("github.community/u/r"), None);
    }
}
