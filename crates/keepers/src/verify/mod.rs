//! Verification: walks catalog against volumes both ways, and reads everything on the way.
//!
//! Every row is held against those that point to it or that it points to, in one point in time. Every chunk that a row
//! names is read shard by shard, the shards held against each other, and what they add up to against the row's size
//! and MD5. Every living record must be named by a row. It changes nothing, needs no quiet (what changes under it is
//! looked at again before it is called wrong) and remembers a bounded number of things, whatever the size of the store.

mod chunks;
mod claims;
mod log;
mod records;
mod structure;

use semantics::Hall;
use tokio::task::JoinSet;
use world::thread::spawn_blocking;

use crate::KeeperFault;
use crate::unnamed::{doomed_places, each_doomed};
use chunks::{Stored, examine};
use claims::Claims;
pub use log::{Finding, Kind, Verification, Verified};
use records::{Unnamed, report, survey};
use structure::{Judge, SPACES};

/// Rows judged in one point in time.
const ROWS_MAX: usize = 128;
/// Rows whose bytes are read at the same time.
const AT_ONCE_MAX: usize = 8;

/// The whole store. `verification` tells others how far it is.
pub async fn verify(hall: &Hall, verification: &Verification) -> Result<Verified, KeeperFault> {
    let mut judge = Judge::new(verification.clone());
    for space in SPACES {
        judge = walk(hall, space, judge).await?;
    }
    let (of, seen) = (hall.clone(), verification.clone());
    let unnamed = spawn_blocking(move || {
        let mut claims = judge.claims;
        let unnamed = strike_doomed(&of, &mut claims, survey(&of, &seen)?, &seen)?;
        claims.report(&of.catalog().snapshot()?, &seen)?;
        Ok::<_, KeeperFault>(unnamed)
    });
    let unnamed = unnamed.await.map_err(|_| KeeperFault::CLOSED)??;
    report(hall, unnamed, verification).await?;
    Ok(verification.verified())
}

/// Through one space, step by step.
async fn walk(hall: &Hall, space: u8, mut judge: Judge) -> Result<Judge, KeeperFault> {
    let mut reading = JoinSet::new();
    let mut next = Some(vec![space]);
    while let Some(from) = next {
        let of = hall.clone();
        let step = spawn_blocking(move || {
            let step = judged(&of, &from, &mut judge);
            (judge, step)
        });
        let (back, step) = step.await.map_err(|_| KeeperFault::CLOSED)?;
        judge = back;
        let (stored, behind) = step?;
        next = behind;
        for stored in stored {
            if reading.len() == AT_ONCE_MAX {
                ended(&mut reading).await?;
            }
            reading.spawn(examine(hall.clone(), stored, judge.verification.clone()));
        }
    }
    while !reading.is_empty() {
        ended(&mut reading).await?;
    }
    Ok(judge)
}

/// A step's rows that have bytes in the store, and where the next step begins.
fn judged(
    hall: &Hall,
    from: &[u8],
    judge: &mut Judge,
) -> Result<(Vec<Stored>, Option<Vec<u8>>), KeeperFault> {
    let view = hall.catalog().snapshot()?;
    let end = [from.first().map_or(u8::MAX, |space| space + 1)];
    let mut cursor = view.cursor(from, &end)?;
    let mut stored = Vec::new();
    for _ in 0..ROWS_MAX {
        let Some((key, row)) = cursor.next()? else { return Ok((stored, None)) };
        stored.extend(judge.judge(&view, &key, row)?);
    }
    Ok((stored, cursor.next()?.map(|(key, _)| key)))
}

/// Takes away all that the reclaimer is to free. Blocks.
fn strike_doomed(
    hall: &Hall,
    claims: &mut Claims,
    mut unnamed: Unnamed,
    verification: &Verification,
) -> Result<Unnamed, KeeperFault> {
    each_doomed(hall, |row| {
        let before = unnamed.len();
        doomed_places(row).iter().for_each(|place| drop(unnamed.remove(place)));
        let doomed = (before - unnamed.len()) as u64 + u64::from(claims.strike_doomed(row));
        verification.count(|verified| verified.doomed += doomed);
    })?;
    Ok(unnamed)
}

async fn ended(reading: &mut JoinSet<Result<(), KeeperFault>>) -> Result<(), KeeperFault> {
    reading.join_next().await.map_or(Ok(()), |ended| ended.map_err(|_| KeeperFault::CLOSED)?)
}
