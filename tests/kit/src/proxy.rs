//! A module proxy on loopback that misbehaves on request.
//!
//! HTTP/1.1 over plain TCP with a thread a connection: small enough to do
//! exactly what a fault says, byte by byte.

mod fault;
mod http;

pub use fault::Fault;
pub use http::Request;

use crate::world::World;
use fault::{Part, Rules};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// A running proxy; it stops when dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What all connections of a proxy share.
pub(crate) struct Shared {
    tree: Tree,
    rules: Mutex<Rules>,
    log: Mutex<Vec<Request>>,
    streams: Mutex<HashMap<usize, TcpStream>>,
    active: AtomicUsize,
    most_active: AtomicUsize,
    latency: Mutex<Duration>,
    ranges: AtomicBool,
    prefix: Mutex<String>,
    stopped: AtomicBool,
    stop: (Mutex<bool>, Condvar),
}

enum Tree {
    Memory(BTreeMap<String, Vec<u8>>),
    Directory(PathBuf),
}

impl Proxy {
    /// Serves a world from memory.
    pub fn serve(world: &World) -> Self {
        Self::start(Tree::Memory(world.files()))
    }

    /// Serves a GOPROXY tree from disk, such as a cache's `cache/download`.
    pub fn serve_dir(dir: impl Into<PathBuf>) -> Self {
        Self::start(Tree::Directory(dir.into()))
    }

    /// Its URL, for GOPROXY.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request whose path ends in `suffix` meets this fault, always.
    pub fn fault(&self, suffix: &str, fault: Fault) -> &Self {
        self.fault_times(suffix, usize::MAX, fault)
    }

    /// The first `times` requests whose path ends in `suffix` meet this fault,
    /// later ones do not: what a retry must outlive.
    pub fn fault_times(&self, suffix: &str, times: usize, fault: Fault) -> &Self {
        self.shared.rules.lock().unwrap().by_path(suffix, times, fault);
        self
    }

    /// Every `nth` request of all meets this fault.
    pub fn fault_every(&self, nth: usize, fault: Fault) -> &Self {
        self.shared.rules.lock().unwrap().every(nth, fault);
        self
    }

    /// Takes every fault away.
    pub fn heal(&self) -> &Self {
        *self.shared.rules.lock().unwrap() = Rules::default();
        self
    }

    /// Answers 401 to every request without this `Authorization` header.
    pub fn require_authorization(&self, value: &str) -> &Self {
        self.shared.rules.lock().unwrap().require_authorization(value);
        self
    }

    /// From now on its files are below this path, such as `/team/go`, and any
    /// query may follow.
    pub fn below(&self, prefix: &str) -> &Self {
        *self.shared.prefix.lock().unwrap() = prefix.trim_matches('/').to_owned();
        self
    }

    /// Waits this long before every answer.
    pub fn latency(&self, pause: Duration) -> &Self {
        *self.shared.latency.lock().unwrap() = pause;
        self
    }

    /// From now on sends parts of a file to who asks for them, with an ETag.
    pub fn serve_ranges(&self) -> &Self {
        self.shared.ranges.store(true, Ordering::SeqCst);
        self
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.log.lock().unwrap().clone()
    }

    /// How many requests had a path that ends in `suffix`.
    pub fn count(&self, suffix: &str) -> usize {
        self.shared.log.lock().unwrap().iter().filter(|r| r.path.ends_with(suffix)).count()
    }

    /// The most requests that were ever under way at once.
    pub fn most_active(&self) -> usize {
        self.shared.most_active.load(Ordering::SeqCst)
    }

    fn start(tree: Tree) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            tree,
            rules: Mutex::default(),
            log: Mutex::default(),
            streams: Mutex::default(),
            active: AtomicUsize::new(0),
            most_active: AtomicUsize::new(0),
            latency: Mutex::default(),
            ranges: AtomicBool::new(false),
            prefix: Mutex::default(),
            stopped: AtomicBool::new(false),
            stop: (Mutex::new(false), Condvar::new()),
        });
        let server = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &server));
        Self { address, shared }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        *self.shared.stop.0.lock().unwrap() = true;
        self.shared.stop.1.notify_all();
        for stream in self.shared.streams.lock().unwrap().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the listener, which then sees that it has to end.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (id, stream) in listener.incoming().enumerate() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if let Ok(copy) = stream.try_clone() {
            shared.streams.lock().unwrap().insert(id, copy);
        }
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A client that goes away in the middle is what some tests want.
            let _ = connection(&stream, &shared);
            // The copy goes first: the connection closes with its last handle.
            shared.streams.lock().unwrap().remove(&id);
            drop(stream);
        });
    }
}

fn connection(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some((request, length)) = http::peek_request(stream)? {
        let active = shared.active.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_active.fetch_max(active, Ordering::SeqCst);
        shared.log.lock().unwrap().push(request.clone());
        let latency = *shared.latency.lock().unwrap();
        if !latency.is_zero() {
            shared.pause(latency);
        }
        let fault = shared.rules.lock().unwrap().pick(&request);
        let ranges = shared.ranges.load(Ordering::SeqCst);
        let body = shared.find(&request.path).map(|whole| Part::of(whole, &request, ranges));
        let (fault, body) = match body {
            Some(None) => (Some(Fault::Status(416)), None),
            other => (fault, other.flatten()),
        };
        let open = fault::answer(stream, shared, fault.as_ref(), body, &request, length);
        shared.active.fetch_sub(1, Ordering::SeqCst);
        if !open? {
            return Ok(());
        }
    }
    Ok(())
}

impl Shared {
    /// Sleeps, but not beyond the proxy's end.
    pub(crate) fn pause(&self, time: Duration) {
        let stopped = self.stop.0.lock().unwrap();
        drop(self.stop.1.wait_timeout_while(stopped, time, |stopped| !*stopped).unwrap());
    }

    fn find(&self, path: &str) -> Option<Vec<u8>> {
        let path = path.split('?').next()?.trim_start_matches('/');
        let prefix = self.prefix.lock().unwrap().clone();
        let path = path.strip_prefix(&prefix)?.trim_start_matches('/');
        match &self.tree {
            Tree::Memory(files) => files.get(path).cloned(),
            Tree::Directory(dir) => {
                let climbs = path.split('/').any(|e| e == ".." || e.is_empty());
                if climbs { None } else { fs::read(dir.join(path)).ok() }
            }
        }
    }
}

#[cfg(test)]
mod tests;
