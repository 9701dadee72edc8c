//! Asking a host where a module's repository is: `https://path?go-get=1`
//! (cmd/go vcs/vcs.go repoRootForImportDynamic, web/http.go get).

use super::Run;
use super::error::DirectError;
use super::hosts::{Remote, RepoRoot, Vcs, known};
use super::web::{self, NoPage, Page};
use airgo_gomod::address::in_text;
use airgo_gomod::goimport::{self, GoImport};
use airgo_gomod::module::match_prefix_patterns;
use reqwest::Url;

impl Run<'_> {
    /// Finds a module's repository (RepoRootForImportPath), and holds GOVCS
    /// against it.
    pub(super) async fn repo_root(&self, path: &str) -> Result<RepoRoot, DirectError> {
        let govcs = self.direct.govcs.as_ref().map_err(Clone::clone)?;
        let root = match known(path)? {
            Some(root) => root,
            None => self.ask_host(path).await?,
        };
        if root.vcs != Vcs::Mod {
            govcs.check(root.vcs.command(), &root.root, self.engine.config.goprivate.reveal())?;
        }
        Ok(root)
    }

    async fn ask_host(&self, path: &str) -> Result<RepoRoot, DirectError> {
        let bad = |reason: String| DirectError::Unrecognized { path: path.to_owned(), reason };
        let none = |page: NoPage| match page.unreached {
            true => DirectError::Unreached { path: path.to_owned(), reason: page.why },
            false => bad(page.why),
        };
        let page = self.go_get(path).await.map_err(none)?;
        let found = goimport::find(&page.imports, path);
        let found = found.map_err(|why| match page.status {
            200 => bad(format!("{}: {why}", page.shown)),
            status => bad(format!("{} answered {}", page.shown, web::status_text(status))),
        })?;
        if found.prefix != path {
            // Whoever serves a path may not speak for the whole of it: its root must say the same.
            let root = self.go_get(&found.prefix).await.map_err(none)?;
            if goimport::find(&root.imports, path).as_ref() != Ok(&found) {
                let why = format!(
                    "{} and {} disagree about go-import for {}",
                    page.shown, root.shown, found.prefix
                );
                return Err(bad(why));
            }
        }
        check(&found).map_err(|why| bad(format!("{}: {why}", page.shown)))
    }

    async fn go_get(&self, path: &str) -> Result<Page, NoPage> {
        let host = path.split('/').next().unwrap_or_default();
        if !host.contains('.') {
            return Err("import path does not begin with hostname".to_owned().into());
        }
        let slash = if path == host { "/" } else { "" };
        let url = Url::parse(&format!("https://{path}{slash}?go-get=1")).map_err(|e| e.to_string())?;
        let insecure = match_prefix_patterns(self.engine.config.goinsecure.reveal(), path);
        self.direct.pages.get(self.engine, &url, insecure).await
    }
}

/// What a tag says, if it may say so (validateRepoRoot, validateRepoSubDir).
fn check(found: &GoImport) -> Result<RepoRoot, String> {
    let GoImport { prefix, vcs, repo, subdir } = found;
    if subdir.starts_with(['/', '-']) || subdir.chars().any(char::is_control) {
        return Err(format!("invalid subdirectory {:?}", in_text(subdir)));
    }
    let url = Url::parse(repo).map_err(|_| "the repository's address is not a URL".to_owned())?;
    if url.scheme() == "file" {
        return Err("a repository's address may not be a file".to_owned());
    }
    let vcs =
        Vcs::by_command(vcs).ok_or_else(|| format!("unknown version-control system {:?}", in_text(vcs)))?;
    let remote = Remote::Url(repo.clone());
    Ok(RepoRoot { vcs, remote, root: prefix.clone(), subdir: subdir.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_may_not_say_what_they_say() {
        let tag = |vcs: &str, repo: &str, subdir: &str| {
            let [prefix, vcs, repo, subdir] = ["h.example/m", vcs, repo, subdir].map(str::to_owned);
            check(&GoImport { prefix, vcs, repo, subdir })
        };
        assert!(tag("git", "https://h.example/r", "a/b").is_ok());
        assert!(tag("mod", "http://h.example/r", "").is_ok());
        for (vcs, repo, subdir) in [
            ("git", "file:///etc", ""),
            ("mod", "file:///etc", ""),
            ("git", "h.example/r", ""),
            ("cvs", "https://h.example/r", ""),
            ("git", "https://h.example/r", "/a"),
            ("git", "https://h.example/r", "--output=x"),
            ("git", "https://h.example/r", "a\u{0}b"),
        ] {
            assert!(tag(vcs, repo, subdir).is_err(), "{vcs} {repo} {subdir}");
        }
        // Credentials are in no text.
        assert!(!tag("git", "https://u:s3cret@", "").unwrap_err().contains("s3cret"));
    }
}
