//! The rules of a manifest about where the files of modules are: which members
//! each encoding of the payload has (FORMAT.md, section 5).

use super::carried::Carried;
use super::manifest::{Encoding, Manifest, Module};
use super::manifest_check::{Rule, RuleError, refuse};
use crate::limits::Limits;
use std::collections::{HashMap, HashSet};

pub(super) fn check(m: &Manifest) -> Result<(), RuleError> {
    let encoding = m.payload.encoding;
    for module in &m.modules {
        if let Some(lacks) = lacks(module, encoding) {
            return Err(module.refuse(Rule::Encoding(lacks)));
        }
    }
    agree(m)?;
    blocks(m)
}

/// What is wrong with a module in a payload of this encoding, if anything.
fn lacks(module: &Module, encoding: Encoding) -> Option<&'static str> {
    let Module { zip, files, carried, encoder, .. } = module;
    if files.is_some() && zip.is_none() {
        return Some("a list of files needs the zip that it is of");
    }
    if encoder.is_some() && encoding != Encoding::Compact {
        return Some("only a compact payload has encoders of zips");
    }
    if encoder.is_some() && files.is_none() {
        return Some("a zip that is made again needs the list of its files");
    }
    let Some(carried) = carried else { return None };
    if encoding != Encoding::Exact {
        return Some("only an exact payload carries parts of modules");
    }
    if files.is_none() {
        return Some("a part of a module needs the list of its files");
    }
    Carried::parse(carried).is_none().then_some("what is carried of a module is malformed")
}

/// Entries with the same objects say the same of them.
fn agree(m: &Manifest) -> Result<(), RuleError> {
    let mut seen: HashMap<(&str, &str), &Module> = HashMap::new();
    for module in &m.modules {
        let Some(stored) = module.stored() else { continue };
        let first = *seen.entry(stored).or_insert(module);
        if (&first.carried, first.encoder) != (&module.carried, module.encoder) {
            let name = format!("{}@{}", stored.0, stored.1);
            return Err(module.refuse(Rule::Conflict(name)));
        }
    }
    Ok(())
}

fn blocks(m: &Manifest) -> Result<(), RuleError> {
    let (limits, blocks) = (Limits::default(), &m.payload.blocks);
    let at = "payload";
    if m.payload.encoding == Encoding::GoproxyTree && !blocks.is_empty() {
        return Err(refuse(at, Rule::Encoding("a GOPROXY tree has no blocks")));
    }
    let mut digests = HashSet::new();
    for block in blocks {
        if block.contents == 0 || !digests.insert(block.sha256) {
            return Err(refuse(at, Rule::Encoding("a block is empty, or there twice")));
        }
        let limit = if block.contents == 1 { limits.zip } else { limits.block };
        if block.unpacked > limit {
            let (name, size) = (super::names::block_name(block.sha256), block.unpacked);
            return Err(refuse(at, Rule::Size { name, size, limit }));
        }
    }
    Ok(())
}
