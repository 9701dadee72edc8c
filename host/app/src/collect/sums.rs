//! Holds every download against go.sum, and says what attested for it.

use crate::failure::{Failure, FailureKind};
use airgo_gomod::gosum::{GoSum, Subject, SumMismatch};
use airgo_gomod::{H1, ModuleVersion};

/// A download that go.sum says nothing about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsummed {
    /// The module, after replacement.
    pub module: ModuleVersion,
    /// Its zip or its go.mod.
    pub subject: Subject,
    /// What was downloaded.
    pub h1: H1,
}

/// The hashes that a download may have; empty where go.sum has none.
pub fn expected(sums: &GoSum, module: &ModuleVersion, subject: Subject) -> Vec<H1> {
    sums.lookup(module, subject).filter_map(|sum| sum.hash.parse().ok()).collect()
}

/// The failure for bytes that are not those of go.sum.
pub fn mismatch(error: &SumMismatch, source: &str) -> Failure {
    let what = if error.subject == Subject::GoMod { "go.mod of " } else { "" };
    Failure::new(FailureKind::Checksum, format!("checksum mismatch for {what}{}", error.module))
        .fact(format!("{}:{}", error.recorded.file, error.recorded.line), &error.recorded.hash)
        .fact("downloaded", error.downloaded.to_string())
        .fact("from", source)
        .line("the bits may have been replaced on the origin server, or an attacker may have intercepted the download")
        .hint("compare with another proxy: GOPROXY=https://<another proxy> airgo pack …")
        .hint("if go.sum is wrong, remove its line and run: go mod tidy")
}

/// The failure for downloads that nothing verifies.
pub fn missing(unsummed: &[Unsummed], sum_file: &str, why: &str) -> Failure {
    let mut failure = Failure::failed(match unsummed {
        [one] => format!("missing go.sum entry for {}{}", subject_of(one), one.module),
        many => format!("{} downloads have no go.sum entry", many.len()),
    });
    for one in unsummed.iter().take(SHOWN) {
        let suffix = if one.subject == Subject::GoMod { "/go.mod" } else { "" };
        failure = failure
            .line(format!("{sum_file} lacks: {} {}{suffix} h1:…", one.module.path, one.module.version));
    }
    if unsummed.len() > SHOWN {
        failure = failure.line(format!("and {} more", unsummed.len() - SHOWN));
    }
    failure = failure.line(why.to_owned());
    let hint = match unsummed {
        [one] => format!("to add it: go mod download {}", one.module),
        _ => "to add them: go mod tidy, or go mod download all".to_owned(),
    };
    failure.hint(hint)
}

/// How many missing lines an error names.
const SHOWN: usize = 10;

fn subject_of(one: &Unsummed) -> &'static str {
    if one.subject == Subject::GoMod { "the go.mod of " } else { "" }
}
