//! Erasure coding: `k` data shards and `m` parity shards, of which any `k` give the chunk back.
//!
//! The code is systematic Reed–Solomon over GF(2⁸) (`docs/decisions/0014-reed-solomon.md`): data shards are the
//! chunk's own bytes, so a healthy read does no arithmetic. It tells no damage: who reads a shard checks it first and
//! leaves out what is wrong. Of devices it knows their number: which code they get. Knows nothing about records or checksums.

mod code;
mod cut;
mod fault;
mod layout;

pub use code::{Code, DATA_MAX, PARITY_MAX};
pub use fault::Fault;
pub use layout::{Layout, default_parity, reduced_parity};
