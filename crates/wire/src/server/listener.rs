//! A bound address, with or without TLS.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use super::tls::Tls;

/// An address that is bound but not yet served, so that a busy port is an error before anything starts.
pub struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) tls: Option<Tls>,
}

impl Listener {
    /// Must be called inside a tokio runtime.
    pub fn bind(address: SocketAddr, backlog: u32, tls: Option<Tls>) -> io::Result<Self> {
        let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
        // A restart must not wait for the connections of the last run to leave TIME_WAIT.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self { socket: socket.listen(backlog)?, tls })
    }

    /// With the port that the system chose, where 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}
