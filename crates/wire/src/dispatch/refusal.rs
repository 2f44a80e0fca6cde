//! Refusals of S3's front in the words of IAM and STS, which have their own for signatures and failures.

use api::{ErrorCode, S3Error};
use model::Timestamp;
use model::limits::CLOCK_SKEW_S_MAX;

pub(super) fn in_words_of_forms(error: S3Error) -> S3Error {
    match error.code {
        ErrorCode::InvalidAccessKeyId | ErrorCode::InvalidToken => ErrorCode::InvalidClientTokenId.into(),
        ErrorCode::ExpiredToken if error.message == ErrorCode::ExpiredToken.message() => {
            S3Error::with_message(
                ErrorCode::ExpiredToken,
                "The security token included in the request is expired",
            )
        }
        ErrorCode::SignatureDoesNotMatch => S3Error::with_message(
            ErrorCode::SignatureDoesNotMatch,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ),
        ErrorCode::RequestTimeTooSkewed => {
            S3Error::with_message(ErrorCode::SignatureDoesNotMatch, skewed(&error))
        }
        ErrorCode::AuthorizationHeaderMalformed | ErrorCode::AuthorizationQueryParametersError => {
            malformed(error)
        }
        // What S3 refuses about the form of a signature; handlers here never say it.
        ErrorCode::InvalidArgument | ErrorCode::MissingSecurityHeader => {
            S3Error::with_message(ErrorCode::IncompleteSignature, error.message)
        }
        ErrorCode::AccessDenied if is_about_signing(&error) => {
            S3Error::with_message(ErrorCode::IncompleteSignature, error.message)
        }
        ErrorCode::AccessDenied if error.message == "Request has expired" => ErrorCode::RequestExpired.into(),
        ErrorCode::InternalError => ErrorCode::InternalFailure.into(),
        ErrorCode::SlowDown => ErrorCode::Throttling.into(),
        _ => error,
    }
}

fn is_about_signing(error: &S3Error) -> bool {
    let about_date = error.message.starts_with("AWS authentication requires a valid Date");
    about_date || error.elements.iter().any(|(name, _)| *name == "HeadersNotSigned")
}

/// A scope for another service is told apart from what cannot be read at all.
fn malformed(error: S3Error) -> S3Error {
    let wrong = error.message.split_once("This endpoint belongs to \"").map(|(_, rest)| rest);
    match wrong.and_then(|rest| rest.split('"').next()) {
        Some(service) => {
            let message = format!("Credential should be scoped to correct service: '{service}'. ");
            S3Error::with_message(ErrorCode::SignatureDoesNotMatch, message)
        }
        None => S3Error::with_message(ErrorCode::IncompleteSignature, error.message),
    }
}

fn skewed(error: &S3Error) -> String {
    let element =
        |name: &str| error.elements.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let signed = element("RequestTime").and_then(|text| Timestamp::parse_any(text).ok());
    let now = element("ServerTime").and_then(|text| Timestamp::parse_any(text).ok());
    let (Some(signed), Some(now)) = (signed, now) else { return error.message.to_string() };
    let skew_ms = i64::try_from(CLOCK_SKEW_S_MAX * 1000).unwrap_or(i64::MAX);
    let minutes = CLOCK_SKEW_S_MAX / 60;
    let (signed_text, now_text) = (signed.to_basic(), now.to_basic());
    if signed < now {
        let bound = now.plus_millis(-skew_ms).to_basic();
        format!("Signature expired: {signed_text} is now earlier than {bound} ({now_text} - {minutes} min.)")
    } else {
        let bound = now.plus_millis(skew_ms).to_basic();
        format!(
            "Signature not yet current: {signed_text} is still later than {bound} ({now_text} + {minutes} min.)"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: S3Error) -> (ErrorCode, String) {
        let error = in_words_of_forms(error);
        (error.code, error.message.into_owned())
    }

    #[test]
    fn a_skewed_clock_is_a_signature_that_does_not_match() {
        let skewed = |request: &str| {
            S3Error::from(ErrorCode::RequestTimeTooSkewed)
                .element("RequestTime", request)
                .element("ServerTime", "2026-11-22T06:24:30Z")
        };
        let late = "Signature expired: 20261122T060000Z is now earlier than 20261122T060930Z (20261122T062430Z - 15 min.)";
        assert_eq!(told(skewed("20261122T060000Z")), (ErrorCode::SignatureDoesNotMatch, late.to_owned()));
        let early = told(skewed("20261122T080000Z")).1;
        assert!(
            early.starts_with(
                "Signature not yet current: 20261122T080000Z is still later than 20261122T063930Z"
            )
        );
    }

    #[test]
    fn unknown_keys_and_foreign_scopes_have_their_own_words() {
        assert_eq!(told(ErrorCode::InvalidAccessKeyId.into()).0, ErrorCode::InvalidClientTokenId);
        let foreign = S3Error::with_message(
            ErrorCode::AuthorizationHeaderMalformed,
            "The authorization header is malformed; incorrect service \"s3\". This endpoint belongs to \"iam\".",
        );
        let message = "Credential should be scoped to correct service: 'iam'. ".to_owned();
        assert_eq!(told(foreign), (ErrorCode::SignatureDoesNotMatch, message));
        assert_eq!(told(ErrorCode::NoSuchEntity.into()).0, ErrorCode::NoSuchEntity);
    }
}
