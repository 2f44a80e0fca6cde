//! Erasure coding: `k` data shards and `m` parity shards, of which any `k` give the chunk back.
//!
//! The code is systematic Reed–Solomon over GF(2⁸) (`docs/decisions/0014-reed-solomon.md`): data shards are the
//! chunk's own bytes, so a healthy read does no arithmetic. It tells no damage: who reads a shard checks it first and
//! leaves out what is wrong. Knows nothing about devices, records or checksums.

mod code;
mod cut;
mod fault;

pub use code::{Code, DATA_MAX, PARITY_MAX};
pub use fault::Fault;
