//! go.work files (x/mod modfile/work.go).

use super::directives::{add_go, add_toolchain, godebug};
use super::error::{ModFileErrors, Pos, Problem, Reporter};
use super::syntax::{Block, Line, Statement};
use super::versions::{Versions, string_argument};
use super::{GoDecl, Godebug, Replace, ToolchainDecl, replace, syntax};
use crate::gover;
use crate::unicode::decode;

/// A go.work file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkFile {
    /// The go directive.
    pub go: Option<GoDecl>,
    /// The toolchain directive.
    pub toolchain: Option<ToolchainDecl>,
    /// The godebug directives.
    pub godebug: Vec<Godebug>,
    /// The use directives.
    pub use_: Vec<Use>,
    /// The replace directives, which go before those of the modules.
    pub replace: Vec<Replace>,
}

impl WorkFile {
    /// The language version: that of the go line, or what its absence means
    /// (cmd/go/internal/gover FromGoWork).
    pub fn go_version(&self) -> &str {
        self.go.as_ref().map_or(gover::DEFAULT_GO_WORK_VERSION, |go| &go.version)
    }
}

/// `use DIRECTORY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The directory of a main module, relative to the file.
    pub path: String,
    /// Where the directive is.
    pub pos: Pos,
}

/// Reads a go.work. Versions are made canonical, and those that cannot be are
/// errors, as in the go command. `file_name` is only for messages.
pub fn parse(file_name: &str, data: &[u8]) -> Result<WorkFile, ModFileErrors> {
    let source = decode(data);
    let mut reporter = Reporter::new(file_name, &source);
    let statements = syntax::parse(file_name, &mut reporter);
    let mut file = WorkFile::default();
    for statement in &statements {
        if reporter.is_full() {
            break;
        }
        match statement {
            Statement::Line(line) => {
                if let Err(problem) = add(&mut file, line, line.words[0], &line.words[1..]) {
                    reporter.note(line.pos, problem);
                }
            }
            Statement::Block(block) if is_known(block) => {
                for line in &block.lines {
                    if let Err(problem) = add(&mut file, line, block.words[0], &line.words) {
                        reporter.note(line.pos, problem);
                    }
                }
            }
            Statement::Block(block) => {
                reporter.note(block.pos, Problem::UnknownBlock(block.words.join(" ")));
            }
        }
    }
    reporter.finish(file)
}

fn is_known(block: &Block<'_>) -> bool {
    matches!(block.words.as_slice(), ["godebug" | "use" | "replace"])
}

fn add(file: &mut WorkFile, line: &Line<'_>, verb: &str, args: &[&str]) -> Result<(), Problem> {
    match verb {
        "go" => add_go(&mut file.go, line.pos, args),
        "toolchain" => add_toolchain(&mut file.toolchain, line.pos, args),
        "godebug" => {
            file.godebug.push(godebug(line.pos, args)?);
            Ok(())
        }
        "use" => {
            let [path] = args else { return Err(Problem::Usage("use local/dir".to_owned())) };
            file.use_.push(Use { path: string_argument(path)?, pos: line.pos });
            Ok(())
        }
        "replace" => {
            file.replace.push(replace::parse(line, args, Versions::Canonical)?);
            Ok(())
        }
        _ => Err(Problem::UnknownDirective(verb.to_owned())),
    }
}
