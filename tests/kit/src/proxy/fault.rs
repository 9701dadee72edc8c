//! What can go wrong between a client and its proxy, and when.

use super::Shared;
use super::http::{self, Request};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A scripted misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, with a short text as a proxy would give.
    Status(u16),
    /// This status with a `Retry-After` header.
    RetryAfter(u16, String),
    /// This status with the address that was asked for, as servers repeat it.
    Echo(u16),
    /// The connection is reset instead of an answer.
    Reset,
    /// The connection is reset after so many bytes of the body.
    ResetAfter(usize),
    /// The head promises the whole body, then the connection is closed after
    /// so many bytes of it.
    Truncate(usize),
    /// Only so many bytes of the body, in an answer that is whole in itself.
    Short(usize),
    /// Nothing is said for this long, then the connection is closed.
    Stall(Duration),
    /// Nothing is said for this long in the middle of the body, then it goes
    /// on.
    StallWithin(Duration),
    /// The body comes in pieces of so many bytes with a pause after each.
    Drip(usize, Duration),
    /// A login page with status 200, as captive portals answer.
    Html,
    /// These bytes with status 200.
    Bytes(Vec<u8>),
    /// One byte in the middle of the body is flipped.
    FlipByte,
    /// A redirect to this location.
    Redirect(String),
    /// Nothing is wrong, but the answer has one more header.
    Header(String, String),
    /// These bytes with this `Content-Encoding`, whatever they are.
    Encoded(String, Vec<u8>),
}

/// The part of a body that was asked for.
pub(super) struct Part {
    /// The whole body.
    whole: Vec<u8>,
    first: usize,
    /// What an answer's head says about it.
    headers: Vec<(&'static str, String)>,
}

impl Part {
    /// As a file server does that knows ranges: RFC 9110 §14.2, with `If-Range`
    /// by ETag. None if there is no such part.
    pub(super) fn of(whole: Vec<u8>, request: &Request, ranges: bool) -> Option<Self> {
        if !ranges {
            return Some(Self { whole, first: 0, headers: Vec::new() });
        }
        let mut hasher = DefaultHasher::new();
        whole.hash(&mut hasher);
        let etag = format!("\"{:016x}\"", hasher.finish());
        let mut headers = vec![("ETag", etag.clone()), ("Accept-Ranges", "bytes".to_owned())];
        let same = request.header("if-range").is_none_or(|tag| tag == etag);
        let from = request.header("range").filter(|_| same);
        let from = from.and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        let first = from.unwrap_or(0);
        if from.is_some() {
            if first >= whole.len() {
                return None;
            }
            headers.push(("Content-Range", format!("bytes {first}-{}/{}", whole.len() - 1, whole.len())));
        }
        Some(Self { whole, first, headers })
    }

    fn write_head(&self, stream: &TcpStream) -> io::Result<()> {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let partial = self.headers.iter().any(|(name, _)| *name == "Content-Range");
        http::write_head(stream, if partial { 206 } else { 200 }, &headers, self.bytes().len())
    }

    fn bytes(&self) -> &[u8] {
        &self.whole[self.first..]
    }
}

/// Which request meets which fault.
#[derive(Default)]
pub(super) struct Rules {
    by_path: Vec<(String, usize, Fault)>,
    every: Option<(usize, Fault)>,
    seen: usize,
    authorization: Option<String>,
}

impl Rules {
    pub(super) fn by_path(&mut self, suffix: &str, times: usize, fault: Fault) {
        self.by_path.push((suffix.to_owned(), times, fault));
    }

    pub(super) fn every(&mut self, nth: usize, fault: Fault) {
        self.every = Some((nth, fault));
    }

    pub(super) fn require_authorization(&mut self, value: &str) {
        self.authorization = Some(value.to_owned());
    }

    /// The fault for this request, used up where it was for a few times only.
    pub(super) fn pick(&mut self, request: &Request) -> Option<Fault> {
        self.seen += 1;
        if self.authorization.as_deref().is_some_and(|want| request.header("authorization") != Some(want)) {
            return Some(Fault::Status(401));
        }
        let rule = self
            .by_path
            .iter_mut()
            .find(|(suffix, left, _)| *left > 0 && request.path.ends_with(suffix.as_str()));
        if let Some((_, left, fault)) = rule {
            *left -= 1;
            return Some(fault.clone());
        }
        self.every.as_ref().filter(|(nth, _)| self.seen.is_multiple_of(*nth)).map(|(_, fault)| fault.clone())
    }
}

/// Answers one request; says whether the connection stays open.
pub(super) fn answer(
    mut stream: &TcpStream,
    shared: &Shared,
    fault: Option<&Fault>,
    body: Option<Part>,
    request: &Request,
    request_length: usize,
) -> io::Result<bool> {
    let whole = |body: Option<Part>| body.map(|part| part.whole);
    if fault == Some(&Fault::Reset) {
        // The request stays unread, so closing resets.
        return Ok(false);
    }
    if let Some(Fault::ResetAfter(n)) = fault {
        let Some(part) = body else { return Ok(false) };
        part.write_head(stream)?;
        stream.write_all(&part.bytes()[..part.bytes().len().min(*n)])?;
        // The client should see these bytes before the reset overtakes them.
        shared.pause(Duration::from_millis(50));
        return Ok(false);
    }
    http::consume(stream, request_length)?;
    let Some(fault) = fault else {
        return match body {
            None => plain(stream, None),
            Some(part) => {
                part.write_head(stream)?;
                stream.write_all(part.bytes())?;
                Ok(true)
            }
        };
    };
    match fault {
        Fault::Status(status) => {
            let plain = [("Content-Type", "text/plain; charset=utf-8")];
            text(stream, *status, &plain, &format!("scripted answer {status}\n"))
        }
        Fault::Echo(status) => {
            let plain = [("Content-Type", "text/plain; charset=utf-8")];
            text(stream, *status, &plain, &format!("nothing at {}\n", request.path))
        }
        Fault::RetryAfter(status, after) => text(stream, *status, &[("Retry-After", after)], "slow down\n"),
        Fault::Redirect(to) => text(stream, 302, &[("Location", to)], ""),
        Fault::Html => {
            text(stream, 200, &[("Content-Type", "text/html")], "<!doctype html>\n<h1>Please log in</h1>\n")
        }
        Fault::Header(name, value) => {
            let body = whole(body).unwrap_or_default();
            http::write_head(stream, 200, &[(name, value)], body.len())?;
            stream.write_all(&body)?;
            Ok(true)
        }
        Fault::Encoded(encoding, bytes) => {
            http::write_head(stream, 200, &[("Content-Encoding", encoding)], bytes.len())?;
            stream.write_all(bytes)?;
            Ok(true)
        }
        Fault::Bytes(bytes) => plain(stream, Some(bytes.clone())),
        Fault::Short(n) => plain(
            stream,
            whole(body).map(|mut b| {
                b.truncate(*n);
                b
            }),
        ),
        Fault::FlipByte => plain(
            stream,
            whole(body).map(|mut b| {
                let middle = b.len() / 2;
                if let Some(byte) = b.get_mut(middle) {
                    *byte ^= 1;
                }
                b
            }),
        ),
        Fault::Stall(time) => {
            shared.pause(*time);
            Ok(false)
        }
        Fault::Truncate(n) => {
            let Some(part) = body else { return Ok(false) };
            part.write_head(stream)?;
            stream.write_all(&part.bytes()[..part.bytes().len().min(*n)])?;
            Ok(false)
        }
        Fault::StallWithin(time) => {
            let body = whole(body).unwrap_or_default();
            let (first, rest) = body.split_at(body.len() / 2);
            http::write_head(stream, 200, &[], body.len())?;
            stream.write_all(first)?;
            shared.pause(*time);
            stream.write_all(rest)?;
            Ok(true)
        }
        Fault::Drip(size, pause) => {
            let body = whole(body).unwrap_or_default();
            http::write_head(stream, 200, &[], body.len())?;
            for piece in body.chunks((*size).max(1)) {
                stream.write_all(piece)?;
                shared.pause(*pause);
            }
            Ok(true)
        }
        Fault::Reset | Fault::ResetAfter(_) => Ok(false),
    }
}

fn plain(mut stream: &TcpStream, body: Option<Vec<u8>>) -> io::Result<bool> {
    match body {
        None => text(stream, 404, &[], "not found\n"),
        Some(body) => {
            http::write_head(stream, 200, &[], body.len())?;
            stream.write_all(&body)?;
            Ok(true)
        }
    }
}

fn text(mut stream: &TcpStream, status: u16, headers: &[(&str, &str)], body: &str) -> io::Result<bool> {
    http::write_head(stream, status, headers, body.len())?;
    stream.write_all(body.as_bytes())?;
    Ok(true)
}
