//! `airgo doctor`: the request from the arguments, the checks as a table or a document.

use crate::Context;
use crate::args::Doctor;
use crate::page::Page;
use crate::table::Row;
use airgo_app::Result;
use airgo_app::doctor::{DoctorRequest, doctor};
use airgo_fetch::doctor::{Area, Check, Verdict};

/// Looks at everything between this machine and the modules. An error where a check
/// failed: with `--json` its document has the checks.
pub fn run(context: &Context, args: &Doctor) -> Result<()> {
    let request = DoctorRequest { dir: args.dir.clone(), network: args.network.request() };
    let examined = doctor(context, &request)?;
    if !context.printer.is_json() {
        context.printer.page(&page(&examined.checks, context.printer.width()))?;
        return examined.enforce(context);
    }
    examined.enforce(context)?;
    context.printer.document(&examined.document())
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
