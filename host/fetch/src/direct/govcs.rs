//! GOVCS: which version-control systems may be run for which modules
//! (cmd/go vcs/vcs.go parseGOVCS and checkGOVCS).

use super::error::DirectError;
use airgo_gomod::Setting;
use airgo_gomod::module::match_prefix_patterns;

/// The parsed rules, before the default ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Govcs {
    rules: Vec<(String, Vec<String>)>,
}

impl Govcs {
    pub(crate) fn parse(govcs: &str) -> Result<Self, DirectError> {
        let bad = |what: &str, item: &str| {
            Err(DirectError::BadGovcs(format!("{what} {:?}", Setting::words(item).shown())))
        };
        let mut rules: Vec<(String, Vec<String>)> = Vec::new();
        if govcs.trim().is_empty() {
            return Ok(Self::default());
        }
        for item in govcs.split(',').map(str::trim) {
            let Some((pattern, list)) = item.split_once(':') else {
                return bad(if item.is_empty() { "empty entry" } else { "missing colon in" }, item);
            };
            let (pattern, list) = (pattern.trim(), list.trim());
            if pattern.is_empty() || list.is_empty() {
                return bad("empty pattern or list in", item);
            }
            if pattern == "." || pattern == ".." || pattern.starts_with("./") || pattern.starts_with("../") {
                return bad("relative pattern", pattern);
            }
            if rules.iter().any(|(p, _)| p == pattern) {
                return bad("unreachable pattern", item);
            }
            let allowed: Vec<String> = list.split('|').map(|a| a.trim().to_owned()).collect();
            if allowed.iter().any(String::is_empty) {
                return bad("empty name in", item);
            }
            rules.push((pattern.to_owned(), allowed));
        }
        Ok(Self { rules })
    }

    /// Whether the system may be run for a repository root; without a rule of
    /// the user's, `public:git|hg,private:all`.
    pub(crate) fn check(&self, vcs: &'static str, root: &str, goprivate: &str) -> Result<(), DirectError> {
        let private = match_prefix_patterns(goprivate, root);
        let rule = self.rules.iter().find(|(pattern, _)| match pattern.as_str() {
            "private" => private,
            "public" => !private,
            glob => match_prefix_patterns(glob, root),
        });
        let allowed = match rule {
            Some((_, allowed)) => allowed.iter().any(|a| a == vcs || a == "all"),
            None => private || matches!(vcs, "git" | "hg"),
        };
        if allowed { Ok(()) } else { Err(DirectError::Govcs { vcs, root: root.to_owned(), private }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_as_go_applies_them() {
        // From cmd/go testdata/script/govcs.txt, in our own words.
        for (govcs, vcs, root, wanted) in [
            ("", "git", "example.com/m", true),
            ("", "hg", "example.com/m", true),
            ("", "svn", "example.com/m", false),
            ("", "svn", "corp.example/m", true),
            ("public:all", "svn", "example.com/m", true),
            ("public:hg,private:git", "git", "example.com/m", false),
            ("public:hg,private:git", "git", "corp.example/m", true),
            ("*:off", "git", "example.com/m", false),
            ("example.com/a:git , *:off", "git", "example.com/a", true),
            ("example.com/a:git , *:off", "git", "example.com/b", false),
            ("private:svn|bzr", "bzr", "corp.example/m", true),
            ("private:svn|bzr", "git", "example.com/m", true),
        ] {
            let rules = Govcs::parse(govcs).unwrap();
            assert_eq!(rules.check(vcs, root, "corp.example").is_ok(), wanted, "{govcs} {vcs} {root}");
        }
    }

    #[test]
    fn malformed_rules() {
        for bad in [",", "git", "public:", ":git", "./x:git", "public:git|", "a:git,a:hg", "public:git,"] {
            assert!(Govcs::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Govcs::parse(" ").unwrap(), Govcs::default());
    }
}
