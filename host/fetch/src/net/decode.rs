//! Bodies that a server encoded, decoded: gzip, deflate, br and zstd (RFC 9110
//! section 8.4). airgo asks for `identity`, and a mirror or a web filter between
//! may encode all the same; go decodes gzip (net/http Transport).
//!
//! Decoding is by pull: a reader takes what it wants and stops at its limit, so
//! that a body which unpacks to a thousand times its size costs no more memory
//! than one which does not.

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use futures_util::TryStreamExt as _;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use std::io;
use std::pin::Pin;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, BufReader};
use tokio_util::io::StreamReader;

/// More than any server has reason for.
const MAX_ENCODINGS: usize = 3;
/// The most that one read decodes.
const PIECE: usize = 64 << 10;

/// One encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// How a body is encoded, as its header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Encoding {
    /// In the order in which they were applied.
    codings: Vec<Coding>,
    /// The header.
    pub(crate) name: String,
    /// A coding that nobody here can decode, or too many.
    pub(crate) unknown: bool,
}

impl Encoding {
    /// Reads `Content-Encoding`; `identity` and nothing are not an encoding.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let names: Vec<String> = values
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != "identity")
            .collect();
        let mut encoding = Self { codings: Vec::new(), name: names.join(", "), unknown: false };
        for name in &names {
            match name.as_str() {
                "gzip" | "x-gzip" => encoding.codings.push(Coding::Gzip),
                "deflate" => encoding.codings.push(Coding::Deflate),
                "br" => encoding.codings.push(Coding::Brotli),
                "zstd" => encoding.codings.push(Coding::Zstd),
                _ => encoding.unknown = true,
            }
        }
        encoding.unknown |= encoding.codings.len() > MAX_ENCODINGS;
        encoding
    }

    /// Whether the body is as it is.
    pub(crate) fn is_identity(&self) -> bool {
        self.name.is_empty()
    }
}

/// Why no more of a body came.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// The connection broke.
    Transport(reqwest::Error),
    /// The body is not what its `Content-Encoding` says.
    Encoding(String),
}

type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// A body, decoded as it comes.
pub(crate) enum Body {
    Plain(Box<Response>),
    Decoded(Reader),
}

impl Body {
    /// The body of an answer. What has an unknown encoding stays as it is, as for
    /// go: servers put other words into the header too.
    pub(crate) fn of(response: Response, encoding: &Encoding) -> Self {
        if encoding.codings.is_empty() || encoding.unknown {
            return Self::Plain(Box::new(response));
        }
        let stream = response.bytes_stream().map_err(io::Error::other);
        let mut reader: Reader = Box::pin(StreamReader::new(stream));
        for coding in encoding.codings.iter().rev() {
            let input = BufReader::new(reader);
            reader = match coding {
                Coding::Gzip => {
                    let mut decoder = GzipDecoder::new(input);
                    decoder.multiple_members(true);
                    Box::pin(decoder)
                }
                Coding::Deflate => Box::pin(Deflated::Unread(input)),
                Coding::Brotli => Box::pin(BrotliDecoder::new(input)),
                Coding::Zstd => {
                    let mut decoder = ZstdDecoder::new(input);
                    decoder.multiple_members(true);
                    Box::pin(decoder)
                }
            };
        }
        Self::Decoded(reader)
    }

    /// Appends the next piece; `None` at the end.
    pub(crate) async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<Option<usize>, BodyError> {
        match self {
            Self::Plain(response) => match response.chunk().await.map_err(BodyError::Transport)? {
                None => Ok(None),
                Some(chunk) => {
                    buffer.extend_from_slice(&chunk);
                    Ok(Some(chunk.len()))
                }
            },
            Self::Decoded(reader) => {
                buffer.reserve(PIECE);
                let read = reader.take(PIECE as u64).read_buf(buffer).await.map_err(fault)?;
                Ok((read > 0).then_some(read))
            }
        }
    }
}

/// What the decoder was given is named before what it made of it.
fn fault(error: io::Error) -> BodyError {
    match error.downcast::<reqwest::Error>() {
        Ok(transport) => BodyError::Transport(transport),
        Err(error) => BodyError::Encoding(error.to_string()),
    }
}

/// `deflate` is zlib by the standard, and raw deflate with some servers: the
/// first two bytes tell (RFC 1950 section 2.2).
enum Deflated<R> {
    Unread(R),
    Read(Reader),
    Done,
}

impl<R: AsyncBufRead + Unpin + Send + 'static> AsyncRead for Deflated<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        if let Self::Unread(input) = &mut *self {
            let start = match Pin::new(&mut *input).poll_fill_buf(context) {
                std::task::Poll::Pending => return std::task::Poll::Pending,
                std::task::Poll::Ready(Err(e)) => return std::task::Poll::Ready(Err(e)),
                std::task::Poll::Ready(Ok(start)) => start,
            };
            let zlib = matches!(start, [cmf, flg, ..]
                if cmf & 0x0f == 8 && u16::from_be_bytes([*cmf, *flg]).is_multiple_of(31));
            // One byte alone is the first of either: the standard's is taken.
            let zlib = zlib || matches!(start, [cmf] if cmf & 0x0f == 8);
            let Self::Unread(input) = std::mem::replace(&mut *self, Self::Done) else {
                return std::task::Poll::Ready(Ok(()));
            };
            *self = Self::Read(if zlib {
                Box::pin(ZlibDecoder::new(input))
            } else {
                Box::pin(DeflateDecoder::new(input))
            });
        }
        match &mut *self {
            Self::Read(reader) => reader.as_mut().poll_read(context, buffer),
            Self::Unread(_) | Self::Done => std::task::Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn encoding(values: &[&'static str]) -> Encoding {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
        }
        Encoding::of(&headers)
    }

    #[test]
    fn the_header_is_read_as_a_list() {
        assert!(
            encoding(&[]).is_identity()
                && encoding(&["identity"]).is_identity()
                && encoding(&[""]).is_identity()
        );
        assert_eq!(encoding(&["GZip"]).codings, [Coding::Gzip]);
        assert_eq!(
            encoding(&["deflate, br", "zstd"]).codings,
            [Coding::Deflate, Coding::Brotli, Coding::Zstd]
        );
        assert_eq!(encoding(&["deflate , br"]).name, "deflate, br");
        assert!(encoding(&["utf-8"]).unknown && encoding(&["gzip, compress"]).unknown);
        assert!(encoding(&["gzip,gzip,gzip,gzip"]).unknown);
    }
}
