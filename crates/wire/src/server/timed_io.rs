//! A socket with patience: it ends waits for headers, for the next request and for a client that does not
//! read, and it closes gently when bytes of a refused body are still coming.
//!
//! It stands below TLS, so a handshake is bounded by the same clock. It knows nothing about HTTP but what
//! `Pulse` tells it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::alarm::Alarm;
use super::options::Timeouts;
use super::pulse::Pulse;

/// Thrown away after a refusal, at most; a client that sends more gets a reset.
const LINGER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a read that finds nothing is waiting for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Nothing,
    /// The rest of a request's headers, or of the handshake before the first.
    Head,
    /// The next request.
    Idle,
    /// Requests are in flight: bodies have their own clock.
    Busy,
}

enum Closing {
    No,
    Shutting,
    Lingering { left: usize },
    Done,
}

pub(crate) struct TimedIo<S> {
    inner: S,
    pulse: Arc<Pulse>,
    timeouts: Timeouts,
    waiting: Waiting,
    /// Bytes came since the last request began.
    heard: bool,
    requests_seen: u64,
    reading: Alarm,
    writing: Alarm,
    closing: Closing,
}

impl<S> TimedIo<S> {
    pub fn new(inner: S, pulse: Arc<Pulse>, timeouts: Timeouts) -> Self {
        let mut reading = Alarm::default();
        reading.set(Instant::now() + timeouts.head);
        Self {
            inner,
            pulse,
            timeouts,
            waiting: Waiting::Head,
            heard: false,
            requests_seen: 0,
            reading,
            writing: Alarm::default(),
            closing: Closing::No,
        }
    }

    fn bytes_came(&mut self) {
        self.heard = true;
        // A deadline for headers stays: a byte now and then must not prolong it. Nor do HTTP/2's own frames
        // (answers to our pings) make an idle connection a busy one.
        let stays = match self.waiting {
            Waiting::Head => true,
            Waiting::Idle => self.pulse.is_http2(),
            Waiting::Nothing | Waiting::Busy => false,
        };
        if !stays {
            self.wait_for(Waiting::Nothing);
        }
    }

    fn wait_for(&mut self, waiting: Waiting) {
        self.waiting = waiting;
        match waiting {
            Waiting::Nothing => self.reading.clear(),
            Waiting::Head => self.reading.set(Instant::now() + self.timeouts.head),
            // While busy the alarm only makes sure that somebody looks again.
            Waiting::Idle | Waiting::Busy => self.reading.set(Instant::now() + self.timeouts.idle),
        }
    }

    /// A read found nothing: what are we waiting for, and has it been too long?
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let requests = self.pulse.requests();
        if requests != self.requests_seen {
            self.requests_seen = requests;
            self.heard = false;
            self.wait_for(Waiting::Nothing);
        }
        loop {
            let due = if self.pulse.is_busy() {
                Waiting::Busy
            } else if self.requests_seen == 0 || (self.heard && !self.pulse.is_http2()) {
                Waiting::Head
            } else {
                Waiting::Idle
            };
            if self.waiting != due {
                self.wait_for(due);
            }
            ready!(self.reading.poll(cx));
            if due != Waiting::Busy {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.waiting = Waiting::Nothing;
        }
    }

    fn poll_stall<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing.clear();
            return written;
        }
        if !self.writing.is_set() {
            self.writing.set(Instant::now() + self.timeouts.write_stall);
        }
        self.writing.poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> TimedIo<S> {
    /// Throws away what still comes, until the peer closes, or it has been enough.
    fn poll_linger(&mut self, cx: &mut Context<'_>, left: &mut usize) -> Poll<()> {
        let mut scratch = [0; 8 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.inner).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    *left = left.saturating_sub(buffer.filled().len());
                    if *left == 0 {
                        return Poll::Ready(());
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return self.reading.poll(cx),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        match Pin::new(&mut this.inner).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                if buffer.filled().len() > before {
                    this.bytes_came();
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => this.poll_patience(cx).map(Err),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimedIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.poll_stall(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.poll_stall(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match std::mem::replace(&mut this.closing, Closing::Done) {
                Closing::No => this.closing = Closing::Shutting,
                Closing::Shutting => {
                    let shut = Pin::new(&mut this.inner).poll_shutdown(cx);
                    if shut.is_pending() {
                        this.closing = Closing::Shutting;
                    }
                    ready!(shut)?;
                    if this.pulse.lingers() {
                        this.reading.set(Instant::now() + this.timeouts.linger);
                        this.closing = Closing::Lingering { left: LINGER_BYTES_MAX };
                    }
                }
                Closing::Lingering { mut left } => {
                    if this.poll_linger(cx, &mut left).is_pending() {
                        this.closing = Closing::Lingering { left };
                        return Poll::Pending;
                    }
                }
                Closing::Done => return Poll::Ready(Ok(())),
            }
        }
    }
}
