//! What go refuses of one or several projects, as one failure.

use super::problem::{Problem, ProblemKind};
use crate::failure::Failure;
use crate::quantity::count;
use std::collections::BTreeSet;

/// How many problems `airgo pack` names.
pub const SHOWN: usize = 10;

/// How many commands a failure names one by one.
const COMMANDS: usize = 3;

/// Problems as they are reported.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// What go refuses; not empty.
    pub problems: &'a [Problem],
    /// How many of them are named.
    pub shown: usize,
    /// What to do about many problems of the project's own files.
    pub many: &'a str,
}

impl Refusal<'_> {
    /// The failure: the sentence is `what` and either the one problem or how many.
    pub fn failure(&self, what: &str) -> Failure {
        let mut failure = Failure::failed(match self.problems {
            [one] => format!("{what}: {}", one.message),
            many => format!("{what}: {}", count(many.len(), "problem")),
        });
        let named = self.problems.iter().take(self.shown);
        for line in named.clone().flat_map(Problem::lines) {
            failure = failure.line(line);
        }
        if self.problems.len() > self.shown {
            failure = failure.line(format!("and {} more", self.problems.len() - self.shown));
        }
        let commands: BTreeSet<&str> =
            self.problems.iter().flat_map(|problem| &problem.fixes).map(String::as_str).collect();
        if commands.len() > COMMANDS {
            failure = failure.hint(format!("to fix them: {}", self.many));
        } else {
            for command in commands {
                failure = failure.hint(format!("to fix it: {command}"));
            }
        }
        if self.problems.iter().any(|problem| problem.kind == ProblemKind::OwnPackage) {
            failure = failure.hint("a package that is generated has to be there: generate it first");
        }
        if named.clone().any(|problem| !problem.platforms.is_empty()) {
            failure = failure.hint(
                "--platform OS/ARCH names what it is built for; problems on other platforms are ignored",
            );
        }
        failure
    }
}
