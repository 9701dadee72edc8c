//! The environment that `git` and GOAUTH commands run in: what the caller
//! gives, as this crate reads none itself.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

/// Environment variables for other programs, and where these are looked for.
/// The empty one finds no program. `Debug` shows no values.
#[derive(Clone, Default)]
pub struct Environment {
    vars: Vec<(OsString, OsString)>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.vars.len())
    }
}

impl Environment {
    /// Takes variables, such as those of `std::env::vars_os()`; a later one
    /// replaces an earlier one of the same name.
    pub fn new(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut environment = Self::default();
        for (name, value) in vars {
            environment.set(name, value);
        }
        environment
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        let name = name.into();
        self.vars.retain(|(n, _)| !same_name(n, &name));
        self.vars.push((name, value.into()));
    }

    /// A variable's value; none if it is unset or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        let found = self.vars.iter().find(|(n, _)| same_name(n, OsStr::new(name)));
        found.map(|(_, value)| value.as_os_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn vars(&self) -> &[(OsString, OsString)] {
        &self.vars
    }

    /// This environment without the variables that `drop` names.
    pub(crate) fn without(&self, drop: impl Fn(&str) -> bool) -> Self {
        let kept = self.vars.iter().filter(|(name, _)| !name.to_str().is_some_and(&drop));
        Self { vars: kept.cloned().collect() }
    }

    /// A program of PATH. A directory that is not absolute is passed over, so
    /// that what is in the current directory is never run (as Go's
    /// exec.LookPath does).
    pub(crate) fn find_program(&self, name: &str) -> Option<PathBuf> {
        let file = if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() };
        let dirs = std::env::split_paths(self.get("PATH")?);
        dirs.filter(|dir| dir.is_absolute()).map(|dir| dir.join(&file)).find(|path| is_program(path))
    }
}

fn same_name(a: &OsStr, b: &OsStr) -> bool {
    if cfg!(windows) { a.eq_ignore_ascii_case(b) } else { a == b }
}

#[cfg(unix)]
fn is_program(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &std::path::Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_values_win_and_stay_hidden() {
        let pairs = [("A", "1"), ("SECRET", "s3cret"), ("A", "2"), ("EMPTY", "")];
        let env = Environment::new(pairs.map(|(n, v)| (n.into(), v.into())));
        assert_eq!(env.get("A"), Some(OsStr::new("2")));
        assert_eq!(env.get("EMPTY"), None);
        assert_eq!(env.without(|n| n == "A").get("A"), None);
        assert!(!format!("{env:?}").contains("s3cret"));
    }

    #[test]
    fn no_program_is_taken_from_a_relative_directory() {
        let env = Environment::new([("PATH".into(), OsString::from(".:target"))]);
        assert_eq!(env.find_program("git"), None);
        assert_eq!(Environment::default().find_program("git"), None);
    }
}
