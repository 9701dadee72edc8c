//! What commands take as a project has more modules: time, peak memory and the size of
//! the bundle, for each payload encoding.
//!
//! The modules are made: each has packages with files of their own, whose text is that of
//! the Go files of a real project, in comments, so that they compress as sources do. The
//! main module imports some of the packages of each.

use crate::policy;
use crate::setup::Setup;
use airgo_testkit::{Encoder, Module, Proxy, World, measure};
use std::fs;
use std::path::Path;

/// Packages of a module, and files of a package.
const PACKAGES: usize = 8;
const FILES: usize = 3;
/// How many of a module's packages the project imports.
const IMPORTED: usize = 1;
/// Of larger files only so much is taken; smaller ones than the second are left out, since
/// of such the lists cost more than a fiftieth of the zips.
const TEXT: usize = 64 << 10;
const LEAST: usize = 4 << 10;

/// The commands, in their order; the first three write the bundles that the others read.
const COMMANDS: [&str; 11] = [
    "pack project -o zips.airgo",
    "pack --compact project -o compact.airgo",
    "pack --exact project -o exact.airgo",
    "verify zips.airgo",
    "verify compact.airgo",
    "policy check compact.airgo",
    "unpack zips.airgo",
    "unpack --exact project zips.airgo",
    "unpack --lean compact.airgo",
    "unpack exact.airgo",
    "check exact.airgo project",
];

/// Prints a table: a row for each number of modules and command.
pub fn run(setup: &Setup, sizes: &[usize], rounds: usize) {
    let texts = texts(setup);
    println!("| modules | command | time | peak MiB | bundle MiB |");
    println!("|--------:|---------|-----:|---------:|-----------:|");
    for &modules in sizes {
        let dir = setup.fresh("growth");
        let proxy = project(modules, &texts, &dir.join("project"));
        for line in COMMANDS {
            row(setup, &dir, &proxy, modules, line, rounds);
        }
        fs::remove_dir_all(&dir).unwrap();
    }
}

fn row(setup: &Setup, dir: &Path, proxy: &Proxy, modules: usize, line: &str, rounds: usize) {
    let mut samples = Vec::new();
    for _ in 0..rounds {
        let mut cmd = setup.airgo_command();
        cmd.current_dir(dir).env("GOPROXY", proxy.url()).args(line.split(' '));
        match line.split(' ').next() {
            Some("pack") => drop(cmd.arg("--key").arg(&setup.key)),
            Some("unpack") => drop(cmd.args(["--modcacherw", "--gomodcache", "cache"])),
            _ => (),
        }
        if !line.starts_with("pack") {
            cmd.arg("--trust").arg(&setup.public);
        }
        samples.push(measure(cmd));
        let _ = fs::remove_dir_all(dir.join("cache"));
    }
    samples.sort_by_key(|sample| sample.wall);
    let median = samples[samples.len() / 2].wall.as_secs_f64();
    let peak = samples.iter().map(|sample| sample.peak_kib).max().unwrap_or(0) as f64 / 1024.0;
    let written = line.strip_prefix("pack").and_then(|line| line.rsplit(' ').next());
    let size = written.map_or_else(String::new, |file| {
        format!("{:.1}", fs::metadata(dir.join(file)).unwrap().len() as f64 / 1048576.0)
    });
    println!("| {modules} | `{line}` | {median:.2} s | {peak:.0} | {size} |");
}

/// A project of so many modules, and the proxy that has them.
fn project(modules: usize, texts: &[String], dir: &Path) -> Proxy {
    let mut world = World::new();
    let mut project = Module::project("bench.example/main").go("1.24");
    let mut main = "package main\n\nimport (\n".to_owned();
    for m in 0..modules {
        let path = format!("bench{}.example/group{}/module{m}", m % 7, m / 16);
        let mut module = Module::new(path.clone(), "v1.0.0").go("1.24").made_by(Encoder::Go126);
        module = module.time("2025-01-01T00:00:00Z");
        for p in 0..PACKAGES {
            for f in 0..FILES {
                let text = &texts[((m * PACKAGES + p) * FILES + f) % texts.len()];
                module = module
                    .file(format!("p{p}/f{f}.go"), format!("/* {m} {p} {f}\n{text}*/\n\npackage p{p}\n"));
            }
        }
        for p in 0..IMPORTED {
            main.push_str(&format!("\t_ \"{path}/p{p}\"\n"));
        }
        project = project.require(&path, "v1.0.0");
        world.add(module);
    }
    main.push_str(")\n\nfunc main() {}\n");
    project.file("main.go", main).write_dir(dir);
    fs::write(dir.join("go.sum"), airgo_testkit::go_sum(world.modules())).unwrap();
    Proxy::serve(&world)
}

/// The Go files of the measured project's modules, as they may stand in a comment.
fn texts(setup: &Setup) -> Vec<String> {
    let mut zips = Vec::new();
    policy::collect(&setup.proxy_dir, 2 << 20, &mut zips);
    zips.sort();
    let files = zips.iter().flat_map(|zip| policy::unzip(zip, &setup.fresh("zip")));
    let sources = files.filter(|(name, text)| name.ends_with(".go") && text.len() >= LEAST);
    let texts: Vec<String> = sources
        .map(|(_, text)| String::from_utf8_lossy(&text[..text.len().min(TEXT)]).replace("*/", "* /"))
        .collect();
    assert!(!texts.is_empty(), "the project has no Go files");
    texts
}
