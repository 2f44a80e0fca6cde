//! The bytes of one row: every shard of every chunk, and what they add up to.

use bytes::Bytes;
use catalog::View;
use catalog::table::{AnnotationRow, ObjectRow, PartRow, VersionRow, space};
use digest::Md5;
use semantics::Hall;
use stripe::{Chunk, Examined, Place};
use world::thread::spawn_blocking;

use super::log::{Finding, Kind, Verification};
use crate::KeeperFault;
use crate::rows::{Named, named};

/// A row whose bytes lie in the store, and the MD5 that it gives them.
pub(super) struct Stored {
    pub named: Named,
    pub md5: Option<[u8; 16]>,
}

/// Reads them all. Where a chunk turns out badly because its row changed meanwhile, it begins again with the row as it
/// is now.
pub(super) async fn examine(
    hall: Hall,
    mut stored: Stored,
    verification: Verification,
) -> Result<(), KeeperFault> {
    loop {
        if let Some(found) = look(&hall, &stored, &verification).await? {
            found.into_iter().for_each(|finding| verification.find(finding));
            return Ok(());
        }
        match reread(&hall, &stored.named.key)? {
            Some(now) => stored = now,
            None => return Ok(()),
        }
    }
}

/// What is wrong with them; `None` when the row names another chunk by now than one that turned out badly.
async fn look(
    hall: &Hall,
    Stored { named, md5 }: &Stored,
    verification: &Verification,
) -> Result<Option<Vec<Finding>>, KeeperFault> {
    let (mut sum, mut all) = (md5.map(|_| Md5::new()), Vec::new());
    for chunk in named.manifest.chunks() {
        let examined = hall.store().examine(chunk).await;
        let found = findings(named, chunk, &examined);
        let still_names = |now: Stored| now.named.manifest.chunks().contains(chunk);
        if !found.is_empty() && !reread(hall, &named.key)?.is_some_and(still_names) {
            return Ok(None);
        }
        all.extend(found);
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
        && sum.finish() != *md5
    {
        let what = "the bytes do not have the MD5 that the row gives them";
        all.push(Finding::of(Kind::Bytes, &named.owner, None, what));
    }
    Ok(Some(all))
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
    adding.await.map_err(|_| KeeperFault::CLOSED)
}

/// The row as it is now; `None` when it is gone, or names no bytes any more. One that is damaged the walk reports.
fn reread(hall: &Hall, key: &[u8]) -> Result<Option<Stored>, KeeperFault> {
    let view = hall.catalog().snapshot()?;
    let Some(row) = view.get(key)? else { return Ok(None) };
    let md5 = match key.first() {
        Some(&space::PARTS) => PartRow::decode(row.clone()).ok().map(|part| part.md5),
        Some(&space::ANNOTATIONS) => AnnotationRow::decode(row.clone()).ok().map(|row| row.md5),
        _ => VersionRow::decode(row.clone()).ok().and_then(|version| md5_of(version.object()?)),
    };
    match named(&view, key.to_vec(), row) {
        Ok(named) => Ok(named.map(|named| Stored { named, md5 })),
        Err(KeeperFault::Damaged(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Of an object that is not made of parts.
pub(super) fn md5_of(object: &ObjectRow) -> Option<[u8; 16]> {
    object.etag.parts.is_none().then_some(object.etag.md5)
}
