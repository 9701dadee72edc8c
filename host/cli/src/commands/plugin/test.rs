//! `airgo plugin test`: the component in the real sandbox, over each case,
//! held against its golden.

use super::case::Case;
use super::{Component, engine, fixture_failure};
use crate::Context;
use crate::args::PluginTest;
use crate::page::Page;
use airgo_app::documents;
use airgo_app::errors::disk;
use airgo_app::paths::shown;
use airgo_app::quantity::{count, duration};
use airgo_app::{Failure, Result};
use airgo_author::fixture;
use airgo_author::golden::{Difference, GOLDEN_FILE, Golden};
use airgo_model::Line;
use airgo_model::atomic::{self, Access};
use airgo_policy::LogLine;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How many lines of one case's difference are shown; `--json` has all.
const SHOWN: usize = 40;

/// What became of a case.
struct Outcome {
    name: String,
    state: State,
    logs: Vec<LogLine>,
}

enum State {
    Passed,
    Updated,
    /// There is no golden to hold it against.
    New(Vec<Difference>),
    Failed(Vec<Difference>),
    /// It could not be run, or its golden does not read.
    Broken(Line),
}

/// Runs the cases and prints what became of each.
pub fn run(context: &Context, args: &PluginTest) -> Result<()> {
    let started = Instant::now();
    let component = Component::open(context, &args.plugin, &args.limits)?;
    let dir = args.cases.as_deref().unwrap_or(&component.cases);
    let cases = chosen(dir, &args.only)?;
    let engine = engine(context)?;
    let plugin = component.load(&engine, &component.limits)?;
    let mut outcomes = Vec::new();
    for case in &cases {
        context.interrupt.check()?;
        let read = Case::read(context, &engine, &component, &plugin, case);
        outcomes.push(outcome(case, read, args.update)?);
    }
    let failed = outcomes.iter().filter(|o| !o.is_fine()).count();
    let document = document(&component, plugin.sha256(), &outcomes, failed);
    if !context.printer.is_json() {
        let mut page = Page::default();
        outcomes.iter().for_each(|outcome| outcome.add(&mut page, context.printer.is_verbose()));
        context.printer.page(&page)?;
    } else if failed == 0 {
        context.printer.document(&document)?;
    }
    if failed == 0 {
        let updated = outcomes.iter().filter(|o| matches!(o.state, State::Updated)).count();
        let mut tested = format!("{} over {}", component.shown, count(outcomes.len(), "case"));
        if updated > 0 {
            let _ = write!(tested, ", {} written", count(updated, "golden"));
        }
        context.printer.status("Tested", format!("{tested} in {}", duration(started.elapsed())));
        return Ok(());
    }
    let mut failure = Failure::failed(format!("{failed} of {} failed", count(outcomes.len(), "case")));
    failure.report = serde_json::to_value(document).ok();
    if outcomes.iter().any(|o| matches!(o.state, State::New(_) | State::Failed(_))) {
        failure = failure.hint("if what was found is right, write it down: airgo plugin test --update");
    }
    Err(failure)
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

fn outcome(case: &Path, read: Result<Case>, update: bool) -> Result<Outcome> {
    let name = name(case);
    let read = match read {
        Ok(read) => read,
        Err(failure) => {
            let state = State::Broken(failure.message.clone());
            return Ok(Outcome { name, state, logs: Vec::new() });
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
            State::Passed
        }
        _ if update => {
            atomic::replace_in(&file, found.text().as_bytes(), Access::Private)
                .map_err(|e| disk::unwritable(&shown(&file), &e, "make its directory writable"))?;
            State::Updated
        }
        Some(Ok(wanted)) => State::Failed(wanted.differences(&found)),
        Some(Err(message)) => State::Broken(message.into()),
        None => State::New(nothing().differences(&found)),
    };
    Ok(Outcome { name, state, logs })
}

impl Outcome {
    fn is_fine(&self) -> bool {
        matches!(self.state, State::Passed | State::Updated)
    }

    fn add(&self, page: &mut Page, verbose: bool) {
        let (word, differences) = match &self.state {
            State::Passed => ("ok", None),
            State::Updated => ("written", None),
            State::New(differences) => ("NEW", Some(differences)),
            State::Failed(differences) => ("FAILED", Some(differences)),
            State::Broken(_) => ("BROKEN", None),
        };
        page.line(format!("{word:8} {}", self.name));
        match &self.state {
            State::Passed | State::Updated => (),
            State::New(_) => page.line(format!("    it has no {GOLDEN_FILE}; what was found (+):")),
            State::Failed(_) => page.line("    wanted and not found (-), found and not wanted (+):"),
            State::Broken(message) => page.line(format!("    {message}")),
        }
        let differences = differences.map(Vec::as_slice).unwrap_or_default();
        for difference in differences.iter().take(SHOWN) {
            let (sign, line) = match difference {
                Difference::Missing(line) => ('-', line),
                Difference::Extra(line) => ('+', line),
            };
            page.line(format!("    {sign} {line}"));
        }
        if differences.len() > SHOWN {
            page.line(format!("    and {} more; --json has all", differences.len() - SHOWN));
        }
        if verbose || !self.is_fine() {
            for line in &self.logs {
                page.line(format!("    log: {}", line.message));
            }
        }
    }

    fn document(&self) -> documents::TestedCase {
        use documents::CaseState;
        let (state, message, differences) = match &self.state {
            State::Passed => (CaseState::Passed, None, [].as_slice()),
            State::Updated => (CaseState::Updated, None, [].as_slice()),
            State::New(differences) => (CaseState::New, None, differences.as_slice()),
            State::Failed(differences) => (CaseState::Failed, None, differences.as_slice()),
            State::Broken(message) => (CaseState::Broken, Some(message.raw().to_owned()), [].as_slice()),
        };
        documents::TestedCase {
            extra: differences.iter().filter_map(Difference::extra).map(str::to_owned).collect(),
            logs: self.logs.iter().map(|line| line.message.clone()).collect(),
            message,
            missing: differences.iter().filter_map(Difference::missing).map(str::to_owned).collect(),
            name: self.name.clone(),
            state,
        }
    }
}

fn document(
    component: &Component,
    sha256: &str,
    outcomes: &[Outcome],
    failed: usize,
) -> documents::PluginTest {
    documents::PluginTest {
        cases: outcomes.iter().map(Outcome::document).collect(),
        failed,
        passed: outcomes.len() - failed,
        plugin: component.shown.clone(),
        schema: documents::PluginTestV1,
        sha256: sha256.to_owned(),
    }
}
