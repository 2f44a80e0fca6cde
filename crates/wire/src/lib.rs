//! HTTP ⇄ operations: the front door of S3, S3 Control, IAM and STS.
//!
//! `server` accepts connections, `request` understands heads, `body` proves what is uploaded, `codec` and
//! `routing` (from generated tables) turn requests into inputs and outputs into answers, `respond` says them,
//! and `dispatch` is the walk through all of these. It knows nothing about accounts, buckets or disks: what it
//! needs of them stands in the traits `Door`, `Handle` and `Extra`.

mod body;
pub mod codec;
mod dispatch;
mod form;
#[doc(hidden)]
pub mod fuzzing;
mod generated;
mod observe;
mod path_routing;
pub mod probe;
mod request;
mod respond;
pub mod routing;
mod server;

pub use dispatch::{
    Authenticated, BUILT, BUILT_IAM, BUILT_S3CONTROL, BUILT_STS, CrossOrigin, Door, Extra, ExtraRequest,
    FormAdmission, FormView, Handle, House, NoExtra, Shared,
};
pub use observe::{AccessLine, AccessLog, AuditEvent, AuditLog, Claimed, Watchers, Witness};
pub use request::HeaderPairs;
pub use respond::{AnswerBody, BrokenAnswer};
pub use server::{Limits, Listener, Server, ServerOptions, Timeouts, Tls, TlsError, TlsFacts, TlsFiles};
