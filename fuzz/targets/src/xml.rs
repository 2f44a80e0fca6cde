//! The bodies of S3's operations, through the generated codecs.
//!
//! The input is an operation's name on a line, or a byte that chooses one; then the body.

use api::s3::{
    GetBucketCors, GetBucketCorsOutput, GetBucketLifecycleConfiguration,
    GetBucketLifecycleConfigurationOutput, GetBucketVersioning, GetBucketVersioningOutput, GetBucketWebsite,
    GetBucketWebsiteOutput, GetObjectTagging, GetObjectTaggingOutput, Op, PutBucketCors,
    PutBucketLifecycleConfiguration, PutBucketLifecycleConfigurationInput, PutBucketVersioning,
    PutBucketWebsite, PutObjectTagging,
};
use http::HeaderMap;
use wire::codec::{Codec, RequestView};

use crate::input::sure;
use crate::operations::{decode, reads_body};

/// Every body decodes or is refused; and what was put and is given back unchanged is put again as the same.
pub fn xml(bytes: &[u8]) {
    let (op, body) = choose(bytes);
    let headers = HeaderMap::new();
    let view = RequestView {
        bucket: Some("bucket"),
        key: Some("key"),
        labels: &[],
        query: &[],
        headers: &headers,
        body,
    };
    let _ = decode(op, &view);
    match op {
        Op::PutObjectTagging => tagging(&view),
        Op::PutBucketCors => cors(&view),
        Op::PutBucketLifecycleConfiguration => lifecycle(&view),
        Op::PutBucketVersioning => versioning(&view),
        Op::PutBucketWebsite => website(&view),
        _ => {}
    }
}

fn choose(bytes: &[u8]) -> (Op, &[u8]) {
    let with_body = || Op::ALL.iter().copied().filter(|op| reads_body(*op));
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let named = with_body().find(|op| op.name().as_bytes() == &bytes[..end]);
    match (named, bytes.split_first()) {
        (Some(op), _) => (op, bytes.get(end + 1..).unwrap_or_default()),
        (None, Some((first, rest))) => {
            let place = usize::from(*first) % with_body().count();
            (with_body().nth(place).unwrap_or(Op::DeleteObjects), rest)
        }
        (None, None) => (Op::DeleteObjects, bytes),
    }
}

/// What `Get` answers, given as the body of `Put`.
fn give_back<Get: Codec, Put: Codec>(output: &Get::Output, view: &RequestView<'_>) -> Put::Input {
    let draft = sure(Get::encode(output));
    sure(Put::decode(&RequestView { body: &draft.body, ..*view }))
}

fn tagging(view: &RequestView<'_>) {
    let Ok(input) = PutObjectTagging::decode(view) else { return };
    let tag_set = input.tagging.clone().unwrap_or_default().tag_set;
    let output = GetObjectTaggingOutput { tag_set, ..GetObjectTaggingOutput::default() };
    assert_eq!(give_back::<GetObjectTagging, PutObjectTagging>(&output, view), input);
}

fn cors(view: &RequestView<'_>) {
    let Ok(input) = PutBucketCors::decode(view) else { return };
    let cors_rules = input.cors_configuration.clone().unwrap_or_default().cors_rules;
    let output = GetBucketCorsOutput { cors_rules };
    assert_eq!(give_back::<GetBucketCors, PutBucketCors>(&output, view), input);
}

fn lifecycle(view: &RequestView<'_>) {
    let again = |input: PutBucketLifecycleConfigurationInput| {
        let rules = input.lifecycle_configuration.unwrap_or_default().rules;
        let output = GetBucketLifecycleConfigurationOutput { rules, ..Default::default() };
        give_back::<GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration>(&output, view)
    };
    // Answers tell times to the second: the first time round may lose a fraction.
    if let Ok(input) = PutBucketLifecycleConfiguration::decode(view) {
        let once = again(input);
        assert_eq!(again(once.clone()), once);
    }
}

fn versioning(view: &RequestView<'_>) {
    let Ok(input) = PutBucketVersioning::decode(view) else { return };
    let configuration = input.versioning_configuration.clone().unwrap_or_default();
    let output =
        GetBucketVersioningOutput { status: configuration.status, mfa_delete: configuration.mfa_delete };
    assert_eq!(give_back::<GetBucketVersioning, PutBucketVersioning>(&output, view), input);
}

fn website(view: &RequestView<'_>) {
    let Ok(input) = PutBucketWebsite::decode(view) else { return };
    let configuration = input.website_configuration.clone().unwrap_or_default();
    let output = GetBucketWebsiteOutput {
        redirect_all_requests_to: configuration.redirect_all_requests_to,
        index_document: configuration.index_document,
        error_document: configuration.error_document,
        routing_rules: configuration.routing_rules,
    };
    assert_eq!(give_back::<GetBucketWebsite, PutBucketWebsite>(&output, view), input);
}
