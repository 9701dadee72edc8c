//! The meaning of a go.mod's lines (x/mod modfile/rule.go, File.add).

use super::error::{ModFileErrors, Pos, Problem, Reporter};
use super::syntax::{Block, Line, Statement};
use super::versions::{Versions, check_major, string_argument};
use super::{
    Exclude, GoDecl, Godebug, Ignore, ModFile, ModuleDecl, Require, Retract, Tool, ToolchainDecl, comments,
    replace, retract, syntax,
};
use crate::module::{ModuleVersion, split_path_version};
use crate::unicode::decode;

/// Whose go.mod it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    Main,
    Dependency,
}

impl Strictness {
    fn versions(self) -> Versions {
        match self {
            Self::Main => Versions::AsWritten,
            Self::Dependency => Versions::Canonical,
        }
    }

    /// What may change in a later Go, and what only counts in a main module,
    /// must not break a dependency's file.
    fn reads(self, verb: &str) -> bool {
        self == Self::Main || matches!(verb, "go" | "module" | "retract" | "require" | "ignore")
    }
}

const BLOCKS: [&str; 8] = ["module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];

pub(super) fn parse(file: &str, data: &[u8], strictness: Strictness) -> Result<ModFile, ModFileErrors> {
    let source = decode(data);
    let mut reporter = Reporter::new(file, &source);
    let statements = syntax::parse(file, &mut reporter);
    let mut reader = Reader { strictness, file: ModFile::default() };
    for statement in &statements {
        if reporter.is_full() {
            break;
        }
        match statement {
            Statement::Line(line) => {
                if let Err(problem) = reader.add(None, line, line.words[0], &line.words[1..]) {
                    reporter.note(line.pos, problem);
                }
            }
            Statement::Block(block) if is_known(block) => {
                for line in &block.lines {
                    if let Err(problem) = reader.add(Some(block), line, block.words[0], &line.words) {
                        reporter.note(line.pos, problem);
                    }
                }
            }
            Statement::Block(block) if strictness == Strictness::Main => {
                reporter.note(block.pos, Problem::UnknownBlock(block.words.join(" ")));
            }
            Statement::Block(_) => {}
        }
    }
    if strictness == Strictness::Main {
        for (pos, problem) in reader.check_retracts() {
            reporter.note(pos, problem);
        }
    }
    reporter.finish(reader.file)
}

fn is_known(block: &Block<'_>) -> bool {
    matches!(block.words.as_slice(), [verb] if BLOCKS.contains(verb))
}

struct Reader {
    strictness: Strictness,
    file: ModFile,
}

impl Reader {
    fn add(
        &mut self,
        block: Option<&Block<'_>>,
        line: &Line<'_>,
        verb: &str,
        args: &[&str],
    ) -> Result<(), Problem> {
        if !self.strictness.reads(verb) {
            return Ok(());
        }
        match verb {
            "go" => self.add_go(line.pos, args),
            "toolchain" => add_toolchain(&mut self.file.toolchain, line.pos, args),
            "module" => self.add_module(block, line, args),
            "godebug" => {
                self.file.godebug.push(godebug(line.pos, args)?);
                Ok(())
            }
            "require" => {
                let module = self.module_version("require", args)?;
                let indirect = comments::is_indirect(line);
                self.file.require.push(Require { module, indirect, pos: line.pos });
                Ok(())
            }
            "exclude" => {
                let module = self.module_version("exclude", args)?;
                self.file.exclude.push(Exclude { module, pos: line.pos });
                Ok(())
            }
            "replace" => {
                self.file.replace.push(replace::parse(line, args, self.strictness.versions())?);
                Ok(())
            }
            "retract" => self.add_retract(block, line, args),
            "tool" => {
                self.file.tool.push(Tool { path: one_string("tool", args)?, pos: line.pos });
                Ok(())
            }
            "ignore" => {
                self.file.ignore.push(Ignore { path: one_string("ignore", args)?, pos: line.pos });
                Ok(())
            }
            _ => Err(Problem::UnknownDirective(verb.to_owned())),
        }
    }

    fn add_go(&mut self, pos: Pos, args: &[&str]) -> Result<(), Problem> {
        if self.strictness == Strictness::Dependency
            && self.file.go.is_none()
            && let [version] = args
            && !is_go_version(version)
            && let Some(version) = lax_go_version(version)
        {
            self.file.go = Some(GoDecl { version: version.to_owned(), pos });
            return Ok(());
        }
        add_go(&mut self.file.go, pos, args)
    }

    fn add_module(
        &mut self,
        block: Option<&Block<'_>>,
        line: &Line<'_>,
        args: &[&str],
    ) -> Result<(), Problem> {
        if self.file.module.is_some() {
            return Err(Problem::Repeated("module"));
        }
        let deprecated = comments::deprecation(&comments::text(block, line)).filter(|text| !text.is_empty());
        // A faulty line counts as the one that the file may have.
        let module = self.file.module.insert(ModuleDecl { path: String::new(), deprecated, pos: line.pos });
        let [path] = args else { return Err(Problem::Usage("module module/path".to_owned())) };
        module.path = string_argument(path)?;
        Ok(())
    }

    fn module_version(&self, verb: &'static str, args: &[&str]) -> Result<ModuleVersion, Problem> {
        let [path, version] = args else {
            return Err(Problem::Usage(format!("{verb} module/path v1.2.3")));
        };
        let path = string_argument(path)?;
        let version = self.strictness.versions().read(verb, &path, version)?;
        let (_, path_major) = split_path_version(&path).ok_or(Problem::ModulePath)?;
        match check_major(&version, path_major) {
            Ok(()) => Ok(ModuleVersion { path, version }),
            Err(invalid) => Err(Problem::Version { verb, path, invalid }),
        }
    }

    /// In a dependency a retract line that cannot be read is passed over: later
    /// forms of it must not break the file.
    fn add_retract(
        &mut self,
        block: Option<&Block<'_>>,
        line: &Line<'_>,
        args: &[&str],
    ) -> Result<(), Problem> {
        let main = self.strictness == Strictness::Main;
        let (low, high) = match retract::interval(args) {
            Ok((_, _, [extra, ..])) if main => return Err(Problem::RetractTrailing((*extra).to_owned())),
            Ok((low, high, _)) => (low, high),
            Err(problem) if main => return Err(problem),
            Err(_) => return Ok(()),
        };
        let rationale = comments::text(block, line);
        self.file.retract.push(Retract { low, high, rationale, pos: line.pos });
        Ok(())
    }

    /// Checks retracted versions once the module's path is known, which may
    /// are at the end of the file.
    fn check_retracts(&self) -> impl Iterator<Item = (Pos, Problem)> {
        let path = self.file.module.as_ref().map_or("", |module| module.path.as_str());
        let checked = if path.is_empty() { 1 } else { usize::MAX };
        self.file.retract.iter().take(checked).filter_map(move |line| {
            let problem = match path {
                "" => Problem::RetractWithoutModule,
                path => retract::check(line, path).err()?,
            };
            Some((line.pos, problem))
        })
    }
}

pub(super) fn add_go(slot: &mut Option<GoDecl>, pos: Pos, args: &[&str]) -> Result<(), Problem> {
    if slot.is_some() {
        return Err(Problem::Repeated("go"));
    }
    let [version] = args else { return Err(Problem::OneArgument("go")) };
    if !is_go_version(version) {
        return Err(Problem::GoVersion((*version).to_owned()));
    }
    *slot = Some(GoDecl { version: (*version).to_owned(), pos });
    Ok(())
}

pub(super) fn add_toolchain(
    slot: &mut Option<ToolchainDecl>,
    pos: Pos,
    args: &[&str],
) -> Result<(), Problem> {
    if slot.is_some() {
        return Err(Problem::Repeated("toolchain"));
    }
    let [name] = args else { return Err(Problem::OneArgument("toolchain")) };
    // Looser than what names a toolchain today: later names must pass too.
    if *name != "default" && *name != "go1" && !name.starts_with("go1.") {
        return Err(Problem::ToolchainName((*name).to_owned()));
    }
    *slot = Some(ToolchainDecl { name: (*name).to_owned(), pos });
    Ok(())
}

pub(super) fn godebug(pos: Pos, args: &[&str]) -> Result<Godebug, Problem> {
    let usage = || Problem::Usage("godebug key=value".to_owned());
    let [setting] = args else { return Err(usage()) };
    if setting.contains(['"', '`', '\'', ',']) {
        return Err(usage());
    }
    let (key, value) = setting.split_once('=').ok_or_else(usage)?;
    Ok(Godebug { key: key.to_owned(), value: value.to_owned(), pos })
}

fn one_string(verb: &'static str, args: &[&str]) -> Result<String, Problem> {
    let [word] = args else { return Err(Problem::OneArgument(verb)) };
    string_argument(word)
}

/// x/mod GoVersionRE: `1.22`, `1.22.1`, `1.22rc1`, even `1.22.1rc1`.
fn is_go_version(s: &str) -> bool {
    let Some((_, rest)) = positive(s) else { return false };
    let Some((_, rest)) = rest.strip_prefix('.').and_then(number) else { return false };
    let rest = match rest.strip_prefix('.').map(number) {
        Some(Some((_, rest))) => rest,
        Some(None) => return false,
        None => rest,
    };
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
    rest.is_empty()
        || digits.len() < rest.len() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// x/mod laxGoVersionRE: a language version with a `v` before it, or with
/// anything behind it, such as `v1.12.x-foo`.
fn lax_go_version(s: &str) -> Option<&str> {
    let version = s.strip_prefix('v').unwrap_or(s);
    let (_, rest) = positive(version)?;
    let (_, rest) = number(rest.strip_prefix('.')?)?;
    let tail_follows = rest.chars().next().is_some_and(|c| !c.is_ascii_digit());
    // The tail's first character may be a line end, none behind it (Go's dot).
    let one_line = !rest.chars().skip(1).any(|c| c == '\n');
    (tail_follows && one_line).then(|| &version[..version.len() - rest.len()])
}

fn positive(s: &str) -> Option<(&str, &str)> {
    number(s).filter(|(number, _)| *number != "0")
}

/// A number without leading zeros, and the rest.
fn number(s: &str) -> Option<(&str, &str)> {
    let end = s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let (number, rest) = if s.starts_with('0') { s.split_at(1) } else { s.split_at(end) };
    (!number.is_empty()).then_some((number, rest))
}
