//! Multipart uploads, one file per operation.

mod abort;
mod complete;
mod create;
mod list_parts;
mod list_uploads;
mod upload;
mod upload_part;
mod upload_part_copy;

pub(crate) use upload::find;
