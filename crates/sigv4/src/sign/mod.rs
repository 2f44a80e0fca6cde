//! The client's side: sign a request, a URL, a payload's chunks, a form's policy.

mod chunks;
mod request;

pub use self::chunks::ChunkSigner;
pub use self::request::{Payload, SignedHeaders};

use model::Timestamp;

use crate::{Scope, Secret, SigningKey};

/// Signs with one access key for one region and service, and keeps the key of the day.
#[derive(Clone, Debug)]
pub struct Signer {
    access_key: String,
    secret: Secret,
    session_token: Option<String>,
    region: String,
    service: String,
    /// The last day's key and scope.
    day: Option<(Scope, SigningKey)>,
}

impl Signer {
    pub fn new(access_key: &str, secret: Secret, region: &str, service: &str) -> Self {
        Self {
            access_key: access_key.to_owned(),
            secret,
            session_token: None,
            region: region.to_owned(),
            service: service.to_owned(),
            day: None,
        }
    }

    /// With the token of temporary credentials.
    #[must_use]
    pub fn with_session_token(mut self, token: &str) -> Self {
        self.session_token = Some(token.to_owned());
        self
    }

    /// The fields that sign a POST form's policy, given in base64. The policy must name their values of
    /// `x-amz-algorithm`, `x-amz-credential`, `x-amz-date` (and `x-amz-security-token`): sign an empty one first
    /// to learn them.
    pub fn sign_policy(&mut self, policy: &str, now: Timestamp) -> Vec<(&'static str, String)> {
        let (scope, key) = self.key(now);
        let mut fields = vec![
            ("x-amz-algorithm", crate::Scheme::V4.algorithm().to_owned()),
            ("x-amz-credential", format!("{}/{}", self.access_key, scope.as_str())),
            ("x-amz-date", now.to_basic()),
            ("policy", policy.to_owned()),
            ("x-amz-signature", key.sign(policy)),
        ];
        fields.extend(self.session_token.clone().map(|token| ("x-amz-security-token", token)));
        fields
    }

    fn key(&mut self, now: Timestamp) -> (Scope, SigningKey) {
        let date = now.to_basic();
        let date = date.get(..8).unwrap_or_default();
        if let Some(day) = self.day.as_ref().filter(|(scope, _)| scope.date() == date) {
            return day.clone();
        }
        let scope = Scope::new(date, Some(&self.region), &self.service);
        let key = SigningKey::derive(&self.secret, date, &self.region, &self.service);
        self.day.insert((scope, key)).clone()
    }
}
