//! `airgo doctor`: the request from the arguments, the checks as a table or a document.

use crate::Context;
use crate::args::Doctor;
use crate::page::Page;
use crate::table::Row;
use airgo_app::causes::Cause;
use airgo_app::doctor::{DoctorRequest, doctor, explain};
use airgo_app::{Result, documents};
use airgo_fetch::doctor::{Area, Check, Verdict};

/// Looks at everything between this machine and the modules. An error where a check
/// failed: with `--json` its document has the checks.
pub fn run(context: &Context, args: &Doctor) -> Result<()> {
    if let Some(message) = &args.message {
        return explained(context, &explain(message)?);
    }
    let request = DoctorRequest { dir: args.dir.clone(), network: args.network.request() };
    let examined = doctor(context, &request)?;
    if !context.printer.is_json() {
        context.printer.page(&page(&examined.checks, context.printer.width()))?;
        return examined.enforce(context);
    }
    examined.enforce(context)?;
    context.printer.document(&examined.document())
}

/// What is behind a message.
fn explained(context: &Context, causes: &[&'static Cause]) -> Result<()> {
    if context.printer.is_json() {
        return context.printer.document(&documents::Doctor {
            causes: causes.iter().copied().map(documents::Cause::from).collect(),
            checks: Vec::new(),
            failed: 0,
            schema: documents::DoctorV1,
            warned: 0,
        });
    }
    let mut page = Page::default();
    for (at, cause) in causes.iter().enumerate() {
        if at > 0 {
            page.line("");
        }
        page.line(format!("cause: {}", cause.cause));
        page.line(format!("fix:   {}", cause.fix));
        page.line(format!("more:  docs/troubleshooting.md#{}", cause.section));
    }
    context.printer.page(&page)
}

fn page(checks: &[Check], width: Option<usize>) -> Page {
    let mut page = Page::default();
    page.table(&["AREA", "CHECK", "VERDICT", "TIME", "FOUND"], checks.iter().map(row), width);
    page
}

fn row(check: &Check) -> Row {
    let area = match check.area {
        Area::Dns => "dns",
        Area::HttpProxy => "http proxy",
        Area::Proxy => "goproxy",
        Area::SumDb => "checksum db",
        Area::Clock => "clock",
        Area::Machine => "machine",
    };
    let verdict = match check.verdict {
        Verdict::Ok => "ok",
        Verdict::Skipped => "skipped",
        Verdict::Warn => "WARNING",
        Verdict::Fail => "FAILED",
    };
    let cells = vec![
        area.to_owned(),
        check.name.clone(),
        verdict.to_owned(),
        check.millis.map_or_else(|| "-".to_owned(), |ms| format!("{ms}ms")),
        check.detail.clone(),
    ];
    Row { cells, note: check.fix.as_ref().map(|fix| format!("fix: {fix}")) }
}
