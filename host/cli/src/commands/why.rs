//! `airgo why`: who needs a module or package: the shortest chains of imports and
//! of requirements from a main module.

use crate::Context;
use crate::args::Why;
use crate::page::Page;
use airgo_app::documents;
use airgo_app::paths::{argument, shown};
use airgo_app::policy::view::View;
use airgo_app::reasons::{Imports, Requirements, Steps, near, shortened};
use airgo_app::trust::open;
use airgo_app::{Failure, Result};
use airgo_bundle::Manifest;
use airgo_bundle::manifest::Module;
use std::path::Path;
use std::sync::Arc;

/// How many chains of a kind are shown.
const MOST: usize = 5;

/// What was asked for.
struct Target {
    /// `path@version`.
    module: String,
    /// Where it was a package of it.
    package: Option<String>,
}

/// Prints the chains, a step a line.
pub fn run(context: &Context, args: &Why) -> Result<()> {
    let bundle = Arc::new(open::open_signed(context, &args.file, &args.trust.request())?);
    let manifest = bundle.manifest();
    let file = argument(&args.file);
    let target = target(manifest, &args.module).ok_or_else(|| unknown(manifest, &args.module, &args.file))?;
    let imports = Imports::read(manifest, &View::of_bundle(&bundle));
    let imported = imports.as_ref().map(|imports| match &target.package {
        Some(package) => imports.chains_to_package(&target.module, package, MOST),
        None => imports.chains(&target.module, MOST),
    });
    let required = Requirements::of(manifest).chains(&target.module, MOST);
    let Some(first) = required.first().or(imported.iter().flatten().next()) else {
        return Err(Failure::failed(format!("nothing in the module graph requires {}", target.module))
            .hint(format!("airgo inspect {file} shows where its code stands in for another module")));
    };
    if context.printer.is_json() {
        return context.printer.document(&documents::Why {
            chain: first,
            imports: imported.as_deref(),
            module: &target.module,
            package: target.package.as_deref(),
            requirements: &required,
            schema: documents::WhyV1,
        });
    }
    context.printer.page(&page(&target, imported.as_deref(), &required))
}

fn page(target: &Target, imported: Option<&[Steps]>, required: &[Steps]) -> Page {
    let mut out = Page::default();
    let asked = target.package.as_ref().map_or(String::new(), |package| format!("package {package} of "));
    out.line(format!("# {asked}{}", target.module));
    match imported {
        Some([]) => {
            let what = if target.package.is_some() { "it" } else { "any package of it" };
            out.line(format!(
                "(no package that the main modules lead to imports {what}; tests of other modules, or files behind other build tags, may)"
            ));
        }
        Some(chains) => write_chains(&mut out, "imports", chains),
        None => out.line("(the imports were not followed)"),
    }
    if !required.is_empty() {
        out.blank();
        out.line("# the same by requirements of go.mod files");
        write_chains(&mut out, "requires", required);
    }
    out
}

fn write_chains(out: &mut Page, verb: &str, chains: &[Steps]) {
    for (at, chain) in chains.iter().enumerate() {
        if at > 0 {
            out.blank();
        }
        for (depth, step) in shortened(chain.clone()).iter().enumerate() {
            match depth {
                0 => out.line(step),
                _ if step.starts_with('…') => out.line(format!("  {step}")),
                _ => out.line(format!("  {verb} {step}")),
            }
        }
    }
}

/// The module that was asked for, by path or as `path@version`, or the one that
/// has the package of that path.
fn target(manifest: &Manifest, asked: &str) -> Option<Target> {
    let (path, version) = asked.split_once('@').map_or((asked, None), |(path, v)| (path, Some(v)));
    let fits = |m: &&Module| version.is_none_or(|version| m.version == version);
    let find = |path: &str| {
        let mut all = manifest.modules.iter().filter(|m| m.path == path).filter(fits);
        let first = all.next()?;
        let found = std::iter::once(first).chain(all).find(|m| m.selected).unwrap_or(first);
        Some(found.id().to_string())
    };
    if let Some(module) = find(path) {
        return Some(Target { module, package: None });
    }
    let mut above = path;
    while let Some((shorter, _)) = above.rsplit_once('/') {
        above = shorter;
        if let Some(module) = find(above) {
            return Some(Target { module, package: Some(path.to_owned()) });
        }
    }
    None
}

fn unknown(manifest: &Manifest, asked: &str, file: &Path) -> Failure {
    let failure = Failure::failed(format!("{asked} is not in {}", shown(file)));
    if manifest.main_modules.iter().any(|main| main.path == asked) {
        return failure.line("it is a main module: the bundle was made for it");
    }
    let path = asked.split_once('@').map_or(asked, |(path, _)| path);
    let versions: Vec<&str> =
        manifest.modules.iter().filter(|m| m.path == path).map(|m| m.version.as_str()).take(MOST).collect();
    if !versions.is_empty() {
        return failure.hint(format!("it is there as {path}@{}", versions.join(", ")));
    }
    let near = near(asked, manifest.modules.iter().map(|m| m.path.as_str()));
    if !near.is_empty() {
        return failure.hint(format!("did you mean {}?", near.join(", ")));
    }
    failure.hint(format!("airgo inspect {} lists the modules", argument(file)))
}
