//! One connection from its first byte to its last: TLS, then HTTP/1.1 or HTTP/2, whichever it speaks.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tracing::debug;

use super::options::ServerOptions;
use super::peer::{Peer, TlsFacts};
use super::pulse::Pulse;
use super::shutdown::Ear;
use super::timed_io::TimedIo;
use super::tls::Tls;
use crate::dispatch::{Front, House};
use crate::observe::OpenConnection;
use crate::respond::AnswerBody;

/// hyper's own bounds stand above ours, so that ours can answer in S3's words.
const HYPER_HEADERS_SLACK: usize = 56;
const HYPER_HEADER_BYTES_FACTOR: usize = 4;

pub(super) async fn run<H: House>(
    front: Arc<Front<H>>,
    stream: TcpStream,
    remote: SocketAddr,
    tls: Option<Tls>,
    mut ear: Ear,
) {
    let _open = OpenConnection::count();
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%remote, %error, "the connection closed at once");
        return;
    }
    let pulse = Arc::new(Pulse::default());
    let stream = TimedIo::new(stream, Arc::clone(&pulse), front.options.timeouts.clone());
    let mut requests = Requests { front, pulse, peer: Peer { remote, tls: None } };
    let Some(tls) = tls else {
        return speak(requests, stream, ear).await;
    };
    let greeted = tokio::select! {
        greeted = tls.acceptor().accept(stream) => greeted,
        () = ear.finishing() => return,
    };
    match greeted {
        Ok(stream) => {
            requests.peer.tls = Some(Arc::new(TlsFacts::of(stream.get_ref().1)));
            speak(requests, stream, ear).await;
        }
        Err(error) => debug!(%remote, %error, "the TLS handshake failed"),
    }
}

async fn speak<H: House, S>(requests: Requests<H>, stream: S, mut ear: Ear)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let remote = requests.peer.remote;
    let builder = builder(&requests.front.options);
    let connection = builder.serve_connection(TokioIo::new(stream), requests);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ear.finishing() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = ear.cut() => return,
            }
        }
    };
    if let Err(error) = ended {
        debug!(%remote, %error, "the connection broke off");
    }
}

fn builder(options: &ServerOptions) -> auto::Builder<TokioExecutor> {
    let (limits, timeouts) = (&options.limits, &options.timeouts);
    let header_bytes_max =
        HYPER_HEADER_BYTES_FACTOR * (limits.header_bytes_max + limits.request_line_bytes_max);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // `TimedIo` watches over headers, and tells them from idleness.
        .header_read_timeout(None)
        // A client may close its sending side and still read the answer.
        .half_close(true)
        .max_headers(limits.headers_max + HYPER_HEADERS_SLACK)
        .max_buf_size(limits.http1_buffer_bytes_max.max(header_bytes_max));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams_max)
        .initial_stream_window_size(limits.http2_stream_window_bytes)
        .initial_connection_window_size(limits.http2_connection_window_bytes)
        .max_send_buf_size(limits.http2_send_buffer_bytes_max)
        .max_header_list_size(u32::try_from(header_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(timeouts.http2_ping)
        .keep_alive_timeout(timeouts.http2_ping);
    builder
}

/// The requests of one connection.
struct Requests<H> {
    front: Arc<Front<H>>,
    pulse: Arc<Pulse>,
    peer: Peer,
}

impl<H: House> Service<Request<Incoming>> for Requests<H> {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let front = Arc::clone(&self.front);
        let pulse = Arc::clone(&self.pulse);
        let peer = self.peer.clone();
        Box::pin(async move { Ok(front.answer(request, pulse, peer).await) })
    }
}
