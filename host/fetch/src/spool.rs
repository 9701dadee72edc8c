//! A zip on its way to disk: written and hashed on blocking threads while the
//! rest still comes, then walked for its h1.

use crate::config::Limits;
use crate::error::{At, FetchError, Unfit};
use crate::fetched::{Body, Fetched};
use crate::hashpool::HashPool;
use crate::load::{self, LoadError};
use crate::store::{Store, disk};
use sha2::{Digest, Sha256};
use std::io::{Seek, Write};
use std::sync::Arc;
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

/// How much is gathered before a thread writes it.
const PIECE: usize = 256 << 10;

/// One zip under way. Dropping it removes the file.
pub(crate) struct Spool {
    at: At,
    store: Arc<Store>,
    state: Option<State>,
}

struct State {
    file: NamedTempFile,
    digest: Sha256,
    size: u64,
}

impl Spool {
    pub(crate) fn new(at: &At, store: &Arc<Store>) -> Self {
        Self { at: at.clone(), store: Arc::clone(store), state: None }
    }

    /// How much is on disk.
    pub(crate) fn size(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.size)
    }

    /// Takes what has come; gives a buffer for what comes next.
    pub(crate) async fn add(&mut self, buffer: Vec<u8>) -> Result<Vec<u8>, FetchError> {
        if buffer.len() < PIECE {
            return Ok(buffer);
        }
        self.check_start(&buffer)?;
        let (state, store) = (self.state.take(), Arc::clone(&self.store));
        let written = spawn_blocking(move || {
            let mut state = State::get_or_start(state, &store)?;
            state.write(&buffer)?;
            let mut buffer = buffer;
            buffer.clear();
            Ok::<_, FetchError>((state, buffer))
        });
        let (state, buffer) = written.await.map_err(|_| FetchError::Lost(self.at.object.clone()))??;
        self.state = Some(state);
        Ok(buffer)
    }

    /// Writes the last piece, then hashes the files inside.
    pub(crate) async fn finish(
        self,
        rest: Vec<u8>,
        source: String,
        limits: &Limits,
        hashing: &HashPool,
    ) -> Result<Fetched, FetchError> {
        self.check_start(&rest)?;
        let lost = FetchError::Lost(self.at.object.clone());
        let (Self { at, store, state }, limits) = (self, limits.clone());
        let hashed = hashing.run(move |scratch| {
            let mut state = State::get_or_start(state, &store)?;
            state.write(&rest)?;
            drop(rest);
            let State { mut file, digest, size } = state;
            file.rewind().map_err(disk("read", file.path()))?;
            let h1 = match load::zip_h1(file.as_file_mut(), &at.object.module, &limits, scratch) {
                Ok(h1) => h1,
                Err(LoadError::Io(e)) => return Err(disk("read", file.path())(e)),
                Err(LoadError::TooLarge(limit)) => {
                    return Err(FetchError::TooLarge { at: Box::new(at), limit });
                }
                Err(LoadError::Unfit(what)) => return Err(FetchError::Unfit { at: Box::new(at), what }),
            };
            let body = Body::Spooled(file.into_temp_path());
            let sha256 = digest.finalize().into();
            let object = at.object;
            Ok(Fetched { object, size, sha256, h1: Some(h1), origin: None, source, local: false, body })
        });
        hashed.await.ok_or(lost)?
    }

    fn check_start(&self, buffer: &[u8]) -> Result<(), FetchError> {
        if self.state.is_some() {
            return Ok(());
        }
        let unfit = if buffer.is_empty() { Some(Unfit::Empty) } else { load::not_a_zip(buffer) };
        match unfit {
            None => Ok(()),
            Some(what) => Err(FetchError::Unfit { at: Box::new(self.at.clone()), what }),
        }
    }
}

impl State {
    fn get_or_start(state: Option<Self>, store: &Store) -> Result<Self, FetchError> {
        match state {
            Some(state) => Ok(state),
            None => Ok(Self { file: store.spool_file()?, digest: Sha256::new(), size: 0 }),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        self.file.as_file_mut().write_all(bytes).map_err(disk("write", self.file.path()))
    }
}
