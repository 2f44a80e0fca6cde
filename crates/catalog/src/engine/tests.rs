//! The whole engine on a real disk and on indexes of both kinds.

mod formats;
mod harness;
mod reading;
mod recovery;
