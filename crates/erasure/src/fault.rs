//! What a code refuses.

use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("there is no code of {data} data and {parity} parity shards")]
    Unsupported { data: u8, parity: u8 },
    #[error("{present} shards are there and {needed} are needed")]
    NotEnough { needed: u8, present: u8 },
    #[error("a code of {shards} shards has none with index {index}")]
    NoSuchShard { index: u8, shards: u8 },
    #[error("shard {index} has {found} bytes instead of {expected}")]
    WrongLength { index: u8, expected: usize, found: usize },
}
