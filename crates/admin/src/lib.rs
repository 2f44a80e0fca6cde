//! The admin API: what AWS has no API for, as JSON under `/-/admin/v1`, signed like any request.
//!
//! Only the root account's credentials are let in. `GET /-/admin/v1/openapi.json` describes it. This crate knows
//! nothing about objects.

mod accounts;
mod answer;
mod backups;
mod devices;
mod router;

pub use devices::Welcome;
pub use router::Admin;
