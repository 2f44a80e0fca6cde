//! GetAccessKeyInfo: which account an access key belongs to.

use api::S3Error;
use api::sts::{GetAccessKeyInfo, GetAccessKeyInfoOutput};
use auth::Authorized;
use catalog::table::{AccessKeyRow, space};

use crate::handle::Handle;
use crate::registry::Registry;
use crate::{fault, refuse, words};

impl Handle<GetAccessKeyInfo> for Registry {
    async fn handle(&self, request: Authorized<GetAccessKeyInfo>) -> Result<GetAccessKeyInfoOutput, S3Error> {
        let id = words::required(request.input().access_key_id.as_deref(), "accessKeyId")?;
        let caller = request.identity()?;
        // Temporary keys and the site's own lie in no row.
        let account = if caller.access_key == id {
            caller.account
        } else {
            let row = self.catalog().get(&space::access_key(id)).map_err(fault::catalog)?;
            let row = row.ok_or_else(|| refuse::invalid(format!("The access key {id} is not known.")))?;
            AccessKeyRow::decode(row).map_err(|error| fault::catalog(fault::row(error)))?.account
        };
        Ok(GetAccessKeyInfoOutput { account: Some(account.to_string()) })
    }
}
