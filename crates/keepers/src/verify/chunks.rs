//! The bytes of one row: every shard of every chunk, and what they add up to.

use bytes::Bytes;
use catalog::View;
use digest::Md5;
use semantics::Hall;
use stripe::{Chunk, Examined, Manifest, Place};
use tokio::task::spawn_blocking;

use super::log::{Finding, Kind, Verification};
use crate::KeeperFault;
use crate::rows::{Named, content_of};

/// A row whose bytes lie in the store, and the MD5 that it gives them.
pub(super) struct Stored {
    pub named: Named,
    pub md5: Option<[u8; 16]>,
}

/// Reads them all. A chunk that turns out badly because its row changed meanwhile is no finding.
pub(super) async fn examine(
    hall: Hall,
    stored: Stored,
    verification: Verification,
) -> Result<(), KeeperFault> {
    let Stored { named, md5 } = stored;
    let mut sum = md5.map(|_| Md5::new());
    for chunk in named.manifest.chunks() {
        let examined = hall.store().examine(chunk).await;
        let found = findings(&named, chunk, &examined);
        if !found.is_empty() && !still_names(&hall, &named.key, chunk)? {
            return Ok(());
        }
        found.into_iter().for_each(|finding| verification.find(finding));
        verification.count(|verified| {
            verified.chunks += 1;
            verified.shards += chunk.places.len() as u64;
            verified.bytes += examined.bytes.as_ref().map_or(0, |_| u64::from(chunk.length));
        });
        sum = match (sum, examined.bytes) {
            (Some(sum), Some(bytes)) => Some(add(sum, bytes).await?),
            _ => None,
        };
    }
    if let (Some(sum), Some(md5)) = (sum, md5)
        && sum.finish() != md5
    {
        let what = "the bytes do not have the MD5 that the row gives them";
        verification.find(Finding::of(Kind::Bytes, &named.owner, None, what));
    }
    Ok(())
}

fn findings(named: &Named, chunk: &Chunk, examined: &Examined) -> Vec<Finding> {
    let of = |kind, place: Option<Place>, what: String| Finding::of(kind, &named.owner, place, what);
    let kind = if examined.bytes.is_some() { Kind::Shard } else { Kind::Lost };
    let bad = examined.bad.iter();
    let mut found: Vec<Finding> =
        bad.map(|(index, fault)| of(kind, Some(chunk.places[*index]), fault.to_string())).collect();
    if found.is_empty() && examined.bytes.is_none() {
        found.push(of(kind, None, "the chunk has a layout that no code makes".to_owned()));
    }
    if examined.at_odds {
        let what = "the chunk's data and parity are proven, and do not belong together".to_owned();
        found.push(of(Kind::AtOdds, chunk.places.first().copied(), what));
    }
    let owner = named.owner.encode();
    if examined.owners.iter().any(|recorded| *recorded.bytes() != owner) {
        let what = "a record that the row names was written for something else".to_owned();
        found.push(of(Kind::Bytes, chunk.places.first().copied(), what));
    }
    found
}

/// Hashing would hold up others.
async fn add(mut sum: Md5, bytes: Vec<Bytes>) -> Result<Md5, KeeperFault> {
    let adding = spawn_blocking(move || {
        bytes.iter().for_each(|piece| sum.update(piece));
        sum
    });
    adding.await.map_err(|_| KeeperFault::Store(stripe::Fault::Closed))
}

fn still_names(hall: &Hall, key: &[u8], chunk: &Chunk) -> Result<bool, KeeperFault> {
    let view = hall.catalog().snapshot()?;
    let Some(row) = view.get(key)? else { return Ok(false) };
    let Ok(Some(catalog::table::Content::Stored(encoded))) = content_of(key, row) else { return Ok(false) };
    Ok(Manifest::decode(&encoded).is_ok_and(|manifest| manifest.chunks().contains(chunk)))
}
