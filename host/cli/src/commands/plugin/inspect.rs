//! `airgo plugin inspect`: what a component is. It is run for as long as
//! `describe` takes, within its limits; what cannot be run is shown as far as
//! its sections go.

use super::{Component, engine};
use crate::Context;
use crate::args::PluginInspect;
use crate::page::Page;
use airgo_app::documents;
use airgo_app::paths::argument;
use airgo_app::quantity::bytes;
use airgo_app::{Failure, Result};
use airgo_policy::prescan::{self, Outline, SPEAKS};
use airgo_policy::{Description, PluginError};
use serde_json::Value;
use std::path::Path;

/// Prints what is known; a plugin that this airgo does not run is a failure
/// that says why.
pub fn run(context: &Context, args: &PluginInspect) -> Result<()> {
    if Path::new(&args.plugin).is_dir() {
        return Err(Failure::failed(format!("{} is a directory, not a component", args.plugin))
            .hint(format!("build it first: airgo plugin build {}", argument(Path::new(&args.plugin)))));
    }
    let component = Component::open(context, &args.plugin, &args.limits)?;
    let outline = prescan::outline(&component.bytes, &component.limits);
    let described = match &outline.refused {
        Some(refused) => Err(refused.clone()),
        None => match engine(context)?.load(&component.bytes, &component.limits) {
            Ok(plugin) => Ok(plugin.describe().clone()),
            Err(err) => Err(err),
        },
    };
    // Of a file beyond the limit only the beginning was read.
    let whole = component.size == component.bytes.len() as u64;
    let sha256 = whole.then(|| airgo_bundle::Sha256::of(&component.bytes).to_string());
    let subject = Inspected { component: &component, outline, sha256, described };
    if context.printer.is_json() {
        if subject.described.is_ok() {
            context.printer.document(&subject.document())?;
        }
    } else {
        context.printer.page(&subject.page(context.printer.width()))?;
    }
    match &subject.described {
        Ok(_) => Ok(()),
        Err(err) => {
            let mut failure = component.failed(err);
            failure.report = serde_json::to_value(subject.document()).ok();
            Err(failure)
        }
    }
}

struct Inspected<'a> {
    component: &'a Component,
    outline: Outline,
    sha256: Option<String>,
    described: std::result::Result<Description, PluginError>,
}

impl Inspected<'_> {
    fn interface(&self) -> Option<String> {
        self.outline.version.map(|version| format!("airgo:policy@{version}"))
    }

    fn page(&self, width: Option<usize>) -> Page {
        let mut out = Page::default();
        if let Ok(description) = &self.described {
            out.line(format!("plugin     {} {}", description.name, description.version));
            out.line(format!("summary    {}", description.summary));
        }
        out.line(format!("file       {} ({})", self.component.shown, bytes(self.component.size)));
        let sha256 = self.sha256.as_deref().unwrap_or("- (too large to read whole)");
        out.line(format!("sha256     {sha256}"));
        let interface = self.interface().unwrap_or_else(|| "none".to_owned());
        out.line(format!("interface  {interface}; this airgo speaks {SPEAKS}"));
        let runs = match &self.described {
            Ok(_) => "yes".to_owned(),
            Err(err) => format!("no: it {err}"),
        };
        out.line(format!("runs here  {runs}"));
        for (label, names) in [("imports", &self.outline.imports), ("exports", &self.outline.exports)] {
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            out.line(format!("{label:9}  {names}"));
        }
        out.line(format!(
            "code       {} in {} functions",
            bytes(self.outline.code_bytes),
            self.outline.functions
        ));
        if let Ok(description) = &self.described {
            described(&mut out, description, width);
        }
        out
    }

    fn document(&self) -> documents::PluginInspect<'_> {
        documents::PluginInspect {
            code_bytes: self.outline.code_bytes,
            exports: &self.outline.exports,
            file: &self.component.shown,
            functions: self.outline.functions,
            imports: &self.outline.imports,
            interface: self.outline.version.map(|version| version.to_string()),
            plugin: self.described.as_ref().ok().map(description_document),
            refused: self.described.as_ref().err().map(ToString::to_string),
            runs: self.described.is_ok(),
            schema: documents::PluginInspectV1,
            sha256: self.sha256.as_deref(),
            size: self.component.size,
            speaks: SPEAKS.to_string(),
        }
    }
}

fn described(out: &mut Page, description: &Description, width: Option<usize>) {
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

fn description_document(description: &Description) -> documents::Described<'_> {
    let rules = description.rules.iter().map(|rule| documents::DescribedRule {
        description: &rule.description,
        help_url: rule.help_url.as_deref(),
        id: &rule.id,
        summary: &rule.summary,
    });
    let data = description.data.iter().map(|need| documents::DescribedData {
        name: &need.name,
        required: need.required,
        summary: &need.summary,
    });
    documents::Described {
        config_schema: serde_json::from_str(&description.config_schema).unwrap_or_default(),
        data: data.collect(),
        name: &description.name,
        rules: rules.collect(),
        summary: &description.summary,
        version: &description.version,
    }
}
