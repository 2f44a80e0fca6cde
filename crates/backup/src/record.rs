//! The file that makes a backup: written last, it names all that belongs to it. docs/formats/backup.md draws it.

use bytes::Bytes;
use model::{Ordinal, Timestamp};

use crate::codec::{Fields, Name, put_bytes, put_varint};
use crate::fault::Fault;

const MARKER: &[u8; 8] = b"SRBKUP\0\x01";

/// A site at one point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The last commit that is in it.
    pub ordinal: Ordinal,
    pub begun: Timestamp,
    pub ended: Timestamp,
    pub rows: u64,
    pub bodies: u64,
    /// Of all bodies that its rows name in the store.
    pub bytes: u64,
    /// What of it was not on the shelf before.
    pub fresh_bytes: u64,
    /// Bodies that the server could not read: their rows are here, their bytes are not.
    pub unreadable: u64,
    /// A value sealed under the site's master key: it tells a wrong one. Empty when the site had none.
    pub seal_check: Bytes,
    /// The packs that it needs.
    pub(crate) packs: Vec<Name>,
    /// Its rows, in pieces, in order.
    pub(crate) row_pieces: Vec<Name>,
}

impl Backup {
    /// Later ones sort after earlier ones.
    pub fn id(&self) -> String {
        id_at(self.begun)
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = MARKER.to_vec();
        out.extend_from_slice(&self.ordinal.as_u64().to_be_bytes());
        out.extend_from_slice(&self.begun.millis().to_be_bytes());
        out.extend_from_slice(&self.ended.millis().to_be_bytes());
        for count in [self.rows, self.bodies, self.bytes, self.fresh_bytes, self.unreadable] {
            put_varint(&mut out, count);
        }
        put_bytes(&mut out, &self.seal_check);
        for names in [&self.packs, &self.row_pieces] {
            put_varint(&mut out, names.len() as u64);
            names.iter().for_each(|name| out.extend_from_slice(name));
        }
        let sum = digest::sha256(&out);
        out.extend_from_slice(&sum);
        out.into()
    }

    pub(crate) fn decode(id: &str, bytes: Bytes) -> Result<Self, Fault> {
        let place = format!("backup {id}");
        let mut fields = Fields::proven(&place, bytes, MARKER)?;
        let ordinal = Ordinal::from_u64(fields.u64()?);
        let begun = Timestamp::from_millis(i64::from_be_bytes(fields.array()?));
        let ended = Timestamp::from_millis(i64::from_be_bytes(fields.array()?));
        let (rows, bodies, bytes) = (fields.varint()?, fields.varint()?, fields.varint()?);
        let (fresh_bytes, unreadable) = (fields.varint()?, fields.varint()?);
        let seal_check = fields.bytes()?;
        let (packs, row_pieces) = (names(&mut fields)?, names(&mut fields)?);
        if !fields.is_empty() {
            return Err(Fault::damaged(&place, "there is more than belongs to it"));
        }
        Ok(Self {
            ordinal,
            begun,
            ended,
            rows,
            bodies,
            bytes,
            fresh_bytes,
            unreadable,
            seal_check,
            packs,
            row_pieces,
        })
    }
}

/// Of a backup that is begun now.
pub(crate) fn id_at(now: Timestamp) -> String {
    format!("{}-{:03}", now.to_basic(), now.millis().rem_euclid(1000))
}

/// Whether it looks like one.
pub(crate) fn is_id(name: &str) -> bool {
    let like = b"00000000T000000Z-000";
    let fits =
        |(letter, like): (u8, &u8)| if *like == b'0' { letter.is_ascii_digit() } else { letter == *like };
    name.len() == like.len() && name.bytes().zip(like).all(fits)
}

fn names(fields: &mut Fields<'_>) -> Result<Vec<Name>, Fault> {
    let count = fields.varint()?;
    (0..count).map(|_| fields.array()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::*;

    fn specimen() -> Backup {
        Backup {
            ordinal: Ordinal::from_u64(1_700_000_000_000 << 20 | 7),
            begun: Timestamp::from_millis(1_700_000_000_000),
            ended: Timestamp::from_millis(1_700_000_009_000),
            rows: 300,
            bodies: 20,
            bytes: 5 << 30,
            fresh_bytes: 1000,
            unreadable: 1,
            seal_check: Bytes::from_static(b"sealed"),
            packs: vec![[1; 32], [2; 32]],
            row_pieces: vec![[3; 32]],
        }
    }

    #[test]
    fn format_1_is_frozen() {
        let backup = specimen();
        assert_eq!(backup.id(), "20231114T221320Z-000");
        assert!(is_id(&backup.id()) && !is_id("20231114T221320Z-00a") && !is_id(".20231114T221320Z-000.1"));
        assert_eq!(backup.encode(), include_bytes!("../tests/backup-format-1.bin")[..]);
        assert_eq!(Backup::decode("a", backup.encode()).unwrap(), backup);
    }

    #[test]
    fn any_changed_byte_is_told() {
        let bytes = specimen().encode();
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            assert!(Backup::decode("a", changed.into()).is_err(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            // With the right marker and sum, so that the fields are reached.
            let mut bytes = [MARKER, &bytes[..]].concat();
            bytes.extend_from_slice(&digest::sha256(&bytes));
            let _ = Backup::decode("a", bytes.into());
        }
    }
}
