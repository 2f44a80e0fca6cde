//! What the audit is told of one request: more than the access log says, and still no secret.
//!
//! Promise: of query, headers and forms only names from a list are taken, with their values; signatures, tokens,
//! customers' keys and passwords are on none.

use std::any::Any;
use std::sync::Arc;

use api::{S3Error, Service};
use http::{HeaderMap, Uri, header};

use super::access::AccessLine;
use crate::request::{decode_query, host_of};
use crate::routing::SUB_RESOURCES;
use crate::server::TlsFacts;

/// Who asked, as the door or whoever answered beside S3 knows it. An answer of [`crate::Extra`] may carry one among
/// its extensions.
#[derive(Clone)]
pub struct Witness(pub Arc<dyn Any + Send + Sync>);

/// How a request claims to be signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// `AuthHeader`, `QueryString` or `HtmlForm`.
    pub method: Option<&'static str>,
    /// `SigV4`, `SigV4A` or `SigV2`.
    pub version: Option<&'static str>,
    pub access_key: Option<String>,
}

/// One request, once it is over.
pub struct AuditEvent<'a> {
    pub line: AccessLine<'a>,
    pub service: Service,
    /// Something beside S3: administration.
    pub beside: bool,
    /// Why it failed, in words.
    pub message: Option<&'a str>,
    pub host: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    pub tls: Option<&'a TlsFacts>,
    /// Of query, headers and form.
    pub parameters: &'a [(String, String)],
    pub claimed: &'a Claimed,
    /// A clone of the door's caller; `None` when it let nobody in.
    pub witness: Option<&'a Witness>,
}

/// Where audit events go, if anywhere.
pub trait AuditLog: Send + Sync {
    /// Asked at the start of each request: is there anybody to write for?
    fn is_on(&self) -> bool;

    /// Must not block.
    fn write(&self, event: &AuditEvent<'_>);
}

/// What is gathered for the event while the request runs.
#[derive(Default)]
pub(crate) struct Gathered {
    pub host: Option<String>,
    pub user_agent: Option<String>,
    pub parameters: Vec<(String, String)>,
    pub claimed: Claimed,
    pub message: Option<String>,
    pub witness: Option<Witness>,
}

impl Gathered {
    pub fn of_head(uri: &Uri, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let query = uri.query().and_then(|query| decode_query(query).ok()).unwrap_or_default();
        let claimed = claimed(text(header::AUTHORIZATION.as_str()), &query);
        let mut parameters: Vec<(String, String)> =
            query.into_iter().filter(|(name, _)| is_told_of_query(name)).collect();
        for name in HEADERS {
            if let Some(value) = text(name) {
                parameters.push((name.to_owned(), value.to_owned()));
            }
        }
        Self {
            host: host_of(uri, headers).map(str::to_owned),
            user_agent: text(header::USER_AGENT.as_str()).map(str::to_owned),
            parameters,
            claimed,
            ..Self::default()
        }
    }

    pub fn form<'a>(&mut self, fields: impl Iterator<Item = (&'a str, &'a str)>) {
        let told = fields.filter(|(name, _)| FORM.contains(name));
        self.parameters.extend(told.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// The fields of an upload by form.
    pub fn upload(&mut self, fields: &[(&str, &str)]) {
        let field = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let version = match (field("x-amz-credential"), field("awsaccesskeyid")) {
            (Some(_), _) => Some("SigV4"),
            (None, Some(_)) => Some("SigV2"),
            (None, None) => None,
        };
        let credential = field("x-amz-credential").or_else(|| field("awsaccesskeyid"));
        let access_key = credential.and_then(|text| text.split('/').next()).map(str::to_owned);
        self.claimed = Claimed { method: version.map(|_| "HtmlForm"), version, access_key };
        let told = fields.iter().filter(|(name, _)| HEADERS.contains(name));
        self.parameters.extend(told.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }

    pub fn refused(&mut self, error: &S3Error) {
        self.message = Some(error.message.clone().into_owned());
    }
}

fn claimed(authorization: Option<&str>, query: &[(String, String)]) -> Claimed {
    let of_query = |name: &str| {
        query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    let claim = |method, version, access_key: Option<&str>| Claimed {
        method: Some(method),
        version: Some(version),
        access_key: access_key.and_then(|key| key.split(['/', ':']).next()).map(str::to_owned),
    };
    if let Some(text) = authorization {
        let credential = text.split_once("Credential=").map(|(_, rest)| rest);
        return match text.split(' ').next() {
            Some("AWS4-HMAC-SHA256") => claim("AuthHeader", "SigV4", credential),
            Some("AWS4-ECDSA-P256-SHA256") => claim("AuthHeader", "SigV4A", credential),
            Some("AWS") => claim("AuthHeader", "SigV2", text.split(' ').nth(1)),
            _ => Claimed { method: Some("AuthHeader"), ..Claimed::default() },
        };
    }
    match (of_query("X-Amz-Algorithm"), of_query("AWSAccessKeyId")) {
        (Some("AWS4-ECDSA-P256-SHA256"), _) => claim("QueryString", "SigV4A", of_query("X-Amz-Credential")),
        (Some(_), _) => claim("QueryString", "SigV4", of_query("X-Amz-Credential")),
        (None, Some(key)) => claim("QueryString", "SigV2", Some(key)),
        (None, None) => Claimed::default(),
    }
}

fn is_told_of_query(name: &str) -> bool {
    SUB_RESOURCES.contains(&name) || QUERY.contains(&name) || FORM.contains(&name)
}

const QUERY: [&str; 34] = [
    "X-Amz-Algorithm",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "annotation-prefix",
    "annotationName",
    "bucket-region",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "id",
    "key-marker",
    "list-type",
    "marker",
    "max-annotation-results",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "partNumber",
    "prefix",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "start-after",
    "upload-id-marker",
    "uploadId",
    "version-id-marker",
    "versionId",
];

const HEADERS: [&str; 24] = [
    "x-amz-account-id",
    "x-amz-acl",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-bypass-governance-retention",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-ownership",
    "x-amz-rename-source",
    "x-amz-request-payer",
    "x-amz-server-side-encryption",
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-tagging-directive",
    "x-amz-website-redirect-location",
];

/// Of IAM's and STS's forms.
const FORM: [&str; 45] = [
    "AccessKeyId",
    "AccountAlias",
    "AssumeRolePolicyDocument",
    "ClientID",
    "Description",
    "DurationSeconds",
    "EntityArn",
    "ExternalId",
    "Filter",
    "GroupName",
    "InstanceProfileName",
    "Marker",
    "MaxItems",
    "MaxSessionDuration",
    "Name",
    "NewGroupName",
    "NewPath",
    "NewUserName",
    "OnlyAttached",
    "OpenIDConnectProviderArn",
    "Path",
    "PathPrefix",
    "PermissionsBoundary",
    "Policy",
    "PolicyArn",
    "PolicyDocument",
    "PolicyName",
    "PolicySourceArn",
    "PolicyUsageFilter",
    "ProviderId",
    "ResourceOwner",
    "RoleArn",
    "RoleName",
    "RoleSessionName",
    "SAMLProviderArn",
    "Scope",
    "SerialNumber",
    "ServiceName",
    "SetAsDefault",
    "SourceIdentity",
    "Status",
    "Url",
    "UserName",
    "VersionId",
    "VirtualMFADeviceName",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_read_from_wherever_it_stands() {
        let header = "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        let key = |key: &str| Some(key.to_owned());
        let told = claimed(Some(header), &[]);
        assert_eq!(
            (told.method, told.version, told.access_key),
            (Some("AuthHeader"), Some("SigV4"), key("AK"))
        );
        let told = claimed(Some("AWS AK:c2ln"), &[]);
        assert_eq!((told.version, told.access_key), (Some("SigV2"), key("AK")));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let told = claimed(
            None,
            &[pair("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), pair("X-Amz-Credential", "AK/2026")],
        );
        assert_eq!((told.method, told.access_key), (Some("QueryString"), key("AK")));
        assert_eq!(claimed(None, &[]), Claimed::default());
    }

    #[test]
    fn nothing_is_told_but_what_is_listed() {
        let uri = "/b/k?versionId=v&X-Amz-Signature=s&X-Amz-Security-Token=t&acl&token=x&Password=p"
            .parse()
            .unwrap();
        let mut headers = HeaderMap::new();
        for name in
            ["x-amz-acl", "x-amz-security-token", "x-amz-server-side-encryption-customer-key", "cookie"]
        {
            headers.insert(name, header::HeaderValue::from_static("value"));
        }
        let mut gathered = Gathered::of_head(&uri, &headers);
        gathered.form([("UserName", "u"), ("Password", "p"), ("WebIdentityToken", "t")].into_iter());
        let names: Vec<&str> = gathered.parameters.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["versionId", "acl", "x-amz-acl", "UserName"]);
    }
}
