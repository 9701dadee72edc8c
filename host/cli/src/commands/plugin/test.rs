//! `airgo plugin test`: the request from the arguments, what became of each case.

use super::named;
use crate::Context;
use crate::args::PluginTest;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::authoring::test::{CaseState, Difference, GOLDEN_FILE, TestRequest, Tested, TestedCase, test};
use airgo_app::documents;
use airgo_app::quantity::{count, duration};
use std::fmt::Write as _;
use std::time::Instant;

/// How many lines of one case's difference are shown; `--json` has all.
const SHOWN: usize = 40;

/// Runs the cases and prints what became of each.
pub fn run(context: &Context, args: &PluginTest) -> Result<()> {
    let started = Instant::now();
    let request = TestRequest {
        plugin: named(context, &args.plugin, &args.limits),
        cases: args.cases.clone(),
        only: args.only.clone(),
        update: args.update,
    };
    let tested = test(context, &request)?;
    if !context.printer.is_json() {
        let mut page = Page::default();
        tested.cases.iter().for_each(|case| add(&mut page, case, context.printer.is_verbose()));
        context.printer.page(&page)?;
    }
    // With --json what failed is in the document of the failure.
    tested.demand_passed()?;
    if context.printer.is_json() {
        context.printer.document(&documents::PluginTest::from(&tested))?;
    }
    context.printer.status("Tested", format!("{} in {}", summary(&tested), duration(started.elapsed())));
    Ok(())
}

fn summary(tested: &Tested) -> String {
    let mut summary = format!("{} over {}", tested.plugin, count(tested.cases.len(), "case"));
    match tested.updated() {
        0 => {}
        updated => {
            let _ = write!(summary, ", {} written", count(updated, "golden"));
        }
    }
    summary
}

fn add(page: &mut Page, case: &TestedCase, verbose: bool) {
    let word = match &case.state {
        CaseState::Passed => "ok",
        CaseState::Updated => "written",
        CaseState::New(_) => "NEW",
        CaseState::Failed(_) => "FAILED",
        CaseState::Broken(_) => "BROKEN",
    };
    page.line(format!("{word:8} {}", case.name));
    match &case.state {
        CaseState::Passed | CaseState::Updated => (),
        CaseState::New(_) => page.line(format!("    it has no {GOLDEN_FILE}; what was found (+):")),
        CaseState::Failed(_) => page.line("    wanted and not found (-), found and not wanted (+):"),
        CaseState::Broken(message) => page.line(format!("    {message}")),
    }
    let differences = case.differences();
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
    if verbose || !case.is_fine() {
        for line in &case.logs {
            page.line(format!("    log: {}", line.message));
        }
    }
}
