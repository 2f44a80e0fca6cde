//! What each of S3's operations acts on and needs.
//!
//! Source: AWS "Required permissions for Amazon S3 API operations".

mod buckets;
mod objects;

/// `x-amz-mfa`: a device's serial number, a space, the code that it shows.
fn code_of(header: Option<&str>) -> Option<(&str, &str)> {
    let header = header?.trim();
    Some(header.rsplit_once(' ').unwrap_or((header, "")))
}
