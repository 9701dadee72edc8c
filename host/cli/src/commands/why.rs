//! `airgo why`: a shortest chain of requirements from a main module.

use crate::Context;
use crate::args::Why;
use crate::bundle_io;
use crate::failure::{Failure, Result};
use airgo_bundle::Manifest;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

/// Prints the chain, one requirement a line.
pub fn run(context: &Context, args: &Why) -> Result<()> {
    let bundle = bundle_io::open_signed(context, &args.file, &args.trust)?;
    let manifest = bundle.manifest();
    let node = node(manifest, &args.module).ok_or_else(|| {
        Failure::failed(format!("{} is not in {}", args.module, args.file.display()))
            .hint(format!("airgo inspect {} lists the modules", args.file.display()))
    })?;
    let chain = chain(manifest, &node).ok_or_else(|| {
        Failure::failed(format!("nothing in the module graph requires {node}")).hint(format!(
            "airgo inspect {} shows where its code stands in for another module",
            args.file.display()
        ))
    })?;
    if context.printer.is_json() {
        return context
            .printer
            .document(&serde_json::json!({ "schema": "airgo.dev/why/v1", "module": node, "chain": chain }));
    }
    let mut text = String::new();
    for (depth, step) in chain.iter().enumerate() {
        let arrow = if depth == 0 { "" } else { "requires " };
        let _ = writeln!(text, "{}{arrow}{}", "  ".repeat(depth), crate::escape::foreign(step));
    }
    context.printer.text(&text)
}

/// The graph's node for what was asked: a path means its selected version.
fn node(manifest: &Manifest, asked: &str) -> Option<String> {
    if let Some((path, version)) = asked.split_once('@') {
        return manifest
            .modules
            .iter()
            .find(|m| m.path == path && m.version == version)
            .map(|m| m.id().to_string());
    }
    let selected = manifest.modules.iter().find(|m| m.path == asked && m.selected);
    selected.or_else(|| manifest.modules.iter().find(|m| m.path == asked)).map(|m| m.id().to_string())
}

/// Breadth first from the main modules; ties go to the smaller name, so the
/// answer is the same everywhere.
pub fn chain(manifest: &Manifest, target: &str) -> Option<Vec<String>> {
    let mut from: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut queue = VecDeque::new();
    for main in &manifest.main_modules {
        from.insert(&main.path, None);
        queue.push_back(main.path.as_str());
    }
    while let Some(node) = queue.pop_front() {
        if node == target {
            let mut chain = vec![node.to_owned()];
            let mut at = node;
            while let Some(Some(before)) = from.get(at) {
                chain.push((*before).to_owned());
                at = before;
            }
            chain.reverse();
            return Some(chain);
        }
        for next in manifest.requires(node) {
            if !from.contains_key(next.as_str()) {
                from.insert(next, Some(node));
                queue.push_back(next);
            }
        }
    }
    None
}
