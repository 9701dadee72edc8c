//! What the host keeps for one run of a plugin, and what it charges.

use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::GuestClock;
use crate::gather::{Facts, OneModule};
use crate::limiter::{Limiter, OverBudget};
use crate::plugin::{CheckRequest, LogLine};
use crate::view::slice;
use crate::{BundleView, DataSet, FileEntry, Limits, ReadError, Usage};

/// Read ahead: a plugin that reads a file in small steps costs one inflation a
/// window, not one a step.
const WINDOW: u32 = 1 << 20;
/// The start of a file is often all that is wanted: so much of it is not read
/// ahead of.
const START: u32 = 16 << 10;
/// The most that one call hands over.
pub const MAX_READ: u32 = 16 << 20;

/// The data of a store.
pub struct State {
    pub limiter: Limiter,
    pub clock: GuestClock,
    pub limits: Limits,
    pub logs: Vec<LogLine>,
    /// Instantiated, its types found right: what fails now is its own doing.
    pub entered: bool,
    /// None in `describe` and `plan`.
    pub subject: Option<Subject>,
    calls: u64,
}

/// What is judged, and what was read of it.
pub struct Subject {
    pub view: Arc<dyn BundleView>,
    pub data: Arc<DataSet>,
    /// None where facts are gathered.
    pub judged_at: Option<Timestamp>,
    /// What was gathered, by index.
    pub facts: Option<Facts>,
    /// The index that the plugin sees → the position in the view.
    pub order: Arc<[usize]>,
    read_limit: u64,
    read: u64,
    window: Option<Window>,
}

/// The part of a file that was read last.
struct Window {
    module: usize,
    path: String,
    offset: u64,
    bytes: Vec<u8>,
    /// The file ends with it.
    ends: bool,
}

impl State {
    pub fn new(limits: &Limits, subject: Option<Subject>) -> Self {
        State {
            limiter: Limiter::new(limits),
            clock: GuestClock::start(limits.time),
            limits: limits.clone(),
            logs: Vec::new(),
            entered: false,
            subject,
            calls: 0,
        }
    }

    /// Every host function starts with this.
    pub fn charge_call(&mut self) -> Result<(), OverBudget> {
        self.calls += 1;
        if self.calls > self.limits.host_calls {
            return Err(OverBudget {
                what: "calls into the host",
                limit: self.limits.host_calls,
                asked: None,
            });
        }
        Ok(())
    }

    /// What the run has taken so far, asked on its own thread.
    pub fn usage(&self) -> Usage {
        let (memory, table_elements) = self.limiter.used();
        let (read_bytes, read_limit) = self.subject.as_ref().map_or((0, 0), |s| (s.read, s.read_limit));
        Usage {
            time: self.clock.used(),
            memory,
            table_elements,
            host_calls: self.calls,
            read_bytes,
            read_limit,
        }
    }

    /// The subject, its clock beside it.
    pub fn reading(&mut self) -> Option<(&mut Subject, &mut GuestClock)> {
        self.subject.as_mut().map(|subject| (subject, &mut self.clock))
    }
}

impl Subject {
    /// A bundle, to be judged.
    pub fn of_bundle(
        request: &CheckRequest,
        order: Arc<[usize]>,
        facts: Option<Facts>,
        limits: &Limits,
    ) -> Self {
        let (view, data) = (Arc::clone(&request.view), Arc::clone(&request.data));
        Self::new(view, data, order, limits).with(request.judged_at, facts)
    }

    /// A module, whose facts are to be gathered.
    pub fn of_module(module: Arc<OneModule>, limits: &Limits) -> Self {
        Self::new(module, Arc::default(), Arc::new([0]), limits)
    }

    fn new(view: Arc<dyn BundleView>, data: Arc<DataSet>, order: Arc<[usize]>, limits: &Limits) -> Self {
        let zips: u64 = view.modules().iter().map(|m| m.zip_size).fold(0, u64::saturating_add);
        let for_zips = zips.saturating_mul(limits.read_bytes_per_zip_byte);
        let read_limit = limits.read_bytes.saturating_add(for_zips).saturating_add(data.total_bytes());
        Subject { view, data, judged_at: None, facts: None, order, read_limit, read: 0, window: None }
    }

    fn with(mut self, judged_at: Timestamp, facts: Option<Facts>) -> Self {
        self.judged_at = Some(judged_at);
        // Each of them may be asked for some three times, as the files may.
        let bytes: u64 = facts.iter().flatten().map(|fact| fact.len() as u64 + 256).sum();
        self.read_limit = self.read_limit.saturating_add(bytes.saturating_mul(3));
        self.facts = facts;
        self
    }

    /// The position in the view of a module that a plugin names.
    pub fn position(&self, index: u32) -> Result<usize, ReadError> {
        self.order.get(index as usize).copied().ok_or(ReadError::NotFound)
    }

    /// Counts bytes that the host reads for the plugin.
    pub fn charge_read(&mut self, bytes: u64) -> Result<(), OverBudget> {
        // A failed or empty read is not free either.
        self.read = self.read.saturating_add(bytes).saturating_add(256);
        if self.read > self.read_limit {
            return Err(OverBudget {
                what: "bytes read from the bundle",
                limit: self.read_limit,
                asked: None,
            });
        }
        Ok(())
    }

    /// Reads a file through the window.
    pub fn read(
        &mut self,
        clock: &mut GuestClock,
        index: u32,
        path: &str,
        offset: u64,
        len: u32,
    ) -> Result<Result<Vec<u8>, ReadError>, OverBudget> {
        if len > MAX_READ {
            return Ok(Err(ReadError::TooLarge(u64::from(MAX_READ))));
        }
        let module = match self.position(index) {
            Ok(module) => module,
            Err(err) => return Ok(Err(err)),
        };
        if let Some(bytes) = self.window.as_ref().and_then(|w| w.part(module, path, offset, len)) {
            return Ok(Ok(bytes));
        }
        let view = &self.view;
        let ask = if offset == 0 && len <= START { len } else { len.max(WINDOW) };
        let bytes = match clock.excluding(|| view.read(module, path, offset, ask)) {
            Ok(bytes) => bytes,
            Err(err) => {
                self.charge_read(0)?;
                return Ok(Err(err));
            }
        };
        // To reach an offset the view may have had to inflate all before it.
        self.charge_read(offset.saturating_add(bytes.len() as u64))?;
        let ends = bytes.len() < ask as usize;
        if bytes.len() <= len as usize && !ends {
            // Nothing was read ahead.
            return Ok(Ok(bytes));
        }
        let part = slice(&bytes, 0, len);
        self.window = Some(Window { module, path: path.to_owned(), offset, bytes, ends });
        Ok(part)
    }

    /// Lists the files of a module.
    pub fn list_files(
        &mut self,
        clock: &mut GuestClock,
        index: u32,
    ) -> Result<Result<Vec<FileEntry>, ReadError>, OverBudget> {
        let module = match self.position(index) {
            Ok(module) => module,
            Err(err) => return Ok(Err(err)),
        };
        let view = &self.view;
        let entries = clock.excluding(|| view.list_files(module));
        if let Ok(entries) = &entries {
            let bytes = entries.iter().map(|e| e.path.len() as u64 + 64).sum();
            self.charge_read(bytes)?;
        }
        Ok(entries.map(|mut entries| {
            entries.sort_by(|a, b| a.path.cmp(&b.path));
            entries
        }))
    }
}

impl Window {
    /// The wanted bytes, where they lie in the window or end with the file.
    fn part(&self, module: usize, path: &str, offset: u64, len: u32) -> Option<Vec<u8>> {
        if self.module != module || self.path != path {
            return None;
        }
        let from = offset.checked_sub(self.offset)?;
        let enough = from.checked_add(u64::from(len))? <= self.bytes.len() as u64;
        let inside = from <= self.bytes.len() as u64;
        if enough || (self.ends && inside) { slice(&self.bytes, from, len).ok() } else { None }
    }
}
