//! What is selected of made modules, rule by rule; and that a module cache with
//! that alone answers as the whole one does, without a network.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_resolve::packages::{Builds, Closure, Selecting, Selection, Settings, Starts, load_from, select};
use airgo_resolve::{Mode, resolve};
use airgo_testkit::{Go, Module, TempTree, World, require_tool};
use support::oracle::go_version;
use support::partial::{self, Both};
use support::project;
use support::real::files;
use support::source::Shuffled;
use support::unpacked::Unpacked;

/// The modules that the project requires, and the project itself.
struct Made {
    world: World,
    project: Module,
}

impl Made {
    fn new() -> Self {
        let project =
            Module::project("example.com/m").go("1.24").file("main.go", "package main\n\nfunc main() {}\n");
        Self { world: World::new(), project }
    }

    /// A module, of which a package of the project's imports these.
    fn with(mut self, module: Module, imports: &[&str]) -> Self {
        self.project = self.project.require(&module.id().path, &module.id().version);
        self.world.add(module);
        self.importing(imports)
    }

    fn importing(mut self, imports: &[&str]) -> Self {
        for import in imports {
            let name = import.replace(['/', '.'], "_");
            self.project = self.project.file(format!("{name}/x.go"), importing("x", &[import]));
        }
        self
    }

    fn file(mut self, name: &str, text: &str) -> Self {
        self.project = self.project.file(name, text);
        self
    }

    fn line(mut self, line: &str) -> Self {
        self.project = self.project.line(line);
        self
    }
}

fn importing(name: &str, imports: &[&str]) -> String {
    let imports: String = imports.iter().map(|import| format!("import _ {import:?}\n")).collect();
    format!("package {name}\n\n{imports}")
}

fn module(path: &str) -> Module {
    Module::new(path, "v1.0.0").go("1.21")
}

/// A project whose modules are unpacked in a cache.
struct Downloaded {
    place: TempTree,
    cache: PathBuf,
}

fn download(made: &Made) -> Downloaded {
    let place = TempTree::new();
    made.project.write_dir(&place.join("m"));
    place.write("m/go.sum", made.world.go_sum());
    let url = made.world.write(&place.join("proxy"));
    let cache = place.dir("cache");
    Go::with_proxy(&url).modcache(&cache).mod_download(&place.join("m"), &[]);
    Downloaded { cache, place }
}

impl Downloaded {
    fn dir(&self) -> PathBuf {
        self.place.join("m")
    }

    fn load(&self, builds: Builds<'_>, tests: bool, starts: &Starts<'_>) -> Closure {
        let project = project::load(&self.dir(), Mode::Readonly, Some(go_version())).unwrap();
        let resolution = resolve(&project, &mut Shuffled::new(&files(&self.cache), 1)).unwrap();
        let std =
            PathBuf::from(Go::with_proxy("off").run(Path::new("/"), &["env", "GOROOT"]).trim()).join("src");
        let standard = |path: &str| Some(std.join(path).is_dir());
        let settings = Settings { builds, tests, embeds: true, sums: None, standard: &standard };
        load_from(starts, &project, &resolution, &settings, &mut Unpacked(self.cache.clone())).unwrap()
    }

    fn select(&self, closure: &Closure, selecting: Selecting<'_>) -> BTreeMap<ModuleVersion, Selection> {
        assert_eq!(closure.problems, [], "go would refuse");
        select(closure, &selecting, &mut Unpacked(self.cache.clone())).unwrap()
    }

    /// The go of the whole cache, and of one with what is selected.
    fn both(&self, selected: &BTreeMap<ModuleVersion, Selection>) -> Both {
        let part = self.place.dir("part");
        partial::make(&self.cache, selected, &part);
        Both::new(&self.cache, &part, &[])
    }
}

/// The platform of this machine.
fn here() -> [Platform; 1] {
    let go = Go::with_proxy("off");
    let name = go.run(Path::new("/"), &["env", "GOOS", "GOARCH"]);
    [Platform::parse(&name.trim().replace('\n', "/")).unwrap()]
}

const TESTS: Selecting<'_> = Selecting { tests: true, vendor: None };

/// As text: `*` for a whole module.
fn shown(selected: &BTreeMap<ModuleVersion, Selection>) -> Vec<(String, BTreeSet<String>)> {
    let shown = selected.iter().map(|(module, selection)| {
        let names = match selection {
            Selection::Whole => BTreeSet::from(["*".to_owned()]),
            Selection::Files(names) => names.clone(),
        };
        (module.path.clone(), names)
    });
    shown.collect()
}

#[track_caller]
fn assert_selected(selected: &BTreeMap<ModuleVersion, Selection>, wanted: &[(&str, &str)]) {
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(module, names)| ((*module).to_owned(), names.split_whitespace().map(str::to_owned).collect()))
        .collect();
    assert_eq!(shown(selected), wanted);
}

/// Directories, embedded files, licences on the way up, ambiguous paths, other
/// platforms, tools: without cgo.
fn pure() -> Made {
    let wide = module("example.com/wide")
        .file("LICENSE", "MIT")
        .file("README.md", "")
        .file("root.go", "package wide\n")
        .file("a/NOTICE", "n")
        .file("a/license.go", "package a\n")
        .file("a/used/used.go", importing("used", &["example.com/wide/a/inner"]))
        .file("a/used/used_windows.go", importing("used", &["example.com/wide/windows"]))
        .file(
            "a/used/special.go",
            format!("//go:build special\n\n{}", importing("used", &["example.com/wide/special"])),
        )
        .file(
            "a/used/ignored.go",
            "//go:build ignore\n\npackage main\n\nimport \"embed\"\n\n//go:embed ignored/x\nvar f embed.FS\n",
        )
        .file("a/used/other.txt", "o")
        .file("a/used/used_test.go", "package used\n\nimport _ \"example.com/nowhere\"\n")
        .file("a/used/testdata/x.txt", "t")
        .file("a/used/ignored/x", "i")
        .file("a/inner/inner.go", "package inner\n")
        .file("windows/w.go", "package windows\n")
        .file("special/s.go", "package special\n")
        .file("unused/u.go", "package unused\n")
        .file("LICENSES/MIT.txt", "MIT");
    let embeds = module("example.com/embeds")
        .file("e.go", "package embeds\n\nimport \"embed\"\n\n//go:embed static all:more/* \"one file.txt\"\nvar F embed.FS\n")
        .file("e_test.go", "package embeds\n\nimport \"embed\"\n\n//go:embed testdata/t\nvar T embed.FS\n")
        .file("static/deep/a.txt", "a")
        .file("static/_hidden", "h")
        .file("static/.dot/x", "h")
        .file("more/.dot", "d")
        .file("more/deep/_under", "u")
        .file("one file.txt", "1")
        .file("testdata/t", "t")
        .file("big/unused.bin", "b");
    // Both could hold `short/v2/pkg`: go opens the first to see that it does not.
    let short = module("example.com/short").file("x/x.go", "package x\n");
    let short2 = Module::new("example.com/short/v2", "v2.0.0").go("1.21").file("pkg/p.go", "package pkg\n");
    // And the longer one of these.
    let long = module("example.com/long").file("sub/pkg/p.go", "package pkg\n");
    let long_sub = module("example.com/long/sub").file("else/e.go", "package els\n").file("LICENSE", "MIT");
    let tool = module("example.com/tool")
        .file("cmd/x/main.go", "package main\n\nfunc main() { println(\"tool\") }\n")
        .file("cmd/y/main.go", "package main\n\nfunc main() {}\n");
    let tested = module("example.com/tested").file("t/t.go", "package t\n").file("go.sum", "");
    let asm = module("example.com/asm")
        .file("f/f.go", "package f\n\nfunc F()\n")
        .file(
            "f/f.s",
            "#include \"textflag.h\"\n#include \"near.h\"\nTEXT \u{b7}F(SB), NOSPLIT, $0-0\n\tRET\n",
        )
        .file("f/near.h", "#define NEAR 1\n")
        .file("g/g.go", "package g\n");
    let asm_deep = module("example.com/asmdeep")
        .file("f/f.go", "package f\n\nfunc F()\n")
        .file(
            "f/f.s",
            "#include \"textflag.h\"\n#include \"near.h\"\nTEXT \u{b7}F(SB), NOSPLIT, $0-0\n\tRET\n",
        )
        .file("f/near.h", "#include \"../common/defs.h\"\n")
        .file("common/defs.h", "#define DEFS 1\n")
        .file("unused/u.go", "package unused\n");
    Made::new()
        .with(wide, &["example.com/wide/a/used"])
        .with(embeds, &["example.com/embeds"])
        .with(short, &[])
        .with(short2, &["example.com/short/v2/pkg"])
        .with(long, &["example.com/long/sub/pkg"])
        .with(long_sub, &[])
        .with(tool, &[])
        .with(tested, &[])
        .with(asm, &["example.com/asm/f"])
        .with(asm_deep, &["example.com/asmdeep/f"])
        .with(module("example.com/unused").file("u.go", "package unused\n"), &[])
        .line("tool example.com/tool/cmd/x")
        .file("t/t.go", "package t\n")
        .file("t/t_test.go", &importing("t", &["example.com/tested/t"]))
}

const PURE: &[(&str, &str)] = &[
    ("example.com/asm", "go.mod f/f.go f/f.s f/near.h"),
    ("example.com/asmdeep", "*"),
    ("example.com/embeds", ""),
    ("example.com/long", "go.mod sub/pkg/p.go"),
    ("example.com/long/sub", "go.mod"),
    ("example.com/short", "go.mod"),
    ("example.com/short/v2", "go.mod pkg/p.go"),
    ("example.com/tested", "go.mod t/t.go"),
    ("example.com/tool", "go.mod cmd/x/main.go"),
    (
        "example.com/wide",
        "go.mod LICENSE LICENSES/MIT.txt a/NOTICE a/used/used.go a/used/used_windows.go a/used/special.go \
         a/used/ignored.go a/used/other.txt a/used/used_test.go a/inner/inner.go",
    ),
];

const EMBEDS: [&str; 8] =
    ["go.mod", "e.go", "e_test.go", "one file.txt", "static/deep/a.txt", "more/.dot", "more/deep/_under", ""];

/// With what is embedded, whose names have spaces.
fn assert_pure(mut selected: BTreeMap<ModuleVersion, Selection>, wanted: &[(&str, &str)], tests: bool) {
    let embeds = selected.get_mut(&ModuleVersion::new("example.com/embeds", "v1.0.0")).unwrap();
    let names = EMBEDS.iter().filter(|name| !name.is_empty() && (tests || !name.ends_with("_test.go")));
    assert_eq!(*embeds, Selection::Files(names.map(|name| (*name).to_owned()).collect()));
    *embeds = Selection::Files(BTreeSet::new());
    assert_selected(&selected, wanted);
}

fn without<'a>(wanted: &[(&'a str, &'a str)], module: &str) -> Vec<(&'a str, &'a str)> {
    wanted.iter().filter(|(path, _)| *path != module).copied().collect()
}

/// With other names for one module.
fn changed<'a>(wanted: &[(&'a str, &'a str)], module: &str, names: &'a str) -> Vec<(&'a str, &'a str)> {
    wanted.iter().map(|(path, old)| if *path == module { (*path, names) } else { (*path, *old) }).collect()
}

const PROJECT: Starts<'static> = Starts { project: true, tools: true, patterns: &[] };

#[test]
fn what_one_platform_reads() {
    if !(require_tool("go") && require_tool("unshare")) {
        return;
    }
    let downloaded = download(&pure());
    let (platforms, dir) = (here(), downloaded.dir());
    let builds = Builds::Of { platforms: &platforms, tags: &[], cgo: None };
    let selected = downloaded.select(&downloaded.load(builds, true, &PROJECT), TESTS);
    assert_pure(selected.clone(), PURE, true);

    let both = downloaded.both(&selected);
    both.same(&dir, &["list", "-m", "all"]);
    both.same(&dir, &["mod", "graph"]);
    both.same_list(&dir, &["-test", "./..."], true);
    for args in [&["build", "./..."][..], &["vet", "./..."], &["test", "-run", "^$", "./..."], &["tool", "x"]]
    {
        both.succeed(&dir, args);
    }
    both.same_binary(&dir, "example.com/m", "-v");
}

#[test]
fn what_is_read_without_tests() {
    if !(require_tool("go") && require_tool("unshare")) {
        return;
    }
    let downloaded = download(&pure());
    let (platforms, dir) = (here(), downloaded.dir());
    let builds = Builds::Of { platforms: &platforms, tags: &[], cgo: None };
    let closure = downloaded.load(builds, false, &Starts::default());
    let selected = downloaded.select(&closure, Selecting { tests: false, vendor: None });
    let wanted = without(&without(PURE, "example.com/tested"), "example.com/tool");
    let wide = "go.mod LICENSE LICENSES/MIT.txt a/NOTICE a/used/used.go a/used/used_windows.go \
                a/used/special.go a/used/ignored.go a/used/other.txt a/inner/inner.go";
    assert_pure(selected.clone(), &changed(&wanted, "example.com/wide", wide), false);

    let both = downloaded.both(&selected);
    both.same_list(&dir, &["./..."], false);
    both.same(&dir, &["build", "./..."]);
    both.same_binary(&dir, "example.com/m", "-v");
}

#[test]
fn what_any_platform_reads() {
    if !(require_tool("go") && require_tool("unshare")) {
        return;
    }
    let downloaded = download(&pure());
    let platforms = Platform::ports();
    let builds = Builds::Of { platforms: &platforms, tags: &[], cgo: None };
    let selected = downloaded.select(&downloaded.load(builds, true, &PROJECT), TESTS);
    let wide =
        PURE.iter().find(|(path, _)| *path == "example.com/wide").unwrap().1.to_owned() + " windows/w.go";
    assert_pure(selected.clone(), &changed(PURE, "example.com/wide", &wide), true);
    let both = downloaded.both(&selected);
    both.same_list(&downloaded.dir(), &["-test", "./..."], true);
    let part = both.part.gomodcache();
    for (os, arch) in [("windows", "arm64"), ("darwin", "amd64"), ("js", "wasm"), ("plan9", "386")] {
        let go = Go::air_gapped(&part).env("GOOS", os).env("GOARCH", arch);
        go.run(&downloaded.dir(), &["list", "-deps", "-test", "./..."]);
    }
}

#[test]
fn what_go_mod_vendor_copies() {
    if !(require_tool("go") && require_tool("unshare")) {
        return;
    }
    // Before go 1.22 it copies what the tests of dependencies embed.
    for (line, test_embeds) in [("1.24", false), ("1.21", true)] {
        let mut made = pure();
        if test_embeds {
            let text = String::from_utf8(made.project.go_mod_bytes()).unwrap();
            made.project = made
                .project
                .go_mod(text.replace("go 1.24", "go 1.21").replace("tool example.com/tool/cmd/x\n", ""));
        }
        let downloaded = download(&made);
        let closure = downloaded.load(Builds::Any, true, &PROJECT);
        let selected = downloaded.select(&closure, Selecting { tests: false, vendor: Some(line) });
        let has = |module: &str, name: &str| match &selected[&ModuleVersion::new(module, "v1.0.0")] {
            Selection::Whole => true,
            Selection::Files(names) => names.contains(name),
        };
        for name in ["special/s.go", "windows/w.go", "a/used/ignored/x"] {
            assert!(has("example.com/wide", name), "{name}");
        }
        assert!(!has("example.com/wide", "unused/u.go"));
        assert_eq!(has("example.com/embeds", "testdata/t"), test_embeds, "go {line}");
        downloaded.both(&selected).same_vendor(&downloaded.dir());
    }
}

#[test]
fn what_single_packages_read() {
    if !(require_tool("go") && require_tool("unshare")) {
        return;
    }
    let downloaded = download(&pure());
    let platforms = here();
    let builds = Builds::Of { platforms: &platforms, tags: &[], cgo: None };
    for (pattern, wanted) in [
        ("example.com/m/example_com_short_v2_pkg", vec![PURE[5], PURE[6]]),
        ("example.com/m/example_com_long...", vec![PURE[3], PURE[4]]),
        ("example.com/m/t", vec![PURE[7]]),
        ("example.com/tool/...", vec![("example.com/tool", "go.mod cmd/x/main.go cmd/y/main.go")]),
        ("example.com/tool/cmd/y", vec![("example.com/tool", "go.mod cmd/y/main.go")]),
    ] {
        let patterns = [pattern.to_owned()];
        let starts = Starts { project: false, tools: false, patterns: &patterns };
        let selected = downloaded.select(&downloaded.load(builds, true, &starts), TESTS);
        assert_selected(&selected, &wanted);
        let again = Downloaded { place: TempTree::new(), cache: downloaded.cache.clone() };
        again.both(&selected).same_list(&downloaded.dir(), &["-test", pattern], true);
    }
}

/// C in one directory, and C that reaches into others.
#[test]
fn what_cgo_reads() {
    if !(require_tool("go") && require_tool("unshare") && require_tool("cc")) {
        return;
    }
    // A module whose C function has its name.
    let with_c = |name: &str, preamble: &str, included: &str| {
        let go = format!(
            "package c\n\n/*\n{preamble}\n*/\nimport \"C\"\n\nfunc One() int {{ return int(C.{name}()) }}\n"
        );
        module(&format!("example.com/{name}"))
            .file("c/c.go", go)
            .file("c/one.c", format!("#include {included}\nint {name}(void) {{ return ONE; }}\n"))
            .file("unused/u.go", "package unused\n")
    };
    let cflags = "#cgo CFLAGS: -I. -I${SRCDIR} -DX=1\n#include <stdlib.h>\n#include \"one.h\"";
    let flat = with_c("flat", cflags, "\"one.h\"\n#include \"_cgo_export.h\"\n#define ONE 1")
        .file("c/one.h", "int flat(void);\n");
    let included = with_c("included", "#include \"one.h\"", "\"one.h\"")
        .file("c/one.h", "#include \"../include/def.h\"\nint included(void);\n")
        .file("include/def.h", "#define ONE 2\n");
    let cflags = "#cgo CFLAGS: -I${SRCDIR}/../include\n#include <def.h>\nint flags(void);";
    let flags = with_c("flags", cflags, "<def.h>").file("include/def.h", "#define ONE 3\n");
    let below = with_c("below", "#include <sub/def.h>\nint below(void);", "<sub/def.h>")
        .file("c/sub/def.h", "#define ONE 4\n");
    // Without a Go file with cgo that is built, C files are not.
    let elsewhere = module("example.com/elsewhere")
        .file("c/c_windows.go", "package c\n\n// #include \"../w/w.h\"\nimport \"C\"\n")
        .file("c/c_other.go", "package c\n")
        .file("c/w.h", "#include \"../w/w.h\"\n")
        .file("w/w.h", "");
    let names = ["flat", "included", "flags", "below"];
    let imports: String = names.iter().map(|n| format!("import {n} \"example.com/{n}/c\"\n")).collect();
    let calls: Vec<String> = names.iter().map(|n| format!("{n}.One()")).collect();
    let main = format!("package main\n\n{imports}\nfunc main() {{ println({}) }}\n", calls.join(", "));
    let made = Made::new()
        .with(flat, &[])
        .with(included, &[])
        .with(flags, &[])
        .with(below, &[])
        .with(elsewhere, &["example.com/elsewhere/c"])
        .file("cmd/main.go", &main);
    let downloaded = download(&made);
    let (platforms, dir) = (here(), downloaded.dir());
    for cgo in [Some(true), None, Some(false)] {
        let builds = Builds::Of { platforms: &platforms, tags: &[], cgo };
        let selected = downloaded.select(&downloaded.load(builds, true, &PROJECT), TESTS);
        if cgo == Some(false) {
            assert!(!shown(&selected).iter().any(|(_, names)| names.contains("*")), "{selected:?}");
            continue;
        }
        assert_selected(
            &selected,
            &[
                ("example.com/below", "*"),
                ("example.com/elsewhere", "go.mod c/c_windows.go c/c_other.go c/w.h"),
                ("example.com/flags", "*"),
                ("example.com/flat", "go.mod c/c.go c/one.c c/one.h"),
                ("example.com/included", "*"),
            ],
        );
        if cgo.is_none() {
            continue;
        }
        let both = downloaded.both(&selected);
        both.same_list(&dir, &["-test", "./..."], true);
        for args in [&["build", "./..."][..], &["vet", "./..."], &["test", "-run", "^$", "./..."]] {
            both.succeed(&dir, args);
        }
        both.same_binary(&dir, "./cmd", "-v");
        assert_eq!(both.part.output(&dir, &["run", "./cmd"]).stderr, b"1 2 3 4\n");
    }
}
