//! The real go command as the oracle: what it prints, which files its cache then
//! holds, or that it fails.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::OnceLock;

use airgo_gomod::{ModuleVersion, module};
use airgo_resolve::{Mode, Resolution, ResolveError, Scope, format_graph, format_list, resolve};
use airgo_testkit::{Go, TempTree, World};

use super::project;
use super::source::{Files, Shuffled};

/// A world behind a file:// proxy.
pub struct Oracle {
    tree: TempTree,
    url: String,
    go_sum: String,
    pub files: Files,
}

impl Oracle {
    pub fn new(world: &World) -> Self {
        let tree = TempTree::new();
        let url = world.write(&tree.dir("proxy"));
        let files: HashMap<_, _> =
            world.modules().iter().map(|m| (m.id().clone(), m.go_mod_bytes())).collect();
        Self { url, go_sum: world.go_sum(), files, tree }
    }

    /// A directory for one project, with a go.sum that knows the whole world.
    pub fn place(&self) -> TempTree {
        let place = TempTree::within(&self.tree.dir("work"));
        place.write("go.sum", &self.go_sum);
        place
    }

    /// A go with a cache of its own.
    pub fn go(&self) -> Go {
        Go::with_proxy(&self.url).env("GOFLAGS", "")
    }

    /// Holds both ways of loading against go. The error says what differs.
    pub fn compare(&self, dir: &Path, seed: u64) -> Result<Verdict, String> {
        let mut verdict = Verdict::default();
        let go = self.go();
        let out = go.output(dir, &["mod", "graph"]);
        let ours = self.resolve(dir, Mode::Update, seed);
        verdict.reason = ours.as_ref().err().map(|e: &String| kind(e));
        verdict.graph = check("go mod graph", &out, &ours, format_graph, sorted)?;
        if let (true, Ok(ours)) = (verdict.graph, &ours) {
            let theirs = cached(&go.gomodcache(), "mod");
            same_set("go.mod files read by go mod graph", &theirs, &ours.go_mods)?;
        }

        let go = self.go();
        let out = go.output(dir, &["list", "-m", "all"]);
        let ours = self.resolve(dir, Mode::Readonly, seed ^ 1);
        verdict.reason = verdict.reason.or(ours.as_ref().err().map(|e: &String| kind(e)));
        verdict.list = check("go list -m all", &out, &ours, format_list, str::to_owned)?;
        if let (true, Ok(ours)) = (verdict.list, &ours) {
            let theirs = cached(&go.gomodcache(), "info");
            same_set(".info files read by go list -m all", &theirs, &ours.needs(Scope::All).infos)?;
        }
        Ok(verdict)
    }

    /// Holds the zips against those that `go mod download` goes for. It may
    /// rewrite go.mod: the project is used up.
    pub fn compare_download(&self, dir: &Path, seed: u64) -> Result<(), String> {
        let Ok(ours) = self.resolve(dir, Mode::Update, seed) else { return Ok(()) };
        for (scope, args) in [
            (Scope::Build, &["mod", "download", "-json"][..]),
            (Scope::All, &["mod", "download", "-json", "all"]),
        ] {
            let copy = TempTree::within(&self.tree.dir("work"));
            copy_tree(dir, copy.path());
            let out = self.go().output(copy.path(), args);
            let mut theirs = downloaded(&String::from_utf8_lossy(&out.stdout));
            if go_line_is_absent(dir) && scope == Scope::Build {
                // `go mod download` first writes the newest go line into such a
                // go.mod and then goes for less than a build without that line
                // may load.
                theirs.extend(ours.needs(scope).zips);
            }
            same_set(&format!("{args:?}"), &theirs, &ours.needs(scope).zips)
                .map_err(|e| format!("{e}{}", String::from_utf8_lossy(&out.stderr)))?;
        }
        Ok(())
    }

    /// Holds what is said of each module against `go list -m`, and the list
    /// after updates in memory against `-mod=mod`.
    pub fn compare_details(&self, dir: &Path, seed: u64) -> Result<(), String> {
        if let Ok(ours) = self.resolve(dir, Mode::Readonly, seed) {
            let format = "{{.Path}} {{.Main}} {{.Indirect}} {{.GoVersion}}";
            let out = self.go().output(dir, &["list", "-m", "-f", format, "all"]);
            let theirs = String::from_utf8_lossy(&out.stdout);
            for (line, m) in theirs.lines().zip(&ours.build_list) {
                let indirect = !m.main && !m.direct;
                let ours = format!("{} {} {indirect} ", m.module.path, m.main);
                // Go goes on to read go.mod files that the graph does not need.
                let go = m.go_version.as_deref();
                let equal = line.strip_prefix(&ours).is_some_and(|v| go.is_none_or(|go| go == v));
                if !equal {
                    return Err(format!("go list -m says {line}, ours {ours}{go:?}"));
                }
            }
        }
        if dir.join("go.work").exists() {
            return Ok(());
        }
        let copy = TempTree::within(&self.tree.dir("work"));
        copy_tree(dir, copy.path());
        let out = self.go().output(copy.path(), &["list", "-m", "-mod=mod", "all"]);
        let ours = self.resolve(dir, Mode::Update, seed);
        check("go list -m -mod=mod all", &out, &ours, format_list, str::to_owned).map(drop)
    }

    pub fn resolve(&self, dir: &Path, mode: Mode, seed: u64) -> Result<Resolution, String> {
        let project = project::load(dir, mode, Some(go_version()))?;
        resolve(&project, &mut Shuffled::new(&self.files, seed)).map_err(|e: ResolveError| e.to_string())
    }
}

/// Which of the two commands succeeded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verdict {
    pub graph: bool,
    pub list: bool,
    /// Why one of them fails.
    pub reason: Option<&'static str>,
}

fn kind(error: &str) -> &'static str {
    let kinds = [
        "updates to go.mod needed",
        "not found",
        "parsing go.mod",
        "declares its path",
        "requires go >=",
        "canonical version",
        "conflicting replacements",
        "replacement directory",
        "No such file",
        "multiple times",
        "malformed",
        "invalid",
        "at all versions",
        "vendor",
        "should be v",
        "godebug",
        "unquoted",
        "retract",
    ];
    kinds.into_iter().find(|k| error.contains(k)).unwrap_or("something else")
}

fn check(
    command: &str,
    out: &Output,
    ours: &Result<Resolution, String>,
    format: impl Fn(&Resolution) -> String,
    normal: impl Fn(&str) -> String,
) -> Result<bool, String> {
    let stderr = String::from_utf8_lossy(&out.stderr);
    match (out.status.success(), ours) {
        (false, Err(_)) => Ok(false),
        (true, Ok(ours)) => {
            let theirs = normal(&String::from_utf8_lossy(&out.stdout));
            let ours = format(ours);
            if theirs == ours {
                Ok(true)
            } else {
                Err(format!("{command} differs\n{}", diff(&theirs, &ours)))
            }
        }
        // Go looks up what a branch or v1 may mean; this crate asks for a
        // version instead.
        (true, Err(e)) if e.contains("is not at a canonical version") => Ok(false),
        (true, Err(e)) => Err(format!("{command} succeeds, ours fails: {e}\n{stderr}")),
        (false, Ok(_)) => Err(format!("{command} fails, ours succeeds\n{stderr}")),
    }
}

fn go_line_is_absent(dir: &Path) -> bool {
    let text = fs::read_to_string(dir.join("go.mod")).unwrap_or_default();
    !dir.join("go.work").exists() && !text.lines().any(|line| line.starts_with("go "))
}

fn same_set(what: &str, theirs: &BTreeSet<ModuleVersion>, ours: &[ModuleVersion]) -> Result<(), String> {
    let lines =
        |list: &mut dyn Iterator<Item = &ModuleVersion>| list.map(|m| format!("{m}\n")).collect::<String>();
    let (theirs, ours) = (lines(&mut theirs.iter()), lines(&mut ours.iter()));
    if theirs == ours { Ok(()) } else { Err(format!("{what} differ\n{}", diff(&theirs, &ours))) }
}

/// Lines that only one side has.
fn diff(theirs: &str, ours: &str) -> String {
    let mut count: BTreeMap<&str, i32> = BTreeMap::new();
    for line in theirs.lines() {
        *count.entry(line).or_default() += 1;
    }
    for line in ours.lines() {
        *count.entry(line).or_default() -= 1;
    }
    let mut text = String::new();
    for (line, n) in count {
        match n {
            0 => {}
            n if n > 0 => text.push_str(&format!("  only go:   {line}\n")),
            _ => text.push_str(&format!("  only ours: {line}\n")),
        }
    }
    if text.is_empty() { "  the order differs\n".to_owned() } else { text }
}

pub fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.into_iter().flat_map(|line| [line, "\n"]).collect()
}

/// The module versions with a file of this kind in a GOMODCACHE.
pub fn cached(gomodcache: &Path, kind: &str) -> BTreeSet<ModuleVersion> {
    let mut found = BTreeSet::new();
    let root = gomodcache.join("cache/download");
    let mut stack = vec![root.clone()];
    while let Some(dir) = stack.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                stack.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let Some((module, file)) = name.split_once("/@v/") else { continue };
            if let Some(version) = file.strip_suffix(&format!(".{kind}")) {
                let path = module::unescape_path(module).unwrap();
                found.insert(ModuleVersion::new(path, module::unescape_version(version).unwrap()));
            }
        }
    }
    found
}

/// What `go mod download -json` went for, whatever came of it.
fn downloaded(json: &str) -> BTreeSet<ModuleVersion> {
    let mut found = BTreeSet::new();
    let mut path = String::new();
    for line in json.lines() {
        let value = |key: &str| {
            let rest = line.strip_prefix(&format!("\t\"{key}\": \""))?;
            Some(rest.trim_end_matches(',').trim_end_matches('"').to_owned())
        };
        if let Some(p) = value("Path") {
            path = p;
        } else if let Some(version) = value("Version") {
            found.insert(ModuleVersion::new(path.clone(), version));
        }
    }
    found
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The version of the installed go, such as `1.26.8`.
pub fn go_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let out =
            std::process::Command::new("go").args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output();
        let out = String::from_utf8(out.unwrap().stdout).unwrap();
        out.trim().trim_start_matches("go").split(' ').next().unwrap().to_owned()
    })
}
