//! Compresses responses for clients that ask for it.
//!
//! A response of known length is compressed while it is sent, 64 KiB at a time. A server may have
//! many event streams, which stay open for days. Each event is therefore compressed separately, so
//! that an idle stream keeps only its checksum, and no compressor state.

use super::list_items;
use crate::value::characters::ascii_word;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::Bytes;
use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};
use std::cmp::Ordering;
use std::error::Error;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A shorter response fits in one packet, so compressing it gains nothing.
const MIN_BYTES: u64 = 1024;
/// Number of bytes that are compressed at once. This takes about a millisecond.
const PIECE: usize = 64 * 1024;
/// At this level zstd is as fast as gzip at its fastest, and its output is smaller.
const LEVEL: i32 = 1;
/// A gzip header without a file name, time or operating system (RFC 1952).
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// An empty final block (RFC 1951). It ends the deflate stream.
const LAST_BLOCK: [u8; 2] = [3, 0];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Zstd,
}

impl Coding {
    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The codings that a client accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AcceptedCodings {
    /// The one that it prefers. `None` if it accepts neither gzip nor zstd.
    best: Option<Coding>,
    gzip: bool,
}

impl AcceptedCodings {
    pub fn of(headers: &HeaderMap) -> Self {
        let (mut best, mut gzip): (Option<(f32, Coding)>, bool) = (None, false);
        for item in list_items(headers, header::ACCEPT_ENCODING) {
            let mut parts = item.split(';').map(str::trim);
            let coding = match ascii_word(parts.next().unwrap_or_default()).as_str() {
                "gzip" | "x-gzip" => Coding::Gzip,
                "zstd" => Coding::Zstd,
                _ => continue,
            };
            let q = quality(parts);
            let better = |(other, known): (f32, _)| match q.total_cmp(&other) {
                Ordering::Equal => known == Coding::Gzip,
                order => order.is_gt(),
            };
            if q > 0.0 {
                gzip |= coding == Coding::Gzip;
                best = best.filter(|best| !better(*best)).or(Some((q, coding)));
            }
        }
        Self { best: best.map(|(_, coding)| coding), gzip }
    }

    /// The coding for an event stream. Zstd cannot compress single events without keeping its state
    /// from one event to the next.
    fn for_events(self) -> Option<Coding> {
        self.gzip.then_some(Coding::Gzip)
    }
}

/// Returns the `q` of an item's parameters: 1 if it is absent, 0 if it is malformed.
pub fn quality<'a>(parameters: impl Iterator<Item = &'a str>) -> f32 {
    let mut given = parameters.filter_map(|parameter| parameter.split_once('='));
    let q = given.find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    q.map_or(1.0, |(_, value)| value.trim().parse().unwrap_or(0.0))
}

/// Compresses the response with an accepted coding if the body is compressible and long enough.
pub fn apply(
    mut response: ServiceResponse<BoxBody>,
    accepted: AcceptedCodings,
) -> ServiceResponse<BoxBody> {
    let events = has_type(&response, "text/event-stream");
    let long = match response.response().body().size() {
        BodySize::Sized(bytes) => bytes >= MIN_BYTES,
        BodySize::Stream => events,
        BodySize::None => false,
    };
    let text = ["text/", "json", "graphql", "javascript", "svg"];
    let compressible = text.iter().any(|kind| has_type(&response, kind));
    if !long || !compressible || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let vary = HeaderValue::from_static("accept-encoding");
    response.headers_mut().append(header::VARY, vary);
    let coding = if events { accepted.for_events() } else { accepted.best };
    let Some(coding) = coding else { return response };
    let Ok(encoder) = Encoder::new(coding, events) else { return response };
    let name = HeaderValue::from_static(coding.name());
    response.headers_mut().insert(header::CONTENT_ENCODING, name);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    weaken(response.headers_mut());
    response.map_body(|_, body| {
        BoxBody::new(Coded { body, encoder: Some(encoder), pending: Bytes::new() })
    })
}

/// Whether the media type of the response contains `kind`.
pub fn has_type(response: &ServiceResponse<BoxBody>, kind: &str) -> bool {
    let content_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|content_type| content_type.to_str().ok());
    content_type.is_some_and(|content_type| content_type.contains(kind))
}

/// Makes the entity tag weak. Compression changes the bytes, so a strong tag no longer identifies
/// them.
fn weaken(headers: &mut HeaderMap) {
    let etag = headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
    let weak = etag.filter(|etag| !etag.starts_with("W/")).map(|etag| format!("W/{etag}"));
    if let Some(weak) = weak.and_then(|weak| HeaderValue::from_str(&weak).ok()) {
        headers.insert(header::ETAG, weak);
    }
}

/// A body that is compressed while it is sent.
struct Coded {
    body: BoxBody,
    /// `None` once the stream has ended.
    encoder: Option<Encoder>,
    /// Bytes that must be compressed before the inner body is polled again.
    pending: Bytes,
}

enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
    Events(Events),
}

impl Encoder {
    fn new(coding: Coding, events: bool) -> io::Result<Self> {
        Ok(match coding {
            Coding::Gzip if events => Self::Events(Events::default()),
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::fast())),
            Coding::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), LEVEL)?),
        })
    }

    /// Compresses `bytes` and returns what may be sent now.
    fn write(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => {
                encoder.write_all(bytes)?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Zstd(encoder) => {
                encoder.write_all(bytes)?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Events(events) => events.write(bytes),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
            Self::Events(events) => Ok(events.finish()),
        }
    }
}

/// One gzip stream in which every piece is compressed independently and flushed at once.
#[derive(Default)]
struct Events {
    begun: bool,
    crc: Crc,
}

impl Events {
    fn write(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut written = self.begin();
        self.crc.update(bytes);
        let mut compress = Compress::new(Compression::fast(), false);
        let mut rest = bytes;
        loop {
            written.reserve(rest.len() / 2 + 64);
            let before = compress.total_in();
            compress.compress_vec(rest, &mut written, FlushCompress::Sync)?;
            let taken = usize::try_from(compress.total_in() - before).map_err(io::Error::other)?;
            rest = &rest[taken..];
            // The output buffer has space left, so the compressor has flushed everything.
            if rest.is_empty() && written.len() < written.capacity() {
                return Ok(written);
            }
        }
    }

    fn begin(&mut self) -> Vec<u8> {
        if std::mem::replace(&mut self.begun, true) { Vec::new() } else { GZIP_HEADER.to_vec() }
    }

    fn finish(mut self) -> Vec<u8> {
        let mut written = self.begin();
        written.extend(LAST_BLOCK);
        written.extend(self.crc.sum().to_le_bytes());
        written.extend(self.crc.amount().to_le_bytes());
        written
    }
}

impl MessageBody for Coded {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Box<dyn Error>>>> {
        loop {
            if self.pending.is_empty() {
                match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                    Some(Ok(bytes)) => self.pending = bytes,
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => {
                        let Some(encoder) = self.encoder.take() else { return Poll::Ready(None) };
                        let rest = encoder.finish().map(Bytes::from).map_err(Into::into);
                        return Poll::Ready(Some(rest));
                    }
                }
            }
            let piece = self.pending.len().min(PIECE);
            let piece = self.pending.split_to(piece);
            let Some(encoder) = &mut self.encoder else { return Poll::Ready(None) };
            let written = encoder.write(&piece)?;
            if !written.is_empty() {
                return Poll::Ready(Some(Ok(written.into())));
            }
            if !self.pending.is_empty() {
                // Nothing can be sent yet. Yield to other tasks before the next piece.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::HttpResponse;
    use actix_web::test::TestRequest;
    use flate2::read::GzDecoder;
    use futures_util::stream;
    use std::io::Read;

    #[test]
    fn the_coding_is_the_best_that_the_client_takes() {
        let (gzip, zstd) = (Some(Coding::Gzip), Some(Coding::Zstd));
        for (lines, best, for_events) in [
            (&[][..], None, None),
            (&["identity", "br"], None, None),
            (&["gzip, deflate, br"], gzip, gzip),
            (&["gzip, deflate, br, zstd"], zstd, gzip),
            (&["zstd, GZIP"], zstd, gzip),
            (&["zstd;q=0.5", "gzip;Q=0.8"], gzip, gzip),
            (&["zstd;q=0.8", "x-gzip;q=0.5"], zstd, gzip),
            (&["gzip;q=0"], None, None),
            // Events are not sent in a coding that the client does not accept.
            (&["zstd"], zstd, None),
            (&["zstd, br, gzip;q=0"], zstd, None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
            }
            let accepted = AcceptedCodings::of(&headers);
            assert_eq!((accepted.best, accepted.for_events()), (best, for_events), "{lines:?}");
        }
    }

    #[test]
    fn an_event_stream_has_a_coding_that_the_client_takes() {
        for (accepted, coding) in [
            ("zstd", None),
            ("zstd, gzip", Some("gzip")),
            ("identity", None),
            ("gzip", Some("gzip")),
        ] {
            let request = TestRequest::default()
                .insert_header((header::ACCEPT_ENCODING, accepted))
                .to_srv_request();
            let accepted_codings = AcceptedCodings::of(request.headers());
            let events = stream::pending::<Result<Bytes, std::io::Error>>();
            let response = HttpResponse::Ok().content_type("text/event-stream").streaming(events);
            let response = apply(request.into_response(response), accepted_codings);
            let sent = response.headers().get(header::CONTENT_ENCODING);
            assert_eq!(sent.map(|sent| sent.to_str().unwrap()), coding, "{accepted}");
            assert!(response.headers().contains_key(header::VARY));
        }
    }

    #[test]
    fn each_event_is_flushed_and_all_form_one_gzip_stream() {
        let mut events = Events::default();
        let texts =
            ["event: next\ndata: {}\n\n".to_owned(), "x".repeat(100_000), ":\n\n".to_owned()];
        let mut stream = Vec::new();
        for (n, text) in texts.iter().enumerate() {
            stream.extend(events.write(text.as_bytes()).unwrap());
            let flushed: usize = texts[..=n].iter().map(String::len).sum();
            let mut read = vec![0; flushed];
            GzDecoder::new(stream.as_slice()).read_exact(&mut read).unwrap();
            assert_eq!(String::from_utf8(read).unwrap(), texts[..=n].concat());
        }
        stream.extend(events.finish());
        let mut all = String::new();
        GzDecoder::new(stream.as_slice()).read_to_string(&mut all).unwrap();
        assert_eq!(all, texts.concat());
    }
}
