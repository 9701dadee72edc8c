//! Projects as large as asked: a graph of one of a few shapes, its modules in a
//! `file://` proxy, and two projects on it, so that there is something to
//! compare.

use crate::gosum::go_sum;
use crate::module::Module;
use crate::zipfile::ZipBuilder;
use std::fs;
use std::path::Path;
use std::str::FromStr;

/// What the graph looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each module requires the next: the longest chains.
    Chain,
    /// The project requires them all: the longest go.mod.
    Flat,
    /// Each module requires the next so many: the most edges.
    Dense,
    /// As flat, with vulnerabilities of the modules: the most findings.
    Findings,
}

/// `chain:20000`, `flat:9000`, `dense:1000x300`: modules, and how many each
/// requires; `findings:20000x10`: vulnerabilities, and of how many modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What the graph looks like.
    pub kind: Kind,
    /// How many modules.
    pub modules: usize,
    /// How many each requires.
    pub edges: usize,
    /// How many vulnerabilities they have.
    pub vulnerabilities: usize,
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is none of chain:N, flat:N, dense:NxE, findings:VxN");
        let number = |n: &str| n.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(wrong);
        let (kind, size) = text.split_once(':').ok_or_else(wrong)?;
        let (kind, modules, edges, vulnerabilities) = match (kind, size.split_once('x')) {
            ("chain", None) => (Kind::Chain, number(size)?, 1, 0),
            ("flat", None) => (Kind::Flat, number(size)?, 0, 0),
            ("dense", Some((modules, edges))) => (Kind::Dense, number(modules)?, number(edges)?, 0),
            ("findings", Some((vulnerabilities, modules))) => {
                (Kind::Findings, number(modules)?, 0, number(vulnerabilities)?)
            }
            _ => return Err(wrong()),
        };
        Ok(Self { kind, modules, edges, vulnerabilities })
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            Kind::Chain => write!(f, "chain:{}", self.modules),
            Kind::Flat => write!(f, "flat:{}", self.modules),
            Kind::Dense => write!(f, "dense:{}x{}", self.modules, self.edges),
            Kind::Findings => write!(f, "findings:{}x{}", self.vulnerabilities, self.modules),
        }
    }
}

/// A grown world on disk: `project` needs every module, `older` the second half
/// of them.
pub struct Grown {
    /// What it was grown from.
    pub shape: Shape,
    /// The proxy, as GOPROXY names it.
    pub goproxy: String,
    /// The module at the far end.
    pub last: String,
}

fn path(n: usize) -> String {
    format!("grown.example/m{n:06}")
}

impl Shape {
    /// The modules that this one requires.
    fn requires(&self, n: usize) -> std::ops::Range<usize> {
        n + 1..(n + 1 + self.edges).min(self.modules)
    }

    fn go(&self) -> &'static str {
        // Before go 1.17 nothing is pruned: the project lists its own
        // requirements, and what these require is read to the end.
        if self.is_flat() { "1.24" } else { "1.16" }
    }

    fn is_flat(&self) -> bool {
        matches!(self.kind, Kind::Flat | Kind::Findings)
    }

    /// The vulnerabilities as a copy of Go's database, spread over the modules;
    /// none where there are none.
    pub fn database(&self) -> Option<Vec<u8>> {
        let date = "2026-01-01T00:00:00Z";
        let mut zip = ZipBuilder::new().file("index/db.json", format!(r#"{{"modified":"{date}"}}"#));
        let (mut all, mut of_module) = (Vec::new(), vec![Vec::new(); self.modules]);
        for n in 0..self.vulnerabilities {
            let (id, path) = (format!("GO-2026-{n:06}"), path(n % self.modules));
            let entry = format!(r#"{{"id":"{id}","modified":"{date}"}}"#);
            zip = zip.file(
                format!("ID/{id}.json"),
                format!(
                    r#"{{"id":"{id}","modified":"{date}","aliases":["CVE-2026-{n:06}"],"summary":"Fault {n}",
                    "affected":[{{"package":{{"name":"{path}","ecosystem":"Go"}},
                    "ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"1.{n}.1"}}]}}],
                    "ecosystem_specific":{{"imports":[{{"path":"{path}"}}]}}}}]}}"#
                ),
            );
            of_module[n % self.modules].push(entry.clone());
            all.push(entry);
        }
        let modules = of_module.iter().enumerate().filter(|(_, entries)| !entries.is_empty());
        let modules: Vec<String> = modules
            .map(|(n, entries)| format!(r#"{{"path":"{}","vulns":[{}]}}"#, path(n), entries.join(",")))
            .collect();
        let zip = zip.file("index/vulns.json", format!("[{}]", all.join(",")));
        let zip = zip.file("index/modules.json", format!("[{}]", modules.join(",")));
        (self.vulnerabilities > 0).then(|| zip.bytes())
    }

    fn module(&self, n: usize) -> Module {
        let imports: String = self.requires(n).map(|r| format!("import _ \"{}\"\n", path(r))).collect();
        let mut module = Module::new(path(n), "v1.0.0").go(self.go());
        for r in self.requires(n) {
            module = module.require(&path(r), "v1.0.0");
        }
        module.file("m.go", format!("package m\n{imports}"))
    }

    fn main(&self, from: usize) -> Module {
        let needs = if self.is_flat() { from..self.modules } else { from..from + 1 };
        let imports: String = needs.clone().map(|r| format!("import _ \"{}\"\n", path(r))).collect();
        let mut main = Module::project("grown.example/app").go(self.go());
        for r in needs {
            main = main.require(&path(r), "v1.0.0");
        }
        main.file("app.go", format!("package app\n{imports}"))
    }

    /// Writes the world below a directory.
    pub fn grow(self, dir: &Path) -> Grown {
        let proxy = dir.join("proxy");
        let mut sums = String::new();
        for n in 0..self.modules {
            let module = self.module(n);
            let base = proxy.join(path(n)).join("@v");
            fs::create_dir_all(&base).unwrap();
            fs::write(base.join("v1.0.0.info"), module.info_bytes()).unwrap();
            fs::write(base.join("v1.0.0.mod"), module.go_mod_bytes()).unwrap();
            fs::write(base.join("v1.0.0.zip"), module.zip_bytes()).unwrap();
            fs::write(base.join("list"), "v1.0.0\n").unwrap();
            sums.push_str(&go_sum([&module]));
        }
        let write = |name: &str, from: usize| {
            self.main(from).write_dir(&dir.join(name));
            fs::write(dir.join(name).join("go.sum"), &sums).unwrap();
        };
        write("project", 0);
        write("older", self.modules / 2);
        Grown { shape: self, goproxy: format!("file://{}", proxy.display()), last: path(self.modules - 1) }
    }
}
