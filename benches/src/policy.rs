//! All built-in plugins over a large bundle: cold, with compiled code, and
//! with what they found out about modules.
//!
//! The bundle is made of real modules: those of the project, each as often as
//! it takes under another path, so that no two have the same zip. Modules above
//! a size are left out, since a few giants would tell of nothing but inflating.

use crate::setup::Setup;
use crate::table::Table;
use airgo_testkit::{Module, Proxy, Sample, World, measure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Plugins that are asked, each with a config under which it works hardest
/// among those that many have.
const PLUGINS: [(&str, &str); 6] = [
    ("allowlist", "config = { default = \"warn\", allow = [\"golang.org/x/*\"] }"),
    ("drift", "config = { no-baseline = \"allow\" }"),
    ("freshness", ""),
    ("licence", ""),
    ("native", "config = { unsafe = \"warn\", exec = \"warn\" }"),
    ("vulnerability", "config = { no-data = \"allow\" }"),
];

/// What is made before the clock runs.
struct Large<'a> {
    setup: &'a Setup,
    bundle: PathBuf,
}

/// Runs all states in turn; prints what the bundle is.
pub fn run(setup: &Setup, modules: usize, max_zip: u64, rounds: usize) -> Vec<Table> {
    let large = Large::new(setup, modules, max_zip);
    let mut tables = Vec::new();
    let mut names: Vec<Vec<&str>> = vec![PLUGINS.iter().map(|(name, _)| *name).collect()];
    names.extend(PLUGINS.iter().map(|(name, _)| vec![*name]));
    for plugins in names {
        let title = if plugins.len() > 1 { "all six".to_owned() } else { plugins.concat() };
        let mut table = Table::new(format!("policy check: {title}"));
        for _ in 0..rounds {
            let home = setup.fresh("home");
            table.add("all warm", large.after(&plugins, &home, |_| ()));
            let no_facts = |home: &Path| drop(fs::remove_dir_all(home.join(".cache/airgo/plugins/facts")));
            table.add("compiled code warm, facts cold", large.after(&plugins, &home, no_facts));
            table.add("cold", large.after(&plugins, &home, |home| drop(fs::remove_dir_all(home))));
        }
        tables.push(table);
    }
    tables
}

impl<'a> Large<'a> {
    fn new(setup: &'a Setup, modules: usize, max_zip: u64) -> Self {
        let mut zips = Vec::new();
        collect(&setup.proxy_dir, max_zip, &mut zips);
        zips.sort();
        assert!(!zips.is_empty(), "no module of the project has a zip of at most {max_zip} bytes");
        let contents: Vec<_> = zips.iter().map(|zip| unzip(zip, &setup.fresh("zip"))).collect();
        let mut world = World::new();
        let mut project = Module::project("bench.example/main").go("1.24");
        let (mut files, mut content) = (0, 0);
        for n in 0..modules {
            let path = format!("bench.example/copy{}/module{}", n / zips.len(), n % zips.len());
            let mut module = Module::new(path.clone(), "v1.0.0").time("2025-01-01T00:00:00Z");
            for (name, data) in &contents[n % zips.len()] {
                // Its requirements would bring in others.
                if name != "go.mod" {
                    files += 1;
                    content += data.len();
                    module = module.file(name, data.as_slice());
                }
            }
            project = project.require(&path, "v1.0.0");
            world.add(module);
        }
        let dir = setup.fresh("large");
        project.write_dir(&dir);
        fs::write(dir.join("go.sum"), airgo_testkit::go_sum(world.modules())).unwrap();
        let proxy = Proxy::serve(&world);
        let bundle = setup.temp.join("large.airgo");
        let mut pack = setup.airgo_command();
        pack.env("GOPROXY", proxy.url())
            .arg("pack")
            .arg(&dir)
            .arg("-o")
            .arg(&bundle)
            .arg("--key")
            .arg(&setup.key);
        measure(pack);
        println!(
            "{modules} modules made of {} real ones with a zip of at most {} KiB: {files} files, {:.1} MiB, bundle {:.1} MiB",
            zips.len(),
            max_zip >> 10,
            content as f64 / 1048576.0,
            fs::metadata(&bundle).unwrap().len() as f64 / 1048576.0
        );
        let _ = fs::remove_dir_all(setup.temp.join("home"));
        Large { setup, bundle }
    }

    /// A run after one that knew everything but what `forget` takes away.
    fn after(&self, plugins: &[&str], home: &Path, forget: impl Fn(&Path)) -> Sample {
        fs::create_dir_all(home).unwrap();
        let _ = self.check(plugins, home);
        forget(home);
        fs::create_dir_all(home).unwrap();
        self.check(plugins, home)
    }

    fn check(&self, plugins: &[&str], home: &Path) -> Sample {
        let policy = self.setup.temp.join("bench.toml");
        let text: String = PLUGINS
            .iter()
            .filter(|(name, _)| plugins.contains(name))
            .map(|(name, config)| format!("[[plugin]]\nname = \"{name}\"\nbuiltin = \"{name}\"\n{config}\n"))
            .collect();
        fs::write(&policy, text).unwrap();
        let mut cmd: Command = self.setup.airgo_command();
        cmd.env("HOME", home).args(["policy", "check", "--json", "--policy"]).arg(&policy);
        cmd.arg(&self.bundle).arg("--trust").arg(&self.setup.public);
        measure(cmd)
    }
}

/// The zips of at most so many bytes below a directory.
pub fn collect(dir: &Path, max_zip: u64, zips: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, max_zip, zips);
        } else if path.extension().is_some_and(|e| e == "zip")
            && fs::metadata(&path).unwrap().len() <= max_zip
        {
            zips.push(path);
        }
    }
}

/// The files of a module zip, below `path@version/`.
pub fn unzip(zip: &Path, to: &Path) -> Vec<(String, Vec<u8>)> {
    let status = Command::new("unzip").arg("-q").arg(zip).arg("-d").arg(to).status().unwrap();
    assert!(status.success(), "unzip {}: {status}", zip.display());
    let mut files = Vec::new();
    walk(to, to, &mut files);
    let _ = fs::remove_dir_all(to);
    files
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, files);
            continue;
        }
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        let (_, below) = name.split_at(name.find("@v").unwrap());
        files.push((below.split_once('/').unwrap().1.to_owned(), fs::read(&path).unwrap()));
    }
}
