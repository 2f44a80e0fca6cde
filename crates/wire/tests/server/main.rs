//! The server in this process, spoken to over real sockets, with a house of cardboard behind it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, wherever it stands")]

mod answers;
mod bodies;
mod connections;
mod forms;
mod house;
mod http2;
mod patience;
mod raw;
mod secure;
