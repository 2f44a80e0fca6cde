//! S3 Control's access points: further names of a bucket, each with a policy of its own.
//!
//! Source: AWS "Managing access to shared datasets with access points".

mod create;
mod delete;
mod list;
mod policy;
mod read;

use api::{ErrorCode, S3Error};
use catalog::View;
use catalog::table::{AccessPointRow, space};
use model::AccountId;

use crate::fault;

/// The row of an access point of an account.
fn find(view: &dyn View, account: AccountId, name: &str) -> Result<Option<AccessPointRow>, catalog::Fault> {
    let row = view.get(&space::access_point(account, name))?;
    row.map(AccessPointRow::decode).transpose().map_err(fault::row)
}

fn no_such_access_point(name: &str) -> S3Error {
    S3Error::from(ErrorCode::NoSuchAccessPoint).element("AccessPointName", name)
}
