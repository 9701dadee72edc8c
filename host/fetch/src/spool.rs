//! A zip on its way to disk: written and hashed on blocking threads while the
//! rest still comes, then walked for its h1. A large one that breaks off is
//! left where the next try, and the next run, finds it.

use crate::config::Limits;
use crate::error::FetchError;
use crate::fetched::{Body, Fetched};
use crate::hashpool::HashPool;
use crate::invalid::InvalidContent;
use crate::load::{self, LoadError};
use crate::site::At;
use crate::store::{Part, Store, disk};
use crate::transport::Rest;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempPath;
use tokio::task::spawn_blocking;

/// How much is collected before a thread writes it.
const PIECE: usize = 256 << 10;
/// What is shorter is asked for again from its beginning.
const WORTH_KEEPING: u64 = 1 << 20;

/// One zip under way. Dropping it leaves a part, if it is worth that.
pub(crate) struct Spool {
    at: At,
    /// What distinguishes the address from any other.
    key: String,
    store: Arc<Store>,
    /// How the rest would be asked for.
    rest: Rest,
    state: Option<State>,
}

struct State {
    place: Place,
    digest: Sha256,
    size: u64,
}

/// Where the bytes go.
enum Place {
    /// Goes when dropped.
    Temporary(File, TempPath),
    /// Stays when dropped.
    Part(Part),
}

impl Spool {
    /// Goes on with what an earlier run left of this file.
    pub(crate) async fn reopen(at: &At, key: String, store: &Arc<Store>) -> Option<Self> {
        let (asked, moved) = (key.clone(), Arc::clone(store));
        let found = spawn_blocking(move || moved.reopen_part(&asked)).await.ok().flatten();
        let (part, digest, rest) = found?;
        let state = State { place: Place::Part(part), digest, size: rest.offset };
        Some(Self { at: at.clone(), key, store: Arc::clone(store), rest, state: Some(state) })
    }

    /// Begins a new one.
    pub(crate) fn new(at: &At, key: String, store: &Arc<Store>, rest: Rest) -> Self {
        Self { at: at.clone(), key, store: Arc::clone(store), rest, state: None }
    }

    /// How to ask for what is not there yet.
    pub(crate) fn rest(&self) -> Rest {
        Rest { offset: self.size(), ..self.rest.clone() }
    }

    /// How much is on disk.
    pub(crate) fn size(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.size)
    }

    /// Throws away what is there: it is not what it was taken for.
    pub(crate) fn discard(self) {
        if let Some(State { place: Place::Part(part), .. }) = self.state {
            part.discard();
        }
    }

    /// Takes what has come; gives a buffer for what comes next.
    pub(crate) async fn add(&mut self, buffer: Vec<u8>) -> Result<Vec<u8>, FetchError> {
        if buffer.len() < PIECE {
            return Ok(buffer);
        }
        self.check_start(&buffer)?;
        let (state, store) = (self.state.take(), Arc::clone(&self.store));
        let (key, rest) = (self.key.clone(), self.rest.clone());
        let written = spawn_blocking(move || {
            let mut state = State::get_or_start(state, &store, &key, &rest)?;
            if let Err(error) = state.write(&buffer) {
                // The disk may be full: a part must not keep it so.
                state.place.discard();
                return Err(error);
            }
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
        last: Vec<u8>,
        source: String,
        limits: &Limits,
        hashing: &HashPool,
    ) -> Result<Fetched, FetchError> {
        self.check_start(&last)?;
        let lost = FetchError::Lost(self.at.object.clone());
        let (Self { at, store, state, .. }, limits) = (self, limits.clone());
        let hashed = hashing.run(move |scratch| {
            let mut state = match state {
                Some(state) => state,
                None => State::temporary(&store)?,
            };
            state.write(&last)?;
            drop(last);
            let State { mut place, digest, size } = state;
            let (file, path) = place.get();
            file.rewind().map_err(disk("read", path))?;
            let files = match load::zip_files(file, &at.object.module, &limits, scratch) {
                Ok(files) => files,
                Err(error) => {
                    let path = place.get().1.to_owned();
                    place.discard();
                    return Err(match error {
                        LoadError::Io(e) => disk("read", &path)(e),
                        LoadError::TooLarge(limit) => FetchError::TooLarge { at: Box::new(at), limit },
                        LoadError::InvalidContent(what) => {
                            FetchError::InvalidContent { at: Box::new(at), what }
                        }
                    });
                }
            };
            let body = Body::Spooled(place.complete(&store)?);
            let sha256 = digest.finalize().into();
            let object = at.object;
            let (h1, files, origin) = (Some(files.h1(&object.module)), Some(files), None);
            Ok(Fetched { object, size, sha256, h1, files, origin, source, local: false, body })
        });
        hashed.await.ok_or(lost)?
    }

    fn check_start(&self, buffer: &[u8]) -> Result<(), FetchError> {
        if self.state.is_some() {
            return Ok(());
        }
        let invalid = if buffer.is_empty() { Some(InvalidContent::Empty) } else { load::not_a_zip(buffer) };
        match invalid {
            None => Ok(()),
            Some(what) => Err(FetchError::InvalidContent { at: Box::new(self.at.clone()), what }),
        }
    }
}

impl State {
    fn get_or_start(state: Option<Self>, store: &Store, url: &str, rest: &Rest) -> Result<Self, FetchError> {
        if let Some(state) = state {
            return Ok(state);
        }
        // Somebody else may be at the same zip: then each has its own copy, as ever.
        let worth = rest.length.is_none_or(|l| l >= WORTH_KEEPING);
        match worth.then(|| store.new_part(url, rest)).flatten() {
            Some(part) => Ok(Self { place: Place::Part(part), digest: Sha256::new(), size: 0 }),
            None => Self::temporary(store),
        }
    }

    fn temporary(store: &Store) -> Result<Self, FetchError> {
        let (file, path) = store.spool_file()?.into_parts();
        Ok(Self { place: Place::Temporary(file, path), digest: Sha256::new(), size: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let (file, path) = self.place.get();
        file.write_all(bytes).map_err(disk("write", path))?;
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }
}

impl Place {
    fn get(&mut self) -> (&mut File, &Path) {
        match self {
            Self::Temporary(file, path) => (file, path),
            Self::Part(part) => part.get(),
        }
    }

    fn discard(self) {
        if let Self::Part(part) = self {
            part.discard();
        }
    }

    fn complete(self, store: &Store) -> Result<TempPath, FetchError> {
        match self {
            Self::Temporary(_, path) => Ok(path),
            Self::Part(part) => part.complete(&store.spool_path()),
        }
    }
}
