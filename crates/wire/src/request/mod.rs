//! What a request says before its body: its target, whom the host names, and its bounds.

mod bounds;
mod hosts;
pub(crate) mod oddities;
mod percent;
mod target;

pub(crate) use bounds::check_bounds;
pub(crate) use hosts::Hosts;
pub(crate) use percent::{decode_path, decode_query, encode_form_value, encode_path};
pub use target::HeaderPairs;
pub(crate) use target::{Target, header_pairs, host_of};
