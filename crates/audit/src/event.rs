//! One event as a line of JSON, in CloudTrail's shape and order.
//!
//! Source: AWS "CloudTrail record contents", "CloudTrail log file entries for Amazon S3".

use auth::{Caller, Identity, Kept};
use model::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use wire::AuditEvent;

use crate::identity::{self, UserIdentity};
use crate::names;
use crate::reason::{self, Decided};

const VERSION: &str = "1.11";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    event_version: &'static str,
    user_identity: UserIdentity,
    event_time: String,
    event_source: &'static str,
    event_name: String,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: String,
    user_agent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    request_parameters: Map<String, Value>,
    response_elements: Option<()>,
    additional_event_data: Additional<'a>,
    #[serde(rename = "requestID")]
    request_id: &'a str,
    #[serde(rename = "eventID")]
    event_id: String,
    read_only: bool,
    resources: Vec<Resource>,
    event_type: &'static str,
    management_event: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_account_id: Option<String>,
    event_category: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_details: Option<TlsDetails<'a>>,
}

#[derive(Serialize)]
struct Additional<'a> {
    #[serde(rename = "SignatureVersion", skip_serializing_if = "Option::is_none")]
    signature_version: Option<&'static str>,
    #[serde(rename = "CipherSuite", skip_serializing_if = "Option::is_none")]
    cipher_suite: Option<&'a str>,
    #[serde(rename = "bytesTransferredIn")]
    bytes_in: u64,
    #[serde(rename = "AuthenticationMethod", skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(rename = "bytesTransferredOut")]
    bytes_out: u64,
    #[serde(rename = "statusCode")]
    status: u16,
    decision: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decisions: Vec<Decided<'a>>,
}

#[derive(Serialize)]
struct Resource {
    #[serde(rename = "accountId", skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "ARN")]
    arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TlsDetails<'a> {
    tls_version: String,
    cipher_suite: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_provided_host_header: Option<&'a str>,
}

/// With its line break. `id` is random.
pub fn line(event: &AuditEvent<'_>, region: &str, now: Timestamp, id: u128) -> Vec<u8> {
    let caller = event.witness.and_then(|witness| witness.0.downcast_ref::<Caller>());
    let kept = caller.and_then(Caller::trail).map(auth::Trail::kept);
    let mut line = Vec::with_capacity(1536);
    // Plain fields into memory: there is nothing that could fail.
    let _ = serde_json::to_writer(&mut line, &shape(event, caller, kept.as_ref(), region, now, id));
    line.push(b'\n');
    line
}

fn shape<'a>(
    event: &'a AuditEvent<'a>,
    caller: Option<&'a Caller>,
    kept: Option<&'a Kept>,
    region: &'a str,
    now: Timestamp,
    id: u128,
) -> Event<'a> {
    let known = caller.and_then(Caller::identity);
    let owner = kept.and_then(|kept| kept.owner);
    let took_ms = i64::try_from(event.line.duration_us / 1000).unwrap_or(0);
    let is_data = names::is_data(event);
    let signed_region = known.and_then(|known| known.signed_region.as_ref());
    Event {
        event_version: VERSION,
        user_identity: who(event, caller, known),
        event_time: now.plus_millis(-took_ms).truncated_to_seconds().to_iso8601().replace(".000Z", "Z"),
        event_source: names::source(event),
        event_name: names::name(event),
        aws_region: signed_region.map_or(region, |region| region.as_str()),
        source_ip_address: event.line.remote.ip().to_canonical().to_string(),
        user_agent: format!("[{}]", event.user_agent.unwrap_or_default()),
        error_code: event.line.error.or((event.line.status == 0).then_some("Aborted")),
        error_message: event.message,
        request_parameters: parameters(event),
        response_elements: None,
        additional_event_data: Additional {
            signature_version: event.claimed.version,
            cipher_suite: event.tls.map(|tls| tls.suite.as_str()),
            bytes_in: event.line.bytes_in,
            method: event.claimed.method,
            bytes_out: event.line.bytes_out,
            status: event.line.status,
            decision: reason::decision(event, kept),
            decisions: kept.map(reason::verdicts).unwrap_or_default(),
        },
        request_id: event.line.request_id,
        event_id: uuid(id),
        read_only: names::is_read_only(event),
        resources: resources(event, owner.map(|owner| owner.to_string())),
        event_type: "AwsApiCall",
        management_event: !is_data,
        recipient_account_id: owner.or(known.map(|known| known.account)).map(|account| account.to_string()),
        event_category: if is_data { "Data" } else { "Management" },
        tls_details: event.tls.map(|tls| TlsDetails {
            tls_version: format!("TLSv{}", tls.version),
            cipher_suite: &tls.suite,
            client_provided_host_header: event.host,
        }),
    }
}

fn who(event: &AuditEvent<'_>, caller: Option<&Caller>, known: Option<&Identity>) -> UserIdentity {
    match (caller, known) {
        (_, Some(known)) => identity::known(known),
        (Some(_), None) => identity::anonymous(),
        (None, None) if event.claimed.method.is_none() => identity::anonymous(),
        (None, None) => identity::unknown(event.claimed.access_key.as_deref()),
    }
}

fn parameters(event: &AuditEvent<'_>) -> Map<String, Value> {
    let mut told = Map::new();
    let named = [("bucketName", event.line.bucket), ("Host", event.host), ("key", event.line.key)];
    for (name, value) in named {
        if let Some(value) = value.filter(|_| !event.beside) {
            told.insert(name.to_owned(), value.into());
        }
    }
    for (name, value) in event.parameters {
        told.insert(names::parameter(event.service, name), value.as_str().into());
    }
    told
}

fn resources(event: &AuditEvent<'_>, owner: Option<String>) -> Vec<Resource> {
    let Some(bucket) = event.line.bucket.filter(|_| !event.beside) else { return Vec::new() };
    let object = event.line.key.map(|key| Resource {
        account_id: None,
        kind: "AWS::S3::Object",
        arn: format!("arn:aws:s3:::{bucket}/{key}"),
    });
    let bucket =
        Resource { account_id: owner, kind: "AWS::S3::Bucket", arn: format!("arn:aws:s3:::{bucket}") };
    object.into_iter().chain([bucket]).collect()
}

/// As RFC 9562 writes a random one.
fn uuid(random: u128) -> String {
    let bits = (random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn an_event_s_id_is_a_random_uuid() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
