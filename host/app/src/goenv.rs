//! Go's environment, read as `go` reads it but without running it.
//!
//! Process environment, then the file of `go env -w` (`GOENV`), then
//! `$GOROOT/go.env` (cmd/go cfg.go: EnvFile, initEnvCache, readEnvFile,
//! findGOROOT). An empty variable is treated as unset. Go's default proxy stands
//! in `go.env`, never in airgo.

use crate::failure::{Failure, Result};
use crate::settings::{self, Known};
use airgo_gomod::Setting;
use airgo_gomod::goenv::{GoEnv as Files, parse};
use airgo_resolve::GoToolchain;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The environment of one run. `Debug` shows no values.
pub struct GoEnv {
    process: HashMap<String, String>,
    /// All variables of the process, for the commands that airgo runs.
    all: Vec<(OsString, OsString)>,
    files: Files,
    goroot: Option<PathBuf>,
    default_goproxy: String,
}

impl fmt::Debug for GoEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GoEnv({} variables)", self.process.len())
    }
}

impl GoEnv {
    /// Reads with these variables as those of the process; files come from the
    /// disk. A variable that is not UTF-8 is treated as unset, and is passed on to
    /// the commands that airgo runs.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let all: Vec<_> = variables.into_iter().collect();
        let text = |value: &OsString| value.to_str().map(str::to_owned);
        let process = all.iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
        let mut env =
            Self { process, all, files: Files::default(), goroot: None, default_goproxy: String::new() };
        let user = env.env_file().and_then(|file| std::fs::read(file).ok()).unwrap_or_default();
        env.goroot = env.find_goroot(parse(&user).get("GOROOT").map(String::as_str));
        let root =
            env.goroot.as_ref().and_then(|root| std::fs::read(root.join("go.env")).ok()).unwrap_or_default();
        env.default_goproxy = parse(&root).remove("GOPROXY").unwrap_or_default();
        env.files = Files::new(&user, &root);
        env
    }

    /// The same, of variables that are text.
    pub fn from_process(process: HashMap<String, String>) -> Self {
        Self::new(process.into_iter().map(|(name, value)| (name.into(), value.into())))
    }

    /// What the commands that airgo runs have as their environment: git, those of
    /// GOAUTH and of `--sign-with`.
    pub fn of_commands(&self) -> impl Iterator<Item = (OsString, OsString)> {
        self.all.iter().cloned()
    }

    /// A setting; `None` when unset or empty.
    pub fn get(&self, known: Known) -> Option<Setting> {
        self.value(known).map(|value| known.of(value))
    }

    /// A setting, empty where it is unset.
    pub fn get_or_empty(&self, known: Known) -> Setting {
        known.of(self.value(known).unwrap_or_default())
    }

    /// A variable of the process alone.
    pub fn var(&self, known: Known) -> Option<Setting> {
        self.process_value(known).map(|value| known.of(value))
    }

    /// A file or directory that a variable of the process names.
    pub fn path(&self, known: Known) -> Option<PathBuf> {
        self.process_value(known).map(PathBuf::from)
    }

    /// The passphrase of an encrypted private key.
    pub fn passphrase(&self) -> Option<Zeroizing<String>> {
        self.process_value(settings::AIRGO_KEY_PASSPHRASE).map(|value| Zeroizing::new(value.to_owned()))
    }

    fn value(&self, known: Known) -> Option<&str> {
        Some(self.files.get(known.name, self.process_value(known))).filter(|value| !value.is_empty())
    }

    fn process_value(&self, known: Known) -> Option<&str> {
        self.process.get(known.name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Where Go is installed, if it is.
    pub fn goroot(&self) -> Option<&Path> {
        self.goroot.as_deref()
    }

    /// GOPROXY; an error that says how to set it where nothing does.
    pub fn goproxy(&self) -> Result<Setting> {
        self.get(settings::GOPROXY).ok_or_else(|| {
            Failure::failed("GOPROXY is not set, and no Go installation was found to take its default from")
                .hint("set it: export GOPROXY=https://<your proxy>")
                .hint("or install Go, whose go.env holds the default")
        })
    }

    /// GOTOOLCHAIN. Where no go is installed the one that unpacks is as go.env
    /// comes: auto.
    pub fn toolchain(&self) -> Result<GoToolchain> {
        let setting = self.get(settings::GOTOOLCHAIN).unwrap_or_else(|| settings::GOTOOLCHAIN.of("auto"));
        GoToolchain::parse(setting.reveal())
            .map_err(|_| Failure::failed(format!("invalid GOTOOLCHAIN {:?}", setting.shown())))
    }

    /// GOSUMDB: the checksum database, by default Go's own.
    pub fn gosumdb(&self) -> Setting {
        self.get(settings::GOSUMDB).unwrap_or_else(|| settings::GOSUMDB.of("sum.golang.org"))
    }

    /// The modules that the checksum database is not asked about: GONOSUMDB, by
    /// default GOPRIVATE (cmd/go cfg.go).
    pub fn gonosumdb(&self) -> Option<Setting> {
        self.get(settings::GONOSUMDB).or_else(|| self.get(settings::GOPRIVATE))
    }

    /// The GOPROXY that the Go installation comes with; empty where there is none.
    pub fn default_goproxy(&self) -> Setting {
        settings::GOPROXY.of(&self.default_goproxy)
    }

    /// The module cache that `go env GOMODCACHE` would print.
    pub fn gomodcache(&self) -> Result<PathBuf> {
        let dir = match self.value(settings::GOMODCACHE) {
            Some(dir) => PathBuf::from(dir),
            None => self.gopath()?.join("pkg").join("mod"),
        };
        if dir.is_absolute() {
            return Ok(dir);
        }
        Err(Failure::failed("GOMODCACHE entry is relative; must be an absolute path")
            .fact("GOMODCACHE", self.get_or_empty(settings::GOMODCACHE).shown())
            .hint("name the target: airgo unpack FILE --gomodcache DIR"))
    }

    /// The first element of GOPATH, or `$HOME/go`.
    fn gopath(&self) -> Result<PathBuf> {
        if let Some(list) = self.value(settings::GOPATH)
            && let Some(first) = std::env::split_paths(list).next()
            && !first.as_os_str().is_empty()
        {
            return Ok(first);
        }
        self.home().map(|home| home.join("go")).ok_or_else(|| {
            Failure::failed("module cache not found: neither GOMODCACHE nor GOPATH nor HOME is set")
                .hint("set one of them, or name the target: airgo unpack FILE --gomodcache DIR")
        })
    }

    /// The version of the installed Go, such as `1.26.8`, from `$GOROOT/VERSION`.
    pub fn go_version(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.goroot.as_ref()?.join("VERSION")).ok()?;
        text.lines().next()?.split_whitespace().next()?.strip_prefix("go").map(str::to_owned)
    }

    /// airgo's own directory for keys, beside Go's in the user's config directory.
    pub fn airgo_config_dir(&self) -> Result<PathBuf> {
        self.user_config_dir().map(|dir| dir.join("airgo")).ok_or_else(|| {
            self.no_dir("config", settings::XDG_CONFIG_HOME)
                .hint("set HOME or XDG_CONFIG_HOME, or name a key with --key FILE and a trusted one with --trust FILE")
        })
    }

    /// airgo's own directory for downloads and compiled plugins.
    pub fn airgo_cache_dir(&self) -> Result<PathBuf> {
        let base = if cfg!(windows) {
            self.path(settings::LocalAppData)
        } else if cfg!(target_os = "macos") {
            self.home().map(|home| home.join("Library/Caches"))
        } else {
            self.xdg(settings::XDG_CACHE_HOME, ".cache")
        };
        base.map(|dir| dir.join("airgo")).ok_or_else(|| {
            self.no_dir("cache", settings::XDG_CACHE_HOME)
                .hint("set HOME or XDG_CACHE_HOME, or name one with --cache DIR or AIRGO_CACHE")
        })
    }

    /// The home directory.
    pub fn home(&self) -> Option<PathBuf> {
        self.path(if cfg!(windows) { settings::USERPROFILE } else { settings::HOME })
    }

    /// As Go's os.UserConfigDir.
    fn user_config_dir(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            self.path(settings::AppData)
        } else if cfg!(target_os = "macos") {
            self.home().map(|home| home.join("Library/Application Support"))
        } else {
            self.xdg(settings::XDG_CONFIG_HOME, ".config")
        }
    }

    /// A directory of the XDG specification; none where a relative path is given,
    /// as for Go's os.UserConfigDir and os.UserCacheDir.
    fn xdg(&self, known: Known, usual: &str) -> Option<PathBuf> {
        match self.path(known) {
            Some(dir) => dir.is_absolute().then_some(dir),
            None => self.home().map(|home| home.join(usual)),
        }
    }

    /// That no directory is known: none is set, or a relative one.
    fn no_dir(&self, what: &str, known: Known) -> Failure {
        let name = known.name;
        Failure::failed(match self.path(known) {
            Some(_) => format!("no {what} directory: the path in {name} is relative"),
            None => format!("no {what} directory: neither {name} nor HOME is set"),
        })
    }

    fn env_file(&self) -> Option<PathBuf> {
        match self.process_value(settings::GOENV) {
            Some("off") => None,
            Some(file) => Some(PathBuf::from(file)),
            None => self.user_config_dir().map(|dir| dir.join("go/env")),
        }
    }

    /// The user's file before the process, as cmd/go's findGOROOT does; then
    /// from the `go` on PATH, through its symlinks.
    fn find_goroot(&self, users: Option<&str>) -> Option<PathBuf> {
        if let Some(root) = users.filter(|root| !root.is_empty()) {
            return Some(PathBuf::from(root));
        }
        if let Some(root) = self.path(settings::GOROOT) {
            return Some(root);
        }
        let name = if cfg!(windows) { "go.exe" } else { "go" };
        std::env::split_paths(self.process_value(settings::PATH)?)
            .map(|dir| dir.join(name))
            .filter(|exe| exe.is_file())
            .find_map(|exe| {
                let real = exe.canonicalize().ok();
                [Some(exe), real].into_iter().flatten().find_map(|exe| {
                    exe.ancestors()
                        .skip(2)
                        .take(2)
                        .find(|dir| dir.join("pkg/tool").is_dir())
                        .map(Path::to_owned)
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn a_relative_directory_of_the_user_is_refused_as_by_go_and_not_shown() {
        let env = env(&[
            ("HOME", "/home-of-nobody"),
            ("XDG_CONFIG_HOME", "u:TOKEN@h.example"),
            ("XDG_CACHE_HOME", "x"),
        ]);
        let config = env.airgo_config_dir().unwrap_err();
        assert_eq!(config.message.raw(), "no config directory: the path in XDG_CONFIG_HOME is relative");
        assert_eq!(
            env.airgo_cache_dir().unwrap_err().message.raw(),
            "no cache directory: the path in XDG_CACHE_HOME is relative"
        );
    }

    fn env(pairs: &[(&str, &str)]) -> GoEnv {
        GoEnv::from_process(pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
    }

    #[test]
    fn process_beats_the_users_file_which_beats_go_env() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("goroot");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("go.env"), "# x\nGOPROXY=https://from-goroot,direct\nGOSUMDB=db\n").unwrap();
        let user = dir.path().join("env");
        std::fs::write(&user, "GOPROXY=https://one\nGOPROXY=https://two\nlower=1\n").unwrap();
        let (root, user) = (root.to_str().unwrap(), user.to_str().unwrap());

        let all = env(&[("GOROOT", root), ("GOENV", user), ("GOPROXY", "https://process")]);
        assert_eq!(all.value(settings::GOPROXY), Some("https://process"));
        let file = env(&[("GOROOT", root), ("GOENV", user), ("GOPROXY", "")]);
        assert_eq!(file.value(settings::GOPROXY), Some("https://two"));
        assert_eq!(file.value(settings::GOSUMDB), Some("db"));
        let off = env(&[("GOROOT", root), ("GOENV", "off")]);
        assert_eq!(off.value(settings::GOPROXY), Some("https://from-goroot,direct"));
    }

    #[test]
    fn without_go_and_without_goproxy_it_says_so() {
        let failure = env(&[("GOENV", "off")]).goproxy().unwrap_err();
        assert!(failure.message.raw().contains("GOPROXY is not set"), "{failure:?}");
        assert!(!failure.hints.is_empty());
    }

    #[test]
    fn the_module_cache_is_found_as_go_finds_it() {
        assert_eq!(
            env(&[("GOENV", "off"), ("HOME", "/h")]).gomodcache().unwrap(),
            Path::new("/h/go/pkg/mod")
        );
        let list = if cfg!(windows) { "/a;/b" } else { "/a:/b" };
        assert_eq!(env(&[("GOENV", "off"), ("GOPATH", list)]).gomodcache().unwrap(), Path::new("/a/pkg/mod"));
        assert!(env(&[("GOENV", "off"), ("GOMODCACHE", "rel")]).gomodcache().is_err());
    }
}
