//! A stream that reads no further than the server answers.
//!
//! actix-http decodes everything that it can read into requests, which wait in memory behind the
//! one that is being answered. When it can take no more, it polls the socket in a busy loop. This
//! stream therefore passes the client's bytes on in chunks. The next chunk follows when every
//! request of the previous one has been answered, or when the body of a request must be read.

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt::net::TcpStream;
use std::cell::{Cell, RefCell};
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Number of bytes that are passed on before their requests are answered. A longer head takes
/// several chunks.
const CHUNK_LEN: usize = 16 * 1024;
/// Number of bytes of a body that are passed on before other tasks run.
const BODY_CHUNK_LEN: usize = 64 * 1024;

/// The state of a connection's requests. The code that answers writes it, and the stream reads it.
#[derive(Default)]
pub struct Flow {
    /// Number of requests whose answer has begun.
    begun: Cell<u64>,
    /// Whether a request is being answered.
    busy: Cell<bool>,
    /// Number of bytes of the current request's body that may still arrive.
    body: Cell<u64>,
    /// The task that continues reading when the current answer ends.
    reader: RefCell<Option<Waker>>,
}

impl Flow {
    /// Begins a request with a body of at most `body` bytes. The request counts as answered when
    /// the returned value is dropped.
    pub fn begin(self: Rc<Self>, body: u64) -> Answering {
        self.begun.set(self.begun.get() + 1);
        self.busy.set(true);
        self.body.set(body);
        self.wake();
        Answering(self)
    }

    /// Must be called when the body of the request has been read to its end.
    pub fn end_body(&self) {
        self.body.set(0);
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// A request that is being answered. It ends when this value is dropped.
pub struct Answering(Rc<Flow>);

impl Answering {
    pub fn flow(&self) -> &Rc<Flow> {
        &self.0
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.busy.set(false);
        self.0.end_body();
        self.0.wake();
    }
}

/// A stream that passes its bytes on in chunks.
pub struct Paced<S> {
    io: S,
    flow: Rc<Flow>,
    /// Bytes of the current chunk that were passed on.
    handed: usize,
    /// Bytes of a body that were passed on since other tasks last ran.
    handed_of_body: usize,
    /// The value of [`Flow::begun`] when the reader was last deferred while no request was being
    /// answered.
    deferred_at: Option<u64>,
}

impl<S> Paced<S> {
    pub fn new(io: S) -> Self {
        let flow = Rc::default();
        Self { io, flow, handed: 0, handed_of_body: 0, deferred_at: None }
    }

    pub const fn flow(&self) -> &Rc<Flow> {
        &self.flow
    }

    pub const fn get_ref(&self) -> &S {
        &self.io
    }

    /// Returns whether more may be read now. If not, the task is woken when it may.
    fn may_read(&mut self, cx: &Context<'_>) -> bool {
        if self.flow.body.get() > 0 {
            if self.handed_of_body < BODY_CHUNK_LEN {
                return true;
            }
            self.handed_of_body = 0;
            cx.waker().wake_by_ref();
            return false;
        }
        if self.handed < CHUNK_LEN {
            return true;
        }
        if self.flow.busy.get() {
            self.deferred_at = None;
            *self.flow.reader.borrow_mut() = Some(cx.waker().clone());
            return false;
        }
        // No request has begun since the last attempt. So the server has answered all requests that
        // it received, or it has received an incomplete head.
        let begun = self.flow.begun.get();
        if self.deferred_at.replace(begun) == Some(begun) {
            self.deferred_at = None;
            self.handed = 0;
            return true;
        }
        cx.waker().wake_by_ref();
        false
    }

    fn count(&mut self, bytes: usize) {
        let body = self.flow.body.get();
        if body == 0 {
            self.handed += bytes;
        } else {
            self.flow.body.set(body.saturating_sub(bytes as u64));
            self.handed_of_body += bytes;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        if !self.may_read(cx) {
            return Poll::Pending;
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let bytes = buf.filled().len() - before;
        self.count(bytes);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// A stream on which HTTP is served.
pub trait Transport {
    fn tcp(&self) -> &TcpStream;

    /// Returns the certificate that the client presented, in DER.
    fn certificate(&self) -> Option<Vec<u8>>;

    /// Returns whether the client receives the bytes of the socket unchanged, that is, without TLS.
    fn is_plain(&self) -> bool;
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }

    fn certificate(&self) -> Option<Vec<u8>> {
        None
    }

    fn is_plain(&self) -> bool {
        true
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }

    fn certificate(&self) -> Option<Vec<u8>> {
        self.get_ref().1.peer_certificates()?.first().map(|shown| shown.to_vec())
    }

    fn is_plain(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    /// A client that never stops sending.
    struct Endless;

    impl AsyncRead for Endless {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<Result<()>> {
            let room = buf.remaining();
            buf.put_slice(&vec![b'x'; room]);
            Poll::Ready(Ok(()))
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reads until the stream is pending. Returns the number of bytes, and how often the task was
    /// woken.
    fn turn(paced: &mut Paced<Endless>) -> (usize, usize) {
        let woken = Arc::new(Woken::default());
        let waker = Arc::clone(&woken).into();
        let mut read = 0;
        loop {
            let mut memory = [0; 4096];
            let mut buf = ReadBuf::new(&mut memory);
            let mut cx = Context::from_waker(&waker);
            match Pin::new(&mut *paced).poll_read(&mut cx, &mut buf) {
                Poll::Ready(_) => read += buf.filled().len(),
                Poll::Pending => return (read, woken.0.load(Ordering::Relaxed)),
            }
        }
    }

    #[test]
    fn no_more_is_passed_on_than_is_answered() {
        let mut paced = Paced::new(Endless);
        assert_eq!(turn(&mut paced), (CHUNK_LEN, 1));
        let answering = Rc::clone(paced.flow()).begin(0);
        assert_eq!(turn(&mut paced), (0, 0), "it waits for the answer");
        drop(answering);
        // The next request of the same chunk may begin now.
        assert_eq!(turn(&mut paced), (0, 1));
        drop(Rc::clone(paced.flow()).begin(0));
        assert_eq!(turn(&mut paced), (0, 1));
        // No request began, so the chunk is used up or contains an incomplete head.
        assert_eq!(turn(&mut paced), (CHUNK_LEN, 1));
    }

    #[test]
    fn the_end_of_an_answer_wakes_the_reader() {
        let mut paced = Paced::new(Endless);
        turn(&mut paced);
        let answering = Rc::clone(paced.flow()).begin(0);
        let woken = Arc::new(Woken::default());
        let mut memory = [0; 8];
        let waker = Arc::clone(&woken).into();
        let mut cx = Context::from_waker(&waker);
        assert!(
            Pin::new(&mut paced).poll_read(&mut cx, &mut ReadBuf::new(&mut memory)).is_pending()
        );
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        drop(answering);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_body_comes_whole_in_turns() {
        let mut paced = Paced::new(Endless);
        let answering = Rc::clone(paced.flow()).begin(3 * BODY_CHUNK_LEN as u64);
        assert_eq!(turn(&mut paced), (BODY_CHUNK_LEN, 1));
        assert_eq!(turn(&mut paced), (BODY_CHUNK_LEN, 1));
        // The bytes after the body belong to the next request.
        assert_eq!(turn(&mut paced), (BODY_CHUNK_LEN + CHUNK_LEN, 0));
        answering.flow().end_body();
        assert_eq!(turn(&mut paced), (0, 0));
    }
}
