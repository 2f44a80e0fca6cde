//! OpenID Connect providers whose tokens an account trusts.

use bytes::Bytes;
use model::Timestamp;

use crate::table::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRow {
    /// Without its scheme: `accounts.example.com/realm`.
    pub url: String,
    /// Whether its scheme is https.
    pub secure: bool,
    /// The audiences that its tokens may be for.
    pub client_ids: Vec<String>,
    /// SHA-1 of certificates, in hex.
    pub thumbprints: Vec<String>,
    pub created: Timestamp,
    pub tags: Vec<(String, String)>,
}

impl ProviderRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.bytes(self.url.as_bytes());
        w.u8(self.secure.into());
        w.strings(&self.client_ids);
        w.strings(&self.thumbprints);
        w.timestamp(self.created);
        w.pairs(&self.tags);
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("identity provider", bytes, FORMAT)?;
        Ok(Self {
            url: r.string()?,
            secure: r.bool()?,
            client_ids: r.strings()?,
            thumbprints: r.strings()?,
            created: r.timestamp()?,
            tags: r.pairs()?,
        })
    }
}
