//! From a request to its answer: route, authenticate, read, decode, hand on, encode.
//!
//! What wire needs from the rooms below is said by the traits here: `Door` (who asks) and `Handle` (what is done).

mod built;
mod control;
mod cors;
mod door;
mod extra;
mod front;
mod kind;
mod post;
mod query;
mod refusal;
mod serve;

pub use built::House;
pub use built::iam::BUILT as BUILT_IAM;
pub use built::s3::BUILT;
pub use built::s3control::BUILT as BUILT_S3CONTROL;
pub use built::sts::BUILT as BUILT_STS;
pub use door::{Authenticated, CrossOrigin, Door, FormAdmission, FormView, Handle, Shared};
pub use extra::{Extra, ExtraRequest, NoExtra};
pub(crate) use front::Front;
pub(crate) use query::form_pairs;
