//! `airgo why`: the request from the arguments, the chains as a document or a step a
//! line.

use crate::Context;
use crate::args;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::reasons::{Steps, shortened};
use airgo_app::why::{Why, WhyRequest, why};

/// Prints the chains that lead to a module or package.
pub fn run(context: &Context, args: &args::Why) -> Result<()> {
    let args::Why { file, module, trust } = args;
    let request = WhyRequest { file: file.clone(), module: module.clone(), trust: trust.request() };
    let why = why(context, &request)?;
    if context.printer.is_json() {
        return context.printer.document(&documents::Why {
            chain: why.chain(),
            imports: why.imports.as_deref(),
            module: &why.module,
            package: why.package.as_deref(),
            requirements: &why.requirements,
            schema: documents::WhyV1,
        });
    }
    context.printer.page(&page(&why))
}

fn page(why: &Why) -> Page {
    let mut out = Page::default();
    let asked = why.package.as_ref().map_or(String::new(), |package| format!("package {package} of "));
    out.line(format!("# {asked}{}", why.module));
    match why.imports.as_deref() {
        Some([]) => {
            let what = if why.package.is_some() { "it" } else { "any package of it" };
            out.line(format!(
                "(no package that the main modules lead to imports {what}; tests of other modules, or files behind other build tags, may)"
            ));
        }
        Some(chains) => write_chains(&mut out, "imports", chains),
        None => out.line("(the imports were not followed)"),
    }
    if !why.requirements.is_empty() {
        out.blank();
        out.line("# the same by requirements of go.mod files");
        write_chains(&mut out, "requires", &why.requirements);
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
