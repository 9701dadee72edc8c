//! A bare repository of our own beside the store, which mirrors as much of a
//! remote one as was asked for (cmd/go modfetch/codehost/git.go).
//!
//! ```text
//! <sha256 of the address>.git/    the repository
//! <sha256 of the address>.lock    held by the process that works on it
//! ```

use super::error::DirectError;
use super::git::{self, Git};
use super::refs::{all_hex, is_hash, parse_refs};
use super::shown::Address;
use crate::net::process::RunError;
use crate::store::hex;
use airgo_model::atomic::ScratchDir;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The fewest digits that may name a commit (codehost/git.go minHashDigits).
const MIN_HASH_DIGITS: usize = 7;
/// How often a repository that another process works on is tried again.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// What is known of a commit (codehost.RevInfo).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    /// The whole hash.
    pub(crate) hash: String,
    /// Its first digits, as pseudo-versions have them.
    pub(crate) short: String,
    /// Seconds since 1970 of the commit.
    pub(crate) time: i64,
    /// The tag that it was asked for by, or the hash.
    pub(crate) version: String,
    /// All tags of the commit.
    pub(crate) tags: BTreeSet<String>,
    /// The tag or branch that led here.
    pub(crate) reference: Option<String>,
}

/// How much has been fetched in this run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Nothing,
    /// Single commits.
    Some,
    /// All branches and tags with their history.
    All,
}

/// A repository under work; the lock goes when dropped.
pub(crate) struct Repo<'a> {
    git: Git,
    memory: &'a mut Memory,
    on_retry: &'a dyn Fn(&DirectError, Duration),
    _lock: File,
}

/// What is remembered of a repository from one object to the next.
pub(crate) struct Memory {
    address: Address,
    dir: PathBuf,
    level: Level,
    ready: bool,
    sha256: bool,
    refs: Option<BTreeMap<String, String>>,
    local_tags: Option<BTreeSet<String>>,
    revisions: HashMap<String, Revision>,
}

impl Memory {
    pub(crate) fn new(cache: &Path, url: &str, root: &str) -> Self {
        // Not by name: one repository must never be within another.
        let key: [u8; 32] = Sha256::digest(format!("git1:{url}")).into();
        Self {
            address: Address::new(url, root),
            dir: cache.join(format!("{}.git", hex(&key))),
            level: Level::Nothing,
            ready: false,
            sha256: false,
            refs: None,
            local_tags: None,
            revisions: HashMap::new(),
        }
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }
}

impl<'a> Repo<'a> {
    /// Takes the lock and makes the repository where there is none.
    pub(crate) fn open(
        git: &'a Git,
        memory: &'a mut Memory,
        on_retry: &'a dyn Fn(&DirectError, Duration),
    ) -> Result<Self, DirectError> {
        if let Some(parent) = memory.dir.parent() {
            fs::create_dir_all(parent).map_err(disk("create", parent))?;
        }
        let lock = lock(&memory.dir.with_extension("lock"), git)?;
        let git = match memory.address.holds_secret() {
            true => {
                let git = git.without_words(memory.address.left_out());
                git.with_setting("remote.origin.url", memory.address.url())
            }
            false => git.clone(),
        };
        let mut repo = Self { git, memory, on_retry, _lock: lock };
        if !repo.memory.ready {
            repo.make()?;
            repo.memory.ready = true;
        }
        Ok(repo)
    }

    /// The repository's address as it may be shown.
    pub(crate) fn shown(&self) -> &str {
        self.memory.address.shown()
    }

    fn make(&mut self) -> Result<(), DirectError> {
        let dir = self.memory.dir.clone();
        if dir.join("objects").is_dir() && self.git.try_run(Some(&dir), &["rev-parse", "--git-dir"]).is_ok() {
            remove_stale_locks(&dir);
            self.memory.sha256 =
                self.local(&["config", "extensions.objectformat"]).is_ok_and(|o| o.starts_with(b"sha256"));
            return Ok(());
        }
        // What a crash left is not a repository.
        if dir.exists() {
            fs::remove_dir_all(&dir).map_err(disk("remove", &dir))?;
        }
        let parent = dir.parent().unwrap_or(&dir);
        // The name is this repository's own, and its lock is held: what is there
        // is of a killed run.
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let scratch = ScratchDir::create(parent, &format!("new-{name}-"))
            .map_err(disk("create a directory in", parent))?;
        let bare = scratch.path().join("bare");
        fs::create_dir(&bare).map_err(disk("create", &bare))?;
        let refs = self.refs()?;
        self.memory.sha256 = refs.values().next().is_some_and(|hash| hash.len() == 64);
        let format = if self.memory.sha256 { "--object-format=sha256" } else { "--object-format=sha1" };
        let path = bare.to_string_lossy().into_owned();
        // Without a template there are no hooks and no exclusions in it. A git too old for the flag makes sha1.
        let init = ["init", "--quiet", "--bare", "--template=", format, &path];
        let made = self.git.try_run(None, &init);
        if let (Err(RunError::Exit { .. }), false) = (&made, self.memory.sha256) {
            self.git
                .try_run(None, &["init", "--quiet", "--bare", "--template=", &path])
                .map_err(self.failed("make a copy of"))?;
        } else {
            made.map_err(self.failed("make a copy of"))?;
        }
        // A named remote, because Git LFS needs one (golang.org/issue/25605).
        if !self.memory.address.holds_secret() {
            let add = ["remote", "add", "origin", "--", self.memory.address.url()];
            self.git.try_run(Some(&bare), &add).map_err(self.failed("make a copy of"))?;
        }
        let info = bare.join("info");
        fs::create_dir_all(&info).map_err(disk("create", &info))?;
        // So that a zip does not depend on git's version and the repository's size (golang.org/issue/27153).
        let attributes = info.join("attributes");
        fs::write(&attributes, "* -export-subst -export-ignore\n").map_err(disk("write", &attributes))?;
        fs::rename(&bare, &dir).map_err(disk("create", &dir))
    }

    /// Finds out what a tag, a branch or a hash stands for, and fetches as much
    /// as is needed to read it (codehost/git.go stat).
    pub(crate) fn stat(&mut self, rev: &str) -> Result<Revision, DirectError> {
        if let Some(known) = self.memory.revisions.get(rev) {
            return Ok(known.clone());
        }
        let found = self.look_up(rev)?;
        self.memory.revisions.insert(rev.to_owned(), found.clone());
        Ok(found)
    }

    fn look_up(&mut self, rev: &str) -> Result<Revision, DirectError> {
        let may_be_hash = self.may_be_hash(rev);
        if may_be_hash && let Ok(found) = self.stat_local(rev, rev) {
            return Ok(found);
        }
        if self.local_tags().contains(rev) {
            return self.stat_local(rev, &format!("refs/tags/{rev}"));
        }
        let refs = self.refs()?;
        let (mut reference, mut hash, mut version) = (None, None, rev.to_owned());
        if let Some(found) = refs.get(&format!("refs/tags/{rev}")) {
            (reference, hash) = (Some(format!("refs/tags/{rev}")), Some(found.clone()));
        } else if let Some(found) = refs.get(&format!("refs/heads/{rev}")) {
            (reference, hash) = (Some(format!("refs/heads/{rev}")), Some(found.clone()));
            version.clone_from(found); // a branch moves
        } else if may_be_hash {
            for (name, found) in refs.iter().filter(|(_, found)| found.starts_with(rev)) {
                if hash.as_ref().is_some_and(|h| h != found) {
                    return Err(self.unknown(&format!("{rev}, which is ambiguous,")));
                }
                // In order: of several names for a commit the first is used.
                reference.get_or_insert_with(|| name.clone());
                hash = Some(found.clone());
                version.clone_from(found);
            }
        } else {
            return Err(self.unknown(rev));
        }
        let by_hash = reference.as_deref() == Some("HEAD") && self.memory.level < Level::All;
        let mut found = self.fetch(&version, reference.as_deref(), hash.as_deref(), may_be_hash)?;
        found.reference = reference.filter(|_| !by_hash);
        Ok(found)
    }

    /// Fetches a commit with a name, or else everything.
    ///
    /// A hash without a name is never asked for: hosts give out commits of
    /// pull requests too, which are not the repository's own.
    fn fetch(
        &mut self,
        version: &str,
        reference: Option<&str>,
        hash: Option<&str>,
        looked_local: bool,
    ) -> Result<Revision, DirectError> {
        if !looked_local
            && let Some(hash) = hash
            && let Ok(found) = self.stat_local(version, hash)
        {
            let tag =
                reference.and_then(|r| r.strip_prefix("refs/tags/")).filter(|t| !found.tags.contains(*t));
            let Some(tag) = tag else { return Ok(found) };
            self.local(&["tag", "--end-of-options", tag, hash]).map_err(self.failed("tag a commit of"))?;
            self.memory.local_tags = None;
            return self.stat_local(version, &format!("refs/tags/{tag}"));
        }
        if self.memory.level < Level::All
            && let (Some(reference), Some(hash)) = (reference, hash)
        {
            self.memory.level = Level::Some;
            let (target, refspec) = match reference {
                // Some servers refuse hashes; HEAD's has no other name.
                "HEAD" => (hash, format!("{hash}:refs/dummy")),
                name => (name, format!("{name}:{name}")),
            };
            // Protocol 1 misses tags (go.dev/issue/56881).
            let args = [
                "-c",
                "protocol.version=2",
                "fetch",
                "-q",
                "-f",
                "--depth=1",
                "--end-of-options",
                "origin",
                &refspec,
            ];
            match self.network(&args, "fetch from") {
                Ok(_) => {
                    self.memory.local_tags = None;
                    return self.stat_local(version, target);
                }
                // Whatever it was, all of it may do.
                Err(e) if !e.may_pass() && !matches!(e, DirectError::Cancelled) => {}
                Err(e) => return Err(e),
            }
        }
        self.fetch_all()?;
        self.stat_local(version, version)
    }

    /// Fetches all branches and tags with their history.
    fn fetch_all(&mut self) -> Result<(), DirectError> {
        if self.memory.level == Level::All {
            return Ok(());
        }
        // First the names, then the history (golang.org/issue/34266).
        let all = [
            "fetch",
            "-q",
            "-f",
            "--end-of-options",
            "origin",
            "refs/heads/*:refs/heads/*",
            "refs/tags/*:refs/tags/*",
        ];
        self.network(&all, "fetch from")?;
        if self.memory.dir.join("shallow").exists() {
            self.network(&["fetch", "-q", "--unshallow", "-f", "--end-of-options", "origin"], "fetch from")?;
        }
        self.memory.level = Level::All;
        self.memory.local_tags = None;
        Ok(())
    }

    /// Reads a commit that is here; `version` is what it was asked for by.
    fn stat_local(&mut self, version: &str, rev: &str) -> Result<Revision, DirectError> {
        let args = ["log", "--no-decorate", "-n1", "--format=format:%H %ct", "--end-of-options", rev, "--"];
        let out = match self.local(&args) {
            Ok(out) => out,
            Err(RunError::Exit { .. }) => return Err(self.unknown(rev)),
            Err(e) => return Err(self.failed("read")(e)),
        };
        let out = String::from_utf8_lossy(&out).into_owned();
        let parsed = out
            .trim()
            .split_once(' ')
            .and_then(|(hash, time)| Some((hash.to_owned(), time.parse::<i64>().ok()?)));
        let Some((hash, time)) = parsed.filter(|(hash, _)| is_hash(hash)) else {
            return Err(self.unknown(rev));
        };

        let mut tags = BTreeSet::new();
        let pointing = format!("--points-at={hash}");
        let here =
            self.local(&["for-each-ref", "--format=%(refname)", &pointing, "refs/tags/"]).unwrap_or_default();
        tags.extend(
            String::from_utf8_lossy(&here)
                .lines()
                .filter_map(|l| l.strip_prefix("refs/tags/"))
                .map(str::to_owned),
        );
        // A shallow fetch brings not all tags of the commit; offline what is here must do.
        if let Ok(refs) = self.refs() {
            let named = refs.iter().filter(|(_, h)| **h == hash);
            tags.extend(named.filter_map(|(name, _)| name.strip_prefix("refs/tags/")).map(str::to_owned));
        }
        let reference = (!hash.starts_with(rev)).then(|| rev.to_owned());
        let short = hash[..12].to_owned();
        let version = if tags.contains(version) { version.to_owned() } else { hash.clone() };
        Ok(Revision { hash, short, time, version, tags, reference })
    }

    /// The remote's branches and tags, annotated ones as the commits they are for.
    pub(crate) fn refs(&mut self) -> Result<BTreeMap<String, String>, DirectError> {
        if let Some(refs) = &self.memory.refs {
            return Ok(refs.clone());
        }
        let out = if self.memory.dir.is_dir() {
            self.network(&["ls-remote", "-q", "--end-of-options", "origin"], "read the tags of")?
        } else {
            let remote =
                if self.memory.address.holds_secret() { "origin" } else { self.memory.address.url() };
            let args = ["ls-remote", "-q", "--end-of-options", remote];
            self.git.over_network(
                None,
                &args,
                "read the tags of",
                self.memory.address.shown(),
                self.on_retry,
            )?
        };
        let refs = parse_refs(&String::from_utf8_lossy(&out));
        self.memory.refs = Some(refs.clone());
        Ok(refs)
    }

    /// The tags that begin so, with the commits they are for.
    pub(crate) fn tags(&mut self, prefix: &str) -> Result<Vec<String>, DirectError> {
        let refs = self.refs()?;
        let tags = refs.keys().filter_map(|name| name.strip_prefix("refs/tags/"));
        Ok(tags.filter(|tag| tag.starts_with(prefix)).map(str::to_owned).collect())
    }

    /// Whether a commit has a tag among its ancestors, or has it itself.
    pub(crate) fn descends_from(&mut self, hash: &str, tag: &str) -> Result<bool, DirectError> {
        let name = format!("refs/tags/{tag}");
        let args = ["merge-base", "--is-ancestor", "--", &name, hash];
        // A shallow history says no where a whole one says yes.
        if self.local(&args).is_ok() {
            return Ok(true);
        }
        if !self.refs()?.contains_key(&name) {
            return Ok(false);
        }
        self.fetch_all()?;
        match self.local(&args) {
            Ok(_) => Ok(true),
            Err(RunError::Exit { code: Some(1), .. }) => Ok(false),
            Err(e) => Err(self.failed("read the history of")(e)),
        }
    }

    /// A file of a commit; none if it is not there.
    pub(crate) fn read_file(
        &mut self,
        hash: &str,
        path: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, DirectError> {
        let object = format!("{hash}:{path}");
        let mut out = Vec::new();
        let args = ["cat-file", "--end-of-options", "blob", &object];
        match self.git.try_run_into(&self.memory.dir, &args, limit, &mut out) {
            Ok(()) => Ok(Some(out)),
            Err(RunError::Exit { .. }) => Ok(None),
            Err(RunError::TooMuch(limit)) => Err(DirectError::TooLarge { what: path.to_owned(), limit }),
            Err(e) => Err(self.failed("read")(e)),
        }
    }

    /// Writes a commit's files, or those of one directory, as a tar archive
    /// whose names begin with `prefix/`; false if there is no such directory.
    pub(crate) fn archive(
        &mut self,
        hash: &str,
        dir: &str,
        limit: u64,
        out: &mut dyn Write,
    ) -> Result<bool, DirectError> {
        // As codehost/git.go ReadZip, but tar: the same files in the same order, without packing them twice.
        let mut args = vec!["-c", "core.autocrlf=input", "-c", "core.eol=lf", "archive", "--format=tar"];
        args.extend(["--prefix=prefix/", "--end-of-options", hash]);
        args.extend(Some(dir).filter(|dir| !dir.is_empty()));
        match self.git.try_run_into(&self.memory.dir, &args, limit, out) {
            Ok(()) => Ok(true),
            Err(RunError::Exit { stderr, .. }) if stderr.contains("did not match any files") => Ok(false),
            Err(e) => Err(self.failed("read the files of")(e)),
        }
    }

    fn unknown(&self, rev: &str) -> DirectError {
        let rev = rev.strip_prefix("refs/tags/").unwrap_or(rev);
        DirectError::UnknownRevision { rev: rev.to_owned(), url: self.memory.address.shown().to_owned() }
    }

    fn may_be_hash(&self, rev: &str) -> bool {
        let longest = if self.memory.sha256 { 64 } else { 40 };
        (MIN_HASH_DIGITS..=longest).contains(&rev.len()) && all_hex(rev)
    }

    fn local_tags(&mut self) -> &BTreeSet<String> {
        if self.memory.local_tags.is_none() {
            let out = self.local(&["tag", "-l"]).unwrap_or_default();
            let tags = String::from_utf8_lossy(&out).lines().map(str::to_owned).collect();
            self.memory.local_tags = Some(tags);
        }
        self.memory.local_tags.get_or_insert_default()
    }

    fn local(&self, args: &[&str]) -> Result<Vec<u8>, RunError> {
        self.git.try_run(Some(&self.memory.dir), args)
    }

    fn network(&self, args: &[&str], doing: &'static str) -> Result<Vec<u8>, DirectError> {
        let (dir, shown) = (&self.memory.dir, self.memory.address.shown());
        let done = self.git.over_network(Some(dir), args, doing, shown, self.on_retry);
        // It names the address as `insteadOf` has it, with a token in its path.
        let _ = fs::remove_file(dir.join("FETCH_HEAD"));
        done
    }

    fn failed(&self, doing: &'static str) -> impl FnOnce(RunError) -> DirectError + use<> {
        let shown = self.memory.address.shown().to_owned();
        move |e| git::name(e, doing, &shown)
    }
}

/// Takes the lock of a repository, waiting for who has it.
fn lock(path: &Path, git: &Git) -> Result<File, DirectError> {
    let file = File::options().create(true).append(true).open(path).map_err(disk("create", path))?;
    loop {
        match file.try_lock() {
            // A file system without locks: then runs at the same time are the user's own care.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
        }
        if !git.stop().sleep(LOCK_PAUSE) {
            return Err(DirectError::Cancelled);
        }
    }
}

/// Lock files of git's own that a crash left: nobody else works here now.
fn remove_stale_locks(dir: &Path) {
    for name in ["shallow.lock", "packed-refs.lock", "HEAD.lock", "config.lock"] {
        let _ = fs::remove_file(dir.join(name));
    }
    let mut dirs = vec![dir.join("refs")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            if kind.is_ok_and(|k| k.is_dir()) {
                dirs.push(path);
            } else if path.extension().is_some_and(|e| e == "lock") {
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn disk(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> DirectError + use<> {
    let path = path.to_owned();
    move |source| DirectError::Disk { doing, path, source: source.into() }
}
