//! Building a plugin in JavaScript: componentize-js, from the project's own
//! node_modules, embeds the source in a JavaScript engine.
//!
//! The engine is asked to do without WASI, so that what it makes imports
//! nothing but the host of airgo.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Recipe, must, output};
use crate::{BuildError, Language, Project, Step, Tools, interface};

/// What of WASI the engine can do without: all.
const DISABLED: [&str; 5] = ["stdio", "random", "clocks", "http", "fetch-event"];
const TOOL: &str = "node_modules/@bytecodealliance/componentize-js/src/cli.js";

/// The recipe.
pub struct Js;

/// What of package.json matters here.
#[derive(Deserialize)]
struct Package {
    #[serde(default = "plugin_js")]
    main: PathBuf,
}

fn plugin_js() -> PathBuf {
    PathBuf::from("plugin.js")
}

impl Recipe for Js {
    fn build(&self, project: &Project, tools: &mut dyn Tools) -> Result<Vec<u8>, BuildError> {
        let missing = |tool: &str, install: &str| BuildError::Missing {
            language: Language::Js,
            tool: tool.to_owned(),
            install: vec![install.to_owned()],
        };
        let node = tools
            .find("node")
            .ok_or_else(|| missing("Node.js 20 or newer", "install Node.js from https://nodejs.org"))?;
        let tool = project.dir.join(TOOL);
        if !tool.is_file() {
            let what = "@bytecodealliance/componentize-js";
            return Err(missing(what, &format!("npm install --prefix {}", project.dir.display())));
        }
        let wit = interface::write(tools.scratch())?;
        let component = tools.scratch().join("plugin.wasm");
        let build = Step::new("componentize the plugin", node, &project.dir)
            .arg(tool)
            .arg(source(project)?)
            .args(["--wit".as_ref(), wit.as_os_str()])
            .args(["--world-name", interface::WORLD, "--disable"])
            .args(DISABLED)
            .args(["--out".as_ref(), component.as_os_str()]);
        must(tools, &build)?;
        output(&component)
    }
}

/// The file that package.json calls main.
fn source(project: &Project) -> Result<PathBuf, BuildError> {
    let path = project.dir.join("package.json");
    let wrong = |source| BuildError::File { path: path.clone(), source };
    let text = std::fs::read(&path).map_err(wrong)?;
    let package: Package = serde_json::from_slice(&text).map_err(|err| wrong(err.into()))?;
    Ok(package.main)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::io;
    use std::path::Path;

    use super::*;
    use crate::Ran;

    struct Machine {
        dir: tempfile::TempDir,
        ran: Vec<Step>,
    }

    impl Tools for Machine {
        fn run(&mut self, step: &Step) -> io::Result<Ran> {
            self.ran.push(step.clone());
            std::fs::write(step.args.last().unwrap(), "component")?;
            Ok(Ran { code: Some(0), stdout: Vec::new() })
        }
        fn env(&self, _: &str) -> Option<OsString> {
            None
        }
        fn find(&self, program: &str) -> Option<PathBuf> {
            Some(PathBuf::from("/tools").join(program))
        }
        fn scratch(&self) -> &Path {
            self.dir.path()
        }
    }

    #[test]
    fn node_runs_the_projects_own_componentize_js() {
        let mut machine = Machine { dir: tempfile::tempdir().unwrap(), ran: Vec::new() };
        let dir = machine.dir.path().to_owned();
        std::fs::write(dir.join("package.json"), r#"{"main": "rule.js", "type": "module"}"#).unwrap();
        let project =
            Project { dir: dir.clone(), name: "a".to_owned(), language: Language::Js, text: String::new() };
        let Err(BuildError::Missing { install, .. }) = Js.build(&project, &mut machine) else {
            panic!("built without the tool");
        };
        assert!(install[0].starts_with("npm install"), "{install:?}");

        std::fs::create_dir_all(dir.join(TOOL).parent().unwrap()).unwrap();
        std::fs::write(dir.join(TOOL), "").unwrap();
        assert_eq!(Js.build(&project, &mut machine).unwrap(), b"component");
        let args: Vec<_> = machine.ran[0].args.iter().map(|arg| arg.to_str().unwrap()).collect();
        assert_eq!(args[1], "rule.js");
        let at = args.iter().position(|arg| *arg == "--disable").unwrap();
        assert_eq!(args[at + 1..at + 6], DISABLED);
        assert!(dir.join("wit/v1/policy.wit").is_file());
    }
}
