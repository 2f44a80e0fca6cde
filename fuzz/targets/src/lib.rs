//! What must hold for any bytes: one plain function a target, that asserts and never panics otherwise.
//!
//! Each is called from two sides: by libFuzzer with bytes that it invents (the workspace above, which needs nightly),
//! and by `replay` with the corpus that is checked in, which every `cargo test` replays. Besides not
//! panicking they assert what a wrong answer would break: what was decoded encodes to the same, a body says the
//! same in whatever pieces it comes, a damaged device is refused or gives what was written.

mod archive;
mod aws_chunked;
mod form_data;
mod image;
mod index;
mod input;
mod journal;
mod manifest;
mod model_text;
mod operations;
mod policy_document;
mod post_policy;
mod query;
#[cfg(test)]
mod replay;
mod request;
mod roster;
mod rows;
mod rules;
mod sigv4_claim;
mod volume_device;
mod volume_formats;
mod xml;

pub use archive::archive;
pub use aws_chunked::aws_chunked;
pub use form_data::form_data;
pub use index::index;
pub use journal::journal;
pub use manifest::manifest;
pub use model_text::model;
pub use policy_document::policy;
pub use post_policy::post_policy;
pub use query::query;
pub use request::request;
pub use roster::roster;
pub use rows::rows;
pub use rules::rules;
pub use sigv4_claim::sigv4;
pub use volume_device::volume_device;
pub use volume_formats::volume_formats;
pub use xml::xml;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// All targets by the names of their corpora and binaries.
pub const TARGETS: [(&str, Target); 18] = [
    ("archive", archive),
    ("aws_chunked", aws_chunked),
    ("form_data", form_data),
    ("index", index),
    ("journal", journal),
    ("manifest", manifest),
    ("model", model),
    ("policy", policy),
    ("post_policy", post_policy),
    ("query", query),
    ("request", request),
    ("roster", roster),
    ("rows", rows),
    ("rules", rules),
    ("sigv4", sigv4),
    ("volume_device", volume_device),
    ("volume_formats", volume_formats),
    ("xml", xml),
];
