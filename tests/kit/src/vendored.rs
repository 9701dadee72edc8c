//! Generated projects for vendor directories: modules that import each other with
//! all that `go mod vendor` looks at, and main modules or workspaces that use them.

use crate::{Go, Module, Rng, World};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// The go lines that `go mod vendor` treats differently, and those between.
const GO_LINES: [&str; 12] =
    ["1.13", "1.14", "1.15", "1.16", "1.17", "1.18", "1.20", "1.21", "1.22", "1.23.1", "1.24", "1.26"];
const PACKAGES: [&str; 6] = ["", "a", "a/b", "c-d", "internal/x", "a/b/c"];

/// A generated project.
#[derive(Debug)]
pub struct VendoredProject {
    /// The modules behind the proxy.
    pub world: World,
    /// The main modules, by their directories in the project; one that is not in a
    /// workspace has the empty name.
    mains: Vec<(String, Module)>,
    /// Directories that replace modules, below the project or beside it.
    directories: Vec<(String, Module)>,
    /// Links, from the project: what they are named, and where they lead.
    links: Vec<(String, String)>,
    go_work: Option<String>,
    /// Its go line, or that of the workspace.
    pub go: &'static str,
}

/// A module of a generated world.
#[derive(Clone)]
struct Plan {
    path: String,
    packages: Vec<&'static str>,
}

impl Plan {
    fn package(&self, dir: &str) -> String {
        if dir.is_empty() { self.path.clone() } else { format!("{}/{dir}", self.path) }
    }

    /// A package that anyone may import.
    fn any(&self, rng: &mut Rng) -> String {
        let open: Vec<_> = self.packages.iter().filter(|dir| !dir.starts_with("internal")).collect();
        self.package(open[rng.below(open.len())])
    }
}

impl VendoredProject {
    /// The project of a seed.
    pub fn of(seed: u64) -> Self {
        let rng = &mut Rng::new(seed);
        let go = GO_LINES[seed as usize % GO_LINES.len()];
        let paths = ["x.test/m0", "x.test/m0/sub", "x.test/m2", "x.test/M3/v2", "x.test/m4", "y.test/m5"];
        let plans: Vec<Plan> = paths.iter().map(|path| plan(path, rng)).collect();
        let mut made = Self {
            world: World::new(),
            mains: Vec::new(),
            directories: Vec::new(),
            links: Vec::new(),
            go_work: None,
            go,
        };
        let mut replaces = Vec::new();
        for (at, plan) in plans.iter().enumerate() {
            let version = if plan.path.ends_with("/v2") { "v2.1.0" } else { "v1.1.0" };
            let below: Vec<&Plan> = plans[..at].iter().collect();
            made.world.add(dependency(plan, (version, go), &below, rng));
            match rng.below(8) {
                0 => {
                    let name = format!("{}replaced/{at}", if rng.chance(50) { "" } else { "../" });
                    let module = dependency(plan, ("", go), &below, rng);
                    if rng.chance(50) {
                        made.links.push((format!("{name}/linked.txt"), "go.mod".to_owned()));
                        made.links.push((format!("{name}/linked.go"), "root.go".to_owned()));
                    }
                    let name = if name.starts_with('.') { name } else { format!("./{name}") };
                    let only = if rng.chance(50) { format!(" {version}") } else { String::new() };
                    replaces.push(format!("replace {}{only} => {name}", plan.path));
                    made.directories.push((name, module));
                }
                1 => {
                    let fork = Plan { path: format!("fork.test/f{at}{}", major(&plan.path)), ..plan.clone() };
                    let imported = Plan { path: plan.path.clone(), ..plan.clone() };
                    let module = dependency_as(&fork, &imported, (version, go), &below, rng);
                    made.world.add(module);
                    replaces.push(format!("replace {} => {} {version}", plan.path, fork.path));
                }
                _ => {}
            }
        }
        if rng.chance(40) {
            replaces.push("replace unused.test/u => unused.test/w v1.0.0".to_owned());
            replaces.push("replace unused.test/v v1.2.3 => ./nowhere/../here".to_owned());
        }
        let members: &[&str] = match rng.below(4) {
            0 | 1 if go >= "1.18" => &["one", "two", "in/three"],
            _ => &[""],
        };
        for (at, dir) in members.iter().enumerate() {
            made.mains.push(((*dir).to_owned(), main(at, dir, go, &plans, &replaces, rng)));
        }
        if members.len() > 1 {
            let mut text = String::new();
            for dir in members {
                let _ = writeln!(text, "use ./{dir}");
            }
            for line in &replaces {
                let _ = writeln!(text, "{line}");
            }
            made.go_work = Some(text);
        }
        made
    }

    /// Whether it is a workspace.
    pub fn is_workspace(&self) -> bool {
        self.go_work.is_some()
    }

    /// The arguments that vendor it.
    pub fn command(&self) -> [&'static str; 2] {
        if self.is_workspace() { ["work", "vendor"] } else { ["mod", "vendor"] }
    }

    /// Writes it into a directory, beside which others may be written, and has `go mod
    /// tidy` complete it; false where go refuses.
    pub fn write(&self, dir: &Path, go: &Go) -> bool {
        for (name, module) in self.directories.iter().chain(&self.mains) {
            module.write_dir(&dir.join(name));
        }
        for (name, target) in &self.links {
            let _ = symlink(target, dir.join(name));
        }
        let tidy = |name: &str| {
            let dir = dir.join(name);
            let mut tidy = go.command(&dir, &["mod", "tidy"]);
            tidy.env("GOWORK", "off").output().unwrap().status.success()
        };
        if !self.mains.iter().all(|(name, _)| tidy(name)) {
            return false;
        }
        if let Some(text) = &self.go_work {
            // Of what the members say, which tidying may have raised.
            let lines = self.mains.iter().map(|(name, _)| {
                let text = fs::read_to_string(dir.join(name).join("go.mod")).unwrap();
                text.lines().find_map(|line| Some(line.strip_prefix("go ")?.to_owned())).unwrap()
            });
            let newest = lines.max_by(|a, b| airgo_gomod::gover::compare(a, b)).unwrap();
            fs::write(dir.join("go.work"), format!("go {newest}\n\n{text}")).unwrap();
            fs::write(dir.join("go.work.sum"), self.world.go_sum()).unwrap();
        }
        true
    }
}

fn major(path: &str) -> &str {
    if path.ends_with("/v2") { "/v2" } else { "" }
}

fn plan(path: &str, rng: &mut Rng) -> Plan {
    let packages = PACKAGES.into_iter().filter(|dir| dir.is_empty() || rng.chance(60)).collect();
    Plan { path: path.to_owned(), packages }
}

fn dependency(plan: &Plan, version: (&str, &str), below: &[&Plan], rng: &mut Rng) -> Module {
    dependency_as(plan, plan, version, below, rng)
}

/// A module whose packages are imported under the path of another.
fn dependency_as(
    plan: &Plan,
    imported: &Plan,
    (version, go): (&str, &str),
    below: &[&Plan],
    rng: &mut Rng,
) -> Module {
    let mut module = Module::new(&plan.path, version);
    // A newer one than the project's raises that.
    let newest = GO_LINES.iter().position(|line| *line == go).unwrap() + 1;
    let newest = if rng.chance(3) { GO_LINES.len() } else { newest };
    if rng.chance(80) {
        module = module.go(GO_LINES[rng.below(newest)]);
    } else if rng.chance(30) && !plan.path.ends_with("/v2") {
        module = module.without_go_mod();
    }
    for other in below {
        let version = if other.path.ends_with("/v2") { "v2.1.0" } else { "v1.1.0" };
        module = module.require(&other.path, version);
    }
    for (at, dir) in plan.packages.iter().enumerate() {
        // Only those before it, so that there is no circle.
        let own = plan.packages[..at].iter().map(|dir| imported.package(dir));
        let mut imports: Vec<String> = own.filter(|_| rng.chance(30)).collect();
        imports.extend(some(below.iter().copied(), 30, rng));
        module = package(module, dir, &imports, below, rng);
    }
    module
}

/// Adds the files of a package to a module.
fn package(mut module: Module, dir: &str, imports: &[String], below: &[&Plan], rng: &mut Rng) -> Module {
    let at = |name: &str| if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
    module = module.file(at("root.go"), source("", "p", imports, ""));
    let mut has_readme = false;
    for name in
        ["README.md", "LICENSE", "NOTICE.txt", "COPYING", "license-x", "x.s", "AUTHORS.go.txt", ".hidden"]
    {
        if rng.chance(25) {
            has_readme |= name == "README.md";
            module = module.file(at(name), format!("{name} {}\n", rng.below(1000)));
        }
    }
    for (name, head) in [
        ("ignored.go", "//go:build ignore\n\n"),
        ("old.go", "// +build ignore\n\n"),
        ("linux.go", "//go:build linux && amd64\n\n"),
        ("x_windows.go", ""),
        ("tagged.go", "//go:build sometag || (ignore && other)\n\n"),
        ("never.go", "//go:build linux && ignore\n\n"),
        ("broken.go", "//go:build (\n\n"),
        ("_hidden.go", "//go:build ignore\n\n"),
        ("_shown.go", ""),
        ("x_test.go", ""),
        ("LICENSE.go", "//go:build ignore\n\n"),
        ("c.go", "//go:build cgo\n\n"),
        ("appengine.go", "//go:build appengine\n\n"),
    ] {
        if rng.chance(20) && (name != "broken.go" || rng.chance(2)) {
            let mut imports = some(below.iter().copied(), 50, rng);
            match name {
                "c.go" => imports.push("C".to_owned()),
                "appengine.go" => imports.push("appengine/datastore".to_owned()),
                _ => {}
            }
            let name_of = if name == "tagged.go" { "q" } else { "p" };
            module = module.file(at(name), source(head, name_of, &imports, ""));
        }
    }
    if rng.chance(15) {
        module = module.file(at("doc.go"), source("", "documentation", &[], ""));
    }
    if rng.chance(30) {
        let patterns =
            ["data", "data/*.txt", "all:data", "\"data/one.txt\" data/.h", "testdata", "README.md"];
        let pattern = patterns[rng.below(patterns.len())];
        let embed = format!("//go:embed {pattern}\nvar files embed.FS\n");
        let name = ["e.go", "e_test.go", "e_plan9.go"][rng.below(3)];
        let head = if rng.chance(20) { "//go:build ignore\n\n" } else { "" };
        module = module.file(at(name), source(head, "p", &["embed".to_owned()], &embed));
        for name in ["data/one.txt", "data/.h", "data/deep/two.txt", "testdata/t.go", "data/_u/x"] {
            module = module.file(at(name), format!("{name}\n"));
        }
        if pattern == "README.md" && !has_readme && rng.chance(95) {
            module = module.file(at("README.md"), "read me\n");
        }
    }
    module
}

fn main(at: usize, dir: &str, go: &str, plans: &[Plan], replaces: &[String], rng: &mut Rng) -> Module {
    let mut module = Module::project(format!("main.test/p{at}")).go(go);
    let up = "../".repeat(dir.split('/').filter(|part| !part.is_empty()).count());
    for line in replaces {
        let line = match line.split_once(" => .") {
            Some((old, new)) if !up.is_empty() => format!("{old} => {up}.{new}"),
            _ => line.clone(),
        };
        module = module.line(line);
    }
    let mut imports = some(plans, 50, rng);
    imports.push("fmt".to_owned());
    module = module.file("main.go", source("", "p", &imports, ""));
    module = module.file("main_test.go", source("", "p", &some(plans, 25, rng), ""));
    module = module.file("tool.go", source("//go:build tools\n\n", "p", &some(plans, 15, rng), ""));
    module = module.file("ignored.go", source("//go:build ignore\n\n", "p", &some(plans, 50, rng), ""));
    module = module.file("deep/testdata/x/x.go", source("", "x", &some(plans, 50, rng), ""));
    module = module.file("deep/x_js.go", source("", "deep", &some(plans, 20, rng), ""));
    if go >= "1.24" && rng.chance(60) {
        module = module.line(format!("tool {}", plans[rng.below(plans.len())].any(rng)));
    }
    module
}

/// A package of some of these modules, each in `percent` of a hundred cases.
fn some<'a>(plans: impl IntoIterator<Item = &'a Plan>, percent: usize, rng: &mut Rng) -> Vec<String> {
    let chosen: Vec<&Plan> = plans.into_iter().filter(|_| rng.chance(percent)).collect();
    chosen.into_iter().map(|plan| plan.any(rng)).collect()
}

fn source(head: &str, name: &str, imports: &[String], code: &str) -> String {
    let mut text = format!("{head}package {name}\n\n");
    for import in imports {
        let _ = writeln!(text, "import _ {import:?}");
    }
    let code = if imports.iter().any(|i| i == "embed") {
        code.replace("embed.FS", "string")
    } else {
        code.to_owned()
    };
    let _ = write!(text, "\n{code}");
    text
}
