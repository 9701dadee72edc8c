//! The tests of a plugin: the component in the real sandbox, over each case,
//! compared with its golden.

use super::case::Case;
use super::component::Component;
use super::{NamedPlugin, engine, fixture_failure};
use crate::Context;
use crate::documents;
use crate::errors::disk;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::quantity::count;
use airgo_author::fixture;
use airgo_author::golden::Golden;
use airgo_model::Line;
use airgo_model::atomic::{self, Access};
use airgo_policy::LogLine;
use std::path::{Path, PathBuf};

pub use airgo_author::golden::{Difference, GOLDEN_FILE};

/// Which tests to run.
#[derive(Clone, Debug, Default)]
pub struct TestRequest {
    /// The plugin.
    pub plugin: NamedPlugin,
    /// Where the cases are; default: `tests` beside the plugin.
    pub cases: Option<PathBuf>,
    /// The names of the cases to run; none: all.
    pub only: Vec<String>,
    /// Whether what was found is written into the goldens.
    pub update: bool,
}

/// What became of the cases.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The plugin, as it was named.
    pub plugin: String,
    /// The SHA-256 of the component.
    pub sha256: String,
    /// By name.
    pub cases: Vec<TestedCase>,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct TestedCase {
    /// Its name.
    pub name: String,
    /// How it went.
    pub state: CaseState,
    /// What the plugin logged.
    pub logs: Vec<LogLine>,
}

/// How a case went.
#[derive(Clone, Debug)]
pub enum CaseState {
    /// It was found what should be found.
    Passed,
    /// What was found was written down.
    Updated,
    /// It has no golden to compare with.
    New(Vec<Difference>),
    /// Something else was found.
    Failed(Vec<Difference>),
    /// It could not be run, or its golden does not read.
    Broken(Line),
}

/// Runs the cases.
///
/// # Errors
/// The plugin cannot be opened, there are no cases, or a golden cannot be
/// written. That a case fails is in the report: see [`Tested::demand_passed`].
pub fn test(context: &Context, request: &TestRequest) -> Result<Tested> {
    let component = Component::open(context, &request.plugin)?;
    let dir = request.cases.as_deref().unwrap_or(&component.cases);
    let chosen = chosen(dir, &request.only)?;
    let engine = engine(context)?;
    let plugin = component.load(&engine, &component.limits)?;
    let mut cases = Vec::new();
    for case in &chosen {
        context.interrupt.check()?;
        let read = Case::read(context, &engine, &component, &plugin, case);
        cases.push(tested(case, read, request.update)?);
    }
    Ok(Tested { plugin: component.shown, sha256: plugin.sha256().to_owned(), cases })
}

fn chosen(dir: &Path, only: &[String]) -> Result<Vec<PathBuf>> {
    let hint = "a case is a directory with a bundle.toml; name where they are: --cases DIR";
    if !dir.is_dir() {
        return Err(Failure::failed(format!("there are no cases in {}", shown(dir))).hint(hint));
    }
    let mut cases = fixture::cases(dir).map_err(|e| fixture_failure(&e))?;
    if cases.is_empty() {
        return Err(Failure::failed(format!("there are no cases in {}", shown(dir))).hint(hint));
    }
    let names: Vec<String> = cases.iter().map(|case| name(case)).collect();
    if let Some(unknown) = only.iter().find(|wanted| !names.contains(wanted)) {
        return Err(Failure::failed(format!("there is no case {unknown} in {}", shown(dir)))
            .hint(format!("there is {}", names.join(", "))));
    }
    cases.retain(|case| only.is_empty() || only.contains(&name(case)));
    Ok(cases)
}

fn name(case: &Path) -> String {
    case.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn tested(case: &Path, read: Result<Case>, update: bool) -> Result<TestedCase> {
    let name = name(case);
    let read = match read {
        Ok(read) => read,
        Err(failure) => {
            let state = CaseState::Broken(failure.message.clone());
            return Ok(TestedCase { name, state, logs: Vec::new() });
        }
    };
    let (found, logs) = read.run();
    let file = case.join(GOLDEN_FILE);
    let wanted = match std::fs::read_to_string(&file) {
        Ok(text) => Some(Golden::parse(&text).map_err(|message| format!("{}:{message}", shown(&file)))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => Some(Err(format!("could not read {}: {e}", shown(&file)))),
    };
    let nothing = || Golden::found(Vec::new());
    let state = match wanted {
        Some(Ok(wanted)) if wanted.differences(&found).is_empty() && wanted.error == found.error => {
            CaseState::Passed
        }
        _ if update => {
            atomic::replace_in(&file, found.text().as_bytes(), Access::Private)
                .map_err(|e| disk::unwritable(&shown(&file), &e, "make its directory writable"))?;
            CaseState::Updated
        }
        Some(Ok(wanted)) => CaseState::Failed(wanted.differences(&found)),
        Some(Err(message)) => CaseState::Broken(message.into()),
        None => CaseState::New(nothing().differences(&found)),
    };
    Ok(TestedCase { name, state, logs })
}

impl Tested {
    /// How many cases failed.
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.is_fine()).count()
    }

    /// How many goldens were written.
    pub fn updated(&self) -> usize {
        self.cases.iter().filter(|case| matches!(case.state, CaseState::Updated)).count()
    }

    /// A failure, whose report has all, where a case failed.
    ///
    /// # Errors
    /// A case failed.
    pub fn demand_passed(&self) -> Result<()> {
        let failed = self.failed();
        if failed == 0 {
            return Ok(());
        }
        let mut failure = Failure::failed(format!("{failed} of {} failed", count(self.cases.len(), "case")));
        failure.report = serde_json::to_value(documents::PluginTest::from(self)).ok();
        if self.cases.iter().any(|case| matches!(case.state, CaseState::New(_) | CaseState::Failed(_))) {
            failure = failure.hint("if what was found is right, write it down: airgo plugin test --update");
        }
        Err(failure)
    }
}

impl TestedCase {
    /// Whether it passed, or was made to.
    pub fn is_fine(&self) -> bool {
        matches!(self.state, CaseState::Passed | CaseState::Updated)
    }

    /// What was found otherwise than its golden has it.
    pub fn differences(&self) -> &[Difference] {
        match &self.state {
            CaseState::New(differences) | CaseState::Failed(differences) => differences,
            CaseState::Passed | CaseState::Updated | CaseState::Broken(_) => &[],
        }
    }
}

impl From<&Tested> for documents::PluginTest {
    fn from(tested: &Tested) -> Self {
        let failed = tested.failed();
        documents::PluginTest {
            cases: tested.cases.iter().map(Into::into).collect(),
            failed,
            passed: tested.cases.len() - failed,
            plugin: tested.plugin.clone(),
            schema: documents::PluginTestV1,
            sha256: tested.sha256.clone(),
        }
    }
}

impl From<&TestedCase> for documents::TestedCase {
    fn from(case: &TestedCase) -> Self {
        let (state, message) = match &case.state {
            CaseState::Passed => (documents::CaseState::Passed, None),
            CaseState::Updated => (documents::CaseState::Updated, None),
            CaseState::New(_) => (documents::CaseState::New, None),
            CaseState::Failed(_) => (documents::CaseState::Failed, None),
            CaseState::Broken(message) => (documents::CaseState::Broken, Some(message.raw().to_owned())),
        };
        let differences = case.differences();
        documents::TestedCase {
            extra: differences.iter().filter_map(Difference::extra).map(str::to_owned).collect(),
            logs: case.logs.iter().map(|line| line.message.clone()).collect(),
            message,
            missing: differences.iter().filter_map(Difference::missing).map(str::to_owned).collect(),
            name: case.name.clone(),
            state,
        }
    }
}
