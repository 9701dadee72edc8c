//! `airgo plugin inspect`: what a component is, as a document or for people.

use super::named;
use crate::Context;
use crate::args::PluginInspect;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::authoring::inspect::{Inspected, inspect};
use airgo_app::documents;
use airgo_app::quantity::bytes;
use airgo_policy::Description;
use airgo_policy::prescan::SPEAKS;
use serde_json::Value;

/// Prints what is known; a plugin that this airgo does not run is a failure
/// that says why.
pub fn run(context: &Context, args: &PluginInspect) -> Result<()> {
    let inspected = inspect(context, &named(context, &args.plugin, &args.limits))?;
    if !context.printer.is_json() {
        context.printer.page(&page(&inspected, context.printer.width()))?;
    }
    // With --json what is known is in the document of the failure.
    inspected.demand_runs()?;
    if context.printer.is_json() {
        context.printer.document(&documents::PluginInspect::from(&inspected))?;
    }
    Ok(())
}

fn page(inspected: &Inspected, width: Option<usize>) -> Page {
    let Inspected { shown, size, sha256, outline, described } = inspected;
    let mut out = Page::default();
    if let Ok(description) = described {
        out.line(format!("plugin     {} {}", description.name, description.version));
        out.line(format!("summary    {}", description.summary));
    }
    out.line(format!("file       {shown} ({})", bytes(*size)));
    let sha256 = sha256.as_deref().unwrap_or("- (too large to read whole)");
    out.line(format!("sha256     {sha256}"));
    let interface = outline.version.map_or("none".to_owned(), |version| format!("airgo:policy@{version}"));
    out.line(format!("interface  {interface}; this airgo speaks {SPEAKS}"));
    let runs = match described {
        Ok(_) => "yes".to_owned(),
        Err(err) => format!("no: it {err}"),
    };
    out.line(format!("runs here  {runs}"));
    for (label, names) in [("imports", &outline.imports), ("exports", &outline.exports)] {
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        out.line(format!("{label:9}  {names}"));
    }
    out.line(format!("code       {} in {} functions", bytes(outline.code_bytes), outline.functions));
    if let Ok(description) = described {
        add_description(&mut out, description, width);
    }
    out
}

fn add_description(out: &mut Page, description: &Description, width: Option<usize>) {
    let rules = description.rules.iter().map(|rule| vec![rule.id.clone(), rule.summary.clone()].into());
    out.blank();
    out.table(&["RULE", "SUMMARY"], rules, width);
    if !description.data.is_empty() {
        let needs = description.data.iter().map(|need| {
            let needed = if need.required { "required" } else { "optional" };
            vec![need.name.clone(), needed.to_owned(), need.summary.clone()].into()
        });
        out.blank();
        out.table(&["DATA", "NEEDED", "SUMMARY"], needs, width);
    }
    // It has been read as JSON before it was accepted.
    let schema: Value = serde_json::from_str(&description.config_schema).unwrap_or_default();
    let pretty = serde_json::to_string_pretty(&schema).unwrap_or_default();
    out.blank();
    out.line("config schema");
    for line in pretty.lines() {
        out.line(format!("  {line}"));
    }
}
