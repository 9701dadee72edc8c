//! The licence of one module: its files, put together.

use airgo_plugin::{Bundle, CheckError, FileEntry, ModuleInfo, ReadError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::{Rules, meets};
use crate::detect::{Detection, detect};
use crate::expression::Expression;
use crate::files::{self, Role};
use crate::groups::{covers, is_licence};

/// A file with what it holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Read {
    pub path: String,
    pub role: Role,
    pub detection: Detection,
}

/// The files of a module that speak of licences, whatever a policy says of
/// them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Files {
    /// At the root, licences first.
    pub root: Vec<Read>,
    /// Below it, where they were asked for.
    pub nested: Vec<Read>,
}

impl Files {
    /// None where only the go.mod of a module is in the bundle.
    pub fn read(bundle: &dyn Bundle, module: &ModuleInfo, nested: bool) -> Result<Option<Self>, CheckError> {
        let files = match bundle.list_files(module.index) {
            Ok(files) => files,
            Err(ReadError::NotFound) => return Ok(None),
            Err(err) => return Err(unreadable(module, "the zip", &err)),
        };
        let read = |(role, file): (Role, &FileEntry)| {
            let bytes = bundle
                .read(module.index, &file.path, 0, files::MAX_BYTES as u32)
                .map_err(|err| unreadable(module, &file.path, &err))?;
            let detection = detect(&String::from_utf8_lossy(&bytes));
            Ok(Read { path: file.path.clone(), role, detection })
        };
        let root = files::at_root(&files).into_iter().map(read).collect::<Result<_, _>>()?;
        let below = if nested { files::nested(&files) } else { Vec::new() };
        let below = below.into_iter().map(|file| read((Role::Licence, file)));
        Ok(Some(Files { root, nested: below.collect::<Result<_, _>>()? }))
    }
}

/// What is known of the licence of a module.
pub struct Licence {
    /// None where no licence was recognised.
    pub expression: Option<Expression>,
    /// Files at the root, licences first.
    pub files: Vec<Read>,
    /// Why the expression may be wrong.
    pub doubts: Vec<Doubt>,
    /// A clarification speaks of the module, but of other files than it has.
    pub stale: Option<String>,
    pub clarified: bool,
}

/// What makes an expression uncertain.
pub struct Doubt {
    pub file: String,
    pub message: String,
}

/// The licence of a module, from its files and the clarifications.
pub fn licence(
    bundle: &dyn Bundle,
    module: &ModuleInfo,
    files: Vec<Read>,
    rules: &Rules,
) -> Result<Licence, CheckError> {
    let mut stale = None;
    for clarification in rules.clarifications.iter().filter(|c| meets(&c.module, module)) {
        clarification.used.set(true);
        let mut changed = None;
        for pinned in &clarification.files {
            let bytes = match bundle.read(module.index, &pinned.path, 0, files::MAX_BYTES as u32) {
                Ok(bytes) => bytes,
                Err(ReadError::NotFound) => Vec::new(),
                Err(err) => return Err(unreadable(module, &pinned.path, &err)),
            };
            if !hex(&Sha256::digest(&bytes)).eq_ignore_ascii_case(&pinned.sha256) {
                changed = Some(pinned.path.clone());
            }
        }
        if changed.is_none() {
            let expression = Some(clarification.expression.clone());
            return Ok(Licence { expression, files, doubts: Vec::new(), stale: None, clarified: true });
        }
        stale = changed;
    }
    let mut licence = combine(files);
    licence.stale = stale;
    Ok(licence)
}

/// What a file says that the licence is: its tags, or the texts in it.
pub fn expression_of(detection: &Detection) -> Option<Expression> {
    if let Some(tagged) = tagged(detection) {
        return Some(tagged);
    }
    let parts =
        detection.found.iter().filter(|f| f.id != PATENT_GRANT).map(|f| Expression::Licence(name(&f.id)));
    if detection.choice { Expression::any(parts) } else { Expression::all(parts) }
}

/// What the tags of a file say; None where there is none, or one that cannot
/// be read. Each tag speaks of some part of the code, so all hold.
fn tagged(detection: &Detection) -> Option<Expression> {
    let read = |tag: &String| {
        let tagged = Expression::parse(tag).ok()?;
        tagged.licences().iter().all(|id| is_licence(id)).then_some(tagged)
    };
    Expression::all(detection.tags.iter().map(read).collect::<Option<Vec<_>>>()?)
}

/// A licence whose text is in a file, though the file's tags leave it out.
fn untagged<'a>(detection: &'a Detection, tagged: &Expression) -> Option<&'a str> {
    let named = tagged.licences();
    let texts = detection.found.iter().filter(|found| found.exact && found.id != PATENT_GRANT);
    let mut ids = texts.map(|found| found.id.as_str());
    // The text of GPL-2.0 is that of GPL-2.0-only and GPL-2.0-or-later.
    ids.find(|id| !named.iter().any(|name| covers(id, name) || covers(name, id)))
}

/// A grant beside a licence, not a licence.
const PATENT_GRANT: &str = "GooglePatentsFile";

/// The name of a licence in an expression.
fn name(id: &str) -> String {
    // Not on the SPDX list.
    if id == "CommonsClause" { format!("LicenseRef-{id}") } else { id.to_owned() }
}

fn combine(read: Vec<Read>) -> Licence {
    let mut doubts = Vec::new();
    let mut parts = Vec::new();
    let licences = || read.iter().filter(|file| file.role == Role::Licence);
    for file in licences() {
        let detection = &file.detection;
        let mut doubt = |message: String| doubts.push(Doubt { file: file.path.clone(), message });
        let Some(expression) = expression_of(detection) else {
            if detection.unknown_words > 0 {
                doubt(format!("{} holds none of the licences that are known", file.path));
            }
            continue;
        };
        for found in detection.found.iter().filter(|found| !found.exact) {
            doubt(format!("{} is close to {}, but not word for word", file.path, found.id));
        }
        if let Some(tagged) = tagged(detection) {
            if let Some(id) = untagged(detection, &tagged) {
                doubt(format!("{} is tagged {tagged}, but has the text of {id}", file.path));
            }
        } else {
            if detection.is_mostly_unknown() {
                let words = detection.unknown_words;
                doubt(format!("{} has {words} words that belong to no known licence", file.path));
            }
            if detection.choice && matches!(expression, Expression::Or(_)) {
                doubt(format!("{} seems to offer a choice: {expression}", file.path));
            }
            if detection.restricts {
                doubt(format!("{} speaks of limits beside {expression}", file.path));
            }
        }
        parts.push(expression);
    }
    let expression = if each_named_for_one(licences().map(|file| file.path.as_str()), &parts) {
        let any = Expression::any(parts);
        if let (Some(expression @ Expression::Or(_)), Some(file)) = (&any, licences().next()) {
            let message = format!("a file for each licence is taken to be a choice: {expression}");
            doubts.push(Doubt { file: file.path.clone(), message });
        }
        any
    } else {
        Expression::all(without_incorporated(parts))
    };
    Licence { expression, files: read, doubts, stale: None, clarified: false }
}

/// LICENSE-MIT beside LICENSE-APACHE, and no LICENSE: by custom a choice.
fn each_named_for_one<'a>(names: impl Iterator<Item = &'a str>, parts: &[Expression]) -> bool {
    let names: Vec<&str> = names.collect();
    let single = |part: &Expression| matches!(part, Expression::Licence(_));
    let named = |name: &str| name.to_lowercase().starts_with("licen") && name.contains('-');
    parts.len() > 1
        && names.len() == parts.len()
        && names.iter().all(|n| named(n))
        && parts.iter().all(single)
}

/// LGPL-3.0 is written as additions to GPL-3.0, whose text lies beside it.
fn without_incorporated(mut parts: Vec<Expression>) -> Vec<Expression> {
    let is = |part: &Expression, wanted: &str| matches!(part, Expression::Licence(id) if id == wanted);
    if parts.iter().any(|part| is(part, "LGPL-3.0")) {
        parts.retain(|part| !is(part, "GPL-3.0"));
    }
    parts
}

/// Why a bundle cannot be judged.
pub fn unreadable(module: &ModuleInfo, path: &str, err: &ReadError) -> CheckError {
    let (name, version) = (&module.path, &module.version);
    let why = match err {
        ReadError::NotFound => "it is not there".to_owned(),
        ReadError::OutOfRange => "it ends early".to_owned(),
        ReadError::TooLarge(limit) => format!("it is larger than {limit} bytes"),
        ReadError::Corrupt(what) => what.clone(),
    };
    CheckError::Input(format!("{path} of {name}@{version} cannot be read: {why}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
