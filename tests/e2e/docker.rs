//! The Dockerfiles that readers are shown, built as they are shown: by buildah,
//! in a namespace without a network. The image that they start from is made of
//! this machine's shell and Go, since no registry is asked.

use crate::airgo::Airgo;
use crate::real::copy_writable;
use crate::site::text;
use airgo_testkit::{Go, Module, Proxy, TempTree, World, offline, require_tool, target_tmp};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of the user that builds in the image.
const HOME: &str = "/root";

const README: &str = include_str!("../../README.md");
const PAGE: &str = include_str!("../../docs/docker.md");
const HELLO: &str = include_str!("../../examples/hello/Dockerfile");

/// The Dockerfiles in a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```dockerfile\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// A store of images in a directory of its own.
struct Images {
    temp: TempTree,
    goroot: String,
}

impl Images {
    /// With what this Dockerfile starts from.
    fn for_dockerfile(dockerfile: &str) -> Self {
        let temp = TempTree::new();
        temp.write(
            "registries.conf",
            "unqualified-search-registries = [\"docker.io\"]\nshort-name-mode = \"permissive\"\n",
        );
        let goroot =
            Go::air_gapped(&temp.dir("modcache")).run(temp.path(), &["env", "GOROOT"]).trim().to_owned();
        let images = Self { temp, goroot };
        let base = images.temp.dir("base");
        for dir in ["tmp", "root", "usr/local/go"] {
            images.temp.dir(Path::new("base").join(dir));
        }
        for program in ["/bin/sh", env!("CARGO_BIN_EXE_airgo")] {
            for library in libraries(program) {
                put(&library, &base.join(library.strip_prefix("/").unwrap()));
            }
        }
        put(Path::new("/bin/sh"), &base.join("bin/sh"));
        images.temp.write(
            "Base",
            "FROM scratch\nCOPY . /\nENV PATH=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin HOME=/root GOTOOLCHAIN=local\n",
        );
        for name in dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")) {
            let name = name.split(' ').next().unwrap();
            if name != "scratch" {
                let file = images.temp.join("Base");
                let tag = format!("docker.io/library/{name}");
                images.run(&[
                    "bud",
                    "--isolation",
                    "chroot",
                    "-q",
                    "-t",
                    &tag,
                    "-f",
                    text(&file),
                    text(&base),
                ]);
            }
        }
        images
    }

    fn run(&self, args: &[&str]) {
        let mut buildah = self.buildah();
        let out = buildah.args(args).output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{buildah:?}\n{said}");
    }

    fn buildah(&self) -> Command {
        let mut command = offline("buildah");
        command.env("CONTAINERS_REGISTRIES_CONF", self.temp.join("registries.conf"));
        command.args(["--storage-driver", "vfs", "--root", text(&self.temp.dir("root"))]);
        command.args(["--runroot", text(&self.temp.dir("run"))]);
        command
    }

    /// Builds as docs/docker.md says it for buildah; what the image holds.
    fn build(&self, dockerfile: &str, context: &Path) -> PathBuf {
        let flag = "RUN --network=none ";
        let steps: Vec<&str> = dockerfile.lines().filter(|line| line.starts_with("RUN ")).collect();
        assert!(!steps.is_empty() && steps.iter().all(|step| step.starts_with(flag)), "{steps:?}");
        let file = self.temp.write("Dockerfile", dockerfile.replace(flag, "RUN "));
        put(Path::new(env!("CARGO_BIN_EXE_airgo")), &self.temp.dir("bin").join("airgo"));
        let (bin, image) = (self.temp.join("bin"), self.temp.join("image"));
        let (go, cache) = (format!("{}:/usr/local/go:ro", self.goroot), target_tmp().join("docker-go-build"));
        fs::create_dir_all(&cache).unwrap();
        self.run(&[
            "bud",
            "--isolation",
            "chroot",
            "--build-context",
            &format!("airgo={}", text(&bin)),
            "--volume",
            &go,
            "--volume",
            &format!("{}:{HOME}/.cache/go-build", text(&cache)),
            "--output",
            &format!("type=local,dest={}", text(&image)),
            "--file",
            text(&file),
            text(context),
        ]);
        image
    }
}

/// The libraries that a program loads, its loader included.
fn libraries(program: &str) -> Vec<PathBuf> {
    let out = Command::new("ldd").arg(program).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let words = said.split_whitespace().filter(|word| word.starts_with('/'));
    words.map(PathBuf::from).collect()
}

fn put(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
}

fn tools() -> bool {
    ["go", "unshare", "buildah", "ldd"].into_iter().all(require_tool)
}

/// README's, and those of the page: with layers, and with a cache mount.
#[test]
fn the_dockerfiles_of_the_pages_build_without_a_network() {
    if !tools() {
        return;
    }
    let [readme] = blocks(README)[..] else { panic!("README has one Dockerfile") };
    let [layers, mounted] = blocks(PAGE)[..] else { panic!("docs/docker.md has two Dockerfiles") };
    assert!(PAGE.contains("$ unshare -n buildah bud --build-context airgo=DIR .\n"), "how it is built");
    // Two programs and a library of the project's own, and modules of others.
    let world = World::new().with(
        Module::new("example.com/a", "v1.0.0").go("1.21").file("a.go", "package a\n\nconst Name = \"a\"\n"),
    );
    let proxy = Proxy::serve(&world);
    let program = "package main\n\nimport \"example.com/a\"\n\nfunc main() { println(a.Name) }\n";
    let images = Images::for_dockerfile(&[readme, layers].concat());
    let context = images.temp.dir("context");
    Module::project("example.com/app")
        .go("1.21")
        .require("example.com/a", "v1.0.0")
        .file("main.go", program)
        .file("cmd/tool/main.go", program)
        .file("lib/lib.go", "package lib\n")
        .write_dir(&context);
    images.temp.write("context/go.sum", world.go_sum());
    let airgo = Airgo::new(&proxy.url());
    let key = images.temp.join("team.key");
    airgo.run(&["keygen", "-o", text(&key)]).done();
    put(&images.temp.join("team.pub"), &context.join("team.pub"));
    let bundle = context.join("app.airgo");
    airgo.run(&["pack", text(&context), "-o", text(&bundle), "--key", text(&key)]).done();

    for (dockerfile, programs) in [(readme, "out"), (layers, ""), (mounted, "")] {
        let image = images.build(dockerfile, &context);
        let programs = image.join(programs);
        let names: Vec<_> =
            fs::read_dir(&programs).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        for name in ["app", "tool"] {
            let out = Command::new(programs.join(name)).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&out.stderr).trim(), "a");
        }
        fs::remove_dir_all(image).unwrap();
    }
}

#[test]
fn the_dockerfile_of_the_example_builds_without_a_network() {
    if !tools() {
        return;
    }
    let online = Go::online();
    let images = Images::for_dockerfile(HELLO);
    let context = images.temp.join("context");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    copy_writable(&root.join("examples/hello"), &context);
    let airgo = Airgo::new(&online.vars()["GOPROXY"]);
    let (key, bundle) = (images.temp.join("packer"), context.join("hello.airgo"));
    // The comment at its top says how.
    assert!(HELLO.contains("airgo pack . -o hello.airgo --key packer\n"));
    airgo.run(&["keygen", "-o", text(&key)]).done();
    put(&images.temp.join("packer.pub"), &context.join("packer.pub"));
    airgo.run(&["pack", text(&context), "-o", text(&bundle), "--key", text(&key)]).done();
    let image = images.build(HELLO, &context);
    assert!(image.join("hello").is_file());
}

/// Another page with a Dockerfile has to be built here too, or by the script of the
/// examples, which CI runs.
#[test]
fn no_other_page_has_a_dockerfile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut todo = vec![root.to_owned()];
    let mut found = Vec::new();
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            match entry.file_type().unwrap() {
                kind if kind.is_dir() && name != "target" && name != ".git" => todo.push(entry.path()),
                kind if kind.is_file() => {
                    let page = name.ends_with(".md")
                        && !blocks(&fs::read_to_string(entry.path()).unwrap_or_default()).is_empty();
                    if page || name.contains("Dockerfile") {
                        found.push(entry.path().strip_prefix(root).unwrap().to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    let (examples, mut found): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|file| file.starts_with("examples/docker"));
    let script = fs::read_to_string(root.join("examples/docker/run.sh")).unwrap();
    let built = script.split("names=(").nth(2).and_then(|rest| rest.split(')').next()).unwrap();
    let mut built: Vec<_> = built.split(' ').collect();
    built.sort_unstable();
    let mut names: Vec<_> = examples
        .iter()
        .map(|file| file.file_name().unwrap().to_str().unwrap().trim_end_matches(".Dockerfile"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, built, "what examples/docker/run.sh builds");
    found.sort();
    assert_eq!(found, ["README.md", "docs/docker.md", "examples/hello/Dockerfile"].map(Path::new));
}
