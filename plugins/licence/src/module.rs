//! The licence of one module: its files, put together.

use airgo_plugin::{Bundle, CheckError, FileEntry, ModuleInfo, ReadError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::combine::combine;
use crate::config::{Rules, meets};
use crate::detect::{Detection, detect};
use crate::encoding::decode;
use crate::expression::Expression;
use crate::files::{self, Role};
use crate::groups::{covers, is_licence};
use crate::statement::Statement;

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
    /// Below it: those that files at the root name, and those of LICENSES/.
    pub named: Vec<Read>,
    /// All below it, where they were asked for.
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
            let detection = detect(&decode(&bytes));
            Ok(Read { path: file.path.clone(), role, detection })
        };
        let root: Vec<Read> = files::at_root(&files).into_iter().map(read).collect::<Result<_, _>>()?;
        let said =
            root.iter().filter(|file| file.role == Role::Licence).flat_map(|file| &file.detection.statements);
        let said: Vec<&Statement> = said.collect();
        let named = files::named(&files, &said).into_iter().map(|file| read((Role::Licence, file)));
        let named = named.collect::<Result<_, _>>()?;
        let below = if nested { files::nested(&files) } else { Vec::new() };
        let below = below.into_iter().map(|file| read((Role::Licence, file)));
        Ok(Some(Files { root, named, nested: below.collect::<Result<_, _>>()? }))
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
    /// What holds for the documentation alone: files, and what they say.
    pub docs: Vec<(String, String)>,
    /// A clarification speaks of the module, but of other files than it has.
    pub stale: Option<Stale>,
    pub clarified: bool,
}

/// Why a clarification is not used, with the file that it is pinned to.
pub enum Stale {
    Changed(String),
    /// Of the module only a part is there, without the file.
    NotCarried(String),
}

/// What makes an expression uncertain.
pub struct Doubt {
    pub file: String,
    pub message: String,
    /// The file that `file` names, where it is not there.
    pub absent: Option<String>,
    /// The file may hold a licence that is not in the expression at all.
    pub unknown: bool,
}

/// The licence of a module, from its files and the clarifications.
pub fn licence(
    bundle: &dyn Bundle,
    module: &ModuleInfo,
    files: Files,
    rules: &Rules,
) -> Result<Licence, CheckError> {
    let mut stale = None;
    for clarification in rules.clarifications.iter().filter(|c| meets(&c.module, module)) {
        clarification.used.set(true);
        let mut changed = None;
        for pinned in &clarification.files {
            let bytes = match bundle.read(module.index, &pinned.path, 0, files::MAX_BYTES as u32) {
                Ok(bytes) => bytes,
                Err(ReadError::NotFound) if module.is_part() => {
                    changed = Some(Stale::NotCarried(pinned.path.clone()));
                    continue;
                }
                Err(ReadError::NotFound) => Vec::new(),
                Err(err) => return Err(unreadable(module, &pinned.path, &err)),
            };
            if !hex(&Sha256::digest(&bytes)).eq_ignore_ascii_case(&pinned.sha256) {
                changed = Some(Stale::Changed(pinned.path.clone()));
            }
        }
        if changed.is_none() {
            let expression = Some(clarification.expression.clone());
            let files = files.root;
            let (doubts, docs) = (Vec::new(), Vec::new());
            return Ok(Licence { expression, files, doubts, docs, stale: None, clarified: true });
        }
        stale = changed;
    }
    let mut licence = combine(files.root, &files.named);
    licence.stale = stale;
    for doubt in licence.doubts.iter_mut().filter(|_| module.is_part()) {
        if let Some(absent) = &doubt.absent {
            doubt.message = format!("{} names {absent}, which is not in the bundle", doubt.file);
        }
    }
    Ok(licence)
}

/// What a file holds: what its tags say, or all the texts in it.
pub fn expression_of(detection: &Detection) -> Option<Expression> {
    if let Some(tagged) = tagged(detection) {
        return Some(tagged);
    }
    let parts =
        detection.found.iter().filter(|f| f.id != PATENT_GRANT).map(|f| Expression::Licence(name(&f.id)));
    Expression::all(parts)
}

/// What the tags of a file say; None where there is none, or one that cannot
/// be read. Each tag speaks of some part of the code, so all hold.
pub fn tagged(detection: &Detection) -> Option<Expression> {
    let read = |tag: &String| {
        let tagged = Expression::parse(tag).ok()?;
        tagged.licences().iter().all(|id| is_licence(id)).then_some(tagged)
    };
    Expression::all(detection.tags.iter().map(read).collect::<Option<Vec<_>>>()?)
}

/// A licence whose text is in a file, though the file's tags leave it out.
pub fn untagged<'a>(detection: &'a Detection, tagged: &Expression) -> Option<&'a str> {
    let named = tagged.licences();
    let texts = detection.found.iter().filter(|found| found.exact && found.id != PATENT_GRANT);
    let mut ids = texts.map(|found| found.id.as_str());
    // The text of GPL-2.0 is that of GPL-2.0-only and GPL-2.0-or-later.
    ids.find(|id| !named.iter().any(|name| covers(id, name) || covers(name, id)))
}

/// A grant beside a licence, not a licence.
pub const PATENT_GRANT: &str = "GooglePatentsFile";

/// The name of a licence in an expression.
pub fn name(id: &str) -> String {
    // Not on the SPDX list.
    if id == "CommonsClause" { format!("LicenseRef-{id}") } else { id.to_owned() }
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
