//! What an operation is: a name with an input and an output.

use crate::Service;

/// One operation of a service; implemented by the generated unit types (`s3::PutObject`, …).
pub trait Operation: Send + Sync + 'static {
    /// Whose it is: services share some names.
    const SERVICE: Service;
    /// The same as a type: one of `api::family`.
    type Family;
    /// AWS's name of it, as in `s3:PutObject`'s documentation page.
    const NAME: &'static str;
    type Input: Send + Sync + 'static;
    type Output: Send + 'static;
}
