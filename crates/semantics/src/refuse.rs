//! What is asked for but not built yet: refused loudly, never stored and forgotten.

use api::S3Error;

/// Answers 501 if any of these is present. Names are the headers' names.
pub(crate) fn if_present(headers: &[(&str, bool)]) -> Result<(), S3Error> {
    match headers.iter().find(|(_, present)| *present) {
        Some((name, _)) => Err(S3Error::not_implemented(name)),
        None => Ok(()),
    }
}

/// The members that PutObject, CopyObject and CreateMultipartUpload share and that wait for their issues.
macro_rules! refuse_unbuilt {
    ($input:expr) => {
        $crate::refuse::if_present(&[
            ("x-amz-server-side-encryption", $input.server_side_encryption.is_some()),
            ("x-amz-server-side-encryption-customer-algorithm", $input.sse_customer_algorithm.is_some()),
            ("x-amz-server-side-encryption-customer-key", $input.sse_customer_key.is_some()),
            ("x-amz-server-side-encryption-aws-kms-key-id", $input.ssekms_key_id.is_some()),
            ("x-amz-server-side-encryption-context", $input.ssekms_encryption_context.is_some()),
            ("x-amz-server-side-encryption-bucket-key-enabled", $input.bucket_key_enabled.is_some()),
            (
                "x-amz-object-lock-event-hold",
                $input.object_lock_event_hold.is_some()
                    || $input.object_lock_event_hold_duration_days.is_some()
                    || $input.object_lock_event_hold_duration_years.is_some(),
            ),
        ])
    };
}

pub(crate) use refuse_unbuilt;

fn not_accepted(header: &str) -> String {
    format!("We don't accept the provided value of {header} header for this API")
}

/// On a write `If-None-Match` takes only `*`, `If-Match` all but that, and not both may be there.
pub(crate) fn if_write_conditions_are_odd(
    if_match: Option<&str>,
    if_none_match: Option<&str>,
) -> Result<(), S3Error> {
    let refuse =
        |header: &str, more: &str| Err(S3Error::not_implemented(header).element("additionalMessage", more));
    match (if_match.map(str::trim), if_none_match.map(str::trim)) {
        (Some(_), Some(_)) => {
            refuse("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
        }
        (Some("*"), None) => refuse("If-Match", &not_accepted("If-Match")),
        (None, Some(tags)) if tags != "*" => refuse("If-None-Match", &not_accepted("If-None-Match")),
        _ => Ok(()),
    }
}
