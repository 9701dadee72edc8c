//! Repositories that a test makes, and the go command as the oracle of what is
//! fetched from them.
//!
//! `https://github.com/forge/NAME` is, for git and so for go, a directory: the
//! user's own configuration says so by `url.….insteadOf`.

use super::{Run, object};
use airgo_fetch::{Environment, FetchConfig, Kind};
use airgo_testkit::{Go, TempTree};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory of repositories.
pub struct Forge {
    tree: TempTree,
    /// The HTTP proxy for all hosts but this machine; may be empty.
    pub http_proxy: String,
}

/// One repository, with a work tree.
pub struct Repository {
    dir: PathBuf,
    config: PathBuf,
}

/// What `go mod download -json` reports of a module.
#[derive(Default)]
pub struct Downloaded {
    pub error: Option<String>,
    pub info: serde_json::Value,
    pub go_mod: Vec<u8>,
    pub zip_h1: String,
    pub zip: Vec<u8>,
}

impl Forge {
    pub fn new() -> Self {
        let tree = TempTree::new();
        let base = tree.dir("repos");
        let config = format!(
            "[user]\n\tname = t\n\temail = t@example.com\n[init]\n\tdefaultBranch = main\n\
             [safe]\n\tdirectory = *\n[protocol \"file\"]\n\tallow = always\n\
             [url \"file://{}/\"]\n\tinsteadOf = https://github.com/forge/\n",
            base.display()
        );
        tree.write("gitconfig", config);
        tree.dir("empty");
        Self { tree, http_proxy: String::new() }
    }

    pub fn path(&self) -> &Path {
        self.tree.path()
    }

    /// An empty repository.
    pub fn repository(&self, name: &str) -> Repository {
        self.repository_with(name, &[])
    }

    pub fn repository_with(&self, name: &str, flags: &[&str]) -> Repository {
        let repository =
            Repository { dir: self.tree.dir(format!("repos/{name}")), config: self.tree.join("gitconfig") };
        let init: Vec<&str> = ["init", "-q"].iter().chain(flags).copied().collect();
        repository.git(&init);
        repository
    }

    /// Adds to the user's git configuration.
    pub fn configure(&self, text: &str) {
        let old = std::fs::read_to_string(self.tree.join("gitconfig")).unwrap();
        self.tree.write("gitconfig", old + text);
    }

    /// What git and GOAUTH commands see.
    pub fn environment(&self) -> Environment {
        let config = self.tree.join("gitconfig").into_os_string();
        let home = self.tree.join("empty").into_os_string();
        let path = std::env::var_os("PATH").unwrap();
        let vars = [("PATH", path), ("HOME", home), ("GIT_CONFIG_GLOBAL", config)];
        let mut environment = Environment::new(vars.map(|(name, value)| (name.into(), value)));
        environment.set("GIT_CONFIG_NOSYSTEM", "1");
        environment
    }

    /// A fetcher that goes direct, and whatever else `change` says.
    pub fn fetcher(&self, change: impl FnOnce(&mut FetchConfig)) -> Run {
        Run::with("direct", |config| {
            config.environment = self.environment();
            config.http_proxy.http = self.http_proxy.clone().into();
            config.http_proxy.https = self.http_proxy.clone().into();
            change(config);
        })
    }

    pub fn go(&self) -> Go {
        let config = self.tree.join("gitconfig");
        Go::with_proxy("direct")
            .env("HTTP_PROXY", &self.http_proxy)
            .env("HTTPS_PROXY", &self.http_proxy)
            .env("GIT_CONFIG_GLOBAL", config.to_str().unwrap())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GOFLAGS", "-modcacherw")
            .env("GOINSECURE", "*")
    }

    /// What go says of these versions, in order; asked one by one where one of
    /// them may fail.
    pub fn check(&self, go: &Go, wanted: &[(&str, &str)]) -> Vec<Downloaded> {
        let names: Vec<String> = wanted.iter().map(|(path, version)| format!("{path}@{version}")).collect();
        let mut args = vec!["mod", "download", "-json"];
        args.extend(names.iter().map(String::as_str));
        let out = go.output(&self.tree.join("empty"), &args);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let answers = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
        let answers: Vec<Downloaded> = answers.map(|a| Downloaded::read(&a.unwrap())).collect();
        let complaint = String::from_utf8_lossy(&out.stderr);
        assert_eq!(answers.len(), wanted.len(), "go mod download {names:?}: {complaint}");
        answers
    }

    /// Fetches versions that go fetches too, and compares every file, byte for byte.
    #[track_caller]
    pub fn same_as_go(&self, run: &Run, wanted: &[(&str, &str)]) {
        let checked = self.check(&self.go(), wanted);
        for ((path, version), checked) in wanted.iter().zip(checked) {
            assert_eq!(checked.error, None, "{path}@{version}");
            let fetch = |kind| {
                let fetched = run.fetch(path, version, kind);
                fetched.unwrap_or_else(|e| panic!("{path}@{version}: {e}\nbut go: {}", checked.zip_h1))
            };
            let go_mod = fetch(Kind::Mod);
            assert_eq!(
                String::from_utf8_lossy(&go_mod.bytes().unwrap()),
                String::from_utf8_lossy(&checked.go_mod),
                "{path}@{version}"
            );
            let zip = fetch(Kind::Zip);
            assert_eq!(zip.h1.unwrap().to_string(), checked.zip_h1, "{path}@{version}");
            assert!(zip.bytes().unwrap() == checked.zip, "go makes another zip of {path}@{version}");
            assert!(!zip.local && zip.source.starts_with("git http"), "{}", zip.source);

            let info = fetch(Kind::Info);
            let (ours, theirs) = (&info.bytes().unwrap(), &checked.info);
            let wanted = format!(r#"{{"Version":{},"Time":{}}}"#, theirs["Version"], theirs["Time"]);
            assert_eq!(String::from_utf8_lossy(ours), wanted, "{path}@{version}");
            let origin = info.origin.clone().unwrap();
            let text = |key: &str| theirs["Origin"][key].as_str().unwrap_or_default();
            assert_eq!(
                [&origin.vcs, &origin.url, &origin.subdir, &origin.hash, &origin.reference],
                ["VCS", "URL", "Subdir", "Hash", "Ref"].map(text),
                "{path}@{version}"
            );
            for fetched in [go_mod, zip, info] {
                run.fetcher.keep(fetched).unwrap();
            }
        }
    }

    /// Both refuse: go with words that hold `go_says`, the fetcher at one of
    /// the files with words that hold `we_say`.
    #[track_caller]
    pub fn refused_as_by_go(&self, run: &Run, path: &str, version: &str, go_says: &str, we_say: &str) {
        let checked = self.check(&self.go(), &[(path, version)]).remove(0);
        let error = checked.error.unwrap_or_else(|| panic!("go takes {path}@{version}"));
        assert!(error.contains(go_says), "{path}@{version}: go says {error}");
        let ours = [Kind::Info, Kind::Zip].map(|kind| run.fetch(path, version, kind).map(|_| ()));
        let ours: Vec<String> = ours.into_iter().filter_map(|r| Some(r.err()?.to_string())).collect();
        assert!(ours.iter().any(|e| e.contains(we_say)), "{path}@{version}: we say {ours:?}, go {error}");
    }
}

impl Downloaded {
    fn read(answer: &serde_json::Value) -> Self {
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        if answer["Error"].is_string() {
            return Self { error: Some(text("Error")), ..Self::default() };
        }
        let read = |key: &str| std::fs::read(text(key)).unwrap_or_else(|e| panic!("{key} of {answer}: {e}"));
        let info = serde_json::from_slice(&read("Info")).unwrap();
        Self { error: None, info, go_mod: read("GoMod"), zip_h1: text("Sum"), zip: read("Zip") }
    }
}

impl Repository {
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Runs git in the work tree; gives its stdout, trimmed.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        self.git_at(args, "2020-01-02T03:04:05Z")
    }

    #[track_caller]
    fn git_at(&self, args: &[&str], date: &str) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(&self.dir).env("GIT_CONFIG_GLOBAL", &self.config);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
        let out = command.output().unwrap();
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    pub fn write(&self, name: &str, data: impl AsRef<[u8]>) -> &Self {
        let path = self.dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, data).unwrap();
        self
    }

    /// Commits all that is there at a time of 2020-01-`day`; gives the hash.
    #[track_caller]
    pub fn commit(&self, day: u32) -> String {
        let date = format!("2020-01-{day:02}T01:02:03+02:00");
        self.git_at(&["add", "-A", "-f"], &date);
        self.git_at(&["commit", "-q", "--allow-empty", "-m", "change"], &date);
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn tag(&self, name: &str) -> &Self {
        self.git(&["tag", name]);
        self
    }

    /// The pseudo-version of a commit made by [`commit`](Self::commit).
    pub fn pseudo(&self, base: &str, day: u32, hash: &str) -> String {
        let date = format!("202001{:02}230203", day - 1);
        format!("{base}{date}-{}", &hash[..12])
    }
}

/// All of an object's files in one request, for tests that need only errors.
pub fn kinds(path: &str, version: &str) -> [airgo_fetch::Object; 3] {
    [Kind::Info, Kind::Mod, Kind::Zip].map(|kind| object(path, version, kind))
}
