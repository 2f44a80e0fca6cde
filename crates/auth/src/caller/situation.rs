//! How a request came, as policies ask for it.
//!
//! Source: AWS "AWS global condition context keys", "Bucket policy examples using condition keys".

use std::net::IpAddr;

use api::Arrival;
use model::Timestamp;
use policy::Keys;
use sigv4::{Kind, RequestView, Scheme, SignedClaim};

/// How the caller proved who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    #[default]
    None,
    Header,
    Query,
    Form,
}

#[derive(Clone, Debug, Default)]
pub struct Situation {
    pub now: Timestamp,
    pub remote: Option<IpAddr>,
    pub secure: bool,
    pub tls_version: Option<&'static str>,
    pub proof: Proof,
    /// `AWS4-HMAC-SHA256` and its kin.
    pub signature_version: Option<&'static str>,
    /// When it was signed; of a presigned URL its age counts.
    pub signed: Option<Timestamp>,
    pub user_agent: Option<String>,
    pub referer: Option<String>,
    pub content_sha256: Option<String>,
    /// The caller says that it pays (`x-amz-request-payer: requester`).
    pub pays: bool,
}

impl Situation {
    /// What a request's head says of it; nothing of that is proven yet.
    pub(crate) fn of_head(view: &RequestView<'_>, arrival: &Arrival, now: Timestamp) -> Self {
        let text = |name| view.header(name).map(str::to_owned);
        let pays_in_query =
            || view.query.split('&').any(|pair| pair.eq_ignore_ascii_case("x-amz-request-payer=requester"));
        Self {
            now,
            remote: Some(arrival.remote.ip().to_canonical()),
            secure: arrival.secure,
            tls_version: arrival.tls_version,
            user_agent: text("user-agent"),
            referer: text("referer"),
            content_sha256: text("x-amz-content-sha256"),
            pays: view.header("x-amz-request-payer") == Some("requester") || pays_in_query(),
            ..Self::default()
        }
    }

    pub(crate) fn signed_by(self, claim: &SignedClaim) -> Self {
        let proof = match claim.kind() {
            Kind::Header => Proof::Header,
            Kind::Presigned => Proof::Query,
        };
        self.proven(proof, claim.scheme(), Some(claim.date()))
    }

    pub(crate) fn proven(self, proof: Proof, scheme: Scheme, signed: Option<Timestamp>) -> Self {
        Self { proof, signature_version: Some(algorithm(scheme)), signed, ..self }
    }

    /// The condition keys that follow.
    pub(crate) fn describe(&self, keys: &mut Keys) {
        let signed = self.signed.filter(|_| self.proof == Proof::Query);
        let age = |signed: Timestamp| (self.now.millis() - signed.millis()).max(0).to_string();
        keys.tell("aws:currenttime", || Some(self.now.to_iso8601()));
        keys.tell("aws:epochtime", || Some(self.now.seconds().to_string()));
        keys.tell("aws:securetransport", || Some(self.secure.to_string()));
        keys.tell("aws:sourceip", || self.remote.map(|remote| remote.to_string()));
        keys.tell("aws:useragent", || self.user_agent.clone());
        keys.tell("aws:referer", || self.referer.clone());
        keys.tell("s3:tlsversion", || self.tls_version);
        keys.tell("s3:authtype", || match self.proof {
            Proof::None => None,
            Proof::Header => Some("REST-HEADER"),
            Proof::Query => Some("REST-QUERY-STRING"),
            Proof::Form => Some("POST"),
        });
        keys.tell("s3:signatureversion", || self.signature_version);
        keys.tell("s3:signatureage", || signed.map(age));
        keys.tell("s3:x-amz-content-sha256", || self.content_sha256.clone());
    }
}

const fn algorithm(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::V4 => "AWS4-HMAC-SHA256",
        Scheme::V4a => "AWS4-ECDSA-P256-SHA256",
        Scheme::V2 => "AWS",
    }
}
