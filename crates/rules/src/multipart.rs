//! When an upload may be completed: the list of parts that the client gives against the parts that there are.
//!
//! Source: AWS "CompleteMultipartUpload" (special errors EntityTooSmall, InvalidPart, InvalidPartOrder).

use model::limits::{OBJECT_BYTES_MAX, PART_BYTES_MIN};
use model::{ETag, PartNumber};

/// A part as the client lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub number: PartNumber,
    /// As sent; `None` when it does not read as an ETag.
    pub etag: Option<ETag>,
}

/// A part as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub md5: [u8; 16],
    pub size_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Empty,
    Order,
    /// Not there, or with another ETag.
    Part(PartNumber),
    /// A part other than the last is below 5 MiB.
    TooSmall {
        number: PartNumber,
        size_bytes: u64,
        etag: ETag,
    },
    TooLarge {
        size_bytes: u64,
    },
}

/// Numbers must ascend; asked before any row is read.
pub fn check_order(listed: &[Listed]) -> Result<(), Refusal> {
    if listed.is_empty() {
        return Err(Refusal::Empty);
    }
    if listed.windows(2).all(|pair| pair[0].number < pair[1].number) { Ok(()) } else { Err(Refusal::Order) }
}

/// `stored` holds, in the order of `listed`, what is stored under each number. Answers the object's size.
pub fn check_parts(listed: &[Listed], stored: &[Option<Stored>]) -> Result<u64, Refusal> {
    let mut size_bytes: u64 = 0;
    for (listed, stored) in listed.iter().zip(stored) {
        match stored {
            Some(stored) if listed.etag == Some(ETag::whole(stored.md5)) => {
                size_bytes = size_bytes.saturating_add(stored.size_bytes);
            }
            _ => return Err(Refusal::Part(listed.number)),
        }
    }
    let before_last = listed.iter().zip(stored.iter().flatten()).take(listed.len().saturating_sub(1));
    for (listed, stored) in before_last {
        if stored.size_bytes < PART_BYTES_MIN {
            let etag = ETag::whole(stored.md5);
            return Err(Refusal::TooSmall { number: listed.number, size_bytes: stored.size_bytes, etag });
        }
    }
    if size_bytes > OBJECT_BYTES_MAX {
        return Err(Refusal::TooLarge { size_bytes });
    }
    Ok(size_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(number: i64, byte: u8) -> Listed {
        Listed { number: PartNumber::new(number).unwrap(), etag: Some(ETag::whole([byte; 16])) }
    }

    fn stored(byte: u8, size_bytes: u64) -> Option<Stored> {
        Some(Stored { md5: [byte; 16], size_bytes })
    }

    #[test]
    fn numbers_ascend_and_there_is_at_least_one() {
        assert_eq!(check_order(&[]), Err(Refusal::Empty));
        assert_eq!(check_order(&[listed(2, 1), listed(1, 1)]), Err(Refusal::Order));
        assert_eq!(check_order(&[listed(1, 1), listed(1, 1)]), Err(Refusal::Order));
        assert_eq!(check_order(&[listed(1, 1), listed(5, 1)]), Ok(()));
    }

    #[test]
    fn only_the_last_part_may_be_small() {
        let parts = [listed(1, 1), listed(2, 2)];
        let mib = 1 << 20;
        assert_eq!(check_parts(&parts, &[stored(1, 5 * mib), stored(2, 1)]), Ok(5 * mib + 1));
        assert!(matches!(
            check_parts(&parts, &[stored(1, 5 * mib - 1), stored(2, 1)]),
            Err(Refusal::TooSmall { .. })
        ));
        assert_eq!(check_parts(&parts[..1], &[stored(1, 0)]), Ok(0));
    }

    #[test]
    fn a_missing_part_and_a_foreign_etag_are_both_invalid() {
        let parts = [listed(1, 1)];
        let refusal = Err(Refusal::Part(parts[0].number));
        assert_eq!(check_parts(&parts, &[None]), refusal);
        assert_eq!(check_parts(&parts, &[stored(9, 1)]), refusal);
    }
}
