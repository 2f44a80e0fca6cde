//! Waiting for the site to be whole again, as an operator does: devices that are out are let in, and a scrub is asked for.

use std::time::Duration;

use devices::{CatalogCopy, State};
use semantics::Hall;
use tokio::time::{sleep, timeout};

use super::drive::Power;
use super::life::Rooms;
use crate::invariants::redundancy;

const STEP: Duration = Duration::from_millis(500);
/// Nothing that is small takes longer.
const STEPS_MAX: usize = 400;

/// Until every device is in, the catalog has all its copies, and a repair pass found or made everything whole.
pub async fn mend(rooms: &Rooms, parity: u8, rotten: bool, power: &Power) -> Result<(), String> {
    rooms.keeping.repair.pass();
    if rotten {
        let demand = rooms.keeping.scrubbing.begin();
        while timeout(STEP, rooms.keeping.scrubbing.done(demand)).await.is_err() {
            if power.is_off() {
                return Err("the machine went off".to_owned());
            }
        }
    }
    let mut left = String::new();
    for _ in 0..STEPS_MAX {
        left = let_in(rooms).await.or(unfinished(rooms, parity)).unwrap_or_default();
        if left.is_empty() {
            return Ok(());
        }
        sleep(STEP).await;
    }
    Err(left)
}

/// What an operator sees that is not yet in.
async fn let_in(rooms: &Rooms) -> Option<String> {
    let mut left = None;
    for slot in rooms.fleet.slots() {
        if let State::Out(reason) = slot.state {
            let entered = rooms.steward().let_in(slot.number).await;
            left = Some(format!("device {} was out ({reason}): {entered:?}", slot.number));
        }
    }
    left
}

fn unfinished(rooms: &Rooms, parity: u8) -> Option<String> {
    let roster = rooms.fleet.roster();
    let copies = roster.entries.iter().filter(|entry| entry.catalog == Some(CatalogCopy::Whole)).count();
    let repair = &rooms.keeping.repair;
    if roster.entries.iter().any(|entry| entry.state != State::In) {
        Some("a device is missing".to_owned())
    } else if copies <= usize::from(parity) {
        Some(format!("the catalog has {copies} copies"))
    } else if !repair.is_whole() {
        Some(format!("the repair is not done: {:?}", repair.tally()))
    } else {
        None
    }
}

/// What is freed in the background is freed first.
pub async fn prove(hall: &Hall, rotted: bool) -> Result<(), String> {
    let mut proven = Ok(());
    for _ in 0..20 {
        proven = redundancy::check(hall, rotted).await;
        if proven.is_ok() {
            break;
        }
        sleep(STEP).await;
    }
    proven
}
