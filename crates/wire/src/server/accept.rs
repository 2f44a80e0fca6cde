//! The accept loop: one task a listener, one task a connection, and a clear word to those that are too many.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tracing::{debug, warn};

use super::{Listener, Server, connection};
use crate::dispatch::House;
use crate::respond;

/// After an error that says nothing about one connection (no descriptors left), how long until the next try.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// How long a refused client may take to read why.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(1);

pub(super) async fn accept<H: House>(server: Server<H>, listener: Listener) {
    let mut ear = server.shutdown.ear();
    loop {
        let accepted = tokio::select! {
            accepted = listener.socket.accept() => accepted,
            () = ear.finishing() => return,
        };
        match accepted {
            Ok((stream, remote)) => admit(&server, &listener, stream, remote),
            Err(error) if is_about_one_connection(&error) => {
                debug!(%error, "a connection went before it came")
            }
            Err(error) => {
                warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

fn admit<H: House>(server: &Server<H>, listener: &Listener, stream: TcpStream, remote: SocketAddr) {
    let Ok(permit) = Arc::clone(&server.permits).try_acquire_owned() else {
        warn!(%remote, "too many connections");
        // Before a TLS handshake there are no words; such a client only sees the close.
        if listener.tls.is_none() {
            refuse(stream);
        }
        return;
    };
    let front = Arc::clone(&server.front);
    let tls = listener.tls.clone();
    let ear = server.shutdown.ear();
    tokio::spawn(async move {
        let _permit = permit;
        connection::run(front, stream, remote, tls, ear).await;
    });
}

/// Says `SlowDown` without reading a request. The number of such tasks is bounded by how fast a
/// `REFUSAL_PATIENCE` passes; each holds no buffer.
fn refuse(mut stream: TcpStream) {
    tokio::spawn(async move {
        let say = async {
            stream.write_all(respond::TOO_MANY_CONNECTIONS.as_bytes()).await?;
            stream.shutdown().await?;
            // Closing with its request unread would reset the connection before it reads why.
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
        };
        let _ = tokio::time::timeout(REFUSAL_PATIENCE, say).await;
    });
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
