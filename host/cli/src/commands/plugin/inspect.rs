//! `airgo plugin inspect`: what a component is. It is run for as long as
//! `describe` takes, within its limits; what cannot be run is told as far as
//! its sections go.

use super::{Component, engine};
use crate::Context;
use crate::args::PluginInspect;
use crate::table;
use airgo_app::documents;
use airgo_app::paths::argument;
use airgo_app::quantity::bytes;
use airgo_app::{Failure, Result};
use airgo_model::escape::foreign;
use airgo_policy::prescan::{self, Outline, SPEAKS};
use airgo_policy::{Description, PluginError};
use serde_json::Value;
use std::fmt::Write as _;
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
        context.printer.text(&subject.text(context.printer.width()))?;
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

    fn text(&self, width: Option<usize>) -> String {
        let mut out = String::new();
        if let Ok(description) = &self.described {
            let _ =
                writeln!(out, "plugin     {} {}", foreign(&description.name), foreign(&description.version));
            let _ = writeln!(out, "summary    {}", foreign(&description.summary));
        }
        let _ =
            writeln!(out, "file       {} ({})", foreign(&self.component.shown), bytes(self.component.size));
        let _ =
            writeln!(out, "sha256     {}", self.sha256.as_deref().unwrap_or("- (too large to read whole)"));
        let interface = self.interface().unwrap_or_else(|| "none".to_owned());
        let _ = writeln!(out, "interface  {interface}; this airgo speaks {SPEAKS}");
        let runs = match &self.described {
            Ok(_) => "yes".to_owned(),
            Err(err) => format!("no: it {}", foreign(&err.to_string())),
        };
        let _ = writeln!(out, "runs here  {runs}");
        for (label, names) in [("imports", &self.outline.imports), ("exports", &self.outline.exports)] {
            let names: Vec<_> = names.iter().map(|name| foreign(name)).collect();
            let _ = writeln!(
                out,
                "{label:9}  {}",
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            );
        }
        let _ = writeln!(
            out,
            "code       {} in {} functions",
            bytes(self.outline.code_bytes),
            self.outline.functions
        );
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

fn described(out: &mut String, description: &Description, width: Option<usize>) {
    let rules: Vec<_> =
        description.rules.iter().map(|rule| vec![rule.id.clone(), rule.summary.clone()]).collect();
    let _ = write!(out, "\n{}", table::render(&["RULE", "SUMMARY"], &rules, width));
    if !description.data.is_empty() {
        let needs = description.data.iter().map(|need| {
            let needed = if need.required { "required" } else { "optional" };
            vec![need.name.clone(), needed.to_owned(), need.summary.clone()]
        });
        let _ = write!(
            out,
            "\n{}",
            table::render(&["DATA", "NEEDED", "SUMMARY"], &needs.collect::<Vec<_>>(), width)
        );
    }
    // It has been read as JSON before it was accepted.
    let schema: Value = serde_json::from_str(&description.config_schema).unwrap_or_default();
    let pretty = serde_json::to_string_pretty(&schema).unwrap_or_default();
    let _ = writeln!(out, "\nconfig schema");
    for line in pretty.lines() {
        let _ = writeln!(out, "  {}", foreign(line));
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
