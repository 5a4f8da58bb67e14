//! A stream that hands over no more than what is answered.
//!
//! The server's HTTP library decodes whatever it can read into requests, which wait in memory for
//! the one that is being answered, and looks for more without pause while it cannot take more. So
//! the bytes of a client come in portions: the next one once every request of the one before is
//! answered, or when a request's body is to be read.

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt::net::TcpStream;
use std::cell::{Cell, RefCell};
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many bytes are handed over before they are answered; a longer head comes in several.
const PORTION: usize = 16 * 1024;
/// So many bytes of a body are handed over before others have their turn.
const BODY_PORTION: usize = 64 * 1024;

/// What is known of the requests of a connection; the stream reads it, and whoever answers writes it.
#[derive(Default)]
pub struct Flow {
    /// Requests that anybody began to answer.
    begun: Cell<u64>,
    /// Whether one of them is being answered.
    busy: Cell<bool>,
    /// So much of its body may be on its way.
    body: Cell<u64>,
    /// The task that reads on once the answer ends.
    reader: RefCell<Option<Waker>>,
}

impl Flow {
    /// A request of which so many bytes of body may follow; it is answered when what this gives
    /// back is dropped.
    pub fn begin(self: Rc<Self>, body: u64) -> Answering {
        self.begun.set(self.begun.get() + 1);
        self.busy.set(true);
        self.body.set(body);
        self.wake();
        Answering(self)
    }

    /// No byte of the body is left.
    pub fn end_body(&self) {
        self.body.set(0);
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// A request that is being answered, until it is dropped.
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

/// A stream whose bytes come in portions.
pub struct Paced<S> {
    io: S,
    flow: Rc<Flow>,
    /// The bytes that were handed over of this portion.
    handed: usize,
    /// The bytes that were handed over of the body in this turn.
    handed_of_body: usize,
    /// The requests that had begun when the reader was last put off without one being answered.
    put_off_at: Option<u64>,
}

impl<S> Paced<S> {
    pub fn new(io: S) -> Self {
        let flow = Rc::default();
        Self { io, flow, handed: 0, handed_of_body: 0, put_off_at: None }
    }

    pub const fn flow(&self) -> &Rc<Flow> {
        &self.flow
    }

    pub const fn get_ref(&self) -> &S {
        &self.io
    }

    /// Whether more may be handed over now; otherwise the task is woken when it may.
    fn may_read(&mut self, cx: &Context<'_>) -> bool {
        if self.flow.body.get() > 0 {
            if self.handed_of_body < BODY_PORTION {
                return true;
            }
            self.handed_of_body = 0;
            cx.waker().wake_by_ref();
            return false;
        }
        if self.handed < PORTION {
            return true;
        }
        if self.flow.busy.get() {
            self.put_off_at = None;
            *self.flow.reader.borrow_mut() = Some(cx.waker().clone());
            return false;
        }
        // Nothing was begun since the last time: all that was handed over is answered, or it is
        // the part of a head.
        let begun = self.flow.begun.get();
        if self.put_off_at.replace(begun) == Some(begun) {
            self.put_off_at = None;
            self.handed = 0;
            return true;
        }
        cx.waker().wake_by_ref();
        false
    }

    fn note(&mut self, bytes: usize) {
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
        self.note(bytes);
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

    /// The certificate that the client showed.
    fn certificate(&self) -> Option<Vec<u8>>;

    /// Whether what is written to the socket is what the client reads.
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

    /// A client that sends without end.
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

    /// All that one turn reads, and how often it was woken for another.
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
    fn no_more_is_handed_over_than_is_answered() {
        let mut paced = Paced::new(Endless);
        assert_eq!(turn(&mut paced), (PORTION, 1));
        let answering = Rc::clone(paced.flow()).begin(0);
        assert_eq!(turn(&mut paced), (0, 0), "it waits for the answer");
        drop(answering);
        // The next of the same portion begins.
        assert_eq!(turn(&mut paced), (0, 1));
        drop(Rc::clone(paced.flow()).begin(0));
        assert_eq!(turn(&mut paced), (0, 1));
        // None did: the portion is used up, or a head is longer.
        assert_eq!(turn(&mut paced), (PORTION, 1));
    }

    #[test]
    fn the_end_of_an_answer_wakes_who_reads_on() {
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
        let answering = Rc::clone(paced.flow()).begin(3 * BODY_PORTION as u64);
        assert_eq!(turn(&mut paced), (BODY_PORTION, 1));
        assert_eq!(turn(&mut paced), (BODY_PORTION, 1));
        // What comes after it is of the next request.
        assert_eq!(turn(&mut paced), (BODY_PORTION + PORTION, 0));
        answering.flow().end_body();
        assert_eq!(turn(&mut paced), (0, 0));
    }
}
