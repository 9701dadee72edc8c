//! A set of module versions, served as a GOPROXY tree.

use crate::gosum::go_sum;
use crate::gotool::goroot;
use crate::module::Module;
use crate::txtar::Txtar;
use airgo_gomod::ModuleVersion;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Module versions that live together behind one proxy.
#[derive(Clone, Debug, Default)]
pub struct World {
    modules: Vec<Module>,
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module.
    pub fn with(mut self, module: Module) -> Self {
        self.add(module);
        self
    }

    /// Adds a module.
    pub fn add(&mut self, module: Module) {
        self.modules.push(module);
    }

    /// The modules, in the order they were added.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The module with this path and version.
    pub fn get(&self, path: &str, version: &str) -> Option<&Module> {
        self.modules.iter().find(|m| m.id().path == path && m.id().version == version)
    }

    /// The hundreds of module versions of Go's own tests, read from the Go
    /// that is installed (GOROOT/src/cmd/go/testdata/mod). Those whose file
    /// name is not a valid module version are left out, as Go's test proxy does.
    pub fn of_go() -> Self {
        let dir = goroot().join("src/cmd/go/testdata/mod");
        Self::of_txtar_dir(&dir)
    }

    /// Reads every `<path with _ for />_<version>.txt` of a directory
    /// (cmd/go proxy_test.go, readModList).
    pub fn of_txtar_dir(dir: &Path) -> Self {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let mut world = Self::new();
        for name in names {
            if let Some(id) = name.strip_suffix(".txt").and_then(txtar_id) {
                let archive = Txtar::parse(&fs::read(dir.join(&name)).unwrap());
                world.add(txtar_module(id, &archive));
            }
        }
        world
    }

    /// The go.sum text that makes every module of this world good.
    pub fn go_sum(&self) -> String {
        go_sum(&self.modules)
    }

    /// The files of the GOPROXY tree by their path below its root.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut lists: BTreeMap<String, String> = BTreeMap::new();
        for m in &self.modules {
            let base = format!("{}/@v", escape(&m.id().path));
            let version = escape(&m.id().version);
            files.insert(format!("{base}/{version}.mod"), m.go_mod_bytes());
            files.insert(format!("{base}/{version}.info"), m.info_bytes());
            files.insert(format!("{base}/{version}.zip"), m.zip_bytes());
            let list = lists.entry(format!("{base}/list")).or_default();
            list.push_str(&m.id().version);
            list.push('\n');
        }
        files.extend(lists.into_iter().map(|(k, v)| (k, v.into_bytes())));
        files
    }

    /// Writes the GOPROXY tree into a directory and returns its `file://` URL.
    pub fn write(&self, dir: &Path) -> String {
        for (name, data) in self.files() {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, data).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
        format!("file://{}", dir.display())
    }
}

/// Case-escapes a path or version: `A` becomes `!a` (golang.org/x/mod/module).
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '!' => out.push(chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            c if c.is_ascii_uppercase() => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

fn txtar_id(name: &str) -> Option<ModuleVersion> {
    let at = name.rfind("_v")?;
    let path = unescape(&name[..at].replace('_', "/"))?;
    Some(ModuleVersion::new(path, unescape(&name[at + 1..])?))
}

fn txtar_module(id: ModuleVersion, archive: &Txtar) -> Module {
    let mut zip = crate::ZipBuilder::new();
    for file in &archive.files {
        if matches!(file.name.as_str(), ".info" | ".mod" | ".zip") {
            continue;
        }
        // A leading slash means: this very name, without the module's prefix.
        let name = match file.name.strip_prefix('/') {
            Some(verbatim) => verbatim.to_owned(),
            None => format!("{id}/{}", file.name),
        };
        zip = zip.file(name, &file.data);
    }
    let mut module = Module::new(&id.path, &id.version).zip(zip);
    if let Some(go_mod) = archive.get(".mod") {
        module = module.go_mod(go_mod);
    }
    if let Some(info) = archive.get(".info") {
        module = module.info(info);
    }
    module
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_txtar_name_is_a_module_version() {
        let id = txtar_id("github.com_!dmitri!shuralyov_test_v0.0.0-20170101000000-abcdef012345").unwrap();
        assert_eq!(id.path, "github.com/DmitriShuralyov/test");
        assert_eq!(id.version, "v0.0.0-20170101000000-abcdef012345");
        assert_eq!(txtar_id("README"), None);
    }

    #[test]
    fn list_has_every_version_of_a_path() {
        let world = World::new()
            .with(Module::new("example.com/Upper", "v1.0.0"))
            .with(Module::new("example.com/Upper", "v1.1.0-RC1"));
        let files = world.files();
        assert_eq!(files["example.com/!upper/@v/list"], b"v1.0.0\nv1.1.0-RC1\n");
        assert!(files.contains_key("example.com/!upper/@v/v1.1.0-!r!c1.zip"));
    }
}
