//! Rows of identity: who belongs to an account, and what they may do. One row an entity.
//!
//! Names are unique without regard to case, so keys hold them in lower case and rows as they were given. All rows of
//! one account change in one commit group, and each such commit writes the account's stamp.

mod access_key;
mod device;
mod group;
mod policy;
mod provider;
mod role;
mod stamp;
mod used;
mod user;

pub use access_key::{AccessKeyRow, KeptSecret};
pub use device::DeviceRow;
pub use group::GroupRow;
pub use policy::{PolicyRow, PolicyVersion};
pub use provider::ProviderRow;
pub use role::RoleRow;
pub use stamp::{Counts, StampRow};
pub use used::UsedRow;
pub use user::UserRow;
