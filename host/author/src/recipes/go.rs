//! Building a plugin in Go: the real toolchain's `wasip1` as a library, with an
//! adapter in the place of WASI.

use super::{Recipe, must, output};
use crate::{BuildError, Language, Project, Step, Tools, component, interface, wasi_stub};

/// The recipe.
pub struct Go;

impl Recipe for Go {
    fn build(&self, project: &Project, tools: &mut dyn Tools) -> Result<Vec<u8>, BuildError> {
        let mut core = core_module(project, tools)?;
        interface::embed(&mut core)?;
        component::encode_with(&core, &[(wasi_stub::NAME, wasi_stub::ADAPTER)])
    }
}

fn core_module(project: &Project, tools: &mut dyn Tools) -> Result<Vec<u8>, BuildError> {
    let Some(go) = tools.find("go") else {
        return Err(BuildError::Missing {
            language: Language::Go,
            tool: "Go 1.24 or newer".to_owned(),
            install: vec!["install Go from https://go.dev/dl".to_owned()],
        });
    };
    let module = tools.scratch().join("plugin.wasm");
    // Neither where the source is nor the state of its repository gets into
    // the bytes; -w leaves debug information out, panics still know their line.
    let build = Step::new("compile the plugin", go, &project.dir)
        .args(["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-s -w -buildid="])
        .args(["-o".as_ref(), module.as_os_str()])
        .arg(".")
        .env("GOOS", "wasip1")
        .env("GOARCH", "wasm")
        .env("CGO_ENABLED", "0")
        // What a user has set there would make another component.
        .env("GOFIPS140", "off")
        .without_env("GOWASM")
        .without_env("GOEXPERIMENT");
    must(tools, &build)?;
    output(&module)
}

#[cfg(test)]
mod tests {
    use std::ffi::{OsStr, OsString};
    use std::io;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::Ran;

    struct Machine {
        dir: tempfile::TempDir,
        has_go: bool,
        ran: Vec<Step>,
    }

    impl Tools for Machine {
        fn run(&mut self, step: &Step) -> io::Result<Ran> {
            self.ran.push(step.clone());
            let at = step.args.iter().position(|arg| arg == "-o").unwrap();
            std::fs::write(&step.args[at + 1], b"\0asm\x01\0\0\0")?;
            Ok(Ran { code: Some(0), stdout: Vec::new() })
        }
        fn env(&self, _: &str) -> Option<OsString> {
            None
        }
        fn find(&self, program: &str) -> Option<PathBuf> {
            (self.has_go && program == "go").then(|| PathBuf::from("/tools/go"))
        }
        fn scratch(&self) -> &Path {
            self.dir.path()
        }
    }

    fn build(has_go: bool) -> (Result<Vec<u8>, BuildError>, Vec<Step>) {
        let mut machine = Machine { dir: tempfile::tempdir().unwrap(), has_go, ran: Vec::new() };
        let dir = machine.dir.path().to_owned();
        let project = Project { dir, name: "a".to_owned(), language: Language::Go, text: String::new() };
        let built = Go.build(&project, &mut machine);
        (built, machine.ran)
    }

    #[test]
    fn the_users_go_builds_a_library_for_wasip1() {
        let (built, ran) = build(true);
        // The real test is tests/e2e; a module without exports is not a plugin.
        assert!(matches!(built, Err(BuildError::Component(_))), "{built:?}");
        let [step] = ran.as_slice() else { panic!("{ran:?}") };
        assert_eq!(step.program, Path::new("/tools/go"));
        let set = |name: &str| step.env.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_deref());
        assert_eq!(set("GOOS"), Some(Some(OsStr::new("wasip1"))));
        assert_eq!(set("GOWASM"), Some(None));
        assert!(step.args.contains(&"-trimpath".into()), "{:?}", step.args);
    }

    #[test]
    fn without_go_it_says_where_to_get_it() {
        let (built, ran) = build(false);
        let Err(BuildError::Missing { install, .. }) = built else { panic!("{built:?}") };
        assert!(install[0].contains("https://go.dev/dl") && ran.is_empty(), "{install:?}");
    }
}
