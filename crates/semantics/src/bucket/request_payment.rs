//! PutBucketRequestPayment and GetBucketRequestPayment.

use api::s3::{
    GetBucketRequestPayment, GetBucketRequestPaymentOutput, PutBucketRequestPayment,
    PutBucketRequestPaymentOutput,
};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;

use crate::hall::Hall;
use crate::handle::Handle;

const OWNER: &str = "BucketOwner";
const REQUESTER: &str = "Requester";

impl Handle<PutBucketRequestPayment> for Hall {
    async fn handle(
        &self,
        request: Authorized<PutBucketRequestPayment>,
        _body: Body,
    ) -> Result<(PutBucketRequestPaymentOutput, Option<Body>), S3Error> {
        let asked = request.input().request_payment_configuration.as_ref();
        let requester_pays = match asked.and_then(|asked| asked.payer.as_deref()) {
            Some(OWNER) => false,
            Some(REQUESTER) => true,
            _ => return Err(ErrorCode::MalformedXML.into()),
        };
        self.change_bucket(request.bucket()?, move |_, standing, _| {
            standing.access.requester_pays = requester_pays;
            Ok(Ok(Vec::new()))
        })
        .await?;
        Ok((PutBucketRequestPaymentOutput::default(), None))
    }
}

impl Handle<GetBucketRequestPayment> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetBucketRequestPayment>,
        _body: Body,
    ) -> Result<(GetBucketRequestPaymentOutput, Option<Body>), S3Error> {
        let payer = if request.bucket()?.row.access.requester_pays { REQUESTER } else { OWNER };
        Ok((GetBucketRequestPaymentOutput { payer: Some(payer.to_owned()) }, None))
    }
}
