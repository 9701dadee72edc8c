//! The checksum database attests what go.sum has no line for: the adapter
//! between gomod's client, fetch's sockets and this user's record of the log.
//!
//! The newest signed head that this user has seen is recorded in airgo's cache
//! directory, so that a database that rolls back or forks is noticed on any
//! later run (golang.org/x/mod/sumdb client.go).

use crate::Context;
use crate::collect::sums::{self, Unsummed};
use crate::errors::fetch_failure;
use crate::failure::{Failure, FailureKind, Result};
use crate::quantity::count;
use airgo_fetch::{FetchError, Fetcher, SumDbSource};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::Subject;
use airgo_gomod::sumdb::{
    Client, Config, ConfigError, Evidence, LookupError, Ops, SumDbError, SumDbMismatch, is_consulted,
};
use airgo_model::atomic::{self, Access};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many downloads that no hash is recorded of have a warning of their own.
const SHOWN: usize = 10;

/// What came of asking.
#[derive(Default)]
pub struct Attested {
    /// Proven to be in the log.
    pub by_database: Vec<Unsummed>,
    /// Exempt by the user's own settings: GONOSUMDB, GOPRIVATE, GOSUMDB=off.
    pub unchecked: Vec<Unsummed>,
    /// The database and the tree that its answers were proved in, for a statement.
    pub proved: Option<Proved>,
    /// The files that prove it offline, by their names below `proxy/sumdb/`.
    pub evidence: Vec<(String, Vec<u8>)>,
}

/// What the answers were proved in.
pub struct Proved {
    /// The database's name.
    pub database: String,
    /// The tree's root hash, in base64.
    pub tree_hash: String,
    /// How many records it has.
    pub tree_size: u64,
    /// `path@version` and the number of its record.
    pub lookups: Vec<(String, u64)>,
}

/// Asks the database about all that go.sum does not know.
pub fn attest(
    context: &Context,
    fetcher: &Fetcher,
    cache: &Path,
    sum_file: &str,
    unsummed: BTreeSet<Unsummed>,
) -> Result<Attested> {
    let env = &context.env;
    let (gosumdb, nosumdb) = (env.gosumdb(), env.gonosumdb().unwrap_or_default());
    let goproxy = env.goproxy()?;
    let (asked, unchecked): (Vec<_>, Vec<_>) = unsummed
        .into_iter()
        .partition(|u| is_consulted(&u.module.path, gosumdb.reveal(), nosumdb.reveal(), goproxy.reveal()));
    for one in unchecked.iter().take(SHOWN) {
        let suffix = if one.subject == Subject::GoMod { "/go.mod" } else { "" };
        context.warning(format!(
            "nothing verifies {}: {sum_file} lacks the line `{} {}{suffix}`, and GONOSUMDB, GOPRIVATE or GOSUMDB exempts it",
            one.module, one.module.path, one.module.version
        ));
    }
    if let Some(more) = unchecked.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let more = count(more, "more download");
        context.warning(format!("and {more} of which {sum_file} lacks the line and nothing else is checked"));
    }
    if asked.is_empty() {
        return Ok(Attested { unchecked, ..Attested::default() });
    }
    let config = Config::parse(gosumdb.reveal()).map_err(|e| {
        // Neither the value nor a name in it: it may be an address with a password.
        let why = match e {
            ConfigError::Name(_) => "invalid sumdb name (must be host[/path])".to_owned(),
            e => e.to_string(),
        };
        Failure::failed(format!("GOSUMDB cannot be used: {why}")).hint("unset it for Go's own database")
    })?;
    let source = fetcher
        .sumdb(config.name(), config.url.as_ref())
        .map_err(|e| unreachable_failure(&e, config.name(), &asked, sum_file))?;
    context.detail(format!("asking {} about {}", source.shown(), count(asked.len(), "download")));
    let cached = cache.join("sumdb").join(config.name());
    let name = config.name().to_owned();
    let mut client = Client::new(config.key, Adapter { source, cached });
    let by_module = || asked.chunk_by(|a, b| a.module == b.module);
    let modules: Vec<ModuleVersion> =
        by_module().filter_map(|of_one| Some(of_one.first()?.module.clone())).collect();
    let answers = client.lookup(&modules).map_err(|e| database_failure(&e))?;
    let mut lookups = Vec::new();
    for ((module, of_one), answer) in modules.iter().zip(by_module()).zip(answers) {
        let lookup = answer.map_err(|e| lookup_failure(&e, sum_file, &asked))?;
        for one in of_one {
            lookup.check(one.subject, &one.h1).map_err(|e| mismatch(&e))?;
        }
        lookups.push((module.to_string(), lookup.id));
    }
    let Evidence { files, tree } = client.evidence().map_err(|e| database_failure(&e))?;
    let mut evidence: Vec<_> =
        files.into_iter().map(|(path, bytes)| (format!("{name}/{path}"), bytes)).collect();
    // A proxy that carries a database says so by this file; it may be empty.
    evidence.push((format!("{name}/supported"), Vec::new()));
    lookups.sort();
    let proved = Proved { database: name, tree_hash: tree.hash.to_string(), tree_size: tree.size, lookups };
    Ok(Attested { by_database: asked, unchecked, evidence, proved: Some(proved) })
}

fn unreachable_failure(error: &FetchError, name: &str, asked: &[Unsummed], sum_file: &str) -> Failure {
    let why = match error {
        // It is not of a proxy, but read by the same rules.
        FetchError::ProxyList(why) => {
            format!("and the address of the checksum database {name} in GOSUMDB cannot be used: {why}")
        }
        error => format!("and the checksum database {name} could not be asked: {error}"),
    };
    sums::missing(asked, sum_file, &why).hint_of(error)
}

fn lookup_failure(error: &LookupError<FetchError>, sum_file: &str, asked: &[Unsummed]) -> Failure {
    match error {
        LookupError::Read { fault, module } => {
            let one: Vec<_> = asked.iter().filter(|u| u.module == *module).cloned().collect();
            let why = format!("and the checksum database does not have it: {fault}");
            sums::missing(&one, sum_file, &why).hint("a private module belongs into GOPRIVATE")
        }
        _ => Failure::new(
            FailureKind::Checksum,
            format!("the checksum database's answer does not verify: {error}"),
        ),
    }
}

fn database_failure(error: &SumDbError<FetchError>) -> Failure {
    match error {
        SumDbError::Read(e) => fetch_failure(e),
        SumDbError::Fork(fork) => {
            let failure = Failure::new(FailureKind::Checksum, error.to_string());
            let failure = fork.report().lines().fold(failure, |f, line| f.line(line));
            failure.hint("keep this report: it proves that the database contradicts itself; use no download until that is explained")
        }
        _ => Failure::new(FailureKind::Checksum, format!("the checksum database does not verify: {error}")),
    }
}

fn mismatch(error: &SumDbMismatch) -> Failure {
    let failure = Failure::new(FailureKind::Checksum, error.to_string());
    match error {
        SumDbMismatch::Differs { downloaded, database, recorded, .. } => {
            failure.fact(database, recorded).fact("downloaded", downloaded.to_string())
        }
        SumDbMismatch::Missing { .. } => failure,
    }
    .hint("compare with another proxy: GOPROXY=https://<another proxy> airgo pack …")
}

/// The client's window on the world.
struct Adapter<'a> {
    source: SumDbSource<'a>,
    cached: PathBuf,
}

impl Ops for Adapter<'_> {
    type Error = FetchError;

    fn read_remote(&self, paths: &[String]) -> Vec<std::result::Result<Vec<u8>, FetchError>> {
        self.source.read(paths)
    }

    fn read_kept(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.cached.join(path.trim_start_matches('/'))).ok()
    }

    fn keep(&self, path: &str, data: &[u8]) {
        // That it cannot be cached costs the next run a request, nothing else.
        let _ = atomic::replace_in(&self.cached.join(path.trim_start_matches('/')), data, Access::Private);
    }

    fn read_latest(&self) -> std::result::Result<Vec<u8>, FetchError> {
        match std::fs::read(self.cached.join(LATEST)) {
            Ok(bytes) => Ok(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(FetchError::Disk { doing: "read", path: self.cached.join(LATEST), source }),
        }
    }

    fn write_latest(&self, old: &[u8], new: &[u8]) -> std::result::Result<bool, FetchError> {
        let file = self.cached.join(LATEST);
        let failed = |source| FetchError::Disk { doing: "write", path: file.clone(), source };
        std::fs::create_dir_all(&self.cached).map_err(failed)?;
        // One run at a time compares and replaces.
        let lock = std::fs::File::create(self.cached.join("latest.lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        if self.read_latest()? != old {
            return Ok(false);
        }
        atomic::replace_in(&file, new, Access::Private).map_err(failed)?;
        Ok(true)
    }
}

/// The newest head that this user has seen.
const LATEST: &str = "latest";
