//! What helps against a fault of go.mod, go.work or go.sum: one hint for each
//! cause, and none where the message says it all. Commands that need a go.mod
//! that parses are named only where it does.

use airgo_gomod::modfile::{ModFileError, ModFileErrors, Problem};
use airgo_gomod::module::{VersionProblem, is_incompatible, path_major_prefix, split_path_version};
use airgo_gomod::{ModuleVersion, gover, semver};
use airgo_resolve::{LoadError, LoadFault, ProjectFault};

/// The words that a line of go.mod or go.work can begin with.
const DIRECTIVES: [&str; 11] = [
    "module",
    "go",
    "toolchain",
    "godebug",
    "require",
    "exclude",
    "replace",
    "retract",
    "tool",
    "ignore",
    "use",
];

/// Whether git wrote this line to mark a conflict.
pub fn is_conflict_marker(line: &str) -> bool {
    let line = line.trim_end();
    ["<<<<<<<", "|||||||", ">>>>>>>"]
        .iter()
        .any(|mark| line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
        || line == "======="
}

/// What helps against a merge conflict that is left in `file`.
pub fn conflict(file: &str) -> String {
    let (lines, then) = match file.rsplit('.').next() {
        Some("sum") => ("the lines of both sides", ", then run: go mod tidy"),
        Some("mod" | "work") => ("the lines that are wanted", ", then run: go mod tidy"),
        _ => ("the lines that are wanted", ""),
    };
    format!("in {file} keep {lines} and delete the markers{then}")
}

/// Whether an error is at a conflict marker.
fn has_conflict(errors: &ModFileErrors) -> bool {
    errors.0.iter().any(|e| is_conflict_marker(&e.line_text))
}

/// What to write in place of a line that does not parse. The go command reads
/// such a file no better, so no command helps before it is corrected.
pub fn of_line(error: &ModFileError) -> Option<String> {
    let at = format!("{}:{}", error.file, error.pos.line);
    Some(match &error.problem {
        Problem::Version { verb, path, invalid } => match invalid.problem {
            VersionProblem::Major { .. } => other_major(verb, path, &invalid.version, Some(&at))?,
            VersionProblem::NotCanonical | VersionProblem::NotSemver => {
                format!("write a version such as v1.2.3 in {at}")
            }
            _ => return None,
        },
        Problem::GoVersion(written) => match go_version_in(written) {
            Some(version) => format!("in {at} write: go {version}"),
            None => format!("in {at} write a version such as: go 1.23.0"),
        },
        Problem::ToolchainName(written) => match go_version_in(written) {
            Some(version) => {
                let patch = if gover::is_lang(&version) { ".0" } else { "" };
                format!("in {at} write: toolchain go{version}{patch}; or remove the line")
            }
            None => format!("in {at} write a name such as: toolchain go1.23.0; or remove the line"),
        },
        Problem::UnknownDirective(word) | Problem::UnknownBlock(word) => {
            match DIRECTIVES.iter().find(|known| is_near(word, known)) {
                Some(known) => format!("in {at} write {known} in place of {word}"),
                None => format!("the words that begin a line are {}", DIRECTIVES.join(", ")),
            }
        }
        Problem::Repeated(what) => format!("keep one {what} line, and remove {at}"),
        Problem::ModulePath | Problem::ReplacedModulePath(_) => {
            "a module path ends with its major version from v2 on, such as /v2; /v0 and /v1 are not written"
                .to_owned()
        }
        Problem::ReplacementAt => format!("in {at} write a space in place of the @"),
        Problem::ReplacementDirectory => {
            format!("in {at} write a version behind the module path, or ./ before a directory")
        }
        Problem::ReplacementDirectoryVersion(_) => format!("remove the version behind the directory in {at}"),
        Problem::RetractWithoutModule => {
            "add a module line above it, such as: module example.com/mod".to_owned()
        }
        _ => return None,
    })
}

/// What helps where a version has another major version than its path.
fn other_major(verb: &str, path: &str, version: &str, at: Option<&str>) -> Option<String> {
    if verb == "retract" {
        return Some("only versions of this module's own major version can be retracted".to_owned());
    }
    let right = path_of_major(path, version)?;
    let plain = version.strip_suffix("+incompatible").unwrap_or(version);
    let place = at.map_or_else(|| "write".to_owned(), |at| format!("in {at} write"));
    let mut hint = format!(
        "{place} the path of that version: {right} {plain}, and {right} in the imports; or keep {path} with a \
         version of its own"
    );
    // Only what has no go.mod of its own keeps its old path (go.dev/ref/mod#incompatible-versions).
    let (_, own) = split_path_version(path)?;
    if own.is_empty() && !is_incompatible(version) {
        hint.push_str(&format!("; where that version has no go.mod: {path} {version}+incompatible"));
    }
    Some(hint)
}

/// The module path for a version's major version: `example.com/m/v7` for v7.0.0.
fn path_of_major(path: &str, version: &str) -> Option<String> {
    let (prefix, own) = split_path_version(path)?;
    let major = semver::major(version);
    let dotted = prefix.starts_with("gopkg.in/");
    match path_major_prefix(own) {
        _ if major.is_empty() => None,
        _ if dotted => Some(format!("{prefix}.{major}")),
        _ if matches!(major, "v0" | "v1") => Some(prefix.to_owned()),
        _ => Some(format!("{prefix}/{major}")),
    }
}

/// The Go version that a text most likely means: `go1.22` and `1.22.0.1` do.
fn go_version_in(text: &str) -> Option<String> {
    let text = text.trim_start_matches("go").trim_start_matches('v');
    let whole: Vec<&str> = text.split('.').take(3).collect();
    (2..=whole.len()).rev().map(|n| whole[..n].join(".")).find(|version| gover::is_valid(version))
}

/// Whether one letter more, less, other or swapped makes one word of another.
fn is_near(word: &str, known: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), known.chars().collect());
    if a.len() < 2 || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Greater => a[1..] == *b,
        std::cmp::Ordering::Less => *a == b[1..],
        std::cmp::Ordering::Equal => {
            a.is_empty()
                || a[1..] == b[1..]
                || a.len() > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]
        }
    }
}

/// What helps against a fault in the project's own go.mod or go.work, which parses.
pub fn of_project(fault: &ProjectFault, place: &str) -> Vec<String> {
    let one = |text: String| vec![text];
    match fault {
        ProjectFault::NoModuleLine => one("to add it: go mod edit -module=example.com/mod".to_owned()),
        ProjectFault::ModulePath { .. } => {
            one("give the module another path: go mod edit -module=example.com/mod".to_owned())
        }
        ProjectFault::Version { module } => {
            one(format!("to write the version that it resolves to: go mod tidy, or go get {module}"))
        }
        ProjectFault::PathMajor { module, .. } => {
            other_major("require", &module.path, &module.version, Some(place)).into_iter().collect()
        }
        ProjectFault::Tool { path, .. } => one(format!("remove it: go mod edit -droptool={path}")),
        ProjectFault::Godebug { key, .. } => one(format!("remove it: go mod edit -dropgodebug={key}")),
        ProjectFault::Toolchain { .. } => {
            one("remove the line: go mod edit -toolchain=none (of go.work: go work edit -toolchain=none)"
                .to_owned())
        }
        ProjectFault::Replacements(conflict) => one(format!(
            "a replace line in go.work overrides both: go work edit -replace={}={}",
            conflict.old, conflict.first
        )),
        ProjectFault::UsedTwice { dir } => one(format!("keep one use line of {dir}, and remove {place}")),
        ProjectFault::ModuleTwice { .. } => {
            one("remove one of the two directories: go work edit -dropuse=DIR".to_owned())
        }
        ProjectFault::MainReplaced { path } => {
            one(format!("remove the replace line: go work edit -dropreplace={path}"))
        }
        ProjectFault::WorkTooOld { .. } => one("to raise the version in go.work: go work use".to_owned()),
        ProjectFault::TooNew { go, running } => newer_go(go, running, place),
        _ => Vec::new(),
    }
}

/// What helps where a go line asks for more than the go that runs: the line may well be right.
fn newer_go(go: &str, running: &str, place: &str) -> Vec<String> {
    let edit = if place.contains(".work") { "work" } else { "mod" };
    vec![
        format!(
            "install go {go} or newer, or let go fetch it: GOTOOLCHAIN=auto; \
             airgo pack --toolchain OS/ARCH then carries it in the bundle"
        ),
        format!("if go {running} is enough for the code: go {edit} edit -go={}", gover::lang(running)),
    ]
}

/// What helps against the go.mod file of a dependency or of a replacement directory.
pub fn of_dependency(error: &LoadError) -> Option<String> {
    let LoadError { module, actual, reason } = error;
    let other = || {
        format!(
            "its authors have to correct it; require another version: go list -m -versions {} lists them",
            actual.path
        )
    };
    let directory = actual.version.is_empty();
    Some(match reason {
        LoadFault::TooNew { go, .. } => {
            let newer = format!("install go {go} or newer, or let go fetch it: GOTOOLCHAIN=auto");
            match directory {
                true => newer,
                false => format!("{newer}; or require an older version: go get {}@VERSION", module.path),
            }
        }
        LoadFault::Parse(errors) if directory && has_conflict(errors) => {
            conflict(&format!("{}/go.mod", actual.path))
        }
        LoadFault::Parse(errors) if directory => errors.0.first().and_then(of_line)?,
        LoadFault::NoModuleLine if directory => {
            format!("add a module line to {}/go.mod: module {}", actual.path, module.path)
        }
        LoadFault::Parse(_) | LoadFault::NoModuleLine => other(),
        LoadFault::PathMismatch { declared, required } => {
            let fork = ModuleVersion::new(required.as_str(), actual.version.as_str());
            if directory || actual.path != *required {
                format!("replace the module that it declares: {declared} in place of {}", module.path)
            } else {
                format!(
                    "require {declared} in its place; if {required} is a fork of it, require {declared} and add: \
                     go mod edit -replace={declared}={fork}"
                )
            }
        }
        LoadFault::Source(_) if directory => format!(
            "the replace line names {}: it needs a go.mod there; or remove the line: \
             go mod edit -dropreplace={}",
            actual.path, module.path
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use airgo_gomod::modfile;

    fn hint(line: &str) -> String {
        let text = format!("module example.com/app\n\n{line}\n");
        let errors = match modfile::parse("go.mod", text.as_bytes()) {
            Err(errors) => errors,
            Ok(_) => panic!("{line:?} parses"),
        };
        of_line(&errors.0[0]).unwrap_or_default()
    }

    #[test]
    fn each_fault_of_a_line_has_its_own_hint() {
        for (line, wanted) in [
            ("go 1.22.0.1", "in go.mod:3 write: go 1.22.0"),
            ("go go1.22", "in go.mod:3 write: go 1.22"),
            ("go v1.22.3", "in go.mod:3 write: go 1.22.3"),
            ("go latest", "in go.mod:3 write a version such as: go 1.23.0"),
            ("toolchain 1.22", "in go.mod:3 write: toolchain go1.22.0; or remove the line"),
            ("toolchain 1.22.4", "in go.mod:3 write: toolchain go1.22.4; or remove the line"),
            (
                "require example.com/geo/v6 v7.0.0",
                "in go.mod:3 write the path of that version: example.com/geo/v7 v7.0.0, and example.com/geo/v7 in \
                 the imports; or keep example.com/geo/v6 with a version of its own",
            ),
            (
                "require example.com/geo v7.1.0",
                "in go.mod:3 write the path of that version: example.com/geo/v7 v7.1.0, and example.com/geo/v7 in \
                 the imports; or keep example.com/geo with a version of its own; where that version has no \
                 go.mod: example.com/geo v7.1.0+incompatible",
            ),
            (
                "require gopkg.in/yaml.v2 v3.0.0",
                "in go.mod:3 write the path of that version: gopkg.in/yaml.v3 v3.0.0, and gopkg.in/yaml.v3 in the \
                 imports; or keep gopkg.in/yaml.v2 with a version of its own",
            ),
            (
                "require example.com/geo/v2 v1.5.0",
                "in go.mod:3 write the path of that version: example.com/geo v1.5.0, and example.com/geo in the \
                 imports; or keep example.com/geo/v2 with a version of its own",
            ),
            ("requires a.b/c v1.0.0", "in go.mod:3 write require in place of requires"),
            ("rqeuire a.b/c v1.0.0", "in go.mod:3 write require in place of rqeuire"),
            ("module example.com/other", "keep one module line, and remove go.mod:3"),
            ("replace a.b/c => a.b/d@v1.0.0", "in go.mod:3 write a space in place of the @"),
            (
                "replace a.b/c => a.b/d",
                "in go.mod:3 write a version behind the module path, or ./ before a directory",
            ),
            ("replace a.b/c => ../d v1.0.0", "remove the version behind the directory in go.mod:3"),
            ("/* c */", ""),
        ] {
            assert_eq!(hint(line), wanted, "{line}");
        }
        assert!(hint("dependency a.b/c v1.0.0").starts_with("the words that begin a line are module, go"));
    }

    #[test]
    fn conflict_markers_are_those_of_git() {
        for marker in
            ["<<<<<<< HEAD", "<<<<<<<", "||||||| 1a2b3c", "=======", "=======\r", ">>>>>>> Stashed changes"]
        {
            assert!(is_conflict_marker(marker), "{marker}");
        }
        for line in ["", "<<<<<< HEAD", "========", "<<<<<<<HEAD", "a.b/c v1.0.0 h1:=======", "// ======="] {
            assert!(!is_conflict_marker(line), "{line}");
        }
    }

    #[test]
    fn words_are_near_by_one_letter() {
        for near in ["require", "requires", "requir", "rquire", "rewuire", "reqiure", "erquire"] {
            assert!(is_near(near, "require"), "{near}");
        }
        for far in ["r", "dependency", "requirement", "retract"] {
            assert!(!is_near(far, "require"), "{far}");
        }
    }
}
