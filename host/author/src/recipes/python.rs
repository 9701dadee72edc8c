//! Building a plugin in Python: componentize-py, from the project's `.venv` or
//! from PATH, embeds the source in a Python interpreter, its WASI stubbed away.

use std::path::PathBuf;

use super::{Recipe, must, output};
use crate::{BuildError, Language, Project, Step, Tools, interface};

const TOOL: &str = "componentize-py";
/// The module that is the plugin.
const MODULE: &str = "plugin";

/// The recipe.
pub struct Python;

impl Recipe for Python {
    fn build(&self, project: &Project, tools: &mut dyn Tools) -> Result<Vec<u8>, BuildError> {
        let Some(tool) = find(project, tools) else {
            return Err(BuildError::Missing {
                language: Language::Python,
                tool: TOOL.to_owned(),
                install: vec![
                    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt".to_owned(),
                ],
            });
        };
        let wit = interface::write(tools.scratch())?;
        let component = tools.scratch().join("plugin.wasm");
        // src where there is one, so that nothing else of the project is in
        // the way of what the plugin imports.
        let src = project.dir.join("src");
        let path = if src.is_dir() { src } else { project.dir.clone() };
        let build = Step::new("componentize the plugin", tool, &project.dir)
            .args(["--wit-path".as_ref(), wit.as_os_str()])
            .args(["--world", interface::WORLD, "componentize", "--stub-wasi"])
            .args(["--python-path".as_ref(), path.as_os_str()])
            .args(["--output".as_ref(), component.as_os_str()])
            .arg(MODULE);
        must(tools, &build)?;
        output(&component)
    }
}

fn find(project: &Project, tools: &dyn Tools) -> Option<PathBuf> {
    let own = project.dir.join(".venv/bin").join(TOOL);
    if own.is_file() { Some(own) } else { tools.find(TOOL) }
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
            std::fs::write(self.dir.path().join("plugin.wasm"), "component")?;
            Ok(Ran { code: Some(0), stdout: Vec::new() })
        }
        fn env(&self, _: &str) -> Option<OsString> {
            None
        }
        fn find(&self, _: &str) -> Option<PathBuf> {
            None
        }
        fn scratch(&self) -> &Path {
            self.dir.path()
        }
    }

    #[test]
    fn the_projects_own_componentize_py_is_taken() {
        let mut machine = Machine { dir: tempfile::tempdir().unwrap(), ran: Vec::new() };
        let dir = machine.dir.path().to_owned();
        let project = Project {
            dir: dir.clone(),
            name: "a".to_owned(),
            language: Language::Python,
            text: String::new(),
        };
        let missing = Python.build(&project, &mut machine);
        assert!(matches!(missing, Err(BuildError::Missing { .. })), "{missing:?}");

        std::fs::create_dir_all(dir.join(".venv/bin")).unwrap();
        std::fs::create_dir_all(dir.join("src")).unwrap();
        std::fs::write(dir.join(".venv/bin/componentize-py"), "").unwrap();
        assert_eq!(Python.build(&project, &mut machine).unwrap(), b"component");
        let step = &machine.ran[0];
        assert_eq!(step.program, dir.join(".venv/bin/componentize-py"));
        for wanted in [OsString::from("--stub-wasi"), dir.join("src").into(), "policy-plugin".into()] {
            assert!(step.args.contains(&wanted), "no {wanted:?} in {:?}", step.args);
        }
    }
}
