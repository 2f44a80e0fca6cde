//! The other side of the comparison: hyper alone, answering the same bytes from memory, as a process of its own.
//!
//! `GET /BYTES` is answered with so many bytes; nothing is read, checked, logged or counted.

use std::convert::Infallible;
use std::io::Write as _;
use std::process::Command;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::process::Process;
use crate::source::{Source, noise};

const PIECE_BYTES: usize = 1 << 20;

/// Starts this very program as a bare server.
pub fn start() -> anyhow::Result<Process> {
    let mut command = Command::new(std::env::current_exe().context("finding this program")?);
    command.arg("bare");
    Process::start(command)
}

/// The child's side; runs until it is killed.
pub fn serve() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut out = std::io::stdout();
        writeln!(out, "Bare hyper is ready at http://{};", listener.local_addr()?)?;
        out.flush()?;
        let piece = noise(PIECE_BYTES);
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(connection(stream, piece.clone()));
        }
    })
}

async fn connection(stream: TcpStream, piece: Bytes) {
    // A client that leaves is no news here.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| std::future::ready(answer(&request, &piece)));
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn answer(request: &Request<Incoming>, piece: &Bytes) -> Result<Response<Source>, Infallible> {
    let length = request.uri().path().trim_start_matches('/').parse::<u64>();
    let mut response = Response::new(match length {
        Ok(length) if length <= piece.len() as u64 => Source::whole(piece.slice(..length as usize)),
        Ok(length) => Source::repeated(piece.clone(), length),
        Err(_) => Source::empty(),
    });
    if length.is_err() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}
