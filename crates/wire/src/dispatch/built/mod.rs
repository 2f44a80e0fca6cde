//! The operations that are built, a file a service. All others of the models answer `NotImplemented`.
//!
//! To build one: name it in its service's file, in the order of the alphabet, and handle it behind the door; the
//! compiler then asks for its `Handle`. Its row in docs/compatibility.md says which test shows it.

pub(super) mod iam;
pub(super) mod s3;
pub(super) mod s3control;
pub(super) mod sts;

use api::{ErrorCode, S3Error};

/// A house that handles every built operation of every service. Nothing implements it by hand.
pub trait House: s3::House + s3control::House + iam::House + sts::House {}

impl<H: s3::House + s3control::House + iam::House + sts::House> House for H {}

/// `$serve` walks one operation of `$service` through `$exchange`.
macro_rules! built {
    ($service:ident, $serve:ident, $exchange:ident; $($op:ident,)*) => {
        use api::$service::Op;
        use api::S3Error;

        use super::not_built;
        use crate::dispatch::{door, serve};
        use crate::respond::Answer;

        /// Operations that are not `NotImplemented`.
        pub const BUILT: &[Op] = &[$(Op::$op,)*];

        /// A house that handles every built operation of the service. Nothing implements it by hand.
        pub trait House: $(door::Handle<api::$service::$op> +)* door::Door {}

        impl<H: $(door::Handle<api::$service::$op> +)* door::Door> House for H {}

        /// Each operation's future is boxed by itself, so that a small one does not pay for the largest.
        pub(in crate::dispatch) async fn dispatch<H: House>(
            house: &H,
            op: Op,
            exchange: serve::$exchange<'_, H::Caller>,
        ) -> Result<Answer, S3Error> {
            match op {
                $(Op::$op => Box::pin(serve::$serve::<api::$service::$op, H>(house, exchange)).await,)*
                other => Err(not_built(house, exchange, other.name())),
            }
        }
    };
}
use built;

/// The house has nothing for it, and what was asked goes unread.
fn not_built<H, E>(_house: &H, _exchange: E, operation: &str) -> S3Error {
    S3Error::with_message(ErrorCode::NotImplemented, format!("{operation} is not implemented."))
}
