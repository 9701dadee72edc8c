//! A repository's address as it may be shown: its path says which one it is, and
//! may hold a token all the same, since a host's page or the user's `insteadOf`
//! can say anything.

use super::hosts;
use crate::proxyurl::words;
use airgo_gomod::address::{self, HIDDEN, without_login};

/// A repository's address.
pub(crate) struct Address {
    url: String,
    shown: String,
}

impl Address {
    /// That of a module path's root.
    pub(crate) fn new(url: &str, root: &str) -> Self {
        Self { url: url.to_owned(), shown: repository(url, root) }
    }

    /// As git gets it.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// As it may be shown.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Without user name, password and query: what go records.
    pub(super) fn origin(&self) -> String {
        without_login(&self.url)
    }

    /// Whether it holds more than a user name for ssh and what is shown: then it
    /// is in no argument and no file.
    pub(super) fn holds_secret(&self) -> bool {
        let Some((scheme, rest)) = self.url.split_once("://") else { return false };
        let login = rest.rsplit_once('@').map(|(login, _)| login);
        let login = login.is_some_and(|login| login.contains(':') || !scheme.ends_with("ssh"));
        login || rest.contains('?') || self.shown.contains(HIDDEN)
    }

    /// The words that the shown form leaves out.
    pub(super) fn left_out(&self) -> Vec<String> {
        left_out(&self.url, &self.shown)
    }
}

/// The address without user name, password and query; of its path what the
/// module path says too, and all of it on hosts whose repositories are where
/// their import paths say.
pub(super) fn repository(url: &str, root: &str) -> String {
    let plain = without_login(url);
    let Some((scheme, rest)) = plain.split_once("://") else { return HIDDEN.to_owned() };
    if hosts::is_well_known(rest) {
        return plain;
    }
    let Some((host, path)) = rest.split_once('/') else { return plain };
    let bare = |element: &str| element.strip_suffix(".git").unwrap_or(element).to_owned();
    let said: Vec<String> = root.split('/').map(bare).collect();
    let mut elements: Vec<&str> = Vec::new();
    for element in path.trim_end_matches('/').split('/') {
        let fits = element.is_empty() || said.contains(&bare(element));
        match (fits, elements.last()) {
            (true, _) => elements.push(element),
            (false, Some(&HIDDEN)) => {}
            (false, _) => elements.push(HIDDEN),
        }
    }
    format!("{scheme}://{host}/{}", elements.join("/")).trim_end_matches('/').to_owned()
}

/// The words of an address that its shown form leaves out.
pub(super) fn left_out(url: &str, shown: &str) -> Vec<String> {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let (login, rest) = after.rsplit_once('@').unwrap_or(("", after));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let secrets = words(path, Some(query)).into_iter().chain(words(&login.replace(':', "/"), None));
    secrets.filter(|word| !shown.contains(word.as_str())).collect()
}

/// Git's complaint with its addresses as they may be shown; `remote` is that of
/// the repository.
pub(super) fn complaint(text: &str, remote: &str) -> String {
    let bare = |url: &str| {
        let url = url.trim_end_matches('/');
        url.strip_suffix(".git").unwrap_or(url).to_owned()
    };
    address::in_text_but(text, &|found| {
        let plain = without_login(found);
        (bare(&plain) == bare(remote)).then_some(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_what_the_module_path_says() {
        for (url, root, wanted) in [
            ("https://go.host.example/text", "golang.example/x/text", "https://go.host.example/text"),
            ("https://u:p@g.example/TOKEN/a/b.git?t=TOKEN", "corp.example/b", "https://g.example/…/b.git"),
            ("https://g.example/a/TOKEN", "corp.example/a", "https://g.example/a/…"),
            ("https://github.com/team/b", "corp.example/b", "https://github.com/team/b"),
            ("https://github.com.evil.example/TOKEN", "corp.example/b", "https://github.com.evil.example/…"),
            ("ssh://git@g.example/b", "corp.example/b.git", "ssh://g.example/b"),
            ("https://g.example", "corp.example/b", "https://g.example"),
            ("g.example/TOKEN", "corp.example/b", "…"),
        ] {
            assert_eq!(repository(url, root), wanted, "{url}");
        }
        let url = "https://user99:s3cret@g.example/TOKEN99/a/corp-b.git?t=TOKEN98";
        let left = left_out(url, &repository(url, "corp.example/corp-b"));
        assert!(
            ["user99", "s3cret", "TOKEN99", "TOKEN98"].iter().all(|w| left.iter().any(|l| l == w)),
            "{left:?}"
        );
        assert!(!left.iter().any(|word| word == "corp-b.git"), "{left:?}");
    }

    #[test]
    fn what_git_repeats_is_disguised() {
        let without_secrets = |text| complaint(text, "https://h.example/r");
        assert_eq!(
            without_secrets("unable to access 'https://u:p@h.example/r/': 403"),
            "unable to access 'https://h.example/r/': 403"
        );
        assert_eq!(
            without_secrets("unable to access 'https://m.example/TOKEN/r/?t=TOKEN': 403"),
            "unable to access 'https://m.example/…': 403"
        );
    }
}
