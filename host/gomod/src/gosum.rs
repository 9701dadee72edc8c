//! go.sum and go.work.sum: the hashes that a project expects of the modules it
//! uses (cmd/go/internal/modfetch/fetch.go, readGoSum and checkModSum).
//!
//! A line is `path version hash`, and `path version/go.mod hash` for a go.mod
//! alone. The union of several files counts: in a workspace go.work.sum and the
//! go.sum of every module. The same hash twice is legal, and so are hashes of a
//! kind that this program does not know; both are met in old files.
//!
//! ```
//! use airgo_gomod::{ModuleVersion, gosum::{GoSum, Recorded, Subject}};
//!
//! let sums = GoSum::parse("go.sum", b"rsc.io/quote v1.5.2 h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=\n")?;
//! let quote = ModuleVersion::new("rsc.io/quote", "v1.5.2");
//! let hash = "h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=".parse()?;
//! assert_eq!(sums.check(&quote, Subject::Zip, &hash)?, Recorded::Yes);
//! assert_eq!(sums.check(&quote, Subject::GoMod, &hash)?, Recorded::No);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::dirhash::H1;
use crate::module::ModuleVersion;
use crate::unicode::{decode, is_space};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The hash of a zip with an empty go.mod and nothing else: an old Go wrote it
/// for what was not a module, and every Go since drops it.
const EMPTY_GO_MOD_HASH: &str = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";

/// What of a module a hash is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The whole module, as its zip carries it.
    Zip,
    /// Its go.mod.
    GoMod,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "zip",
            Self::GoMod => "go.mod",
        })
    }
}

/// Whether go.sum has a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Recorded {
    /// It has, and it is the same.
    Yes,
    /// It has none that could be compared.
    No,
}

/// One line's hash and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The hash as written; known kinds start with `h1:`.
    pub hash: String,
    /// The file's name as the caller gave it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

impl Sum {
    /// Whether the hash is of a kind that can be compared.
    pub fn is_known(&self) -> bool {
        self.hash.starts_with("h1:")
    }
}

/// The hash of a download differs from what go.sum has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("verifying {module}{}: checksum mismatch: downloaded {downloaded}, but {}:{} has {}", suffix(*subject), recorded.file, recorded.line, recorded.hash)]
pub struct SumMismatch {
    /// The module.
    pub module: ModuleVersion,
    /// What was hashed.
    pub subject: Subject,
    /// The hash of what was downloaded.
    pub downloaded: H1,
    /// The line that says otherwise.
    pub recorded: Sum,
}

/// A line of go.sum that is not three words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed go.sum: {file}:{line}: wrong number of fields {fields}")]
pub struct GoSumError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// Its text.
    pub line_text: String,
    /// How many words it has.
    pub fields: usize,
}

/// The hashes of one or several files.
#[derive(Debug, Clone, Default)]
pub struct GoSum {
    /// By path and version, the latter with `/go.mod` behind it for a go.mod.
    /// The lines of the file that Go itself would add to, in its order.
    own: HashMap<ModuleVersion, Vec<Sum>>,
    /// Those of a workspace's modules.
    workspace: HashMap<ModuleVersion, Vec<Sum>>,
}

impl GoSum {
    /// Reads a module's go.sum, or a workspace's go.work.sum. An absent file is
    /// an empty one. `file_name` is only for messages.
    pub fn parse(file_name: &str, data: &[u8]) -> Result<Self, GoSumError> {
        let mut sums = Self::default();
        read(&mut sums.own, file_name, data)?;
        Ok(sums)
    }

    /// What any of several projects has a sum for. A download has to satisfy each
    /// of them that has a line for it.
    pub fn union<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut union = Self::default();
        let mut add = |key: &ModuleVersion, sums: &mut dyn Iterator<Item = &Sum>| {
            union.workspace.entry(key.clone()).or_default().extend(sums.cloned());
        };
        for sums in all {
            let decides =
                |key: &ModuleVersion| sums.own.get(key).and_then(|l| l.iter().find(|s| s.is_known()));
            for key in sums.own.keys() {
                add(key, &mut decides(key).into_iter());
            }
            for (key, lines) in sums.workspace.iter().filter(|(key, _)| decides(key).is_none()) {
                add(key, &mut lines.iter());
            }
        }
        union
    }

    /// Adds the go.sum of a module of the workspace.
    pub fn add_workspace_module(&mut self, file_name: &str, data: &[u8]) -> Result<(), GoSumError> {
        read(&mut self.workspace, file_name, data)
    }

    /// Compares the hash of a download. In go.sum the first known line decides;
    /// of a workspace's other files every line must agree.
    pub fn check(
        &self,
        module: &ModuleVersion,
        subject: Subject,
        downloaded: &H1,
    ) -> Result<Recorded, Box<SumMismatch>> {
        let key = key(module, subject);
        let text = downloaded.to_string();
        let mismatch = |sum: &Sum| {
            Box::new(SumMismatch {
                module: module.clone(),
                subject,
                downloaded: *downloaded,
                recorded: sum.clone(),
            })
        };
        let known = |sums: &'_ HashMap<ModuleVersion, Vec<Sum>>| {
            let all = sums.get(&key).map(Vec::as_slice).unwrap_or_default();
            all.iter().filter(|sum| sum.is_known()).cloned().collect::<Vec<_>>()
        };
        match known(&self.own).first() {
            Some(sum) if sum.hash == text => return Ok(Recorded::Yes),
            Some(sum) => return Err(mismatch(sum)),
            None => {}
        }
        let workspace = known(&self.workspace);
        if let Some(sum) = workspace.iter().find(|sum| sum.hash != text) {
            return Err(mismatch(sum));
        }
        Ok(if workspace.is_empty() { Recorded::No } else { Recorded::Yes })
    }

    /// Whether any file has a hash that could be compared (modfetch HaveSum).
    pub fn contains(&self, module: &ModuleVersion, subject: Subject) -> bool {
        self.lookup(module, subject).any(Sum::is_known)
    }

    /// Every line for a module, hashes of unknown kinds included.
    pub fn lookup(&self, module: &ModuleVersion, subject: Subject) -> impl Iterator<Item = &Sum> {
        let key = key(module, subject);
        [&self.own, &self.workspace].into_iter().filter_map(move |sums| sums.get(&key)).flatten()
    }

    /// How many modules have a line, zip and go.mod counted apart.
    pub fn len(&self) -> usize {
        self.own.len() + self.workspace.keys().filter(|key| !self.own.contains_key(key)).count()
    }

    /// Whether there is no line at all.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.workspace.is_empty()
    }
}

fn key(module: &ModuleVersion, subject: Subject) -> ModuleVersion {
    ModuleVersion::new(module.path.as_str(), format!("{}{}", module.version, suffix(subject)))
}

fn suffix(subject: Subject) -> &'static str {
    match subject {
        Subject::Zip => "",
        Subject::GoMod => "/go.mod",
    }
}

fn read(sums: &mut HashMap<ModuleVersion, Vec<Sum>>, file_name: &str, data: &[u8]) -> Result<(), GoSumError> {
    let file: Arc<str> = Arc::from(file_name);
    for (number, text) in (1..).zip(decode(data).split('\n')) {
        let fields: Vec<&str> = text.split(is_space).filter(|field| !field.is_empty()).collect();
        match fields[..] {
            [] => {}
            // A bug of Go 1.11 wrote these for modules without a go.mod.
            [_, _, EMPTY_GO_MOD_HASH] => {}
            [path, version, hash] => {
                let sum = Sum { hash: hash.to_owned(), file: Arc::clone(&file), line: number };
                sums.entry(ModuleVersion::new(path, version)).or_default().push(sum);
            }
            _ => {
                return Err(GoSumError {
                    file: file_name.to_owned(),
                    line: number,
                    line_text: text.to_owned(),
                    fields: fields.len(),
                });
            }
        }
    }
    Ok(())
}
