//! Fixtures: a bundle as a plugin sees it, written by hand in `bundle.toml`.
//!
//! A case is a directory with that file, and with `findings.json` beside it
//! ([`crate::golden`]). What an author leaves out is filled in as it would be in
//! a real bundle: a module has a go.mod, its sums are those of its files, a
//! module that a directory replaces has neither files nor sums.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use airgo_gomod::ModuleVersion;
use airgo_gomod::dirhash::{Hash1, hash_go_mod};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::project::{one_line, place};

/// The file that makes a directory a case.
pub const FIXTURE_FILE: &str = "bundle.toml";

/// Why a case cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// A file of it cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// What is written makes no sense.
    #[error("{path}:{line}:{column}: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Two things in it do not go together.
    #[error("{path}: {message}")]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What does not.
        message: String,
    },
}

/// What a case is run over.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// The time to evaluate for (RFC 3339); none leaves it to the caller.
    pub judged_at: Option<String>,
    /// The plugin's config, an object.
    pub config: Value,
    /// The bundle.
    pub subject: Subject,
    /// The data sources, by name.
    pub data: BTreeMap<String, Data>,
    /// The text, in which `[limits]` is read as that of airgo.toml.
    pub text: String,
}

/// The bundle of a case.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Written by hand.
    Made(Made),
    /// A real one, with the keys that may have signed it.
    Packed {
        /// The file.
        file: PathBuf,
        /// As `--trust` takes them.
        trust: Vec<PathBuf>,
    },
}

/// A bundle written by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The digest over all modules.
    pub content_id: String,
    /// `os/arch`.
    pub platforms: Vec<String>,
    /// Of the bundle as a whole.
    pub attributes: Vec<(String, String)>,
    /// What it was made for.
    pub main_modules: Vec<Main>,
    /// What it carries.
    pub modules: Vec<Module>,
    /// What was approved before.
    pub baseline: Option<Vec<Module>>,
}

/// A main module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Main {
    /// Its path.
    pub path: String,
    /// Its go line.
    pub go_version: Option<String>,
    /// Packages of other modules that it imports.
    pub imports: Vec<String>,
    /// Growth.
    pub attributes: Vec<(String, String)>,
}

/// A module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Its path.
    pub path: String,
    /// Its version.
    pub version: String,
    /// The code in its place; without a version it is a directory.
    pub replaced_by: Option<ModuleVersion>,
    /// Over its files.
    pub sum: String,
    /// Over its go.mod.
    pub go_mod_sum: String,
    /// Bytes of its zip.
    pub zip_size: u64,
    /// When it was made.
    pub time: Option<String>,
    /// Required by a main module itself.
    pub direct: bool,
    /// Growth.
    pub attributes: Vec<(String, String)>,
    /// What is in its zip.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A data source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// When it was made.
    pub date: Option<String>,
    /// A file is one record with the empty path.
    pub records: BTreeMap<String, Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    judged_at: Option<Text>,
    config: Option<toml::Table>,
    #[serde(rename = "limits")]
    _limits: Option<toml::Table>,
    bundle: Option<PathBuf>,
    #[serde(default)]
    trust: Vec<PathBuf>,
    content_id: Option<String>,
    #[serde(default)]
    platforms: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    main: Vec<WrittenMain>,
    #[serde(default)]
    module: Vec<WrittenModule>,
    baseline: Option<Vec<WrittenModule>>,
    #[serde(default)]
    data: BTreeMap<String, WrittenData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenMain {
    path: String,
    go_version: Option<String>,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenModule {
    path: String,
    version: String,
    replaced_by: Option<String>,
    sum: Option<String>,
    go_mod_sum: Option<String>,
    zip_size: Option<u64>,
    time: Option<Text>,
    direct: Option<bool>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    files: Option<Files>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenData {
    date: Option<Text>,
    path: Option<PathBuf>,
    records: Option<BTreeMap<String, String>>,
}

/// A folder beside the fixture, or texts by path.
#[derive(Deserialize)]
#[serde(untagged)]
enum Files {
    Folder(PathBuf),
    Inline(BTreeMap<String, String>),
}

/// A string, or a date as TOML writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Date(toml::value::Datetime),
    Text(String),
}

impl Text {
    /// RFC 3339; a date alone is its first moment in UTC.
    fn instant(self) -> String {
        match self {
            Text::Text(text) => text,
            Text::Date(date) if date.time.is_none() => format!("{date}T00:00:00Z"),
            Text::Date(date) => date.to_string(),
        }
    }
}

/// The cases below a directory, sorted by name.
///
/// # Errors
/// Where the directory cannot be listed.
pub fn cases(dir: &Path) -> Result<Vec<PathBuf>, FixtureError> {
    let read = |source| FixtureError::Read { path: dir.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.join(FIXTURE_FILE).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

impl Fixture {
    /// Reads the case in a directory.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn read(dir: &Path) -> Result<Self, FixtureError> {
        let path = dir.join(FIXTURE_FILE);
        let text =
            fs::read_to_string(&path).map_err(|source| FixtureError::Read { path: path.clone(), source })?;
        let written: Written = toml::from_str(&text).map_err(|err| {
            let (line, column) = place(&text, err.span().map_or(0, |span| span.start));
            FixtureError::Syntax { path: path.clone(), line, column, message: one_line(err.message()) }
        })?;
        let contradiction =
            |message: &str| FixtureError::Contradiction { path: path.clone(), message: message.to_owned() };
        let subject = match &written.bundle {
            Some(_) if !written.main.is_empty() || !written.module.is_empty() => {
                return Err(contradiction(
                    "a packed bundle has its own modules: leave [[module]] and [[main]] out",
                ));
            }
            Some(_) if written.baseline.is_some() => {
                return Err(contradiction("a packed bundle is tested without a baseline"));
            }
            Some(file) => Subject::Packed {
                file: dir.join(file),
                trust: written.trust.iter().map(|trust| dir.join(trust)).collect(),
            },
            None if !written.trust.is_empty() => {
                return Err(contradiction("trust is for a packed bundle: bundle = \"FILE.airgo\""));
            }
            None => Subject::Made(Made {
                content_id: written.content_id.unwrap_or_default(),
                platforms: written.platforms,
                attributes: pairs(written.attributes),
                main_modules: written.main.into_iter().map(main).collect(),
                modules: modules(dir, written.module)?,
                baseline: written.baseline.map(|baseline| modules(dir, baseline)).transpose()?,
            }),
        };
        let mut data = BTreeMap::new();
        for (name, source) in written.data {
            let records = match (&source.path, source.records) {
                (Some(file), None) => records(&dir.join(file))?,
                (None, Some(records)) => bytes(records),
                _ => return Err(contradiction(&format!("data {name} has either a path or records"))),
            };
            data.insert(name, Data { date: source.date.map(Text::instant), records });
        }
        let config = json(toml::Value::Table(written.config.unwrap_or_default()));
        Ok(Fixture { judged_at: written.judged_at.map(Text::instant), config, subject, data, text })
    }
}

/// A TOML file as the JSON of a plugin's config.
///
/// # Errors
/// Where it cannot be read.
pub fn config(path: &Path) -> Result<Value, FixtureError> {
    let text =
        fs::read_to_string(path).map_err(|source| FixtureError::Read { path: path.to_owned(), source })?;
    let table: toml::Table = toml::from_str(&text).map_err(|err| {
        let (line, column) = place(&text, err.span().map_or(0, |span| span.start));
        FixtureError::Syntax { path: path.to_owned(), line, column, message: one_line(err.message()) }
    })?;
    Ok(json(toml::Value::Table(table)))
}

/// A config as the plugin gets it: a date is a string, and so is what JSON has
/// no number for, which the schema then refuses.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => serde_json::Number::from_f64(number)
            .map_or_else(|| Value::String(number.to_string()), Value::Number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(values) => Value::Array(values.into_iter().map(json).collect()),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}

fn pairs(map: BTreeMap<String, String>) -> Vec<(String, String)> {
    map.into_iter().collect()
}

fn bytes(map: BTreeMap<String, String>) -> BTreeMap<String, Vec<u8>> {
    map.into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

fn main(written: WrittenMain) -> Main {
    let WrittenMain { path, go_version, imports, attributes } = written;
    Main { path, go_version, imports, attributes: pairs(attributes) }
}

fn modules(dir: &Path, written: Vec<WrittenModule>) -> Result<Vec<Module>, FixtureError> {
    written.into_iter().map(|module| self::module(dir, module)).collect()
}

fn module(dir: &Path, written: WrittenModule) -> Result<Module, FixtureError> {
    let files = match written.files {
        None => BTreeMap::new(),
        Some(Files::Inline(files)) => bytes(files),
        Some(Files::Folder(folder)) => records(&dir.join(folder))?,
    };
    let replaced_by = written.replaced_by.map(|text| match text.split_once(' ') {
        Some((path, version)) => ModuleVersion::new(path, version.trim()),
        None => ModuleVersion::new(&text, ""),
    });
    let mut module = Module {
        path: written.path,
        version: written.version,
        replaced_by,
        time: written.time.map(Text::instant),
        direct: written.direct.unwrap_or(true),
        attributes: pairs(written.attributes),
        files,
        ..Module::default()
    };
    module.complete();
    module.sum = written.sum.unwrap_or(module.sum);
    module.go_mod_sum = written.go_mod_sum.unwrap_or(module.go_mod_sum);
    module.zip_size = written.zip_size.unwrap_or(module.zip_size);
    Ok(module)
}

impl Module {
    /// Fills in what follows from the files: a go.mod, sums, a size.
    pub fn complete(&mut self) {
        let (path, version) = match &self.replaced_by {
            // What a directory holds is not in a bundle.
            Some(directory) if directory.version.is_empty() => return,
            Some(code) => (&code.path, &code.version),
            None => (&self.path, &self.version),
        };
        let go_mod =
            self.files.entry("go.mod".to_owned()).or_insert_with(|| format!("module {path}\n").into_bytes());
        self.go_mod_sum = hash_go_mod(go_mod).to_string();
        let mut hash = Hash1::new();
        for (file, bytes) in &self.files {
            hash.add(&format!("{path}@{version}/{file}"), Sha256::digest(bytes).into());
        }
        // A name with a line break has no sum in Go either.
        self.sum = hash.finish().map(|h1| h1.to_string()).unwrap_or_default();
        self.zip_size = self.files.values().map(|bytes| bytes.len() as u64).sum();
    }
}

/// A file as the one record with the empty path; a folder as one record a file.
fn records(path: &Path) -> Result<BTreeMap<String, Vec<u8>>, FixtureError> {
    let mut found = BTreeMap::new();
    if path.is_dir() {
        folder(path, "", &mut found)?;
    } else {
        let read = |source| FixtureError::Read { path: path.to_owned(), source };
        found.insert(String::new(), fs::read(path).map_err(read)?);
    }
    Ok(found)
}

fn folder(dir: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) -> Result<(), FixtureError> {
    let read = |path: &Path| {
        let path = path.to_owned();
        move |source| FixtureError::Read { path, source }
    };
    for entry in fs::read_dir(dir).map_err(read(dir))? {
        let path = entry.map_err(read(dir))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            folder(&path, &format!("{prefix}{name}/"), found)?;
        } else {
            found.insert(format!("{prefix}{name}"), fs::read(&path).map_err(read(&path))?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
