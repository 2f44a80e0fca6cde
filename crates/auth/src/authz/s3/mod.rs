//! What each of S3's operations acts on and needs.
//!
//! Source: AWS "Required permissions for Amazon S3 API operations".

/// The condition keys of an input with all ACL headers.
macro_rules! acl_facts {
    ($input:expr, $facts:expr) => {
        for (name, value) in [
            ("s3:x-amz-acl", &$input.acl),
            ("s3:x-amz-grant-full-control", &$input.grant_full_control),
            ("s3:x-amz-grant-read", &$input.grant_read),
            ("s3:x-amz-grant-read-acp", &$input.grant_read_acp),
            ("s3:x-amz-grant-write", &$input.grant_write),
            ("s3:x-amz-grant-write-acp", &$input.grant_write_acp),
        ] {
            $facts.text(name, value.as_deref());
        }
    };
}

mod buckets;
mod objects;

/// `x-amz-mfa`: a device's serial number, a space, the code that it shows.
fn code_of(header: Option<&str>) -> Option<(&str, &str)> {
    let header = header?.trim();
    Some(header.rsplit_once(' ').unwrap_or((header, "")))
}
