//! The whole engine on a real disk and on indexes of both kinds; and on several members.

mod archive;
mod formats;
mod harness;
mod mirror;
mod reading;
mod recovery;
mod site;
