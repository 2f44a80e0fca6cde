//! Request bodies: what a client sends becomes an `api::ByteSource` that is proven as it is pulled.
//!
//! Nothing here reads ahead: the first pull is what makes hyper answer `100 Continue`, so a request that is
//! refused before never sees its body asked for.

mod checks;
mod frame;
mod frame_lines;
mod framed;
mod inlet;
mod open;
mod plain;
mod whole;

pub(crate) use checks::require_digest;
pub(crate) use frame::{FrameDecoder, Framing};
pub(crate) use inlet::{Inlet, Pull};
pub(crate) use open::{Opening, forget_framing, open, too_large};
pub(crate) use whole::read_whole;
