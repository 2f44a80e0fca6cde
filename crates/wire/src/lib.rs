//! HTTP ⇄ operations: which operation a request asks for, its input read, its output written.

pub mod codec;
mod generated;
pub mod routing;
