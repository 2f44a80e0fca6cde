//! From a request to its answer: route, authenticate, read, decode, hand on, encode.
//!
//! What wire needs from the rooms below is said by the traits here: `Door` (who asks) and `Handle` (what is done).

mod built;
mod door;
mod extra;
mod front;
mod post;
mod serve;

pub use built::{BUILT, House};
pub use door::{Authenticated, Door, FormAdmission, FormView, Handle};
pub use extra::{Extra, ExtraRequest, NoExtra};
pub(crate) use front::Front;
