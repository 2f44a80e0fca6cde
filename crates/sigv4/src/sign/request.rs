//! Signing a request in its headers or in its query.

use model::Timestamp;

use super::{ChunkSigner, Signer};
use crate::canonical::{self, Parts};
use crate::chunk::Links;
use crate::encode::{hex, push_encoded};
use crate::{RequestView, Scheme, SigningKey};

/// What is signed of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    Sha256([u8; 32]),
    Unsigned,
    /// aws-chunked, each chunk signed.
    Chunks,
    /// aws-chunked, each chunk and the trailer signed.
    ChunksTrailer,
    /// aws-chunked, unsigned, with a trailer.
    UnsignedTrailer,
}

impl Payload {
    /// The value of `x-amz-content-sha256`.
    pub fn header(&self) -> String {
        let word = match self {
            Self::Sha256(sha256) => return hex(sha256),
            Self::Unsigned => "UNSIGNED-PAYLOAD",
            Self::Chunks => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::ChunksTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::UnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        };
        word.to_owned()
    }
}

/// What to add to a request.
#[derive(Clone, Debug)]
pub struct SignedHeaders {
    /// Lower-case names and values, `authorization` the last.
    pub headers: Vec<(&'static str, String)>,
    seed: String,
    links: Links,
    key: SigningKey,
}

impl SignedHeaders {
    /// Signs the payload's chunks, the first after this request.
    pub fn chunks(&self) -> ChunkSigner {
        ChunkSigner::new(self.key.clone(), self.links.clone(), self.seed.clone())
    }
}

/// Headers that proxies change or that belong to the connection.
const UNSIGNED: [&str; 9] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "expect",
    "te",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

impl Signer {
    /// Signs a request whose headers (`host` among them) are final but for those that are returned.
    pub fn sign_headers(
        &mut self,
        view: &RequestView<'_>,
        payload: Payload,
        now: Timestamp,
    ) -> SignedHeaders {
        let (scope, key) = self.key(now);
        let date = now.to_basic();
        let mut added = vec![("x-amz-content-sha256", payload.header()), ("x-amz-date", date.clone())];
        added.extend(self.session_token.clone().map(|token| ("x-amz-security-token", token)));
        let mut headers: Vec<(&str, &str)> = view.headers.to_vec();
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_str())));
        let signed_headers = signed_names(&headers);
        let links = Links { algorithm: Scheme::V4.algorithm(), date, scope };
        let view = RequestView { headers: &headers, ..*view };
        let seed = seed(&key, &links, &view, &signed_headers, &payload.header());
        let authorization = format!(
            "{} Credential={}/{}, SignedHeaders={signed_headers}, Signature={seed}",
            links.algorithm,
            self.access_key,
            links.scope.as_str(),
        );
        added.push(("authorization", authorization));
        SignedHeaders { headers: added, seed, links, key }
    }

    /// The whole query of a presigned URL: the view's own, and the signature's parameters. The request must be sent
    /// with the view's headers, of which `host` is one.
    pub fn presign(&mut self, view: &RequestView<'_>, expires_s: u32, now: Timestamp) -> String {
        let (scope, key) = self.key(now);
        let date = now.to_basic();
        let signed_headers = signed_names(view.headers);
        let mut query = view.query.to_owned();
        let mut push = |name: &str, value: &str| {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(name);
            query.push('=');
            value.bytes().for_each(|byte| push_encoded(&mut query, byte));
        };
        push("X-Amz-Algorithm", Scheme::V4.algorithm());
        push("X-Amz-Credential", &format!("{}/{}", self.access_key, scope.as_str()));
        push("X-Amz-Date", &date);
        push("X-Amz-Expires", &expires_s.to_string());
        if let Some(token) = &self.session_token {
            push("X-Amz-Security-Token", token);
        }
        push("X-Amz-SignedHeaders", &signed_headers);
        let links = Links { algorithm: Scheme::V4.algorithm(), date, scope };
        let view = RequestView { query: &query, ..*view };
        let signature = seed(&key, &links, &view, &signed_headers, "UNSIGNED-PAYLOAD");
        format!("{query}&X-Amz-Signature={signature}")
    }
}

/// The names to sign: sorted, each once, joined by `;`.
fn signed_names(headers: &[(&str, &str)]) -> String {
    let mut names: Vec<&str> =
        headers.iter().map(|(name, _)| *name).filter(|name| !UNSIGNED.contains(name)).collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

fn seed(
    key: &SigningKey,
    links: &Links,
    view: &RequestView<'_>,
    signed_headers: &str,
    payload: &str,
) -> String {
    let mut path = String::with_capacity(view.path.len() + 16);
    canonical::push_path(&mut path, view.path);
    let request = canonical::request(&Parts { view, path: &path, skip_query: None, signed_headers, payload });
    key.sign(&canonical::string_to_sign(links.algorithm, &links.date, links.scope.as_str(), &request))
}
