//! What is between this machine and the modules that it should download.

use crate::Context;
use crate::causes::{self, Cause};
use crate::collect::downloads;
use crate::documents;
use crate::failure::{Failure, Result};
use crate::project;
use crate::quantity::count;
use crate::requests::Network;
use airgo_fetch::doctor::{Check, DoctorInput, Verdict, run};
use airgo_gomod::ModuleVersion;
use airgo_gomod::sumdb::Config;
use std::path::{Path, PathBuf};

/// What to examine.
#[derive(Clone, Debug, Default)]
pub struct DoctorRequest {
    /// A project, for a module that its proxies should have.
    pub dir: PathBuf,
    /// How to reach the network.
    pub network: Network,
}

/// What may be behind a message of go, git or airgo, the closest cause first. Nobody is
/// asked.
///
/// # Errors
/// No cause is known.
pub fn explain(message: &str) -> Result<Vec<&'static Cause>> {
    let found: Vec<&Cause> = causes::of(message).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    Err(Failure::failed("no cause of this message is known")
        .hint("airgo doctor examines the way to the modules; docs/troubleshooting.md has all known messages"))
}

/// What each check found.
#[derive(Debug)]
pub struct Examined {
    /// In the order in which they follow from each other.
    pub checks: Vec<Check>,
}

/// Examines name servers, proxies, the checksum database, the clock and this machine.
///
/// # Errors
/// A setting cannot be read. That a check fails is in the report: see
/// [`Examined::enforce`].
pub fn doctor(context: &Context, request: &DoctorRequest) -> Result<Examined> {
    let config = downloads::config(context, &request.network)?;
    let gosumdb = context.env.gosumdb();
    let sumdb = Config::parse(gosumdb.reveal()).ok().map(|c| (c.name().to_owned(), c.url));
    let mut input = DoctorInput::new(module(context, &request.dir), sumdb);
    if let Some(limit) = request.network.timeout {
        input.patience = limit;
    }
    let checks = run(&config, &input, &mut |check| {
        context.detail(format!("{}: {}", check.name, check.detail));
    });
    Ok(Examined { checks })
}

/// The module to ask for: the project's own first requirement, else one that every
/// public proxy has.
fn module(context: &Context, dir: &Path) -> ModuleVersion {
    let of_project = project::load(dir, &context.env).ok().and_then(|loaded| {
        let requires = loaded.project.mains.into_iter().flat_map(|m| m.modfile.require);
        requires.map(|r| r.module).next()
    });
    of_project.unwrap_or_else(|| ModuleVersion::new("golang.org/x/text", "v0.14.0"))
}

impl Examined {
    /// The report as a document.
    pub fn document(&self) -> documents::Doctor<'_> {
        documents::Doctor {
            causes: self.causes().into_iter().map(documents::Cause::from).collect(),
            checks: self.checks.iter().map(documents::Check::from).collect(),
            failed: self.count(Verdict::Fail),
            schema: documents::DoctorV1,
            warned: self.count(Verdict::Warn),
        }
    }

    /// A check that failed is an error, which has the report; otherwise a line says
    /// what was examined.
    ///
    /// # Errors
    /// A check failed.
    pub fn enforce(&self, context: &Context) -> Result<()> {
        let all = count(self.checks.len(), "check");
        let (failed, warned) = (self.count(Verdict::Fail), self.count(Verdict::Warn));
        if failed == 0 {
            let warned = if warned == 0 { String::new() } else { format!(", {}", count(warned, "warning")) };
            context.status("Examined", format!("{all}: none failed{warned}"));
            return Ok(());
        }
        let mut failure = Failure::failed(format!("{failed} of {all} failed"))
            .hint("fix the first one that failed; later ones often follow from it");
        for Cause { cause, section, .. } in self.causes() {
            failure = failure.hint(format!("{cause}: docs/troubleshooting.md#{section}"));
        }
        failure.report = serde_json::to_value(self.document()).ok();
        Err(failure)
    }

    /// What is known of the checks that failed, each once.
    fn causes(&self) -> Vec<&'static Cause> {
        let mut found: Vec<&Cause> = Vec::new();
        for check in self.checks.iter().filter(|check| check.verdict == Verdict::Fail) {
            let cause = causes::of_check(&check.detail);
            found.extend(cause.filter(|cause| !found.contains(cause)));
        }
        found
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }
}
