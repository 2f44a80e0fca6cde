//! The running site, as a port: who takes a backup reaches it over the network.
//!
//! What it answers are streams of records, each begun by one of these bytes. Of rows: one `POINT`, `ROW`s in the order of
//! their keys, one `END`. Of bytes: `PIECE`s of what was asked for, in order, `FAULT` in place of what is left of a body
//! that cannot be read, one `END`.

use std::time::Duration;

use api::ByteSource;
use async_trait::async_trait;
use bytes::Bytes;

use crate::fault::Fault;

/// The ordinal, eight bytes.
pub(crate) const POINT: u8 = 1;
/// Key, value, and the places of its bytes (empty when it has none), each with its length before it.
pub(crate) const ROW: u8 = 2;
/// After rows, the SHA-256 of all before it and of this byte.
pub(crate) const END: u8 = 3;
/// Bytes with their length before them and their SHA-256 after them.
pub(crate) const PIECE: u8 = 4;
/// A text with its length before it.
pub(crate) const FAULT: u8 = 5;

#[async_trait]
pub trait Source: Send + Sync {
    /// From now on no bytes are freed that the rows name; answers the lease's id, and how long it lasts.
    async fn open(&self) -> Result<(String, Duration), Fault>;
    /// Within every so long, so that it goes on.
    async fn renew(&self, lease: &str) -> Result<(), Fault>;
    async fn close(&self, lease: &str) -> Result<(), Fault>;
    async fn rows(&self, lease: &str) -> Result<Box<dyn ByteSource>, Fault>;
    /// `wanted`: of each body its places with their length before them, and the first and the last byte but one.
    async fn bytes(&self, lease: &str, wanted: Bytes) -> Result<Box<dyn ByteSource>, Fault>;
}
