//! One module version for a test, made in one fluent line.

use crate::zipfile::ZipBuilder;
use airgo_gomod::{H1, ModuleVersion};
use airgo_gozip::Encoder;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A module version with its files: what a proxy serves as `.mod`, `.info`
/// and `.zip`, or a project directory on disk.
///
/// A module to which no file is added holds one package, named after the last
/// element of its path, so that it can be imported.
#[derive(Clone, Debug)]
pub struct Module {
    id: ModuleVersion,
    directives: Vec<String>,
    requires: Vec<String>,
    raw_go_mod: Option<Vec<u8>>,
    go_mod_in_zip: bool,
    files: Vec<(String, Vec<u8>)>,
    raw_info: Option<Vec<u8>>,
    zip: Option<ZipBuilder>,
    made_by: Option<Encoder>,
    time: String,
}

impl Module {
    /// A module at a version; the version is empty for a project.
    pub fn new(path: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            id: ModuleVersion::new(path, version),
            directives: Vec::new(),
            requires: Vec::new(),
            raw_go_mod: None,
            go_mod_in_zip: true,
            files: Vec::new(),
            raw_info: None,
            zip: None,
            made_by: None,
            time: "2024-01-02T03:04:05Z".to_owned(),
        }
    }

    /// A main module: no version.
    pub fn project(path: impl Into<String>) -> Self {
        Self::new(path, "")
    }

    /// Adds a `go` line.
    pub fn go(self, version: &str) -> Self {
        self.line(format!("go {version}"))
    }

    /// Adds a direct requirement.
    pub fn require(mut self, path: &str, version: &str) -> Self {
        self.requires.push(format!("{path} {version}"));
        self
    }

    /// Adds a requirement marked `// indirect`.
    pub fn require_indirect(mut self, path: &str, version: &str) -> Self {
        self.requires.push(format!("{path} {version} // indirect"));
        self
    }

    /// Adds `exclude path version`.
    pub fn exclude(self, path: &str, version: &str) -> Self {
        self.line(format!("exclude {path} {version}"))
    }

    /// Adds `replace old => new`, each side as go.mod writes it.
    pub fn replace(self, old: &str, new: &str) -> Self {
        self.line(format!("replace {old} => {new}"))
    }

    /// Adds any directive line to go.mod.
    pub fn line(mut self, directive: impl Into<String>) -> Self {
        self.directives.push(directive.into());
        self
    }

    /// Sets the bytes of go.mod, in place of what the builder would write.
    pub fn go_mod(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_go_mod = Some(bytes.into());
        self
    }

    /// A module from before modules: the zip has no go.mod and the proxy makes
    /// one of a single line (cmd/go modfetch/coderepo.go, legacyGoMod).
    pub fn without_go_mod(mut self) -> Self {
        self.go_mod_in_zip = false;
        self
    }

    /// Adds a file; the name is relative to the module's root.
    pub fn file(mut self, name: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), data.into()));
        self
    }

    /// Sets the time in `.info`.
    pub fn time(mut self, time: &str) -> Self {
        self.time = time.to_owned();
        self
    }

    /// Sets the bytes of `.info`.
    pub fn info(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_info = Some(bytes.into());
        self
    }

    /// Sets the zip, such as a hostile one.
    pub fn zip(mut self, zip: ZipBuilder) -> Self {
        self.zip = Some(zip);
        self
    }

    /// The zip is what Go's encoder of this version makes of the files; otherwise
    /// another makes it.
    pub fn made_by(mut self, encoder: Encoder) -> Self {
        self.made_by = Some(encoder);
        self
    }

    /// Path and version.
    pub fn id(&self) -> &ModuleVersion {
        &self.id
    }

    /// The bytes of `.mod`.
    pub fn go_mod_bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw_go_mod {
            return raw.clone();
        }
        let mut text = format!("module {}\n", self.id.path);
        for line in &self.directives {
            let _ = writeln!(text, "\n{line}");
        }
        for line in &self.requires {
            let _ = writeln!(text, "\nrequire {line}");
        }
        text.into_bytes()
    }

    /// The bytes of `.info`.
    pub fn info_bytes(&self) -> Vec<u8> {
        self.raw_info.clone().unwrap_or_else(|| {
            format!(r#"{{"Version":"{}","Time":"{}"}}"#, self.id.version, self.time).into_bytes()
        })
    }

    /// The bytes of the zip.
    pub fn zip_bytes(&self) -> Vec<u8> {
        let Some(encoder) = self.made_by else { return self.zip_builder().bytes() };
        let mut zip = airgo_gozip::Writer::new(Vec::new(), encoder);
        for (name, data) in self.tree() {
            zip.file(format!("{}/{name}", self.id), &*data).unwrap();
        }
        zip.finish().unwrap()
    }

    /// The hash that go.sum has for the zip.
    pub fn h1(&self) -> H1 {
        self.zip_builder().h1()
    }

    fn zip_builder(&self) -> ZipBuilder {
        self.zip.clone().unwrap_or_else(|| {
            let prefixed = |zip: ZipBuilder, (name, data)| zip.file(format!("{}/{name}", self.id), data);
            self.tree().into_iter().fold(ZipBuilder::new(), prefixed)
        })
    }

    /// Writes the module as a directory, such as a main module.
    pub fn write_dir(&self, dir: &Path) {
        for (name, data) in self.tree() {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, data).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }

    /// Files of the module, go.mod among them, sorted as Go's zip writer has
    /// them.
    fn tree(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = self.files.clone();
        if files.is_empty() {
            let name = self.package_name();
            files.push((format!("{name}.go"), format!("package {name}\n").into_bytes()));
        }
        if self.go_mod_in_zip && !files.iter().any(|(name, _)| name == "go.mod") {
            files.push(("go.mod".to_owned(), self.go_mod_bytes()));
        }
        files.sort();
        files
    }

    /// The last element of the path that is not a major version, made an
    /// identifier.
    fn package_name(&self) -> String {
        let major = |e: &&str| e.strip_prefix('v').is_none_or(|n| n.parse::<u32>().is_err());
        let element = self.id.path.rsplit('/').find(major).unwrap_or("p");
        let element = element.split('.').next().unwrap_or("p");
        element.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    }
}
