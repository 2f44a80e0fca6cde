//! GetSessionToken: temporary credentials of the caller's own.

use api::S3Error;
use api::sts::{GetSessionToken, GetSessionTokenOutput};
use auth::{Authorized, Limits, Session};

use super::limits::own_duration;
use super::shown;
use crate::handle::Handle;
use crate::registry::Registry;

impl Handle<GetSessionToken> for Registry {
    async fn handle(&self, request: Authorized<GetSessionToken>) -> Result<GetSessionTokenOutput, S3Error> {
        let is_root = request.identity()?.is_root();
        let duration_s = own_duration(request.input().duration_seconds, is_root)?;
        let limits = Limits { duration_s, ..Limits::default() };
        let session = Session::personal(&request, limits, self.clock().now())?;
        let credentials = Some(shown(session.issue(self.sealer(), self.random())?));
        Ok(GetSessionTokenOutput { credentials, ..GetSessionTokenOutput::default() })
    }
}
