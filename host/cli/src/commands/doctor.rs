//! `airgo doctor`: what a failing download never tells.

use crate::Context;
use crate::args::Doctor;
use crate::page::Page;
use crate::table::Row;
use airgo_app::collect::downloads;
use airgo_app::documents;
use airgo_app::project;
use airgo_app::quantity::count;
use airgo_app::{Failure, Result};
use airgo_fetch::doctor::{Area, Check, DoctorInput, Verdict, run as examine};
use airgo_gomod::ModuleVersion;
use airgo_gomod::sumdb::Config;

/// Looks at everything between this machine and the modules; a table, or one
/// JSON document. An error where a check failed.
pub fn run(context: &Context, args: &Doctor) -> Result<()> {
    let config = downloads::config(context, &args.network.request())?;
    let gosumdb = context.env.gosumdb();
    let sumdb = Config::parse(gosumdb.reveal()).ok().map(|c| (c.name().to_owned(), c.url));
    let mut input = DoctorInput::new(module(context, args), sumdb);
    if let Some(limit) = args.network.timeout {
        input.patience = limit;
    }
    let checks = examine(&config, &input, &mut |check| {
        context.printer.detail(format!("{}: {}", check.name, check.detail));
    });
    let failed = checks.iter().filter(|c| c.verdict == Verdict::Fail).count();
    let warned = checks.iter().filter(|c| c.verdict == Verdict::Warn).count();
    if context.printer.is_json() {
        let document = documents::Doctor {
            checks: checks.iter().map(documents::Check::from).collect(),
            failed,
            schema: documents::DoctorV1,
            warned,
        };
        // Of a failure the checks stand in its own document.
        if failed == 0 {
            context.printer.document(&document)?;
        } else {
            let mut failure = verdict(failed, checks.len());
            failure.report = serde_json::to_value(document).ok();
            return Err(failure);
        }
    } else {
        context.printer.page(&page(&checks, context.printer.width()))?;
    }
    if failed > 0 {
        return Err(verdict(failed, checks.len()));
    }
    let warned = if warned == 0 { String::new() } else { format!(", {}", count(warned, "warning")) };
    context.printer.status("Examined", format!("{}: none failed{warned}", count(checks.len(), "check")));
    Ok(())
}

fn verdict(failed: usize, of: usize) -> Failure {
    Failure::failed(format!("{failed} of {} failed", count(of, "check")))
        .hint("fix the first one that failed; later ones often follow from it")
}

/// The module to ask for: the project's own first requirement, else one that
/// every public proxy has.
fn module(context: &Context, args: &Doctor) -> ModuleVersion {
    let of_project = project::load(&args.dir, &context.env).ok().and_then(|loaded| {
        let requires = loaded.project.mains.into_iter().flat_map(|m| m.modfile.require);
        requires.map(|r| r.module).next()
    });
    of_project.unwrap_or_else(|| ModuleVersion::new("golang.org/x/text", "v0.14.0"))
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
