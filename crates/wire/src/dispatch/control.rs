//! A request to S3 Control: routed by its path's words, then served as S3's requests are.

use api::{S3Error, Service};

use super::built::s3control::{House, dispatch};
use super::front::{Incomer, authenticate};
use super::serve::Exchange;
use crate::observe::{Deed, Ledger};
use crate::path_routing::route;
use crate::request::{Target, decode_query};
use crate::respond::Answer;
use crate::server::Limits;

pub(super) async fn answer<H: House>(
    house: &H,
    target: &Target<'_>,
    incomer: Incomer,
    limits: &Limits,
    ledger: &mut Ledger,
) -> Result<Answer, S3Error> {
    ledger.service = Service::S3Control;
    (ledger.bucket, ledger.key) = (None, None);
    let query = decode_query(target.query)?;
    let routed = route(&incomer.method, target.path);
    if let Ok((op, _)) = &routed {
        ledger.deed = Deed::S3Control(*op);
    }
    let arrival = ledger.arrival(Service::S3Control, None);
    let authenticated = authenticate(house, target, &incomer, &arrival).await?;
    ledger.came_in(&authenticated.caller, authenticated.access_key);
    let (op, labels) = routed?;
    let exchange = Exchange {
        caller: authenticated.caller,
        base: String::new(),
        bucket: None,
        key: None,
        labels,
        query,
        headers: incomer.headers,
        payload: authenticated.payload,
        pull: incomer.pull,
        limits,
    };
    dispatch(house, op, exchange).await
}
